"""How an index grows: full segments stay, lists are made once, small segments are merged."""

from collections.abc import Callable
from pathlib import Path

import pytest

import prvipe.index.saving as saving_module
import prvipe.index.segment as segment_module
from prvipe.geometry.arrays import Float32Array
from prvipe.index import PoseIndex
from prvipe.index.inverted_lists import InvertedLists
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses

MakePoses = Callable[..., Poses]


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of the segments that were sorted into lists; 60 poses are many, 200 fill a segment."""
    sizes: list[int] = []
    make = InvertedLists.of

    def counted(vectors: Float32Array) -> InvertedLists:
        sizes.append(len(vectors))
        return make(vectors)

    monkeypatch.setattr(InvertedLists, "of", staticmethod(counted))
    monkeypatch.setattr(segment_module, "APPROXIMATE_FROM", 60)
    monkeypatch.setattr(saving_module, "APPROXIMATE_FROM", 60)
    monkeypatch.setattr(saving_module, "FULL", 200)
    return sizes


def sizes_of(index: PoseIndex) -> list[int]:
    return [len(segment) for segment in index._segments]


def test_many_additions_are_one_segment_sorted_once(
    embedder: Embedder, make_poses: MakePoses, trained: list[int], tmp_path: Path
) -> None:
    index = PoseIndex.create(embedder)
    for seed in range(7):
        index.add(make_poses(25, seed))
    assert trained == []
    assert index.unsaved == 175
    index.save(tmp_path / "lib.pvi")
    assert (trained, sizes_of(index), index.unsaved) == ([175], [175], 0)
    index.save()
    assert trained == [175]


def test_full_segments_are_never_written_again(
    embedder: Embedder, make_poses: MakePoses, trained: list[int], tmp_path: Path
) -> None:
    index, names = PoseIndex.create(embedder), set[str]()
    for seed in range(12):
        index.add(make_poses(100, seed))
        index.save(tmp_path / "lib.pvi")
        full = {each.note.folder for each in index._segments if each.note and len(each) >= 200}
        assert names <= full
        names = full
        assert max(sizes_of(index)) < 400
    assert sum(sizes_of(index)) == 1200
    assert max(trained) < 400
    rows = [index.pose(row).row for row in (0, 199, 200, 777, 1199)]
    assert rows == [0, 199, 200, 777, 1199]


def test_a_few_poses_behind_full_segments_merge_among_themselves(
    embedder: Embedder, make_poses: MakePoses, trained: list[int], tmp_path: Path
) -> None:
    index = PoseIndex.create(embedder)
    index.add(make_poses(450))
    index.save(tmp_path / "lib.pvi")
    for seed in range(8):
        index.add(make_poses(3, seed))
        index.save()
    assert trained == [450]
    assert sizes_of(index)[0] == 450
    assert len(index._segments) <= 5
    assert sum(sizes_of(index)) == 474
