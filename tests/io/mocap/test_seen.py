from pathlib import Path

import numpy as np
import pytest

from prvipe import load
from prvipe.errors import InputError
from prvipe.geometry import PinholeCamera
from prvipe.geometry.cameras import COCO13_FROM_H36M17
from prvipe.io import load_poses3d
from prvipe.io.mocap import load_motion
from prvipe.skeleton import COCO13, H36M17

CAMERA = (30.0, 10.0, 4.0)


@pytest.fixture
def markers(body) -> np.ndarray:
    """A standing body (4, 13, 3) in the order of coco13: metres, y up."""
    return np.stack([body[joint] for joint in COCO13.joints])[None].repeat(4, axis=0)


def test_motion_is_what_a_camera_that_follows_the_hip_sees(write_bvh) -> None:
    path = write_bvh(frames=3)
    poses = load(path, camera=CAMERA)
    world = load_motion(path).positions.astype(np.float64)
    view = PinholeCamera.around(np.zeros(3), *CAMERA, 1.15, (0.5, 0.5))
    expected = view.project(world - world[:, :1])
    np.testing.assert_allclose(poses.keypoints, expected[:, COCO13_FROM_H36M17], atol=1e-6)
    assert poses.skeleton is COCO13
    table = poses.table.drop_columns(["source"]).to_pydict()
    np.testing.assert_allclose(table.pop("time"), [0, 0.0333333, 0.0666666], rtol=1e-5)
    assert table == {
        "frame": [0, 1, 2],
        "camera": ["30,10,4"] * 3,
        "subject": ["unknown"] * 3,
        "activity": ["clip"] * 3,
    }
    whole = load(path, "h36m17", camera=CAMERA)
    assert whole.skeleton is H36M17
    np.testing.assert_allclose(whole.keypoints, expected, atol=1e-6)


def test_what_is_seen_is_known_in_space(write_bvh) -> None:
    path = write_bvh(frames=3)
    poses3d = load_poses3d(path)
    assert poses3d is not None
    np.testing.assert_allclose(poses3d.keypoints, load_motion(path).positions, atol=1e-6)
    assert len(poses3d) == len(load(path, camera=CAMERA))


def test_a_size_makes_it_pixels(write_bvh) -> None:
    path = write_bvh(frames=1)
    plain = load(path, camera=CAMERA).keypoints
    pixels = load(path, camera=CAMERA, image_size=(1920, 1080))
    np.testing.assert_allclose(pixels.keypoints, (plain - 0.5) * 1080 + (960, 540), rtol=1e-4)
    assert pixels.table["width"].to_pylist() == [1920]


@pytest.mark.parametrize("scale", [100, 1000, 1 / 0.0254])
def test_a_unit_that_a_file_does_not_state_is_told_by_the_legs(write_bvh, scale: float) -> None:
    expected = load(write_bvh(), camera=CAMERA).keypoints
    found = load(write_bvh(scale=scale), camera=CAMERA).keypoints
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_people_who_stand_along_another_axis_are_turned(write_trc, markers) -> None:
    expected = load(write_trc(COCO13.joints, markers, "m"), camera=CAMERA).keypoints
    z_up = markers[..., [2, 0, 1]]  # where TRC's custom is y
    found = load(write_trc(COCO13.joints, z_up, "m"), camera=CAMERA).keypoints
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_markers_that_were_not_seen_are_missing_joints(write_trc, markers) -> None:
    whole = load(write_trc(COCO13.joints, markers, "m"), camera=CAMERA)
    markers[1, COCO13.index("left_wrist")] = np.nan
    markers[2, COCO13.index("left_hip")] = np.nan
    poses = load(write_trc(COCO13.joints, markers, "m"), camera=CAMERA)
    missing = np.isnan(poses.keypoints).any(axis=-1)
    assert {(row, COCO13.joints[joint]) for row, joint in np.argwhere(missing)} == {
        (1, "left_wrist"),
        (2, "left_hip"),
    }
    np.testing.assert_allclose(poses.keypoints[~missing], whole.keypoints[~missing], atol=1e-6)


def test_what_is_needed_is_said(write_bvh) -> None:
    path = write_bvh()
    with pytest.raises(InputError, match=r"is motion in 3D; say from .*camera=\(45, 8, 5\)"):
        load(path)
    with pytest.raises(InputError, match="seen as coco13 or h36m17, not coco17"):
        load(path, "coco17", camera=CAMERA)
    with pytest.raises(InputError, match="points lie behind the camera"):
        load(path, camera=(0, 0, 0.05))
    with pytest.raises(InputError, match="no person's length"):
        load(write_bvh(scale=1e6), camera=CAMERA)


def test_real_recordings(shared_data: Path) -> None:
    for path in (
        shared_data / "readers" / "bvh" / "cmu_10_01.bvh",
        shared_data / "readers" / "asf_amc" / "07_01.amc",
        shared_data / "pose2sim_demo" / "balancing.trc",
    ):
        poses = load(path, camera=(45, 8, 5))
        assert poses.valid().all()
        head, ankle = COCO13.index("head"), COCO13.index("left_ankle")
        height = poses.keypoints[:, ankle, 1] - poses.keypoints[:, head, 1]
        assert 0.25 < np.median(height) < 0.5
