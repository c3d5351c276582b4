"""Every request from beginning to end: counted, timed, logged, and answered whatever happens."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prvipe.web.lifecycle import Lifecycle
from prvipe.web.metrics import Metrics
from prvipe.web.problems import given_up, unexpected
from prvipe.web.security import HEADERS, client_address

ACCESS_LOG = "prvipe.access"
"""Name of the logger that gets a line per request."""

_log = logging.getLogger(ACCESS_LOG)
_LEFT = 499
_TASK, _GONE = "prvipe.task", "prvipe.gone"
_CLOSE = (b"connection", b"close")


class Observed:
    """Outermost middleware.

    Adds the headers of security to every answer, whoever gave it, turns what nobody expected into
    an answer 500 without a word of what it was, and keeps the books.
    """

    def __init__(self, app: ASGIApp, lifecycle: Lifecycle, metrics: Metrics) -> None:
        self._app, self._lifecycle, self._metrics = app, lifecycle, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = _LEFT
        started = time.perf_counter()

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = message.get("headers", ())
                message["headers"] = [*own, *HEADERS]
                if self._lifecycle.stopping and _CLOSE not in own:
                    message["headers"].append(_CLOSE)
            await send(message)

        self._lifecycle.in_flight += 1
        scope[_TASK] = asyncio.current_task()
        try:
            await self._app(scope, receive, send_on)
        except asyncio.CancelledError:
            if _GONE not in scope:
                if status != _LEFT:
                    raise
                await given_up()(scope, receive, send_on)
        except Exception as error:
            if status != _LEFT:  # the answer had begun: what is left of it cannot be mended
                raise
            await unexpected(error)(scope, receive, send_on)
        finally:
            del scope[_TASK]
            self._lifecycle.in_flight -= 1
            self._lifecycle.body_bytes -= scope.get("prvipe.body_bytes", 0)
            self._lifecycle.file_bytes -= scope.get("prvipe.file_bytes", 0)
            seconds = time.perf_counter() - started
            self._metrics.note_request(scope["method"], _route(scope), status, seconds)
            if _log.isEnabledFor(logging.INFO):
                _log.info("%s", _line(scope, status, seconds))


def give_up(scope: Any) -> None:
    """End the work on a request whose client has left; nobody would see the answer."""
    task: asyncio.Task[None] | None = scope.get(_TASK)
    if task is not None:
        scope[_GONE] = True
        task.cancel()


def _route(scope: Scope) -> str:
    """The route with its parameters' names, so that there are few; never what was asked for."""
    route: Any = scope.get("route")
    return getattr(route, "path", "other")


def _line(scope: Scope, status: int, seconds: float) -> str:
    """A line of the log: no query, which may say what somebody looks for, and no headers."""
    path = scope["path"].encode("unicode_escape").decode("ascii")[:200]
    return f"{client_address(scope)} {scope['method']} {path} {status} {1e3 * seconds:.1f} ms"
