"""`prvipe serve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from prvipe.cli.console import say


def serve(
    libraries: Annotated[
        list[Path],
        typer.Argument(help="Indexes to serve, by custom ending in .pvi.", show_default=False),
    ],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Port to listen on; 0: any that is free.")
    ] = 8765,
    media: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of the images and videos; by default that of each index."),
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="File with the token that everybody must send.")
    ] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Let anybody in who can reach the address.")
    ] = False,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(help="Another name by which the server may be called, as behind a proxy."),
    ] = None,
) -> None:
    """Search libraries of poses in the browser, and from other programs.

    Example: `prvipe serve lib.pvi --port 8765`
    """
    import socket

    import uvicorn

    from prvipe.web.app import create_first

    app = create_first(libraries, media or [path.absolute().parent for path in libraries])
    listening = socket.create_server((host, port))
    say(f"http://{host}:{listening.getsockname()[1]}/")
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    server.run(sockets=[listening])
