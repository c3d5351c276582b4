"""What a connection may take: slow, large and broken requests, to a server in its own process."""

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
import pytest

from prvipe.web.connections import HEAD_SECONDS

_HEAD = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@contextmanager
def connected(address: str, seconds: float = 30) -> Iterator[socket.socket]:
    parts = urlsplit(address)
    assert parts.hostname is not None
    with socket.create_connection((parts.hostname, parts.port or 80), seconds) as link:
        yield link


def read_all(link: socket.socket) -> bytes:
    """What comes until the server ends the connection."""
    received = b""
    try:
        while part := link.recv(65_536):
            received += part
    except ConnectionResetError:
        return received
    return received


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def is_well(address: str) -> bool:
    return httpx.get(f"{address}/healthz", timeout=60).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"\0\0\0\0\r\n\r\n",
        b"GET /healthz HTTP/9.9\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"POST /v1/embed HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/embed HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9e9\r\n\r\n",
        b"POST /v1/embed HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 3\r\n"
        b"Content-Length: 4\r\n\r\nabc",
        b"POST /v1/embed HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Length: 3\r\n\r\nabc",
        b"POST /v1/embed HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_no_http(live: str, sent: bytes) -> None:
    with connected(live) as link:
        link.sendall(sent)
        answer = read_all(link)
    if answer:
        assert status_of(answer) == 400
        assert b"content-security-policy" in answer
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["status"] == 400
    assert is_well(live)


def test_a_head_without_end(live: str) -> None:
    with connected(live) as link:
        link.sendall(_HEAD)
        line = b"X-Filler: " + b"x" * 1_000 + b"\r\n"
        try:
            for _ in range(10_000):
                link.sendall(line)
        except OSError:
            pass
        else:
            pytest.fail("ten megabytes of head were taken in")
    assert is_well(live)


def test_a_large_head_is_told_so(live: str) -> None:
    with connected(live) as link:
        link.sendall(_HEAD + b"X-Filler: " + b"x" * 70_000)
        assert status_of(read_all(link)) == 431


@pytest.mark.parametrize("line", [b"a: b\r\n", b"x" * 1_000])
def test_fields_without_end_after_a_body(live: str, line: bytes) -> None:
    head = b"POST /v1/embed HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    with connected(live) as link:
        link.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\na: b")
        try:
            for _ in range(500):
                link.sendall(line * (20_000 // len(line)))
        except OSError:
            pass
        else:
            pytest.fail("ten megabytes of fields were taken in")
    assert is_well(live)


def test_two_hosts_are_none(live: str) -> None:
    with connected(live) as link:
        link.sendall(_HEAD + b"Host: evil.example\r\nConnection: close\r\n\r\n")
        assert status_of(read_all(link)) == 403
    with connected(live) as link:
        link.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert status_of(read_all(link)) == 403


def test_requests_one_after_the_other_on_one_connection(live: str) -> None:
    with connected(live) as link:
        link.sendall(2 * (_HEAD + b"\r\n") + _HEAD + b"Connection: close\r\n\r\n")
        assert len(re.findall(rb"HTTP/1.1 200 OK", read_all(link))) == 3


@pytest.mark.parametrize("coding", ["length", "chunked"])
def test_a_body_that_says_it_is_small_and_is_not(live: str, coding: str) -> None:
    """Nothing beyond what was announced is read as the body, and chunks are counted."""
    head = b"POST /v1/embed HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    with connected(live) as link:
        if coding == "length":
            link.sendall(head + b"Content-Length: 2\r\n\r\n{}" + b"x" * 100)
            assert status_of(read_all(link)) == 422
            return
        link.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
        chunk = b"100000\r\n" + b" " * 2**20 + b"\r\n"
        try:
            for _ in range(40):
                link.sendall(chunk)
        except OSError:
            pass
        assert status_of(link.recv(65_536)) == 413
    assert is_well(live)


def test_many_connections_that_say_nothing(live: str) -> None:
    links = []
    try:
        for _ in range(300):
            parts = urlsplit(live)
            links.append(socket.create_connection((parts.hostname or "", parts.port or 80), 10))
        began = time.monotonic()
        assert is_well(live)
        assert time.monotonic() - began < HEAD_SECONDS, "it does not wait for any of them"
    finally:
        for link in links:
            link.close()


def test_a_client_that_leaves_in_the_middle_of_an_upload(live: str) -> None:
    head = (
        b"POST /v1/read?filename=a.csv HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n"
    )
    for _ in range(20):
        with connected(live) as link:
            link.sendall(head + b"\r\n" + b"x" * 1_000)
    for _ in range(300):
        metrics = httpx.get(f"{live}/metrics", timeout=60).text
        if "prvipe_requests_in_flight 1.0" in metrics:
            break
        time.sleep(0.1)
    else:
        pytest.fail("requests of clients that left are still in flight")
    assert 'prvipe_requests_total{method="POST",route="/v1/read",status="499"}' in metrics


@pytest.mark.parametrize(
    "path",
    [
        *("/../etc/passwd", "/app/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd"),
        *("/..%2f..%2fetc%2fpasswd", "/%252e%252e%252fetc%252fpasswd", "/..\\..\\etc\\passwd"),
        *("/app/%5c..%5cmain.js", "/index.html%00.js", "/%00", "/app/main.js/", "/app//main.js"),
        *("/./index.html", "/INDEX.HTML", "/%c0%ae%c0%ae/etc/passwd", "/%EF%BC%8E%EF%BC%8E/x"),
        *("/file:///etc/passwd", "/v1/libraries/..%2f..%2fetc", "/v1/libraries/%2e%2e"),
        *("/v1/libraries/moves%2f..%2fmoves", "/v1/libraries/moves.pvi", "/v1/libraries/%2fetc"),
        *("/v1/libraries/moves%00", "/v1/libraries/moves/recordings/..%2f..%2f..%2fetc%2fpasswd"),
        *("/v1/libraries/moves/recordings/%2e%2e", "/v1/libraries/moves/poses/..%2f0/image"),
        "/v1/libraries/moves/poses/0%2f..%2f1/image",
    ],
)
def test_no_path_leads_to_a_file(live: str, path: str) -> None:
    """Sent as it stands: clients of their own accord tidy such paths up."""
    with connected(live) as link:
        link.sendall(
            b"GET " + path.encode() + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        )
        answer = read_all(link)
    assert status_of(answer) in (400, 404, 422)
    assert b"root:" not in answer
    assert b"Traceback" not in answer
