"""Loading an embedded dataset into Milvus."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import prvipe.stores.loading as loading_module
from prvipe.errors import InputError
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses
from prvipe.stores import PoseStore, open_store
from prvipe.stores.loading import load_dataset
from prvipe.stores.milvus.about import read_about
from prvipe.stores.milvus.store import MilvusStore

MakePoses = Callable[..., Poses]
MakeStore = Callable[..., PoseStore]
MakeDataset = Callable[..., Any]


@pytest.fixture
def library(make_store: MakeStore, kind: str, monkeypatch: pytest.MonkeyPatch) -> MilvusStore:
    monkeypatch.setattr(loading_module, "_ROWS_AT_ONCE", 16)
    store = make_store(kind)
    assert isinstance(store, MilvusStore)
    return store


class Killed(BaseException):
    """Stands for whatever ends a program."""


def test_a_load_that_is_interrupted_anywhere_is_completed_by_the_same_call(
    library: MilvusStore,
    embedder: Embedder,
    make_poses: MakePoses,
    make_dataset: MakeDataset,
    make_store: MakeStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poses = make_poses(100)
    dataset = make_dataset(poses, library, "first")
    write, told, failing = MilvusStore.write, list[tuple[int, int]](), [1, 3, 2]

    def write_some(self: MilvusStore, added: object, next_row: int) -> None:
        failing[0] -= 1
        if failing[0] == 0:  # the rows are there, and nobody was told
            failing.pop(0)
            write(self, added, next_row)
            raise Killed
        write(self, added, next_row)

    monkeypatch.setattr(MilvusStore, "write", write_some)
    for _ in range(3):
        with pytest.raises(Killed):
            load_dataset(library.address, dataset)
        with pytest.raises(InputError, match="half loaded with first; repeat prvipe index add"):
            open_store(library.address, embedder)
    failing.append(100)
    load_dataset(library.address, dataset, lambda done, of: told.append((done, of)))
    assert told[-1] == (100, 100)
    assert load_dataset(library.address, dataset) == 0
    store = open_store(library.address, embedder)
    assert len(store) == 100
    whole = make_store("folder")
    whole.add(poses, embedder.embed(poses))
    assert store.columns == whole.columns
    rows = list(range(100))
    assert store.embeddings(rows).mean.equal(whole.embeddings(rows).mean)
    for ours, theirs in zip(store.poses(rows), whole.poses(rows), strict=True):
        assert (ours.row, ours.fields) == (theirs.row, theirs.fields)
        np.testing.assert_array_equal(ours.keypoints, theirs.keypoints)


def test_a_second_dataset_and_new_parts_of_the_first_come_behind_it(
    library: MilvusStore, embedder: Embedder, make_poses: MakePoses, make_dataset: MakeDataset
) -> None:
    first = make_dataset(make_poses(80), library, "a")
    assert load_dataset(library.address, first) == 80
    other = make_dataset(make_poses(30, 5, extra=np.arange(30)), library, "b")
    assert load_dataset(library.address, other) == 30
    grown = make_dataset(make_poses(120), library, "a")
    assert load_dataset(library.address, grown) == 40
    assert load_dataset(library.address, grown, again=True) == 120
    store = open_store(library.address, embedder)
    assert len(store) == 270
    assert store.pose(85).fields["extra"] == 5
    assert store.pose(110).source == "clip 8.mp4"
    assert store.pose(0).fields["extra"] is None


def test_what_does_not_belong_together_is_refused(
    library: MilvusStore,
    make_embedder: Callable[[int], Embedder],
    make_poses: MakePoses,
    make_dataset: MakeDataset,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dataset = make_dataset(make_poses(50), library, "data")
    foreign = make_dataset(make_poses(50), library, "foreign")
    foreign.fingerprint = "0" * 16
    with pytest.raises(InputError, match=r"foreign: the index is of model .* cannot be compared"):
        load_dataset(library.address, foreign)
    with monkeypatch.context() as patched:
        patched.setattr(MilvusStore, "write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            load_dataset(library.address, dataset)
    other = make_dataset(make_poses(50), library, "other")
    with pytest.raises(InputError, match="other: is not, or no longer, what is half loaded"):
        load_dataset(library.address, other)
    assert load_dataset(library.address, dataset) == 50


def test_rows_that_are_others_or_missing_are_noticed(
    library: MilvusStore,
    embedder: Embedder,
    make_poses: MakePoses,
    make_dataset: MakeDataset,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dataset = make_dataset(make_poses(50), library, "data")
    write = MilvusStore.write
    with monkeypatch.context() as patched:
        patched.setattr(MilvusStore, "write", lambda *_: None)
        with pytest.raises(InputError, match="0 of 50 poses of data are there"):
            load_dataset(library.address, dataset)
    with monkeypatch.context() as patched:

        def write_wrongly(self: MilvusStore, added: object, next_row: int) -> None:
            added.embeddings.mean.add_(1)  # type: ignore[attr-defined]
            write(self, added, next_row)

        patched.setattr(MilvusStore, "write", write_wrongly)
        with pytest.raises(InputError, match="poses from row 0 on are not those of data"):
            load_dataset(library.address, dataset)
    with pytest.raises(InputError, match="half loaded"):
        open_store(library.address, embedder)


@pytest.mark.parametrize(("interrupted", "rows_too"), [("half0_prvipe", False), ("half1", True)])
def test_a_collection_that_was_half_made_is_made_anew(
    interrupted: str,
    rows_too: bool,
    kind: str,
    place: Callable[[str], str],
    tmp_path: Path,
    make_poses: MakePoses,
    make_dataset: MakeDataset,
    make_store: MakeStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server makes a collection and its index one after the other, and loads none without."""
    from pymilvus import MilvusClient

    dataset = make_dataset(make_poses(50), make_store("folder"), "data")
    dataset.model = str(tmp_path / "model.safetensors")
    address = f"{place(kind)}/{interrupted.removesuffix('_prvipe')}"
    create_index = MilvusClient.create_index

    def create_index_or_die(self: Any, collection: str, *arguments: Any, **options: Any) -> None:
        if collection == interrupted:
            raise Killed
        create_index(self, collection, *arguments, **options)

    with monkeypatch.context() as patched:
        patched.setattr(MilvusClient, "create_index", create_index_or_die)
        with pytest.raises(Killed):
            load_dataset(address, dataset)
    assert load_dataset(address, dataset) == 50
    store = MilvusStore.open(address)
    assert len(store) == 50
    assert store.connection.list_indexes(interrupted) == ["vector" if rows_too else "unused"]


def test_another_program_that_writes_meanwhile_is_noticed(
    library: MilvusStore,
    embedder: Embedder,
    make_poses: MakePoses,
    make_dataset: MakeDataset,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dataset = make_dataset(make_poses(100), library, "data")
    write, other = MilvusStore.write, MilvusStore.open(library.address, embedder)

    def write_and_be_written_to(self: MilvusStore, added: Any, next_row: int) -> None:
        write(self, added, next_row)
        with pytest.raises(InputError, match="half loaded with data; repeat"):
            other.add(make_poses(1, 7))
        noted = read_about(other.connection)
        assert noted is not None
        other.note(noted.model_copy(update={"next_row": 101}))  # as one that began just before

    with monkeypatch.context() as patched:
        patched.setattr(MilvusStore, "write", write_and_be_written_to)
        with pytest.raises(InputError, match="another program has written to it while data was"):
            load_dataset(library.address, dataset)
    assert load_dataset(library.address, dataset) == 60
    store = open_store(library.address, embedder)
    assert len(store) == 100
    assert store.add(make_poses(1)) == range(101, 102)


def test_files_that_were_embedded_anew_are_not_there_twice(
    library: MilvusStore, make_poses: MakePoses, make_dataset: MakeDataset
) -> None:
    dataset = make_dataset(make_poses(80, 3), library, "again")
    load_dataset(library.address, dataset)
    before = len(open_store(library.address))
    dataset.parts = (dataset.parts[0], replace(dataset.parts[1], crc32=7))
    with pytest.raises(InputError, match="were embedded anew since they were loaded"):
        load_dataset(library.address, dataset)
    assert len(open_store(library.address)) == before
