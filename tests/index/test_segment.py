"""Parts of an index."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

import prvipe.index.segment as segment_module
from prvipe.errors import InputError
from prvipe.index.manifest import Manifest
from prvipe.index.segment import Segment, as_items, as_queries, merge
from prvipe.index.segment_files import open_segment, write_deletions, write_segment
from prvipe.model.gaussian import Gaussian


def make_segment(count: int, first: int = 0) -> Segment:
    rng = np.random.default_rng(first)
    z = Gaussian(
        torch.from_numpy(rng.normal(size=(count, 4)).astype(np.float32)),
        torch.from_numpy(rng.uniform(0.1, 1, (count, 4)).astype(np.float32)),
    )
    table = pa.table({"row": np.arange(first, first + count), "source": ["a"] * count})
    return Segment.of(z, rng.normal(size=(count, 13, 2)).astype(np.float32), table)


def manifest_of(segment: Segment) -> Manifest:
    return Manifest(
        generation=1,
        model="m",
        fingerprint="f",
        dimension=segment.deviations.shape[1],
        a=1,
        b=0,
        skeleton="coco13",
        joints=13,
        next_row=len(segment),
        columns={},
        segments=(),
    )


def rows_of(segment: Segment) -> list[int]:
    """Row numbers by position."""
    rows = segment.rows_at(np.arange(len(segment)))
    return segment.fields.table["row"].take(rows).to_pylist()


@pytest.fixture
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of fifty poses have inverted lists."""
    monkeypatch.setattr(segment_module, "APPROXIMATE_FROM", 50)


def test_squared_distances_are_expected_squared_distances() -> None:
    """Landscape of the closed form: E|x - y|^2 of the Gaussians, by sampling."""
    rng = np.random.default_rng(0)
    mean, other = rng.normal(size=(2, 1, 4))
    std, other_std = rng.uniform(0.5, 1, (2, 1, 4))
    query, item = as_queries(mean), as_items(other, other_std)
    expected = np.square(query - item).sum() + np.square(std).sum()
    x = mean + std * rng.normal(size=(200_000, 4))
    y = other + other_std * rng.normal(size=(200_000, 4))
    assert expected == pytest.approx(np.square(x - y).sum(axis=1).mean(), rel=0.01)


def test_merging_leaves_deleted_poses_out_and_keeps_the_order() -> None:
    first, second = make_segment(5), make_segment(4, 5)
    first = first.without(np.array([True, False, False, True, False]))
    merged = merge([first, second])
    assert rows_of(merged) == [1, 2, 4, 5, 6, 7, 8]
    np.testing.assert_array_equal(merged.vectors[:3], first.vectors[[1, 2, 4]])
    assert first.living == 3


@pytest.mark.usefixtures("few_are_many")
def test_positions_and_rows_belong_together_in_lists() -> None:
    plain = make_segment(60)
    listed = merge([plain])
    assert listed.lists is not None
    rows = np.array([3, 59, 0])
    at = listed.positions_of(rows)
    np.testing.assert_array_equal(listed.rows_at(at), rows)
    np.testing.assert_array_equal(listed.vectors[at], plain.vectors[rows])
    np.testing.assert_array_equal(listed.keypoints(at), plain.keypoints(rows))
    np.testing.assert_array_equal(listed.embeddings(at).std, plain.embeddings(rows).std)
    mask = np.zeros(60, bool)
    mask[rows] = True
    allowed = listed.without(np.arange(60) == 59).allowed(mask)
    assert allowed is not None
    assert sorted(listed.rows_at(np.flatnonzero(allowed))) == [0, 3]


@pytest.mark.usefixtures("few_are_many")
@pytest.mark.parametrize("count", [20, 60])
def test_a_written_segment_is_opened_as_it_was(count: int, tmp_path: Path) -> None:
    segment = merge([make_segment(count)]).without(np.arange(count) % 7 == 0)
    note = write_segment(tmp_path, segment)
    deletions = write_deletions(tmp_path, segment)
    assert segment.deleted is not None
    note = note.model_copy(update={"deletions": deletions, "deleted": len(segment.deleted)})
    found = open_segment(tmp_path, note, manifest_of(segment))
    for name in ("vectors", "deviations", "coordinates", "boxes", "deleted"):
        np.testing.assert_array_equal(getattr(found, name), getattr(segment, name))
        assert getattr(found, name).dtype == getattr(segment, name).dtype
    assert found.fields.table.equals(segment.fields.table)
    assert (found.lists is None) == (count < 50)
    assert rows_of(found) == rows_of(segment)


Damage = Callable[[Path], None]


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-5])


def empty(file: Path) -> None:
    file.write_bytes(b"")


def garble(file: Path) -> None:
    file.write_bytes(b"\x07" * file.stat().st_size)


def retype(file: Path) -> None:
    """An array of equal size and another type."""
    file.write_bytes(file.read_bytes().replace(b"<f4", b"<i4").replace(b"<i8", b"<f8"))


@pytest.mark.usefixtures("few_are_many")
@pytest.mark.parametrize("damage", [cut, empty, garble, retype])
@pytest.mark.parametrize("name", ["vectors.npy", "boxes.npy", "starts.npy"])
def test_a_damaged_array_is_named(damage: Damage, name: str, tmp_path: Path) -> None:
    segment = merge([make_segment(60)])
    note = write_segment(tmp_path, segment)
    damage(tmp_path / note.folder / name)
    with pytest.raises(InputError, match=rf"{name}: damaged"):
        open_segment(tmp_path, note, manifest_of(segment))


@pytest.mark.usefixtures("few_are_many")
def test_lists_that_do_not_add_up_are_refused(tmp_path: Path) -> None:
    segment = merge([make_segment(60)])
    note = write_segment(tmp_path, segment)
    starts = np.load(tmp_path / note.folder / "starts.npy")
    np.save(tmp_path / note.folder / "starts.npy", starts[::-1].copy())
    with pytest.raises(InputError, match=r"starts\.npy: damaged \(its numbers do not rise"):
        open_segment(tmp_path, note, manifest_of(segment))
    np.save(tmp_path / note.folder / "starts.npy", starts)
    order = np.load(tmp_path / note.folder / "order.npy")
    np.save(tmp_path / note.folder / "order.npy", order + np.int32(1))
    with pytest.raises(InputError, match="its lists do not name every row once"):
        open_segment(tmp_path, note, manifest_of(segment)).rows_at(np.arange(60))


@pytest.mark.parametrize("damage", [garble, lambda file: file.unlink()])
def test_damaged_fields_are_named(damage: Damage, tmp_path: Path) -> None:
    segment = make_segment(20)
    note = write_segment(tmp_path, segment)
    file = tmp_path / note.folder / "fields.parquet"
    damage(file)
    with pytest.raises((InputError, FileNotFoundError), match=r"fields\.parquet"):
        open_segment(tmp_path, note, manifest_of(segment)).fields.table  # noqa: B018
