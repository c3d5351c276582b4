"""A server of Milvus that is killed, stopped, and written to by two at once."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.milvus_server import MilvusServer

import prvipe.stores.loading as loading_module
from prvipe.cli.main import main
from prvipe.errors import InputError
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses
from prvipe.stores import PoseStore, create_store, open_store
from prvipe.stores.loading import load_dataset

MakePoses = Callable[..., Poses]
MakeStore = Callable[..., PoseStore]
MakeDataset = Callable[..., Any]
MakeServer = Callable[..., MilvusServer]

# So long a server that was killed and is started again waits for itself.
_SECONDS_KNOWN = {"common.session.ttl": 10}

pytestmark = pytest.mark.slow


@pytest.fixture
def mortal(
    make_server: MakeServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[MilvusServer]:
    """A server that a test may kill, and loads in small steps."""
    monkeypatch.setattr(loading_module, "_ROWS_AT_ONCE", 16)
    server = make_server(tmp_path / "milvus", **_SECONDS_KNOWN)
    try:
        server.start()
        yield server
    finally:
        server.kill()


def require_same(ours: PoseStore, theirs: PoseStore, query: Poses) -> None:
    """Both hold the same poses, and find the same."""
    assert len(ours) == len(theirs)
    assert ours.columns == theirs.columns
    rows = list(range(len(theirs)))
    assert ours.embeddings(rows).mean.equal(theirs.embeddings(rows).mean)
    assert ours.embeddings(rows).std.equal(theirs.embeddings(rows).std)
    np.testing.assert_array_equal(ours.keypoints(rows), theirs.keypoints(rows))
    for hit, other in zip(ours.poses(rows), theirs.poses(rows), strict=True):
        assert hit.fields == other.fields
    for exact in (False, True):
        for result, other in zip(
            ours.search(query, 20, exact=exact), theirs.search(query, 20, exact=exact), strict=True
        ):
            assert [(h.row, h.probability) for h in result] == [
                (h.row, h.probability) for h in other
            ]


def test_a_load_goes_on_after_the_server_was_killed(
    mortal: MilvusServer, embedder: Embedder, make_poses: MakePoses, make_dataset: MakeDataset
) -> None:
    address = f"{mortal.address}/moves"
    dataset = make_dataset(make_poses(200), create_store(address, embedder), "embedded")
    deaths = [100, 140]

    def kill(done: int, of: int) -> None:
        if deaths and done >= deaths[0]:
            deaths.pop(0)
            mortal.kill()

    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(InputError, match=r"does not answer any more .* repeat the command"):
            load_dataset(address, dataset, kill)
        assert time.monotonic() - began < 90
        mortal.start()
        with pytest.raises(InputError, match="half loaded with embedded; repeat prvipe index add"):
            open_store(address, embedder)
    assert not deaths
    assert 0 < load_dataset(address, dataset, kill) < 200
    undisturbed = create_store(f"{mortal.address}/undisturbed", embedder)
    load_dataset(f"{mortal.address}/undisturbed", dataset)
    require_same(
        open_store(address, embedder),
        open_store(f"{mortal.address}/undisturbed", embedder),
        make_poses(3, 1),
    )
    assert undisturbed.columns == {}  # opened before, and told so by no one


def test_searches_end_with_a_clear_error_when_the_server_does(
    mortal: MilvusServer,
    embedder: Embedder,
    make_poses: MakePoses,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    address = f"{mortal.address}/moves"
    create_store(address, embedder).add(make_poses(50))
    store, query = open_store(address, embedder), make_poses(1)
    searched, failures = threading.Event(), list[InputError]()

    def search() -> None:
        try:
            while True:
                store.search(query)
                searched.set()
        except InputError as error:
            failures.append(error)

    searching = threading.Thread(target=search)
    searching.start()
    assert searched.wait(60)
    mortal.kill()
    searching.join(60)
    (failure,) = failures
    assert str(failure).startswith(f"{address}: Milvus does not answer any more")
    monkeypatch.setattr("sys.argv", ["prvipe", "search", address, "--row", "3"])
    began = time.monotonic()
    with pytest.raises(SystemExit) as end:
        main()
    assert time.monotonic() - began < 60
    assert end.value.code == 2
    assert "no Milvus answers there" in capsys.readouterr().err
    mortal.start()
    assert len(open_store(address, embedder)) == 50
