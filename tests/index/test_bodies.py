"""Poses in space beside those in the image."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from prvipe.errors import InputError
from prvipe.index import PoseIndex
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses

MakePoses = Callable[..., Poses]
HALF_A_MILLIMETRE = 5e-4


def bodies(count: int, seed: int = 0) -> npt.NDArray[np.float64]:
    """People of up to two metres, somewhere in a hall."""
    rng = np.random.default_rng(seed)
    return rng.uniform(-1, 1, (count, 13, 3)) + rng.uniform(-30, 30, (count, 1, 3))


@pytest.mark.parametrize("many", [40, 1000])
def test_they_stay_with_their_poses(
    many: int,
    embedder: Embedder,
    make_poses: MakePoses,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Through saves, merges, inverted lists and deletions, among poses without."""
    for name in ("segment", "saving"):
        monkeypatch.setattr(f"prvipe.index.{name}.APPROXIMATE_FROM", many)
    folder, index = tmp_path / "lib.pvi", PoseIndex.create(embedder)
    expected = np.full((200, 13, 3), np.nan)
    for start in range(0, 200, 50):
        own = None
        if start != 50:
            own = bodies(50, start)
            own[3], own[4, 5:7] = np.nan, np.nan
            expected[start : start + 50] = own
        index.add(make_poses(50, start), poses3d=own)
        assert index.has_3d
        if start % 100:
            index.save(folder)
    index.remove("frame=1")
    for _ in range(2):
        rows = np.array([row for row in range(200) if row % 10 != 1])[::-3]
        found = index.poses3d(rows)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(np.isnan(found), np.isnan(expected[rows]))
        assert np.nanmax(np.abs(found - expected[rows])) < HALF_A_MILLIMETRE / 10
        assert index.count_3d() == 3 * (50 - 5 - 1)
        index.save(folder)
        index = PoseIndex.load(folder, embedder)
    index.check()
    with pytest.raises(InputError, match="row 1: the index has no such row"):
        index.poses3d([0, 1])


def test_an_index_without_them_has_no_file_for_them(
    index: PoseIndex, embedder: Embedder, make_poses: MakePoses, tmp_path: Path
) -> None:
    folder = tmp_path / "lib.pvi"
    index.add(make_poses(10), poses3d=np.full((10, 13, 3), np.nan))
    index.save(folder)
    assert not index.has_3d
    assert index.count_3d() == 0
    assert np.isnan(index.poses3d([0, 199, 205])).all()
    assert not list(folder.rglob("*3d.npy"))
    index.add(make_poses(10), poses3d=bodies(10))
    index.save()
    assert index.has_3d
    assert list(folder.rglob("poses3d.npy"))
    index.remove("row>=210")
    for _ in range(3):  # until the segment is written anew
        index.add(make_poses(100, 5))
        index.save()
    assert not PoseIndex.load(folder, embedder).has_3d
    assert not list(folder.rglob("*3d.npy"))


def test_a_body_takes_94_bytes(index: PoseIndex, make_poses: MakePoses, tmp_path: Path) -> None:
    with_3d = PoseIndex.create(index.model.embedder)
    with_3d.add(make_poses(200), poses3d=bodies(200))
    index.save(tmp_path / "without.pvi")
    with_3d.save(tmp_path / "with.pvi")
    header, manifest = 128, 300
    more = with_3d.bytes_on_disk() - index.bytes_on_disk() - 200 * 94
    assert 0 < more < 2 * header + manifest


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((9, 13, 3)), r"expected numbers \(10, 13, 3\).*coco13"),
        (np.zeros((10, 17, 3)), "joints of coco13"),
        (np.zeros((10, 13, 3), bool), "expected numbers"),
        (
            np.where(np.arange(390).reshape(10, 13, 3) == 45, np.inf, 0),
            "row 1, right_shoulder is infinite",
        ),
        (np.full((10, 13, 3), 1e300), "too large"),
    ],
)
def test_what_is_none_is_refused(
    wrong: npt.NDArray[np.float64], message: str, index: PoseIndex, make_poses: MakePoses
) -> None:
    with pytest.raises(InputError, match=message):
        index.add(make_poses(10), poses3d=wrong)
    assert len(index) == 200
