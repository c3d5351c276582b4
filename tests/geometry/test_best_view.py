import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.geometry.best_view import find_best_view
from prvipe.geometry.cameras import COCO13_FROM_H36M17, PinholeCamera
from prvipe.geometry.rotations import rotation_about
from prvipe.skeleton import H36M17


@pytest.fixture(scope="module")
def bodies(standing_bodies) -> np.ndarray:
    return standing_bodies(3, np.random.default_rng(5))


def see(pose: np.ndarray, azimuth: float, elevation: float, distance: float = 5.0) -> np.ndarray:
    """Keypoints in pixels."""
    camera = PinholeCamera.around(pose[0], azimuth, elevation, distance, 1100.0, (640, 360))
    return camera.project(pose[COCO13_FROM_H36M17])


@pytest.mark.parametrize(("azimuth", "elevation"), [(45, 8), (133, -21), (270, 62), (301, 33)])
def test_own_pose_explains_what_a_camera_saw(bodies, azimuth: float, elevation: float) -> None:
    view = find_best_view(see(bodies[0], azimuth, elevation), bodies[0])
    assert view.error < 0.005
    a, e = np.deg2rad(azimuth), np.deg2rad(elevation)
    towards = -np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])
    assert np.rad2deg(np.arccos(view.direction @ towards)) < 1
    trunk = np.linalg.norm(bodies[0, 7] - bodies[0, 0]) + np.linalg.norm(
        bodies[0, 8] - bodies[0, 7]
    )
    assert view.distance == pytest.approx(5 / trunk, rel=0.1)
    assert view.trunk == pytest.approx(1100 * trunk / 5, rel=0.02)


def test_neither_frame_nor_unit_nor_place_in_the_image_matter(bodies) -> None:
    keypoints = see(bodies[0], 45, 8)
    first = find_best_view(keypoints, bodies[1])
    turn = rotation_about("z", np.array(0.7)) @ rotation_about("x", np.array(0.4))
    rolled = keypoints @ rotation_about("z", np.array(0.5))[:2, :2].T * 0.01 + [3, -8]
    again = find_best_view(rolled, 100 * bodies[1] @ turn.T + [1, 2, 3])
    assert again.error == pytest.approx(first.error, abs=2e-3)


def test_error_is_of_the_aligned_pose(bodies) -> None:
    keypoints = see(bodies[0], 45, 8)
    view = find_best_view(keypoints, bodies[1])
    distances = np.linalg.norm(view.aligned - keypoints, axis=1)
    assert view.error == pytest.approx(distances.mean() / view.trunk)
    assert view.error > 0.1
    given = find_best_view(keypoints, bodies[1], trunk=2 * view.trunk)
    assert given.error == pytest.approx(view.error / 2)


def test_no_view_of_the_grid_is_better(bodies) -> None:
    keypoints = see(bodies[0], 45, 8)
    best = find_best_view(keypoints, bodies[1])
    for azimuth in range(0, 360, 15):
        for elevation in (-60, -30, 0, 30, 60):
            view = see(bodies[1], azimuth, elevation)
            # A complex number is the best turn and scale of the plane.
            target, source = ((x - x.mean(0)) @ [1, 1j] for x in (keypoints, view))
            factor = np.vdot(source, target) / np.vdot(source, source)
            error = np.abs(target - factor * source).mean() / best.trunk
            assert best.error <= error + 1e-6


def test_a_limb_bent_in_depth_hides_from_one_camera(bodies) -> None:
    """From the front, a forearm that points at the camera looks like one that points away."""
    elbow, wrist = H36M17.index("left_elbow"), H36M17.index("left_wrist")
    pose = bodies[0].copy()
    pose[wrist] = pose[elbow] + [0.05, -0.25, 0]
    other = pose.copy()
    other[wrist] = pose[elbow] + [0.05, 0.25, 0]
    front = find_best_view(see(pose, -90, 0, distance=20), other)
    side = find_best_view(see(pose, 0, 0, distance=20), other)
    assert front.error < 0.01 < 0.03 < side.error


def test_limbs_that_reach_far_stay_before_the_camera(bodies) -> None:
    long = bodies[0] * [1, 1, 1]
    long[H36M17.index("left_wrist")] += [8.0, 0, 0]
    view = find_best_view(see(bodies[1], 45, 8), long)
    assert np.isfinite(view.error)
    assert view.distance > 8 / 0.5


@pytest.mark.parametrize(
    ("shape", "pose", "message"),
    [
        ((17, 2), (17, 3), "keypoints"),
        ((13, 2), (13, 3), "3D pose"),
        ((13, 2), (2, 17, 3), "3D pose"),
    ],
)
def test_wrong_shapes_are_refused(shape, pose, message: str) -> None:
    with pytest.raises(InputError, match=message):
        find_best_view(np.ones(shape), np.ones(pose))
