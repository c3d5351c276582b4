"""A token handed in by the page, for a cookie in its place."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from prvipe.web.answers import NOT_KEPT
from prvipe.web.openapi import describes
from prvipe.web.problems import checking, problem
from prvipe.web.reading import read_body, require_json
from prvipe.web.security import client_address, session_of, too_many_wrong
from prvipe.web.services import services_of
from prvipe.web.sessions import COOKIE, SESSION_SECONDS
from prvipe.wire.session import SessionRequest

router = APIRouter()

_MOST_BYTES = 8 * 1024


@router.post("/v1/session", summary="Sign in", status_code=204)
@describes(takes=SessionRequest, success=204, words="Signed in, or nobody needs to be.")
async def begin(request: Request) -> Response:
    """Hand in the token of the server for a cookie, which the page then sends instead."""
    services = services_of(request)
    require_json(request)
    with checking():
        asked = SessionRequest.model_validate_json(await read_body(request, _MOST_BYTES))
    done = Response(status_code=204, headers=NOT_KEPT)
    check = services.check
    if check is None:
        return done
    address = client_address(request.scope)
    wait = check.must_wait(address)
    if wait:
        return too_many_wrong(wait)
    if not check.accepts(asked.token.get_secret_value(), address):
        return problem(
            401, "the token is not the right one", headers={"www-authenticate": "Bearer"}
        )
    done.set_cookie(
        COOKIE,
        services.sessions.begin(),
        max_age=SESSION_SECONDS,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return done


@router.delete("/v1/session", summary="Sign out", status_code=204)
@describes(success=204, words="Signed out.")
async def end(request: Request) -> Response:
    """End the session of the cookie, if there is one."""
    name = session_of(request.headers.get("cookie", ""))
    if name is not None:
        services_of(request).sessions.end(name)
    done = Response(status_code=204, headers=NOT_KEPT)
    done.delete_cookie(
        COOKIE, httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )
    return done
