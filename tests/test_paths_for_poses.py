"""Paths given where Poses are expected: every function names `prvipe.load`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import prvipe
from prvipe.errors import InputError
from prvipe.poses import Poses
from prvipe.poses.arguments import require_poses


@pytest.fixture(scope="module")
def clip() -> Poses:
    keypoints = np.random.default_rng(0).normal(size=(5, 13, 2))
    return Poses(keypoints, None, "coco13", {"source": ["a.mp4"] * 5})


CALLS: list[Callable[[Any, Poses], Any]] = [
    lambda path, clip: prvipe.find(path, [clip], "small"),
    lambda path, clip: prvipe.find(clip, [path], "small"),
    lambda path, clip: prvipe.align(path, clip, "small"),
    lambda path, clip: prvipe.count_repetitions(path, "small"),
    lambda path, clip: prvipe.find_key_poses(path, embedder="small"),
    lambda path, clip: prvipe.compare(path, clip[:1], "small"),
    lambda path, clip: prvipe.compare(clip[:1], path, "small"),
    lambda path, clip: prvipe.Embedder.load("small").embed(path),
    lambda path, clip: prvipe.PoseIndex.create("small").add(path),
    lambda path, clip: prvipe.PoseIndex.create("small").search(path),
    lambda path, clip: Poses(path, None, "coco13"),
]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("path", ["cam01.mp4", Path("cam01.mp4")])
def test_the_remedy_is_named(
    call: Callable[[Any, Poses], Any], path: str | Path, clip: Poses
) -> None:
    with pytest.raises(InputError, match=r"got the path 'cam01.mp4'; read the file with prvipe.lo"):
        call(path, clip)


def test_other_things_are_named_by_their_type() -> None:
    with pytest.raises(InputError, match="a clip: expected Poses, got list; "):
        require_poses([], "a clip")


def test_a_forgotten_list_is_not_searched_row_by_row(clip: Poses) -> None:
    for recordings in (clip, "day.parquet"):
        with pytest.raises(InputError, match="a single one goes into brackets"):
            prvipe.find(clip, recordings, "small")  # type: ignore[arg-type]


def test_a_condition_that_is_a_number(clip: Poses) -> None:
    index = prvipe.PoseIndex.create("small")
    index.add(clip)
    search: Any = index.search
    with pytest.raises(InputError, match="where 5: expected a condition such as camera!=cam01"):
        search(clip[:1], where=5)
    search_row: Any = index.search_row
    with pytest.raises(InputError, match="where 5: expected a condition"):
        search_row(0, where=5)


def test_a_field_is_no_row(clip: Poses) -> None:
    wrong: Any = "source"
    with pytest.raises(IndexError, match=r"the field 'source' is poses.table\['source'\]"):
        clip[wrong]
