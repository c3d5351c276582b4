"""Who is let in, and what browsers are told; before anything of a request is read but its head."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from prvipe.web.lifecycle import Lifecycle
from prvipe.web.problems import CLOSE, problem
from prvipe.web.sessions import COOKIE, Sessions, TokenCheck
from prvipe.web.settings import Settings

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", PAGE_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)
"""Sent with every answer."""

_READING = ("GET", "HEAD")
_GUARDED = ("/v1/", "/metrics")
_FETCHED_AS = (b"sec-fetch-mode", b"sec-fetch-dest")
_OPEN = "/v1/session"
"""Here tokens are handed in, and checked as anywhere else."""

_READ_AWAY_BYTES, _READ_AWAY_SECONDS = 2**22, 1.0

Headers = dict[bytes, list[bytes]]


class Guard:
    """Middleware that lets in only requests from where they may come.

    In this order: the server goes on, it is called by one of its names, a browser sends nothing on
    behalf of another site, and who asks has the token or a session.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        lifecycle: Lifecycle,
        sessions: Sessions,
        check: TokenCheck | None,
    ) -> None:
        self._app = app
        self._settings, self._lifecycle = settings, lifecycle
        self._sessions, self._check = sessions, check

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._lifecycle.stopping:
            # A connection that is closed with something unread is reset, and the answer lost.
            await _read_away(receive)
        refused = self._refuse(scope)
        await (refused or self._app)(scope, receive, send)

    def _refuse(self, scope: Scope) -> Response | None:
        if self._lifecycle.stopping:
            return problem(
                503, "the server is being stopped", headers={"retry-after": "5", **CLOSE}
            )
        headers: Headers = {}
        for name, value in scope["headers"]:
            headers.setdefault(name, []).append(value)
        called = [value.decode("latin-1") for value in headers.get(b"host", [])]
        if len(called) != 1 or not self._settings.may_be_called(_host_of(called[0])):
            return problem(
                403,
                "the server does not go by this name; call it by its address, or start it with "
                "--allowed-host NAME",
            )
        asks = scope["method"] not in _READING or scope["path"].startswith(_GUARDED)
        if asks and _is_from_elsewhere(headers, called[0]) and not _is_visit(scope, headers):
            return problem(403, "sent by a page of another site; only the server's own may")
        scope["prvipe.let_in"] = self._check is None
        if self._check is None:
            return None
        return self._require_token(scope, headers, self._check)

    def _require_token(self, scope: Scope, headers: Headers, check: TokenCheck) -> Response | None:
        session = _cookie(headers)
        if session is not None and self._sessions.holds(session):
            scope["prvipe.let_in"] = True
            return None
        token = _bearer(headers)
        guarded = scope["path"].startswith(_GUARDED) and scope["path"] != _OPEN
        if token is None:
            return _unknown("a token is needed") if guarded else None
        address = client_address(scope)
        wait = check.must_wait(address)
        if wait:
            return too_many_wrong(wait)
        if check.accepts(token, address):
            scope["prvipe.let_in"] = True
            return None
        return _unknown("the token is not the right one")


async def _read_away(receive: Receive) -> None:
    """Read what there is of a body that nobody wants, unless it is large or slow."""
    left = _READ_AWAY_BYTES
    try:
        async with asyncio.timeout(_READ_AWAY_SECONDS):
            while left > 0 and (message := await receive()).get("more_body", False):
                left -= len(message["body"])
    except TimeoutError:
        return


def client_address(scope: Scope) -> str:
    """Address that a request comes from."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def too_many_wrong(wait: float) -> Response:
    """Answer that too many wrong tokens came from an address."""
    detail = "too many wrong tokens came from this address; wait before you send another"
    return problem(429, detail, headers={"retry-after": str(int(wait) + 1)})


def _unknown(detail: str) -> Response:
    how = "send it as Authorization: Bearer TOKEN"
    return problem(401, f"{detail}; {how}", headers={"www-authenticate": "Bearer"})


def _host_of(header: str) -> str:
    """Name in a Host header, without port and brackets; empty if there is none to be read."""
    try:
        parts = urlsplit(f"//{header}")
        name = parts.hostname or ""
        _ = parts.port  # raises if it is none
    except ValueError:
        return ""
    return "" if parts.netloc != header or "@" in header else name.rstrip(".")


def _is_from_elsewhere(headers: Headers, called: str) -> bool:
    """Whether a browser says that a page of another site sends this.

    Programs that are no browsers send neither header.
    """
    site = headers.get(b"sec-fetch-site", [b"same-origin"])
    origins = headers.get(b"origin", [])
    own = {f"{scheme}://{called}".lower() for scheme in ("http", "https")}
    return site[-1] not in (b"same-origin", b"none") or any(
        origin.decode("latin-1").lower() not in own for origin in origins
    )


def _is_visit(scope: Scope, headers: Headers) -> bool:
    """Whether somebody followed a link that another site has, and sees the answer as a page.

    What a page asks for without showing it, as images and frames, could start work unseen.
    """
    mode, shown_as = (headers.get(name, [b""])[-1] for name in _FETCHED_AS)
    return (
        scope["method"] in _READING
        and not headers.get(b"origin")
        and (mode, shown_as) == (b"navigate", b"document")
    )


def _bearer(headers: Headers) -> str | None:
    for value in headers.get(b"authorization", []):
        scheme, _, token = value.decode("latin-1").partition(" ")
        if scheme.lower() == "bearer":
            return token.strip()
    return None


def session_of(header: str) -> str | None:
    """Name of the session in a Cookie header, whatever others of the same host put there, too."""
    return cookie_parser(header).get(COOKIE)


def _cookie(headers: Headers) -> str | None:
    for value in headers.get(b"cookie", []):
        name = session_of(value.decode("latin-1"))
        if name is not None:
            return name
    return None
