import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe import load
from prvipe.errors import InputError
from prvipe.geometry.arrays import FloatArray
from prvipe.io.openpose import tell_model
from prvipe.skeleton import BODY25, BODY25B, COCO13, COCO18, Skeleton

# Someone who stands facing the camera; x of the left side, y down.
STANDING = {
    "nose": (0, 20),
    "head_top": (0, 0),
    "upper_neck": (0, 32),
    "thorax": (0, 40),
    "hip": (0, 95),
    "left_eye": (3, 17),
    "left_ear": (7, 19),
    "left_shoulder": (18, 40),
    "left_elbow": (24, 68),
    "left_wrist": (25, 93),
    "left_hip": (9, 95),
    "left_knee": (10, 138),
    "left_ankle": (11, 180),
    "left_big_toe": (14, 190),
    "left_small_toe": (18, 189),
    "left_heel": (10, 185),
}


def standing(skeleton: Skeleton) -> FloatArray:
    """Pixels (25, 2) of the same person in the order of a skeleton."""
    mirrored = {j.replace("left", "right"): (-x, y) for j, (x, y) in STANDING.items()}
    place = mirrored | STANDING
    return np.array([place[joint] for joint in skeleton.joints], np.float64) + 300


def person(keypoints: FloatArray, scores: Any = 0.7) -> dict[str, Any]:
    rows = np.column_stack([keypoints, np.broadcast_to(scores, len(keypoints))])
    return {"person_id": [-1], "pose_keypoints_2d": rows.ravel().tolist()}


def write_frame(path: Path, *people: Any) -> Path:
    path.write_text(json.dumps({"version": 1.3, "people": list(people)}))
    return path


def test_a_folder_is_read_in_the_order_of_its_frames(tmp_path: Path) -> None:
    body = standing(BODY25B)
    write_frame(tmp_path / "walk_10_keypoints.json", person(body + 10))
    write_frame(tmp_path / "walk_9_keypoints.json", person(body + 1), person(body + 2))
    write_frame(tmp_path / "walk_8_keypoints.json")
    poses = load(tmp_path)
    assert poses.skeleton is BODY25B
    assert poses.table.to_pydict() == {
        "frame": [9, 9, 10],
        "person": [0, 1, 0],
        "file": ["walk_9_keypoints.json"] * 2 + ["walk_10_keypoints.json"],
        "source": [str(tmp_path)] * 3,
    }
    np.testing.assert_allclose(poses.keypoints, [body + 1, body + 2, body + 10])
    np.testing.assert_allclose(poses.scores, 0.7)


def test_a_single_file_without_a_number_has_no_frame(tmp_path: Path) -> None:
    path = write_frame(tmp_path / "anna_keypoints.json", person(standing(BODY25)))
    assert load(path).table["frame"].to_pylist() == [None]


def test_joints_not_found_are_missing_and_scores_stay_within_1(tmp_path: Path) -> None:
    body, scores = standing(BODY25), np.full(25, 1.02)
    body[4], scores[4] = 0, 0
    poses = load(write_frame(tmp_path / "0.json", person(body, scores)))
    assert poses.scores[0].tolist() == [1, 1, 1, 1, 0, *[1] * 20]
    mapped = poses.to("coco13")
    missing = COCO13.index("right_wrist")
    assert np.isnan(mapped.keypoints[0, missing]).all()
    np.testing.assert_array_equal(mapped.keypoints[0, 0], standing(BODY25)[0])


@pytest.mark.parametrize("model", [BODY25, BODY25B], ids=lambda model: model.name)
@given(
    angle=st.floats(0, 2 * np.pi),
    squeeze=st.floats(0.2, 1),
    found=st.sets(st.integers(0, 24), min_size=12),
)
def test_the_two_models_are_told_apart(
    model: Skeleton, angle: float, squeeze: float, found: set[int]
) -> None:
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    body = (standing(model) * [squeeze, 1]) @ turn
    visible = np.isin(np.arange(25), list(found))
    several = np.stack([visible, np.ones(25, bool), np.ones(25, bool), np.zeros(25, bool)])
    assert tell_model(np.stack([body] * 4), several) is model


def test_models_that_cannot_be_told_apart_must_be_named(tmp_path: Path) -> None:
    face = np.where(np.arange(25) < 2, 0.5, 0)
    path = write_frame(tmp_path / "a_1.json", person(standing(BODY25B), face))
    with pytest.raises(InputError, match=r"a_1\.json: cannot tell .* --skeleton body25"):
        load(path)
    assert load(path, "body25b").skeleton is BODY25B
    with pytest.raises(InputError, match=r"are body25 or body25b, not coco17; .*\.to\('coco17'\)"):
        load(path, "coco17")


def test_the_coco_model_is_told_by_its_18_keypoints(tmp_path: Path) -> None:
    body = standing(COCO18)
    poses = load(write_frame(tmp_path / "1.json", person(body)))
    assert poses.skeleton is COCO18
    np.testing.assert_allclose(poses.keypoints[0], body)
    named = load(tmp_path / "1.json", "coco18")
    np.testing.assert_array_equal(named.keypoints, poses.keypoints)
    with pytest.raises(InputError, match=r"18 keypoints are coco18, not body25; "):
        load(tmp_path / "1.json", "body25")


def test_real_detections_are_body_25b(shared_data: Path) -> None:
    poses = load(shared_data / "pose2sim_demo" / "pose" / "cam01_json")
    assert poses.skeleton is BODY25B
    assert poses.table["frame"].to_pylist()[-2:] == [99, 99]
    # Read as BODY_25 and mapped to its order, the same people are told to be that.
    names = {"thorax": ("left_shoulder", "right_shoulder"), "hip": ("left_hip", "right_hip")}
    order = [names.get(joint, (joint, joint)) for joint in BODY25.joints]
    places = np.array([[BODY25B.index(a), BODY25B.index(b)] for a, b in order])
    as_body25 = poses.keypoints[:, places].mean(axis=2)
    assert tell_model(as_body25, np.isfinite(as_body25).all(axis=-1)) is BODY25


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"version": 1.3, "people": [{"pose_', "truncated or no JSON"),
        ('{"people": 5}', "is no output of OpenPose"),
        ('{"people": [5]}', "person 0: pose_keypoints_2d should be a list of numbers"),
        ('{"people": [{"face_keypoints_2d": []}]}', "should be a list of numbers"),
        (json.dumps({"people": [person(np.ones((15, 2)))]}), r"45 numbers \(model MPI\), expected"),
        (json.dumps({"people": [person(np.ones((7, 2)))]}), "has 21 numbers, expected 75 or 54"),
        (json.dumps({"people": [person(np.ones((25, 2)), -1)]}), "joint number 0 has the score -1"),
        (json.dumps({"people": [person(np.ones((18, 2)), 101)]}), "joint nose has the score 101"),
        (json.dumps({"people": [person(np.full((25, 2), np.nan))]}), "joint number 0 is at x nan"),
        (
            json.dumps({"people": [person(np.ones((25, 2))), person(np.ones((18, 2)))]}),
            "person 1: has 18 keypoints, those before 25",
        ),
        ('{"people": []}', "found no people in any"),
    ],
)
def test_broken_files_are_refused_by_name(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "cam_3.json"
    path.write_text(content)
    for named in (path, tmp_path):
        with pytest.raises(InputError, match=message) as caught:
            load(named)
        assert str(caught.value).startswith((f"{path}: ", f"{named}: OpenPose found no people"))


@pytest.mark.parametrize(
    ("people", "message"),
    [
        (person(standing(BODY25), 0), "cannot tell"),
        (person(standing(COCO18), 0), "every score of its 1 people is 0"),
        (person(standing(BODY25) / 1000), r"row 0 \(frame 3, person 0, file a_3.json\): .*divided"),
    ],
)
def test_what_people_as_a_whole_cannot_be(tmp_path: Path, people: Any, message: str) -> None:
    write_frame(tmp_path / "a_3.json", people)
    with pytest.raises(InputError, match=message):
        load(tmp_path)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no known content for a folder; .* OpenPose: one frame"):
        load(tmp_path)


def test_several_recordings_in_a_folder_are_kept_apart(tmp_path: Path) -> None:
    for camera in ("left", "right"):
        for number in (0, 1):
            name = f"{camera}_{number:012d}_keypoints.json"
            write_frame(tmp_path / name, person(standing(BODY25)))
    poses = load(tmp_path)
    assert poses.table["frame"].to_pylist() == [0, 1, 0, 1]
    assert poses.table["sequence"].to_pylist() == ["left", "left", "right", "right"]
