"""`prvipe serve`."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from prvipe.cli.console import errors, say
from prvipe.cli.inputs import note
from prvipe.cli.refusals import require_library_in_folder
from prvipe.errors import InputError, printable

if TYPE_CHECKING:
    from prvipe.service.libraries import Libraries
    from prvipe.web.settings import Settings

_NEEDED = ("fastapi", "uvicorn", "httptools", "prometheus_client")


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
        typer.Option(
            help="Folder of the images and videos, besides that in which each index lies; may be "
            "given several times."
        ),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            help="File with the token that everybody must send; the environment variable "
            "PRVIPE_TOKEN does as well."
        ),
    ] = None,
    insecure: Annotated[
        bool,
        typer.Option("--insecure", help="Let in, without a token, whoever can reach the address."),
    ] = False,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Another name by which the server is called, as behind a proxy; may be given "
            "several times.",
        ),
    ] = None,
    access_log: Annotated[
        bool, typer.Option("--access-log", help="Print a line for each request.")
    ] = False,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Search libraries of poses in the browser, and from other programs.

    Listens on this machine alone, unless an address is given that others can reach, too: then
    everybody needs the token. Prints the address of the page. Ctrl-C ends it, after the requests
    that it is at.

    Example: `prvipe serve lib.pvi --port 8765`
    """
    from prvipe.detection.extras import import_extra

    for module in _NEEDED:
        import_extra(module, "serving")
    from prvipe.service.libraries import Libraries
    from prvipe.service.limits import Limits
    from prvipe.web.server import address_of, listen, run
    from prvipe.web.settings import settings_for
    from prvipe.web.tokens import find_token, is_readable_by_others

    for library in libraries:
        require_library_in_folder(library)
    limits = Limits()
    settings = settings_for(
        host,
        token=find_token(token_file),
        insecure=insecure,
        allowed_hosts=allowed_host or (),
        limits=limits,
    )
    if token_file is not None and is_readable_by_others(token_file):
        note(f"{token_file}: other users of this machine can read it; chmod 600 prevents that")
    for folder in media or ():
        if not folder.is_dir():
            raise InputError(f"--media {folder}: no such folder")
    with listen(host, port) as listening:
        with errors.status("opening libraries"):
            served = Libraries.open(libraries, media or (), limits)
        _log_to_errors(access_log)
        if sys.platform != "linux":
            note("pictures of libraries and uploads are left out: they need Linux")
        with served:
            served.watch()
            address = address_of(listening)
            _tell(served, settings)
            say(address)
            if open_page:
                typer.launch(address)
            run(served, settings, listening)
    _end()


def _tell(served: Libraries, settings: Settings) -> None:
    for name in served.names:
        index = served.get(name).index
        note(f"{name}: {len(index):,} poses")
        whole = next((each for each in index.sources() if Path(each).is_absolute()), None)
        if whole is not None and settings.for_others:
            note(
                f"{name}: others will see where its files lie, as {printable(whole)}; an index "
                "that is built with relative names does not tell"
            )
    if settings.any_address and not settings.names_allowed:
        note("others reach it by the addresses of this machine; by a name with --allowed-host NAME")


def _end() -> NoReturn:
    """End this process, of which nothing is left to be done.

    Python would first wait for threads that compute what nobody waits for any more, and then take
    seconds to give memory back piece by piece.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _log_to_errors(access: bool) -> None:
    """Print what the server has to say on standard error."""
    from prvipe.web.observing import ACCESS_LOG

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s")
    if access:
        logging.getLogger(ACCESS_LOG).setLevel(logging.INFO)
