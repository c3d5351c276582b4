"""What a server and its workers say to each other: some JSON, and some bytes after it.

A worker may have been taken over by what it decoded. So its answers are of bounded size, nothing in
them is unpickled or handed to a parser of files, and the server checks what it takes from them.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
from typing import Any, NamedTuple

MOST_NOTE = 16 * 2**20
MOST_BODY = 64 * 2**20

_HEAD = struct.Struct("!II")


class Message(NamedTuple):
    """One message.

    Attributes:
        note: what JSON can hold.
        body: bytes that belong to it.
    """

    note: dict[str, Any]
    body: bytes = b""


class Request(NamedTuple):
    """What a worker is to do.

    Attributes:
        note: what JSON can hold.
        descriptor: of the open file that it is about, to be closed; -1 if there is none.
    """

    note: dict[str, Any]
    descriptor: int


def send(link: socket.socket, message: Message) -> None:
    """Send a message, waiting until it is through."""
    link.sendall(_pack(message))
    link.sendall(message.body)


def receive_request(link: socket.socket) -> Request | None:
    """Wait for a request; None: there will be no more."""
    head, descriptors, _, _ = socket.recv_fds(link, _HEAD.size, 1)
    if not head:
        return None
    head += _exactly(link, _HEAD.size - len(head))
    length, _ = _HEAD.unpack(head)
    note: dict[str, Any] = json.loads(_exactly(link, length))
    return Request(note, descriptors[0] if descriptors else -1)


async def ask(link: socket.socket, request: Request) -> None:
    """Send a request with the file that it is about, from the server, whose link never blocks."""
    content = _pack(Message(request.note))
    descriptors = [request.descriptor] if request.descriptor >= 0 else []
    sent = socket.send_fds(link, [content[: _HEAD.size]], descriptors)
    await asyncio.get_running_loop().sock_sendall(link, content[sent:])


async def receive(link: socket.socket) -> Message:
    """Wait for a message of a worker.

    Raises:
        EOFError: there will be none.
        ValueError: it is too long, or not what a message is.
    """
    length, size = _HEAD.unpack(await _receive_exactly(link, _HEAD.size))
    if length > MOST_NOTE or size > MOST_BODY:
        raise ValueError(f"a message of {length:,} and {size:,} bytes")
    note = json.loads(await _receive_exactly(link, length))
    if not isinstance(note, dict):
        raise ValueError("a message that is no object")
    return Message(note, bytes(await _receive_exactly(link, size)))


def has_ended(link: socket.socket) -> bool:
    """Whether the other end of a link that never blocks is closed, and all of it was read."""
    try:
        return link.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def close_file(request: Request) -> None:
    """Close the file that a request is about."""
    if request.descriptor >= 0:
        os.close(request.descriptor)


def _pack(message: Message) -> bytes:
    note = json.dumps(message.note, allow_nan=False).encode()
    return _HEAD.pack(len(note), len(message.body)) + note


def _exactly(link: socket.socket, size: int) -> bytes:
    content = bytearray()
    while len(content) < size:
        part = link.recv(size - len(content))
        if not part:
            raise EOFError("the server is gone")
        content += part
    return bytes(content)


async def _receive_exactly(link: socket.socket, size: int) -> bytearray:
    loop = asyncio.get_running_loop()
    content = bytearray(size)
    filled = 0
    while filled < size:
        got = await loop.sock_recv_into(link, memoryview(content)[filled:])
        if got == 0:
            raise EOFError("the worker is gone")
        filled += got
    return content
