"""Values that no pose has."""

from collections.abc import Callable

import pytest

from prvipe.errors import InputError
from prvipe.index import PoseIndex
from prvipe.poses import Poses


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (None, []),
        ("camera!=cam01", []),
        ("camera=null", []),
        ("time>=100", []),
        ("camera in cam00,cam7", ["no pose has camera cam7; there are cam00, cam01"]),
        ("frame!=77", ["no pose has frame 77; there are 0 to 9"]),
        (["source=zzz", "camera=cam01"], ["no pose has source zzz; there are clip 0.mp4, clip 1"]),
    ],
)
def test_they_are_described(index: PoseIndex, where: str | None, expected: list[str]) -> None:
    found = index.describe_absent(where)
    assert len(found) == len(expected)
    assert all(map(str.startswith, found, expected))


def test_of_many_some_are_named(index: PoseIndex) -> None:
    assert index.describe_absent("source=zzz")[0].endswith(" and 16 more")


def test_removed_poses_have_none(index: PoseIndex, make_poses: Callable[..., Poses]) -> None:
    index.remove("camera=cam00")
    assert index.describe_absent("camera=cam00") == ["no pose has camera cam00; there are cam01"]


def test_a_column_that_is_not_there_is_refused(index: PoseIndex) -> None:
    with pytest.raises(InputError, match="there is no column"):
        index.describe_absent("cam=1")
