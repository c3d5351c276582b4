"""Poses by number, in bulk."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import prvipe.index.segment as segment_module
from prvipe.errors import InputError
from prvipe.index import PoseIndex
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses

MakePoses = Callable[..., Poses]


@pytest.fixture(params=["one segment", "many segments", "inverted lists"])
def mixed(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    embedder: Embedder,
    make_poses: MakePoses,
    tmp_path: Path,
) -> PoseIndex:
    """An index of rows 0 to 299 without the tens; 200 of them without a column that others have."""
    monkeypatch.setattr("prvipe.index.saving.APPROXIMATE_FROM", 150)
    if request.param == "inverted lists":
        monkeypatch.setattr(segment_module, "APPROXIMATE_FROM", 150)
    index = PoseIndex.create(embedder)
    index.add(make_poses(200))
    if request.param != "one segment":
        index.save(tmp_path / "lib.pvi")
    index.add(make_poses(100, 1).with_fields(weather=["dry"] * 100))
    if request.param != "one segment":
        index.save()
    index.remove("frame=0")
    if request.param != "one segment":
        index.save()
        index = PoseIndex.load(tmp_path / "lib.pvi", embedder)
    return index


def test_poses_come_in_the_order_asked(mixed: PoseIndex, make_poses: MakePoses) -> None:
    rows = [299, 3, 201, 3, 199, 1]
    library = Poses.concatenate([make_poses(200), make_poses(100, 1)])
    hits = mixed.poses(rows)
    assert [hit.row for hit in hits] == rows
    assert {hit.probability for hit in hits} == {1.0}
    for hit in hits:
        assert hit.fields["source"] == library.table["source"][hit.row].as_py()
        assert hit.fields["weather"] == ("dry" if hit.row >= 200 else None)
        error = np.abs(hit.keypoints - library.keypoints[hit.row])
        np.testing.assert_array_equal(np.isnan(error), np.isnan(library.keypoints[hit.row]))
        assert np.nanmax(error) < 3
    np.testing.assert_array_equal(mixed.keypoints(rows), [hit.keypoints for hit in hits])
    assert mixed.pose(201).fields == hits[2].fields
    table = mixed.table(np.array(rows), ["weather", "frame", "nothing"])
    assert table.column_names == ["weather", "frame", "nothing"]
    assert table["frame"].to_pylist() == [9, 3, 1, 3, 9, 1]
    assert table["nothing"].null_count == len(rows)


def test_many_poses_come_as_each_by_itself(mixed: PoseIndex) -> None:
    """The columns of many are read in another way than those of few."""
    rows = [row for row in np.random.default_rng(0).permutation(300).tolist() if row % 10]
    for hit, row in zip(mixed.poses(rows), rows, strict=True):
        alone = mixed.pose(row)
        assert (hit.row, hit.fields) == (row, alone.fields)
        np.testing.assert_array_equal(hit.keypoints, alone.keypoints)


def test_embeddings_are_those_of_the_poses(
    mixed: PoseIndex, embedder: Embedder, make_poses: MakePoses
) -> None:
    # Of the same batch: the last bits of an embedding depend on how many are computed together.
    expected = embedder.embed(make_poses(200))[[7, 191]]
    found = mixed.embeddings([7, 191])
    np.testing.assert_array_equal(found.mean, expected.mean)
    np.testing.assert_allclose(found.std, expected.std, rtol=1e-3)


@pytest.mark.parametrize("row", [10, 290, 300, -1])
def test_rows_that_are_not_there_are_named(row: int, mixed: PoseIndex) -> None:
    with pytest.raises(InputError, match=f"row {row}: the index has no such row"):
        mixed.poses([1, row, 2])


def test_rows_are_whole_numbers(mixed: PoseIndex) -> None:
    assert mixed.poses([]) == ()
    assert mixed.keypoints([]).shape == (0, 13, 2)
    wrong: Any
    for wrong in ([1.5], ["1"], [True], [[1]]):
        with pytest.raises(InputError, match="expected the numbers of poses"):
            mixed.poses(wrong)


def test_a_sample_is_of_living_poses_and_the_same_for_a_seed(mixed: PoseIndex) -> None:
    rows, means, table = mixed.sample(50, seed=3)
    assert len(set(rows.tolist())) == 50
    assert (rows % 10 > 0).all()
    assert table["row"].to_pylist() == rows.tolist() == sorted(rows)
    np.testing.assert_array_equal(means, mixed.embeddings(rows).mean)
    np.testing.assert_array_equal(rows, mixed.sample(50, seed=3)[0])
    assert rows.tolist() != mixed.sample(50, seed=4)[0].tolist()
    assert len(mixed.sample(1000)[0]) == len(mixed) == 270
    with pytest.raises(InputError, match="a sample of 0 poses"):
        mixed.sample(0)


def test_a_sample_draws_from_everywhere(mixed: PoseIndex) -> None:
    drawn = np.concatenate([mixed.sample(27, seed)[0] for seed in range(100)])
    counts = np.bincount(drawn, minlength=300)[np.arange(300) % 10 > 0]
    assert abs(counts[:180].mean() - counts[180:].mean()) < 2
    assert counts.min() > 0


def test_an_empty_index_has_no_contents(embedder: Embedder) -> None:
    index = PoseIndex.create(embedder)
    assert index.recordings() == ()
    assert index.facets() == {}
    assert len(index.sample(10)[0]) == 0
    with pytest.raises(InputError, match="row 0"):
        index.pose(0)
