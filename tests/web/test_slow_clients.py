"""Connections whose clients are slow on purpose; the times that they have are cut short."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from prvipe.web import connections
from prvipe.web.connections import BoundedProtocol

_LARGE = 32 * 2**20
_HEAD = b"POST / HTTP/1.1\r\nHost: here\r\n"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HEAD_SECONDS", "BODY_SECONDS", "STUCK_SECONDS"):
        monkeypatch.setattr(connections, name, 0.3)
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 5)


async def _answer(scope: Any, receive: Any, send: Any) -> None:
    """An application that reads the body and answers."""
    while (await receive()).get("more_body"):
        pass
    body = b"x" * (_LARGE if scope["path"] == "/large" else 2)
    if scope["path"] == "/fields":
        body = repr(scope["headers"]).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def serving() -> AsyncIterator[int]:
    """The port of a server with these connections."""
    config = uvicorn.Config(
        _answer, http=BoundedProtocol, port=0, lifespan="off", log_config=None, ws="none"
    )
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        for connection in list(server.server_state.connections):
            connection.transport.abort()
        server.servers[0].close()
        await asyncio.sleep(0.05)


def attempt(step: Callable[[int], Awaitable[None]]) -> None:
    async def run() -> None:
        async with asyncio.timeout(30), serving() as port:
            await step(port)

    asyncio.run(run())


async def rest_of(reader: asyncio.StreamReader) -> bytes:
    with contextlib.suppress(ConnectionError):
        return await reader.read()
    return b""


@pytest.mark.parametrize("begun", [b"", b"P", _HEAD, _HEAD + b"X: "])
def test_a_head_that_does_not_come(begun: bytes) -> None:
    async def step(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begun)
        assert b" 408 " in await rest_of(reader)

    attempt(step)


def test_a_head_that_comes_byte_by_byte() -> None:
    """Each byte must not give it more time."""

    async def step(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        began = time.monotonic()
        for byte in _HEAD * 10:
            if reader.at_eof() or writer.is_closing():
                break
            writer.write(bytes([byte]))
            await asyncio.sleep(0.02)
        assert time.monotonic() - began < 3
        await rest_of(reader)  # ends, though the answer may be lost with what was on its way

    attempt(step)


def test_the_second_head_has_its_time_too() -> None:
    async def step(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(_HEAD + b"Content-Length: 0\r\n\r\n")
        assert b" 200 " in await reader.readuntil(b"xx")
        await asyncio.sleep(0.6)  # between requests there is more time
        writer.write(_HEAD + b"Content-Length: 0\r\n\r\n")
        assert b" 200 " in await reader.readuntil(b"xx")
        writer.write(_HEAD)
        assert b" 408 " in await rest_of(reader)

    attempt(step)


def test_fields_after_a_body_change_nothing_of_its_head() -> None:
    async def step(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = _HEAD.replace(b"POST /", b"POST /fields") + b"Transfer-Encoding: chunked\r\n"
        writer.write(head + b"Connection: close\r\n\r\n0\r\nHost: elsewhere\r\n\r\n")
        answer = await rest_of(reader)
        assert b" 200 " in answer
        assert b"elsewhere" not in answer

    attempt(step)


def test_a_body_that_does_not_come() -> None:
    async def step(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(_HEAD + b"Content-Length: 100\r\n\r\nabc")
        assert b" 408 " in await rest_of(reader)

    attempt(step)


def test_an_answer_that_nobody_reads() -> None:
    async def step(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**16)
        writer.write(_HEAD.replace(b"POST /", b"POST /large") + b"Content-Length: 0\r\n\r\n")
        await asyncio.sleep(1.5)
        received = len(await rest_of(reader))
        assert received < _LARGE

    attempt(step)


def test_answers_that_wait_have_room_for_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "STUCK_SECONDS", 60)
    monkeypatch.setattr(connections, "WAITING_BYTES", 1.2 * _LARGE)
    head = _HEAD.replace(b"POST /", b"POST /large") + b"Connection: close\r\n"

    async def step(port: int) -> None:
        readers = []
        for _ in range(2):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**16)
            writer.write(head + b"Content-Length: 0\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
            readers.append(reader)
        await asyncio.sleep(0.1)
        assert len(await rest_of(readers[0])) < _LARGE
        assert len(await rest_of(readers[1])) == _LARGE

    attempt(step)


def test_an_answer_that_is_read_slowly() -> None:
    async def step(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**16)
        head = _HEAD.replace(b"POST /", b"POST /large")
        writer.write(head + b"Content-Length: 0\r\nConnection: close\r\n\r\n")
        received = 0
        while part := await reader.read(2**19):
            received += len(part)
            await asyncio.sleep(0.002)
        assert received > _LARGE

    attempt(step)


def test_more_connections_than_there_may_be() -> None:
    async def step(port: int) -> None:
        links = [await asyncio.open_connection("127.0.0.1", port) for _ in range(6)]
        answer = await rest_of(links[-1][0])
        assert b" 429 " in answer
        assert b"retry-after" in answer

    attempt(step)
