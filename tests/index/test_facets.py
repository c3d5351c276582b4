"""Values of the columns of an index."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from prvipe.index import PoseIndex
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses

MakePoses = Callable[..., Poses]


@pytest.mark.parametrize("saved", [False, True])
def test_columns_are_described_by_their_kind(
    saved: bool, embedder: Embedder, make_poses: MakePoses, tmp_path: Path
) -> None:
    index = PoseIndex.create(embedder)
    index.add(make_poses(200))
    if saved:
        index.save(tmp_path / "lib.pvi")
    more = make_poses(100).with_fields(
        label=[f"name {number % 60:02}" for number in range(100)],
        bbox=pa.array([[1.0, 2.0]] * 100),
        many=np.arange(100) * 3,
        few=np.arange(100) % 2 * 1000,
        seen=np.arange(100) % 4 == 0,
    )
    index.add(more)
    index.remove("camera=cam01")
    facets = index.facets()
    assert "bbox" not in facets
    assert facets["camera"].values == (("cam00", 150),)
    assert facets["row"].range == (0, 289)
    assert (facets["time"].range, facets["time"].values) == ((0.0, 9.0), ())
    assert facets["frame"].values == tuple((number, 15) for number in range(10))
    assert (len(facets["many"].values), facets["many"].range) == (50, None)
    assert facets["many"].unknown == 100
    assert facets["few"].values == ((0, 25), (1000, 25))
    assert facets["seen"].values == ((False, 35), (True, 15))
    assert facets["source"].values[:2] == (("clip 0.mp4", 20), ("clip 2.mp4", 20))
    label = facets["label"]
    assert (len(label.values), label.unknown, label.more) == (30, 100, 0)
    assert sum(count for _, count in label.values) == 50
    assert label.values[0] == ("name 00", 2)


def test_of_many_values_the_most_frequent_are_listed(
    embedder: Embedder, make_poses: MakePoses
) -> None:
    index = PoseIndex.create(embedder)
    names = [*(f"one {number}" for number in range(80)), *["often"] * 20]
    index.add(make_poses(100).with_fields(label=names, nothing=pa.nulls(100)))
    label = index.facets()["label"]
    assert label.values[0] == ("often", 20)
    assert (len(label.values), label.more) == (50, 31)
    assert index.facets()["nothing"].values == ()
    assert index.facets()["nothing"].unknown == 100


def test_ranges_are_finite_and_nan_is_not_known(embedder: Embedder, make_poses: MakePoses) -> None:
    index = PoseIndex.create(embedder)
    nan, inf = float("nan"), float("inf")
    index.add(make_poses(4).with_fields(x=[1.5, nan, inf, -2.0], y=[nan] * 4, z=[inf] * 4))
    index.add(make_poses(2).with_fields(x=pa.nulls(2), y=pa.nulls(2)))
    facets = index.facets()
    assert (facets["x"].range, facets["x"].unknown) == ((-2.0, 1.5), 3)
    assert (facets["y"].range, facets["y"].unknown) == (None, 6)
    assert (facets["z"].range, facets["z"].unknown) == (None, 2)
    assert index.describe_absent("x=7") == ["no pose has x 7; there are -2.0 to inf"]
    assert index.describe_absent("y=7") == ["no pose has y 7"]
