"""A server on a system where nothing is decoded: without pictures and uploads."""

from collections.abc import Callable
from functools import partial

import httpx
import pytest

from prvipe.service.workers import make_workers

Client = httpx.Client


@pytest.fixture
def client(make_client: Callable[..., Client], monkeypatch: pytest.MonkeyPatch) -> Client:
    """Speaks to such a server."""
    monkeypatch.setattr("prvipe.web.app.make_workers", partial(make_workers, system="darwin"))
    return make_client()


def test_libraries_are_searched(client: Client) -> None:
    assert client.post("/v1/search", json={"rows": [3]}).json()["results"]


def test_files_are_refused_in_words(client: Client) -> None:
    refused = client.post("/v1/read?filename=a.csv", content=b"left_hip_x,left_hip_y\n1,2\n")
    assert refused.status_code == 422
    assert "Linux" in refused.json()["detail"]


def test_there_are_no_pictures(client: Client) -> None:
    assert client.get("/v1/libraries/moves/poses/0/image").status_code == 404
    frames = client.get("/v1/libraries/moves/frames?rows=0,1")
    assert (frames.status_code, len(frames.content)) == (200, 12)
