"""What a client says when a server does not answer, and how long it goes on trying."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import torch
from served_library import make_model, moving_people

from prvipe import Client, Gaussian, PoseIndex
from prvipe.errors import (
    InputError,
    ModelMismatchError,
    ServerBusyError,
    ServerError,
    ServerTooSlowError,
    ServerUnreachableError,
    ServerVersionError,
    TokenRefusedError,
)

TOKEN = "a-token-that-nobody-else-may-see"
PROBLEM = "application/problem+json"
QUERY = moving_people(1)


class Answers(httpx.BaseTransport):
    """Gives answers, or raises errors, in turn; the last of them for ever."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.waiting, self.requests = list(answers), []
        self.lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        with self.lock:
            self.requests.append(request)
            answer = self.waiting.pop(0) if len(self.waiting) > 1 else self.waiting[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def problem(status: int, detail: str = "told", **headers: str) -> httpx.Response:
    body = {"title": "t", "status": status, "detail": detail, "news": 1}
    return httpx.Response(status, json=body, headers={**headers, "content-type": PROBLEM})


def libraries(**changes: Any) -> httpx.Response:
    library = {
        **{
            "name": "moves",
            "poses": 3,
            "model": "small",
            "fingerprint": "abc",
            "skeleton": "coco13",
        },
        **{"columns": {"row": "int64"}, "generation": 1, "sources": 1, "dimension": 16},
        **{"has_images": False, "has_3d": False, "reads_scores": True},
        **{"matching": {"a": 1.0, "b": 0.0}, "something": "new"},
    }
    return httpx.Response(200, json={"libraries": [{**library, **changes}]})


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What a client waits, without waiting: the clock is put forward."""
    waited: list[float] = []
    clock = time.monotonic
    monkeypatch.setattr("prvipe.client.connection.time.sleep", waited.append)
    monkeypatch.setattr("prvipe.client.connection.time.monotonic", lambda: clock() + sum(waited))
    return waited


def client(*answers: httpx.Response | Exception, **options: Any) -> tuple[Client, Answers]:
    transport = Answers(*answers)
    return Client("http://localhost:1", transport=transport, **options), transport


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (400, InputError, "told"),
        (404, InputError, "told"),
        (413, InputError, "told"),
        (415, InputError, "told"),
        (422, InputError, "told"),
        (401, TokenRefusedError, "http://localhost:1: told.*token="),
        (403, ServerError, "http://localhost:1: told"),
        (408, ServerTooSlowError, "told"),
        (429, ServerBusyError, "told"),
        (500, ServerError, "told"),
        (503, ServerBusyError, "told"),
        (504, ServerTooSlowError, "told"),
        (507, ServerError, "told"),
    ],
)
def test_problems_become_errors(status: int, kind: type[Exception], words: str) -> None:
    asked, _ = client(problem(status))
    with pytest.raises(kind, match=words) as caught:
        asked.libraries()
    assert type(caught.value) is kind


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (httpx.Response(404, text="not found"), ServerVersionError, "no version 1"),
        (httpx.Response(200, text="<html>"), ServerVersionError, "same version"),
        (httpx.Response(200, json={"libraries": [{"name": "a"}]}), ServerVersionError, "poses"),
        (httpx.Response(200, json=[1]), ServerVersionError, "same version"),
        (httpx.Response(301, headers={"location": "https://a.b"}), ServerError, "https://a.b"),
        (httpx.Response(502, text="bad gateway"), ServerBusyError, "is the server running"),
        (httpx.Response(413, text="too much"), InputError, "send less"),
        (httpx.ReadTimeout("slow"), ServerTooSlowError, "within 60 s"),
        (httpx.ConnectError("refused"), ServerUnreachableError, "refused.*prvipe serve"),
        (httpx.ConnectTimeout(""), ServerUnreachableError, "ConnectTimeout"),
    ],
)
def test_strangers_become_errors(answer: Any, kind: type[Exception], words: str) -> None:
    asked, _ = client(answer)
    with pytest.raises(kind, match=words) as caught:
        asked.libraries()
    assert str(caught.value).startswith("http://localhost:1: ")


def test_nobody_at_the_address() -> None:
    with (
        Client("http://127.0.0.1:1") as asked,
        pytest.raises(ServerUnreachableError, match=r"http://127\.0\.0\.1:1: nobody answers"),
    ):
        len(asked)


def test_a_busy_server_is_asked_again_when_it_says(pauses: list[float]) -> None:
    asked, transport = client(
        problem(429, **{"retry-after": "3"}), problem(503, **{"retry-after": "1"}), libraries()
    )
    assert len(asked) == 3
    assert len(transport.requests) == 3
    assert 3 <= pauses[0] <= 5
    assert 1 <= pauses[1] <= 2


@pytest.mark.parametrize("patience", [0, 5, 30])
def test_patience_ends(pauses: list[float], patience: float) -> None:
    asked, transport = client(problem(429), patience=patience)
    with pytest.raises(ServerBusyError):
        len(asked)
    assert sum(pauses) <= patience
    assert len(transport.requests) == len(pauses) + 1 <= 10
    asked, transport = client(problem(429, **{"retry-after": "1000"}), patience=patience)
    with pytest.raises(ServerBusyError):
        len(asked)
    assert len(transport.requests) == 1


def test_a_lost_connection_is_tried_again(pauses: list[float]) -> None:
    lost = httpx.RemoteProtocolError("closed")
    asked, transport = client(lost, httpx.ReadError("reset"), libraries())
    assert len(asked) == 3
    asked, transport = client(lost)
    with pytest.raises(ServerUnreachableError):
        len(asked)
    assert len(transport.requests) == 3


@pytest.mark.parametrize("answer", [httpx.ReadTimeout(""), problem(504), problem(500)])
def test_what_would_be_slow_again_is_not_repeated(answer: Any) -> None:
    asked, transport = client(answer)
    with pytest.raises(ServerError):
        len(asked)
    assert len(transport.requests) == 1


def test_an_upload_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"0123456789" * 300_000)
    done = {"kind": "image", "poses": {"keypoints": []}, "suggested": None, "notes": ["dark"]}
    asked, transport = client(problem(429), httpx.Response(200, json=done))
    with pytest.warns(UserWarning, match=r"photo\.jpg: dark"):
        assert len(asked.read(tmp_path / "photo.jpg")) == 0
    first, second = transport.requests
    assert first.content == second.content
    assert len(second.content) == 3_000_000
    assert dict(second.url.params) == {"filename": "photo.jpg"}
    with pytest.raises(InputError, match="nothing"):
        asked.read(tmp_path / "nothing.jpg")


def test_another_model_is_noticed() -> None:
    vector = {"mean": [[0.0]], "std": [[1.0]], "trust": []}
    other = httpx.Response(200, json={"model": "base", "fingerprint": "def", **vector})
    asked, _ = client(libraries(), other)
    with pytest.raises(ModelMismatchError, match=r"base \(def\) now.*small \(abc\) before"):
        asked.embed(QUERY)
    # A server that was started anew with another model does not know that of before.
    changed = libraries(model="base", fingerprint="def")
    asked, _ = client(libraries(), problem(422, "model abc: is not served"), changed)
    with pytest.raises(ModelMismatchError):
        asked.embed(QUERY)
    found = {"library": "moves", "generation": 1, "results": [], "absent": []}
    other = httpx.Response(200, json={**found, "fingerprint": "def"})
    asked, _ = client(libraries(), other, changed)
    with pytest.raises(ModelMismatchError):
        asked.search(Gaussian(torch.zeros(1, 16), torch.ones(1, 16)))
    asked, _ = client(libraries(), changed)
    assert len(asked) == 3
    with pytest.raises(ModelMismatchError):
        len(asked)


def test_a_library_is_chosen() -> None:
    two = {
        "libraries": [
            libraries().json()["libraries"][0],
            {**libraries().json()["libraries"][0], "name": "b"},
        ]
    }
    for library, words in (
        (None, "choose one with library=, there are moves, b"),
        ("c", "has no library c; there are moves, b"),
    ):
        asked, _ = client(httpx.Response(200, json=two), library=library)
        with pytest.raises(InputError, match=words):
            len(asked)
    asked, _ = client(httpx.Response(200, json=two), library="b")
    assert len(asked) == 3


def test_requests_that_no_server_answers_are_not_sent() -> None:
    asked, transport = client(libraries())
    for call in (
        lambda: asked.search(QUERY, k=1_001),
        lambda: asked.search(QUERY, where=["row>1"] * 65),
        lambda: asked.search(QUERY, where="row=" + "1" * 5_000),
        lambda: asked.search(Gaussian(torch.full((1, 16), np.nan), torch.zeros(1, 16))),
    ):
        with pytest.raises(InputError):
            call()
    assert len(transport.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        "",
        "moves.pvi",
        "ftp://a",
        "http://",
        "http://a:99999",
        "http://a/?b",
        "http://a#b",
        "//a",
        7,
    ],
)
def test_what_is_no_address_is_refused(url: Any) -> None:
    with pytest.raises(InputError, match="http"):
        Client(url)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://poses.example.org", True),
        ("http://localhost:8765", True),
        ("http://127.0.0.1", True),
        ("http://[::1]:8765/behind/a/proxy/", True),
        ("http://poses.example.org", False),
        ("http://192.168.1.5:8765", False),
        ("http://localhost.example.org", False),
    ],
)
def test_the_token_is_kept_off_open_networks(url: str, allowed: bool) -> None:
    if allowed:
        Client(url, token=TOKEN)
        return
    with pytest.raises(InputError, match="https"):
        Client(url, token=TOKEN)
    Client(url, token=TOKEN, plain_http=True)
    Client(url)


def test_the_token_is_sent_and_never_shown(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("PRVIPE_TOKEN", TOKEN)
    shown = []
    for options in ({"token": TOKEN}, {}):
        asked, transport = client(problem(401, "the token is not the right one"), **options)
        with pytest.raises(TokenRefusedError) as caught:
            len(asked)
        assert transport.requests[0].headers["authorization"] == f"Bearer {TOKEN}"
        shown += [repr(asked), str(asked), str(caught.value), repr(caught.value.__cause__)]
    for url, token in (
        (f"http://somebody:{TOKEN}@localhost", None),
        ("http://poses.example.org", TOKEN),
        ("http://localhost", TOKEN + "\n"),
        ("http://localhost", TOKEN + "é"),
    ):
        with pytest.raises(InputError) as refused:
            Client(url, token=token)
        shown.append(str(refused.value))
    assert not any(TOKEN in text for text in [*shown, caplog.text])


@pytest.mark.parametrize(
    ("url", "library"),
    [("http://localhost/behind/it/", "moves"), ("http://localhost/behind/it/moves", None)],
)
def test_a_server_may_be_behind_a_proxy(url: str, library: str | None) -> None:
    transport = Answers(libraries())
    assert len(Client(url, library=library, transport=transport)) == 3
    assert str(transport.requests[0].url) == "http://localhost/behind/it/v1/libraries"


@pytest.mark.parametrize(
    "url", ["http://localhost:1/v1", "http://localhost:1/v1/", "http://localhost:1/v1/libraries/a"]
)
def test_an_address_of_the_interface_is_refused_at_once(url: str) -> None:
    with pytest.raises(InputError, match="server, http://localhost:1, or of a library, "):
        Client(url)


def test_an_address_may_end_in_the_name_of_a_library() -> None:
    shown = "Client('http://localhost:1', library='two words')"
    assert repr(Client("http://localhost:1/two%20words")) == shown
    asked = Client("http://localhost/other", transport=Answers(libraries()))
    with pytest.raises(InputError, match="http://localhost: has no library other; there are moves"):
        len(asked)


def test_threads_share_a_client() -> None:
    asked, _ = client(libraries())
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(len(asked))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [3] * 16


@pytest.fixture
def served(tmp_path: Path, model: Path) -> Iterator[tuple[Path, Callable[[], Client]]]:
    """A library of another model, and clients of a server of it."""
    from starlette.testclient import TestClient

    from prvipe.service.libraries import Libraries
    from prvipe.web.app import create_app
    from prvipe.web.settings import Settings

    path = tmp_path / "other.pvi"
    index = PoseIndex.create(make_model(tmp_path / "other.safetensors", seed=1))
    index.add(moving_people(20))
    index.save(path)
    with (
        Libraries.open([path]) as libraries,
        TestClient(create_app(libraries, Settings(TOKEN)), "http://localhost") as server,
    ):
        transport = server._transport
        yield path, lambda token=None: Client("http://localhost", token=token, transport=transport)


def test_a_real_server_wants_its_token(served: Any) -> None:
    _, connect = served
    assert len(connect(TOKEN)) == 20
    for token, words in ((None, "a token is needed"), (TOKEN[::-1], "not the right one")):
        with pytest.raises(TokenRefusedError, match=words):
            len(connect(token))
