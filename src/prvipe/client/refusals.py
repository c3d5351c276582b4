"""What a server says instead of an answer, as errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from prvipe.errors import (
    InputError,
    PrvipeError,
    ServerBusyError,
    ServerError,
    ServerTooSlowError,
    ServerVersionError,
    TokenRefusedError,
)
from prvipe.wire.problem import MEDIA_TYPE, Problem

if TYPE_CHECKING:
    import httpx

TRY_AGAIN = (429, 503)
"""Statuses of requests that were not begun, or of a server that comes back."""

_CALLERS_FAULT = (400, 404, 406, 411, 413, 414, 415, 422)
_LONGEST = 500


def error_of(response: httpx.Response, address: str) -> PrvipeError:
    """Return the error that an answer which is no success stands for.

    What is the caller's fault has the server's own words, which are those that it would have here.
    """
    problem = read_problem(response)
    if problem is None:
        return _of_stranger(response, address)
    detail = problem.detail
    match response.status_code:
        case status if status in _CALLERS_FAULT:
            return InputError(detail)
        case 401:
            return TokenRefusedError(
                f"{address}: {detail}; in Python, Client(..., token=...), or the variable "
                "PRVIPE_TOKEN"
            )
        case status if status in TRY_AGAIN:
            return ServerBusyError(f"{address}: {detail}")
        case 408 | 504:
            return ServerTooSlowError(f"{address}: {detail}")
    return ServerError(f"{address}: {detail}")


def read_problem(response: httpx.Response) -> Problem | None:
    """Return what a server of prvipe says is wrong; None if it is none that speaks."""
    if not response.headers.get("content-type", "").startswith(MEDIA_TYPE):
        return None
    try:
        return Problem.model_validate_json(response.content)
    except ValidationError:
        return None


def _of_stranger(response: httpx.Response, address: str) -> PrvipeError:
    """What something between here and the server says, or something that is no server of prvipe."""
    status = response.status_code
    said = f"{status} {response.reason_phrase}".strip()
    if status in (429, 502, 503):
        return ServerBusyError(f"{address}: answers {said[:_LONGEST]}; is the server running?")
    if status == 504:
        return ServerTooSlowError(f"{address}: answers {said[:_LONGEST]}")
    if status == 413:
        return InputError(f"{address}: answers {said[:_LONGEST]}; send less at once")
    if 300 <= status < 400:
        target = response.headers.get("location", "elsewhere")[:_LONGEST]
        return ServerError(f"{address}: sends on to {target}; give that address")
    return ServerVersionError(
        f"{address}: answers {said[:_LONGEST]} and speaks no version 1 of the interface; is it the "
        "address of prvipe serve, and of this version?"
    )
