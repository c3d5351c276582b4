import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from standing_person import IMAGE_SIZE, standing

from prvipe import load
from prvipe.detection.mediapipe_pose import LEAST_VISIBILITY
from prvipe.errors import InputError
from prvipe.skeleton import MEDIAPIPE33

BODY = standing(MEDIAPIPE33)


def landmarks(scale: Any = IMAGE_SIZE, **changes: Any) -> list[dict[str, Any]]:
    points = (BODY / scale).tolist()
    body = [{"x": x, "y": y, "z": -0.2, "visibility": 0.9} for x, y in points]
    body[5] |= changes
    return body


def write(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "landmarks.json"
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize("key", ["landmarks", "pose_landmarks", "poseLandmarks"])
def test_frames_with_all_that_they_say(tmp_path: Path, key: str) -> None:
    frames = [
        {"frame": 10, key: landmarks(), "timestamp_ms": 400},
        {"frame": 11, key: None, "timestamp_ms": 440},
        {"frame": 12, key: [landmarks(), landmarks()], "time": 0.48},
    ]
    poses = load(write(tmp_path, frames), image_size=IMAGE_SIZE)
    assert poses.skeleton is MEDIAPIPE33
    np.testing.assert_allclose(poses.keypoints, np.stack([BODY] * 3), rtol=1e-5)
    np.testing.assert_allclose(poses.scores, 0.9)
    assert poses.table.drop_columns(["source"]).to_pydict() == {
        "frame": [10, 12, 12],
        "person": [0, 0, 1],
        "time": [0.4, 0.48, 0.48],
        "width": [640] * 3,
        "height": [480] * 3,
    }


@pytest.mark.parametrize(
    "content",
    [
        [landmarks()],
        [[landmarks()]],
        {"width": 640, "height": 480, "frames": [{"landmarks": landmarks()}]},
        {"frames": [landmarks()], "height": 480, "width": 640},
        {"pose_landmarks": [landmarks()], "width": 640, "height": 480},
        [{"landmarks": landmarks(), "width": 640, "height": 480}],
    ],
)
def test_a_frame_and_its_size_may_be_said_in_many_ways(tmp_path: Path, content: Any) -> None:
    sized = "width" in str(content)
    poses = load(write(tmp_path, content), image_size=None if sized else IMAGE_SIZE)
    np.testing.assert_allclose(poses.keypoints[0], BODY, rtol=1e-5)
    assert poses.table["frame"].to_pylist() == [0]


def test_guesses_are_missing_as_the_detector_leaves_them_out(tmp_path: Path) -> None:
    low = landmarks()
    low[26] |= {"visibility": LEAST_VISIBILITY}
    low[27] |= {"y": 1.01, "visibility": 0.99}
    low[28] |= {"y": 2.4, "visibility": 0.01}
    low[31] |= {"visibility": LEAST_VISIBILITY - 0.01}
    poses = load(write(tmp_path, [low]), image_size=IMAGE_SIZE)
    assert np.flatnonzero(poses.scores[0] == 0).tolist() == [27, 28, 31]
    assert np.isnan(poses.keypoints[0, [27, 28, 31]]).all()
    assert poses.scores[0, 26] == pytest.approx(LEAST_VISIBILITY)


def test_without_visibility_all_are_seen(tmp_path: Path) -> None:
    body = [{"x": each["x"], "y": each["y"]} for each in landmarks()]
    assert (load(write(tmp_path, [body]), image_size=IMAGE_SIZE).scores == 1).all()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([landmarks(), landmarks()[:32]], "frame 1, person 0: expected 33 landmarks, not 32"),
        ([{"landmarks": landmarks()}, {"hands": []}], "frame 1 has no landmarks"),
        ([landmarks(), 5], "frame 1: landmarks is 5"),
        ([landmarks(x=None)], r"frame 0, person 0: joint right_eye: x, y, vis.* None, no number"),
        ([landmarks(visibility="1")], r"joint right_eye: .*'1', no number"),
        ([landmarks(y=float("nan"))], r"frame 0, person 0: joint right_eye is at x .*, y nan"),
        ([landmarks(visibility=-2)], "joint right_eye has the score -2"),
        ([landmarks(1)], r"joint nose is at x 100, y 120.5, pixels it seems"),
        ([[{"x": 1}] * 33], "joint nose has no y"),
        ([[5] * 33], "no known content"),
        ([{"landmarks": []}, {"landmarks": None}], "found nobody in its 2 frames"),
        ([{"landmarks": landmarks(), "frame": "a"}], "frame is 'a', expected a whole number"),
        ([{"landmarks": landmarks(), "width": 640}], r"width and height are .*None.*, expected"),
        ([{"landmarks": landmarks(), "time": "now"}], r"time\[0\] is 'now', no number"),
        ([landmarks(x=10**400)], "too large"),
    ],
)
def test_what_cannot_be_is_named(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(write(tmp_path, content), image_size=IMAGE_SIZE)


def test_an_unknown_size_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"divided by the size .* image_size=\(1920, 1080\)"):
        load(write(tmp_path, [landmarks()]))
