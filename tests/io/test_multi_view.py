from dataclasses import replace

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.io.multi_view import MultiViewPoses, mean_camera_angles, require_finite_joints


def test_cameras_are_described_as_they_were_placed(recorded_people: MultiViewPoses) -> None:
    # The hips stand where the cameras look.
    placed = [(0, 0, 4), (90, 20, 5), (-135, -5, 6)]
    np.testing.assert_allclose(recorded_people.cameras, placed, atol=1e-4)
    assert recorded_people.cameras.dtype == np.float32


def test_the_mean_direction_crosses_the_turn_of_the_circle() -> None:
    # A subject at the world's origin seen from azimuths 170 and -170: the mean is 180, not 0.
    rotation = np.eye(3, dtype=np.float32)[None, None]
    azimuths = np.deg2rad([170, -170])
    hips = -5 * np.stack([np.cos(azimuths), np.sin(azimuths), np.zeros(2)], axis=1)[:, None]
    ((azimuth, elevation, distance),) = mean_camera_angles(
        rotation, hips.astype(np.float32), np.zeros(2, np.int32)
    )
    assert abs(azimuth) == pytest.approx(180, abs=1e-3)
    assert elevation == pytest.approx(0, abs=1e-4)
    assert distance == pytest.approx(5)


def test_select_keeps_frames_and_cameras_together(recorded_people: MultiViewPoses) -> None:
    rows, cameras = np.array([9, 2]), ["54138969", "C0"]
    found = recorded_people.select(rows, cameras)
    assert len(found) == 2
    assert found.camera_names.tolist() == cameras
    assert found.poses.frame.tolist() == [2, 20]
    np.testing.assert_array_equal(found.poses.positions, recorded_people.poses.positions[rows])
    for kind in ("det", "gt"):
        expected = recorded_people.keypoints[kind][rows][:, [2, 0]]
        np.testing.assert_array_equal(found.keypoints[kind], expected)
    np.testing.assert_array_equal(found.cameras, recorded_people.cameras[[2, 0]])
    np.testing.assert_array_equal(found.view_rotations, recorded_people.view_rotations[:, [2, 0]])


def test_select_takes_slices_masks_and_everything(recorded_people: MultiViewPoses) -> None:
    mask = recorded_people.poses.sequence == 1
    assert len(recorded_people.select(mask)) == 3
    assert len(recorded_people.select(slice(None, None, 2))) == 6
    assert len(recorded_people.select(cameras=["C1"])) == 12


@pytest.mark.parametrize(
    ("cameras", "message"),
    [
        (["C0", "C9"], "cannot select cameras C0, C9; name each camera once, from C0, C1, 5413"),
        (["C0", "C0"], "cannot select cameras C0, C0"),
        ([], r"cannot select cameras \(none\)"),
    ],
)
def test_wrong_cameras_are_refused(recorded_people, cameras: list[str], message: str) -> None:
    with pytest.raises(InputError, match=f"recordings: {message}"):
        recorded_people.select(cameras=cameras)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"keypoints": {}}, "has no 2D keypoints"),
        ({"keypoints": {"det": np.ones((12, 2, 13, 2), np.float32)}}, "12 rows and 2 cameras"),
        ({"camera_names": np.array(["a", "b"])}, "expected a different name for each of the 3"),
        ({"camera_names": np.array(["a", "b", "a"])}, "expected a different name"),
        ({"cameras": np.zeros((3, 2), np.float32)}, r"cameras has shape \(3, 2\)"),
        ({"view_rotations": np.ones((3, 3, 3, 3), np.float32)}, "sequence 0, camera 0 is no rot"),
        ({"view_rotations": np.ones((2, 3, 3, 3), np.float32)}, r"expected \(3, 3, 3, 3\)"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(recorded_people, changes, message) -> None:
    with pytest.raises(InputError, match=rf"recordings: .*{message}"):
        replace(recorded_people, **changes)


def test_a_broken_joint_is_named_with_its_frame() -> None:
    joints = np.zeros((4, 2, 3))
    require_finite_joints(joints, ["hip", "knee"], "file: S1")
    joints[2, 1, 0] = np.inf
    with pytest.raises(InputError, match="file: S1, frame 2: joint knee is NaN or infinite"):
        require_finite_joints(joints, ["hip", "knee"], "file: S1")
