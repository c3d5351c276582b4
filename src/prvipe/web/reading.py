"""Bodies of requests: read within limits of size and time, and checked against their models."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import BinaryIO, TypeVar

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from prvipe.web.problems import CLOSE, RefusedError, checking
from prvipe.web.services import services_of
from prvipe.wire.base import WireModel

JSON, PARQUET, NPZ = (
    "application/json",
    "application/vnd.apache.parquet",
    "application/x-npz",
)

LARGE_BODY = 64 * 1024
"""Bytes of JSON from which on it is checked in a thread: the event loop must not wait for it."""

BODIES_HELD = 8
"""Bodies of the largest size that may be in memory at once, all requests together."""

FILES_HELD = 32
"""Uploads of the largest size that may be on the disk at once, likewise."""

Model = TypeVar("Model", bound=WireModel)


def media_type(request: Request) -> str:
    """Type of the body of a request, without parameters; JSON if it does not say."""
    declared = request.headers.get("content-type", JSON)
    return declared.partition(";")[0].strip().lower()


def require_json(request: Request) -> None:
    """Refuse a body of another type.

    Raises:
        RefusedError: 415.
    """
    kind = media_type(request)
    if kind != JSON:
        raise RefusedError(415, f"bodies of type {kind} are not read here; send {JSON}")


async def read_json(request: Request, model: type[Model]) -> Model:
    """Read a body of JSON and check it.

    Raises:
        RefusedError: it is no JSON by its type, too large or too slow.
        MistakesError: it is not what the model says.
    """
    require_json(request)
    content = await read_body(request)
    with checking():
        if len(content) <= LARGE_BODY:
            return model.model_validate_json(content)
        # What JSON becomes takes many times its bytes, so that few are read at once.
        async with services_of(request).large_bodies:
            return await run_in_threadpool(model.model_validate_json, content)


async def read_body(request: Request, most: int | None = None) -> bytes:
    """Read a whole body.

    Args:
        request: whose body.
        most: bytes; by default what the limits allow.

    Raises:
        RefusedError: it is too large (413), too slow (408), or too many are being read (429).
    """
    most = most or services_of(request).limits.body_bytes
    parts = []
    async for part in _stream(request, most):
        _hold(request, len(part))
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def read_into(request: Request, file: BinaryIO, most: int) -> None:
    """Write a body to a file as it comes.

    Args:
        request: whose body.
        file: open for writing, not buffered.
        most: bytes.

    Raises:
        RefusedError: it is too large (413), too slow (408) or empty (422), or too many are being
            read (429).
        OSError: it cannot be written, as on a full disk.
    """
    empty = True
    async for part in _stream(request, most):
        _hold_file(request, len(part))
        left = memoryview(part)
        while len(left):
            left = left[file.write(left) :]
        empty = False
    if empty:
        raise RefusedError(422, "the body is empty; send the bytes of the file")


async def _stream(request: Request, most: int) -> AsyncIterator[bytes]:
    """Yield the parts of a body as they come, none of them empty."""
    services = services_of(request)
    declared = request.headers.get("content-length")
    if declared is not None and declared.isdecimal() and int(declared[:20]) > most:
        raise _too_large(most)
    received = 0
    try:
        async with asyncio.timeout(services.limits.body_seconds):
            async for part in request.stream():
                received += len(part)
                if received > most:
                    raise _too_large(most)
                if part:
                    yield part
    except TimeoutError:
        seconds = services.limits.body_seconds
        raise RefusedError(
            408, f"the body was not here after {seconds:.0f} s", headers=CLOSE
        ) from None


def _hold(request: Request, size: int) -> None:
    """Count bytes of a body, which `prvipe.web.observing` takes off again after the answer."""
    services = services_of(request)
    if services.lifecycle.body_bytes + size > BODIES_HELD * services.limits.body_bytes:
        raise _too_many()
    services.lifecycle.body_bytes += size
    request.scope["prvipe.body_bytes"] = request.scope.get("prvipe.body_bytes", 0) + size


def _hold_file(request: Request, size: int) -> None:
    """Count bytes of a body that are on the disk; taken off likewise."""
    services = services_of(request)
    if services.lifecycle.file_bytes + size > FILES_HELD * services.limits.upload_bytes:
        raise _too_many()
    services.lifecycle.file_bytes += size
    request.scope["prvipe.file_bytes"] = request.scope.get("prvipe.file_bytes", 0) + size


def _too_many() -> RefusedError:
    return RefusedError(
        429, "too many large requests are being read; try again", headers={"retry-after": "2"}
    )


def _too_large(most: int) -> RefusedError:
    return RefusedError(
        413, f"the body has more than {most:,} bytes, the most that is read; send less at once"
    )
