"""What a connection may take: time for the head of a request and for its body, and room."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any, Literal, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from prvipe.web.observing import give_up
from prvipe.web.problems import problem
from prvipe.web.security import HEADERS

HEAD_SECONDS = 20.0
"""Time for the head of a request, from its first byte or the beginning of the connection."""

BODY_SECONDS = 90.0
"""Time for its body, even if nobody reads it. The application gives up earlier, with an answer
(`Limits.body_seconds`)."""

STUCK_SECONDS = 60.0
"""Time in which a client must take in something of an answer that waits for it."""

WAITING_BYTES = 2**30
"""Room for answers that wait for their clients, on all connections together; then the client that
has taken longest is given up."""

HEAD_BYTES = 64 * 1024
"""Room for a head, whose fields stay in memory as they come, and for what is in a body besides
what the application gets of it."""

MOST_CONNECTIONS = 1_000

Stage = Literal["head", "body", "done"]


class BoundedProtocol(HttpToolsProtocol):
    """One connection, which ends when its client is slow on purpose or sends a head without end.

    uvicorn bounds none of these, and ends only connections on which nothing comes after an answer.
    """

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._stage: Stage = "head"
        self._requests = 0
        self._watched: tuple[int, Stage] | None = None
        self._kept_bytes = 0
        self._deadline: asyncio.TimerHandle | None = None
        self._reading: asyncio.TimerHandle | None = None
        self._waits_since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, unless there are too many connections."""
        super().connection_made(cast(asyncio.Transport, transport))
        if len(self.connections) > MOST_CONNECTIONS:
            self._refuse(429, "there are too many connections; try again later")
        else:
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        for timer in (self._deadline, self._reading):
            if timer is not None:
                timer.cancel()
        if self.cycle is not None and not self.cycle.response_complete:
            give_up(self.cycle.scope)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in what has come."""
        if self.transport.is_closing():
            return
        self._kept_bytes += len(data)
        super().data_received(data)
        if self._stage == "done":
            self._kept_bytes = 0
        elif self._kept_bytes > HEAD_BYTES:
            self._refuse(431, f"the fields of the request have more than {HEAD_BYTES:,} bytes")
        self._watch()

    def on_message_begin(self) -> None:
        """Note that a request begins."""
        self._stage = "head"
        self._requests += 1
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take in a field of the head; those after a body are not what was checked before it."""
        if self._stage == "head":
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        """Take in a part of the body, which the application bounds."""
        self._kept_bytes = 0
        super().on_body(body)

    def on_headers_complete(self) -> None:
        """Note that its head is complete."""
        self._stage = "body"
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that all of it has come."""
        self._stage = "done"
        super().on_message_complete()
        # Reading pauses while a large body waits for the application, and would not go on after its
        # end: that the client leaves shows only to who reads.
        if not self.pipeline:
            self.flow.resume_reading()

    def pause_writing(self) -> None:
        """Wait until the client has read on, but not if it does not read at all."""
        super().pause_writing()
        self._waits_since = self.loop.time()
        self._require_reading(None)
        self._require_room()

    def resume_writing(self) -> None:
        """Go on writing."""
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be read as HTTP."""
        self._refuse(400, "this is no request of HTTP/1.1 that can be read")

    def _watch(self) -> None:
        """Set the deadline of what is awaited now."""
        now = (self._requests, self._stage)
        if now == self._watched:
            return
        self._watched = now
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if self._stage != "done" and not self.transport.is_closing():
            seconds = HEAD_SECONDS if self._stage == "head" else BODY_SECONDS
            self._deadline = self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        self._refuse(408, f"the {self._stage} of the request took too long")

    def _require_reading(self, before: int | None) -> None:
        waiting = self.transport.get_write_buffer_size()
        if before is not None and waiting >= before:
            self.transport.abort()
        else:
            self._reading = self.loop.call_later(STUCK_SECONDS, self._require_reading, waiting)

    def _require_room(self) -> None:
        waiting = [
            each
            for each in self.connections
            if isinstance(each, BoundedProtocol) and each._reading is not None
        ]
        if sum(each.transport.get_write_buffer_size() for each in waiting) > WAITING_BYTES:
            min(waiting, key=lambda each: each._waits_since).transport.abort()

    def _refuse(self, status: int, detail: str) -> None:
        """Answer without the application, and end the connection."""
        if self.cycle is not None and not self.cycle.response_complete:
            if self._stage != "body":
                self.cycle.keep_alive = False  # the one before is answered, then it ends
                return
            if self.cycle.response_started or self.pipeline:
                self.transport.abort()
                return
        answer = problem(status, detail, headers={"connection": "close", "retry-after": "5"})
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}".encode()]
        lines += [b": ".join(field) for field in (*answer.raw_headers, *HEADERS)]
        self.transport.write(b"\r\n".join([*lines, b"", bytes(answer.body)]))
        self.transport.close()
