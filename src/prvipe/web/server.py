"""The process that serves: where it listens, and how it stops."""

from __future__ import annotations

import asyncio
import ctypes
import errno
import gc
import signal
import socket
import struct
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from threading import Thread
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from prvipe.errors import InputError
from prvipe.service.libraries import Libraries
from prvipe.web.app import create_app
from prvipe.web.connections import BoundedProtocol
from prvipe.web.lifecycle import Lifecycle
from prvipe.web.services import Services
from prvipe.web.settings import Settings

KEEP_ALIVE_SECONDS = 15
"""A connection on which nothing comes is ended after this time."""

GOODBYE_SECONDS = 0.5
"""Connections stay open so long when the server stops, that a request that is on its way is told
so."""

_BACKLOG = 1_024
_STEP = 0.02
_ATTACH_FILTER, _RETURN = 26, 6
"""SO_ATTACH_FILTER, and the instruction of a filter that returns how much of a packet is kept."""


class GracefulServer(uvicorn.Server):
    """A server that answers what it has begun before it ends, and exits with 0.

    After the first signal nobody can connect any more, requests that come on open connections are
    told that the server stops, and those in flight have `stop_seconds` to finish. A second signal
    ends it at once.
    """

    def __init__(self, app: ASGIApp, lifecycle: Lifecycle, stop_seconds: float) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=BoundedProtocol,
                loop="asyncio" if sys.platform == "win32" else "uvloop",
                ws="none",
                lifespan="on",
                access_log=False,
                log_config=None,
                server_header=False,
                backlog=_BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=1,
            )
        )
        self._lifecycle = lifecycle
        self._stop_seconds = stop_seconds

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop; at once if it is the second time."""
        self.force_exit = self.should_exit
        self._lifecycle.stopping = True
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let requests in flight finish, then end."""
        for listening in sockets or []:
            drop_newcomers(listening)
        # Those who came before are let in. A loop that is late runs its timers before it looks who
        # has come, so that after one of them some may still wait.
        for _ in range(2):
            await asyncio.sleep(_STEP)
        for server in self.servers:
            server.close()
        started = time.monotonic()
        while not self.force_exit:
            passed = time.monotonic() - started
            if passed > self._stop_seconds:
                break
            if not self._lifecycle.in_flight and (
                passed > GOODBYE_SECONDS or not self.server_state.connections
            ):
                break
            await asyncio.sleep(_STEP)
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Handle signals; unlike uvicorn's own, being stopped by one is no failure."""
        handled = (signal.SIGINT, signal.SIGTERM)
        before = {each: signal.signal(each, self.handle_exit) for each in handled}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


def run(served: Libraries, settings: Settings, listening: socket.socket) -> None:
    """Serve libraries until a signal comes.

    What only some requests need is loaded meanwhile, so that the first to come need not wait.
    """
    app = create_app(served, settings)
    services: Services = app.state.services
    Thread(target=served.models.prepare, name="prvipe-prepare", daemon=True).start()
    # What is there by now stays: looking it through again and again stops all requests each time.
    gc.freeze()
    server = GracefulServer(app, services.lifecycle, settings.limits.stop_seconds)
    try:
        server.run(sockets=[listening])
    finally:
        services.workers.remove_folders()


def listen(host: str, port: int) -> socket.socket:
    """Listen on an address; port 0 is any that is free.

    Raises:
        InputError: the port is taken or may not be used, or the machine has no such address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise InputError(_describe(error, host, port)) from error


def drop_newcomers(listening: socket.socket) -> None:
    """Let nobody else connect to a socket that is about to be closed.

    The kernel connects clients before they are accepted, and resets those that are not yet when the
    socket is closed. A filter that drops everything makes newcomers ask again, and then be refused.
    """
    if sys.platform != "linux":
        return
    drop_all = ctypes.create_string_buffer(struct.pack("HBBI", _RETURN, 0, 0, 0))
    program = struct.pack("HL", 1, ctypes.addressof(drop_all))
    listening.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, program)


def address_of(listening: socket.socket) -> str:
    """URL of the page."""
    host, port = listening.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


def _describe(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"--port {port}: another program listens there; take another, or 0 for any that is free"
        )
    if error.errno == errno.EACCES:
        return f"--port {port}: may not be used by you; take one from 1024"
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return f"--host {host}: is no address of this machine"
    return f"cannot listen on {host}, port {port} ({error.strerror or error})"
