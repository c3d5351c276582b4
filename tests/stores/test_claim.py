"""Several programs that write at once."""

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from prvipe.errors import InputError
from prvipe.index.addition import Addition
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses
from prvipe.stores import PoseStore, open_store
from prvipe.stores.loading import load_dataset
from prvipe.stores.milvus import claim
from prvipe.stores.milvus.notes import read_keys, write_notes
from prvipe.stores.milvus.store import MilvusStore

MakePoses = Callable[..., Poses]
MakeStore = Callable[..., PoseStore]
MakeDataset = Callable[..., Any]


@pytest.fixture
def library(make_store: MakeStore, kind: str) -> MilvusStore:
    store = make_store(kind)
    assert isinstance(store, MilvusStore)
    return store


def test_no_number_is_given_twice_by_those_who_add_at_once(
    library: MilvusStore, embedder: Embedder, make_poses: MakePoses
) -> None:
    together = Barrier(4)

    def add(number: int) -> list[range]:
        store = MilvusStore.open(library.address, embedder)
        together.wait()
        return [store.add(make_poses(5, number, adder=[number] * 5)) for _ in range(3)]

    with ThreadPoolExecutor(4) as threads:
        added = list(threads.map(add, range(4)))
    assert sorted(row for ranges in added for rows in ranges for row in rows) == list(range(60))
    store = open_store(library.address, embedder)
    assert len(store) == 60
    for number, ranges in enumerate(added):
        for rows in ranges:
            assert {hit.fields["adder"] for hit in store.poses(list(rows))} == {number}
    assert read_keys(library.connection, "claim-") == []


@pytest.mark.parametrize("same", [False, True])
def test_of_two_who_begin_to_load_at_once_none_spoils_what_the_other_writes(
    same: bool,
    library: MilvusStore,
    embedder: Embedder,
    make_poses: MakePoses,
    make_dataset: MakeDataset,
) -> None:
    names = ["one", "one"] if same else ["one", "two"]
    datasets = [
        make_dataset(make_poses(100, len(name), of=[name] * 100), library, name) for name in names
    ]
    together = Barrier(2)

    def load(dataset: Any) -> str:
        together.wait()
        try:
            load_dataset(library.address, dataset)
        except InputError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(2) as threads:
        told = list(threads.map(load, datasets))
    for text in told:
        assert text == "" or "repeat the command" in text or "first complete that with" in text
    for dataset in datasets:
        load_dataset(library.address, dataset)
    store = open_store(library.address, embedder)
    assert len(store) == 100 * len(set(names))
    found = [hit.fields["of"] for hit in store.poses(range(len(store)))]
    assert sorted(found) == sorted(100 * list(set(names)))
    assert all(len(set(found[start : start + 100])) == 1 for start in range(0, len(found), 100))


def test_what_a_program_left_behind_is_removed_after_a_while(
    library: MilvusStore, make_poses: MakePoses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "_CRASHED", 1.0)
    write_notes(library.connection, {"claim-of-one-that-crashed": ""})
    began = time.monotonic()
    assert library.add(make_poses(2)) == range(2)
    assert time.monotonic() - began > 1
    assert read_keys(library.connection, "claim-") == []


def test_who_finds_others_writing_all_the_time_gives_up(
    library: MilvusStore, make_poses: MakePoses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim, "_GIVEN_UP", 0.1)
    write_notes(library.connection, {"claim-of-another": ""})
    with pytest.raises(InputError, match="other programs have been writing to it for minutes"):
        library.add(make_poses(2))
    assert read_keys(library.connection, "claim-") == ["claim-of-another"]
    assert len(library) == 0


def test_who_is_interrupted_while_asking_leaves_nothing_behind(
    library: MilvusStore, make_poses: MakePoses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the next to write would wait for a minute."""

    def interrupt(*_: object) -> list[str]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(claim, "read_keys", interrupt)
        with pytest.raises(KeyboardInterrupt):
            library.add(make_poses(2))
    assert read_keys(library.connection, "claim-") == []
    assert library.add(make_poses(2)) == range(2)


def test_what_another_program_added_is_seen_where_that_is_promised(
    library: MilvusStore, embedder: Embedder, make_poses: MakePoses
) -> None:
    library.add(make_poses(5, value=[1.0] * 5))
    earlier = MilvusStore.open(library.address, embedder)
    query = make_poses(3, seed=1)[:1]
    library.add(make_poses(3, seed=1, value=[math.inf, 2.0, 3.0], more=["a", "b", "c"]))
    (best,) = earlier.search(query, 1, exact=True)[0]
    assert (best.row, best.fields["value"], best.fields["more"]) == (5, math.inf, "a")
    earlier = MilvusStore.open(library.address, embedder)
    library.add(make_poses(1, seed=2, value=[4.0], last=[True]))
    assert earlier.pose(8).fields["last"] is True
    with pytest.raises(InputError, match="row 9: the index has no such row"):
        earlier.pose(9)


def test_what_another_program_added_may_be_removed(
    library: MilvusStore, embedder: Embedder, make_poses: MakePoses
) -> None:
    library.add(make_poses(5, value=[1.0] * 5))
    earlier = MilvusStore.open(library.address, embedder)
    library.add(make_poses(3, value=[math.inf, 2.0, 0.0], more=["a", "b", "c"]))
    assert earlier.remove("value>1") == 2
    assert earlier.remove("more=c") == 1
    assert len(library) == 5


def test_columns_noted_by_two_at_once_are_both_there(
    library: MilvusStore, embedder: Embedder, make_poses: MakePoses
) -> None:
    """As by two programs that load the same dataset, each another part of it."""
    library.add(make_poses(5))
    both = [MilvusStore.open(library.address, embedder) for _ in range(2)]
    for number, (store, column) in enumerate(zip(both, ("left", "right"), strict=True), 1):
        poses = make_poses(5, number, **{column: [math.inf] * 5})
        new = Addition.of(poses, embedder.embed(poses), store.model, store.columns, 5 * number)
        store.write(new, 15)
    library.add(make_poses(5))
    late = make_poses(5, 3)
    new = Addition.of(late, embedder.embed(late), library.model, both[0].columns, 10)
    both[0].write(new, 15)  # by one who was overtaken
    store = MilvusStore.open(library.address, embedder)
    assert store.about.next_row == 20
    assert store.pose(5).fields["left"] == math.inf
    assert {"left", "right"} <= set(store.columns)
