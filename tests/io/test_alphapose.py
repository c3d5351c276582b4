import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from standing_person import standing

from prvipe import load
from prvipe.errors import InputError
from prvipe.skeleton import COCO17, HALPE26, Skeleton


def result(
    image: Any, skeleton: Skeleton = HALPE26, more: int = 0, **fields: Any
) -> dict[str, Any]:
    points = np.column_stack([standing(skeleton), np.full(len(skeleton.joints), 2.5)])
    keypoints = [*points.ravel().tolist(), *[1.0] * 3 * more]
    person = {"image_id": image, "category_id": 1, "keypoints": keypoints, "score": 2.9}
    return person | {"box": [1.0, 2.0, 3.0, 4.0]} | fields


def write(tmp_path: Path, *people: Any) -> Path:
    path = tmp_path / "alphapose-results.json"
    path.write_text(json.dumps(people))
    return path


@pytest.mark.parametrize(
    ("skeleton", "more"), [(COCO17, 0), (HALPE26, 0), (HALPE26, 110)], ids=["17", "26", "136"]
)
def test_each_model_is_told_by_its_keypoints(tmp_path: Path, skeleton: Skeleton, more: int) -> None:
    poses = load(write(tmp_path, result("a.jpg", skeleton, more)))
    assert poses.skeleton is skeleton
    np.testing.assert_allclose(poses.keypoints[0], standing(skeleton))
    assert poses.scores.max() == poses.scores.min() == 1


def test_tracked_people_keep_their_numbers(tmp_path: Path) -> None:
    poses = load(
        write(
            tmp_path,
            result("0.jpg", idx=4),
            result("0.jpg", idx=[2.0]),
            result("1.jpg", idx=4.0),
        )
    )
    assert poses.table.drop_columns(["source", "person_score"]).to_pydict() == {
        "image": ["0.jpg", "0.jpg", "1.jpg"],
        "frame": [0, 0, 1],
        "person": [4, 2, 4],
    }


@pytest.mark.parametrize("idx", [{"idx": 0}, {"idx": [0.0]}, {"idx": None}, {"idx": [1, 2]}, {}])
def test_untracked_people_are_counted_in_their_image(tmp_path: Path, idx: dict[str, Any]) -> None:
    poses = load(write(tmp_path, *(result(name, **idx) for name in ("a1.jpg", "a1.jpg", "b"))))
    assert poses.table["person"].to_pylist() == [0, 1, 0]
    assert poses.table["frame"].to_pylist() == [1, 1, None]


def test_numbered_images_stay_numbered(tmp_path: Path) -> None:
    poses = load(write(tmp_path, result(12, COCO17), result(13, COCO17)))
    assert poses.table["image_id"].to_pylist() == [12, 13]
    assert poses.table["frame"].to_pylist() == [12, 13]


def test_images_of_the_same_number_are_of_several_recordings(tmp_path: Path) -> None:
    poses = load(write(tmp_path, *(result(name) for name in ("a_1.jpg", "a_2.jpg", "b_1.jpg"))))
    assert poses.table["frame"].to_pylist() == [1, 2, 1]
    assert poses.table["sequence"].to_pylist() == ["a", "a", "b"]


@pytest.mark.parametrize(
    ("people", "message"),
    [
        ([result("a.jpg", more=1)], "keypoints has 81 numbers, .*: 51 .* or 78 .* or 408"),
        ([result("a.jpg"), result("b.jpg", COCO17)], "person 1 .* joints of coco17, the first"),
        ([result("a.jpg", idx=1.5)], "idx is 1.5, expected a whole number"),
        ([result("a.jpg", idx=float("inf"))], "idx is inf"),
        ([result("a.jpg", idx="x")], r"idx\[0\] is 'x', no number"),
        ([result("a.jpg"), {}], "person 1 .*: keypoints should be a list of numbers, not None"),
    ],
)
def test_what_cannot_be_is_named(tmp_path: Path, people: list[Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(write(tmp_path, *people))


def test_another_skeleton_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="its poses are halpe26, not coco17"):
        load(write(tmp_path, result("a.jpg")), "coco17")
