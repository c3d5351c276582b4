"""Why a request is not answered, as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import errno
import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from secrets import token_hex
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from prvipe.errors import InputError
from prvipe.service.errors import (
    BusyError,
    LibraryDamagedError,
    StoppingError,
    TooSlowError,
    UnknownLibraryError,
    WorkerDiedError,
)
from prvipe.wire.problem import MEDIA_TYPE, FieldProblem, Problem

CLOSE = {"connection": "close"}
"""Header of answers after which the connection is of no more use."""

MOST_ERRORS = 20
"""Mistakes that are listed of one request."""

_log = logging.getLogger("prvipe.web")

_WORDS = {413: "Content Too Large", 422: "Unprocessable Content"}
"""Names that Python 3.11 has otherwise."""


class RefusedError(Exception):
    """A request that is not answered.

    Attributes:
        status: of HTTP.
        detail: what is wrong and what to do about it.
        field: where in the request; None if it is in no field.
        headers: to send besides.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.field = status, detail, field
        self.headers = headers


class MistakesError(Exception):
    """A request is not what its model says."""

    def __init__(self, found: ValidationError) -> None:
        super().__init__("a request is not what its model says")  # which may be a secret
        self.errors = found.errors(include_url=False, include_context=False)


@contextmanager
def checking() -> Iterator[None]:
    """Take what pydantic finds wrong in the block for mistakes of who asks.

    Anywhere else it is one of ours, as in an answer, and nobody is blamed for it.
    """
    try:
        yield
    except ValidationError as error:
        raise MistakesError(error) from error


@contextmanager
def naming(field: str | Callable[[str], str | None]) -> Iterator[None]:
    """Say of every InputError raised in the block which field of the request it is about.

    Args:
        field: its name, or what finds it by the message.
    """
    try:
        yield
    except InputError as error:
        name = field if isinstance(field, str) else field(str(error))
        status = 404 if isinstance(error, UnknownLibraryError) else 422
        raise RefusedError(status, str(error), field=name) from error


def problem(
    status: int,
    detail: str,
    *,
    errors: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer that a request is refused; its first field is that of the first mistake."""
    title = _WORDS.get(status) or HTTPStatus(status).phrase
    told = Problem(
        title=title,
        status=status,
        detail=detail.encode("utf-8", "replace").decode(),
        field=errors[0].field if errors else None,
        errors=list(errors[:MOST_ERRORS]),
    )
    own = {"cache-control": "no-store", **(headers or {})}
    return Response(told.model_dump_json(), status, own, media_type=MEDIA_TYPE)


def unexpected(error: BaseException) -> Response:
    """Answer after a mistake of ours: nothing of it is told but a number that the log has, too."""
    number = token_hex(4)
    _log.error("error %s", number, exc_info=error)
    detail = f"a mistake in the server; its log tells more under the number {number}"
    return problem(500, detail, headers=CLOSE)


def given_up() -> Response:
    """Answer to a request that was not done when the server had to end."""
    return problem(503, "the server was stopped before this was done", headers=CLOSE)


def answer_for(error: Exception) -> Response:
    """Answer that tells of an error that was made on purpose.

    Raises:
        Exception: the error itself, if it was not.
    """
    match error:
        case RefusedError():
            return _refusal(error)
        case MistakesError():
            return _mistakes(error.errors)
        case UnknownLibraryError():
            return problem(404, str(error))
        case InputError():
            return problem(422, str(error))
        case BusyError():
            wait = max(1, math.ceil(error.retry_after))
            return problem(429, str(error), headers={"retry-after": str(wait)})
        case StoppingError():
            return problem(503, str(error), headers={"retry-after": "5", **CLOSE})
        case WorkerDiedError() | LibraryDamagedError():
            return problem(503, str(error), headers={"retry-after": "1"})
        case TooSlowError():
            return problem(504, str(error))
        case MemoryError():
            detail = "too little memory for this request; send less at once"
            return problem(507, detail, headers={"retry-after": "5"})
        case OSError() if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return problem(507, "the disk of the server is full", headers={"retry-after": "60"})
    raise error


def add_handlers(app: FastAPI) -> None:
    """Let an application answer errors by problems."""
    for kind in (
        *(RefusedError, MistakesError, InputError, BusyError, StoppingError, WorkerDiedError),
        *(LibraryDamagedError, TooSlowError, MemoryError, OSError),
    ):
        app.add_exception_handler(kind, _handle)
    app.add_exception_handler(RequestValidationError, _handle_parameters)
    app.add_exception_handler(HTTPException, _handle_http)
    app.add_exception_handler(ClientDisconnect, _handle_leaving)


async def _handle(request: Request, error: Exception) -> Response:
    return answer_for(error)


async def _handle_parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # Their places start with where they are: path, query or header.
    return _mistakes([{**each, "loc": each["loc"][1:]} for each in error.errors()])


async def _handle_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    details = {
        404: "there is nothing at this address; /v1/openapi.json lists what there is",
        405: f"{request.method} is not possible here; the header Allow says what is",
    }
    detail = details.get(error.status_code, str(error.detail))
    return problem(error.status_code, detail, headers=error.headers)


async def _handle_leaving(request: Request, error: Exception) -> Response:
    # Nobody reads it; the status tells log and metrics what happened, as other servers do.
    return Response(status_code=499)


def _refusal(error: RefusedError) -> Response:
    errors = []
    if error.field is not None:
        errors = [FieldProblem(field=error.field, message=error.detail)]
    return problem(error.status, error.detail, errors=errors, headers=error.headers)


def _mistakes(errors: Sequence[Mapping[str, Any]]) -> Response:
    """Answer that lists what pydantic found; 400 if the body is no JSON at all."""
    if any(each["type"] == "json_invalid" for each in errors):
        return problem(400, f"the body is no JSON: {errors[0]['msg']}")
    listed = [
        FieldProblem(field=".".join(map(str, each["loc"])), message=_message(each))
        for each in errors[:MOST_ERRORS]
    ]
    more = f", and {len(errors) - 1} more mistakes" if len(errors) > 1 else ""
    first = f"{listed[0].field}: " if listed[0].field else ""
    return problem(422, f"{first}{listed[0].message}{more}", errors=listed)


def _message(error: Mapping[str, Any]) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    return message[:1].lower() + message[1:]
