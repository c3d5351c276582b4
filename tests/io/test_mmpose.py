import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from standing_person import standing

from prvipe import load
from prvipe.errors import InputError
from prvipe.skeleton import COCO17, HALPE26, MPII16, Skeleton


def instance(skeleton: Skeleton = COCO17, more: int = 0, **changes: Any) -> dict[str, Any]:
    points = [*standing(skeleton).tolist(), *[[1.0, 1.0]] * more]
    person = {"keypoints": points, "keypoint_scores": [0.7] * len(points), "bbox_score": 0.9}
    return person | {"bbox": [[1.0, 2.0, 3.0, 4.0]]} | changes


def frame(number: Any, *people: Any) -> dict[str, Any]:
    return {"frame_id": number, "instances": list(people)}


def write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content, indent=2))
    return path


def test_a_video_keeps_everyone_in_every_frame(tmp_path: Path) -> None:
    frames = [frame(0, instance(), instance()), frame(1), frame(5, instance(bbox_score=None))]
    for content in (frames, {"meta_info": {"dataset_name": "coco"}, "instance_info": frames}):
        poses = load(write(tmp_path / "a.json", content))
        assert poses.skeleton is COCO17
        assert poses.table.drop_columns(["source"]).to_pydict() == {
            "frame": [0, 0, 5],
            "person": [0, 1, 0],
            "person_score": [0.9, 0.9, None],
        }
        np.testing.assert_allclose(poses.keypoints[2], standing(COCO17))


@pytest.mark.parametrize(
    ("skeleton", "more"), [(COCO17, 0), (HALPE26, 0), (MPII16, 0), (COCO17, 116)]
)
def test_each_model_is_told_by_its_keypoints(tmp_path: Path, skeleton: Skeleton, more: int) -> None:
    path = write(tmp_path / "img_12.json", [instance(skeleton, more)])
    poses = load(path)
    assert poses.skeleton is skeleton
    np.testing.assert_allclose(poses.keypoints[0], standing(skeleton))
    assert poses.table["frame"].to_pylist() == [12]
    assert load(path, skeleton).skeleton is skeleton


def test_a_folder_of_images_is_one_recording(tmp_path: Path) -> None:
    write(tmp_path / "walk_2.json", [])
    write(tmp_path / "walk_10.json", [instance()])
    write(tmp_path / "walk_9.json", [instance(), instance()])
    poses = load(tmp_path)
    assert poses.table["frame"].to_pylist() == [9, 9, 10]
    assert poses.table["person"].to_pylist() == [0, 1, 0]
    assert poses.table["file"].to_pylist() == ["walk_9.json", "walk_9.json", "walk_10.json"]


def test_a_model_with_other_joints_is_read_with_its_own_skeleton(tmp_path: Path) -> None:
    own = Skeleton("own", ("tail", "nose"), (), ())
    person = {"keypoints": [[100, 200], [300, 400]], "keypoint_scores": [-0.01, 3.2]}
    path = write(tmp_path / "a.json", [person])
    with pytest.raises(InputError, match=r"has 2 keypoints; known are models of 17 .* own"):
        load(path)
    poses = load(path, own)
    assert poses.scores.tolist() == [[0, 1]]
    assert np.isnan(poses.keypoints[0, 0]).all()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([frame(0)], "MMPose found no people in any file"),
        ([frame(0, instance()), 5], "item 1 is 5; expected people"),
        ([frame(0, instance()), frame(1, 5)], "frame 1, person 0 is 5"),
        ([frame("a", instance())], "item 0: frame_id is 'a', expected a whole number"),
        ([frame(1 << 63, instance())], "expected a whole number"),
        ([{"frame_id": 0, "instances": None}], "frame 0: instances should be a list"),
        ([instance(keypoint_scores=[1] * 16)], "person 0: has 16 keypoint_scores for 17"),
        ([frame(3, instance(), {"keypoints": [[1, 2]] * 17})], "frame 3, person 1: has no keypoin"),
        ([instance(keypoints=[[1, 2, 3]] * 17)], "keypoints have 3 coordinates; 2D predictions"),
        (
            [instance(keypoints=[[1, 2]] * 16 + [[1]])],
            r"keypoints\[16\] has 1 numbers, those before",
        ),
        ([instance(keypoints=[[1, "2"]] * 17)], r"keypoints\[0\]\[1\] is '2', no number"),
        ([instance(), instance(HALPE26)], "its poses are halpe26, not coco17"),
        ([instance(bbox_score="x")], "bbox_score"),
        ([instance(keypoints=[[0.1, 0.2]] * 17)], "as if divided by the size of the image"),
    ],
)
def test_what_cannot_be_is_named(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load(write(tmp_path / "a.json", content))
    assert str(caught.value).startswith(f"{tmp_path / 'a.json'}: ")


def test_several_recordings_in_a_folder_are_kept_apart(tmp_path: Path) -> None:
    for name in ("left_0", "left_1", "right_0"):
        write(tmp_path / f"{name}.json", [instance()])
    poses = load(tmp_path)
    assert poses.table["frame"].to_pylist() == [0, 1, 0]
    assert poses.table["sequence"].to_pylist() == ["left", "left", "right"]
