"""Turning bodies, projecting them, and calibrated cameras."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe.errors import InputError
from prvipe.geometry import PinholeCamera, normalize_2d, normalize_3d
from prvipe.geometry.cameras import (
    COCO13_FROM_H36M17,
    NEAREST_DEPTH,
    project_normalized,
    tilt_then_turn,
    turn_then_tilt,
)
from prvipe.skeleton import COCO13, H36M17

Vectors = Callable[[str], dict[str, npt.NDArray[Any]]]
angles = st.floats(-np.pi, np.pi)
POINTS = np.random.default_rng(0).normal(size=(17, 3))


def test_projection_agrees_with_the_authors(reference_vectors: Vectors) -> None:
    vectors = reference_vectors("projection")
    rotation = tilt_then_turn(*vectors["azimuth_elevation_roll"].T)
    np.testing.assert_allclose(rotation, vectors["rotation_matrix"], atol=1e-5)
    rotated = normalize_3d(vectors["poses3d"]) @ rotation.swapaxes(-1, -2)
    np.testing.assert_allclose(rotated, vectors["rotated_xyz"], atol=1e-4)
    keypoints = project_normalized(rotated, vectors["depth"])
    np.testing.assert_allclose(keypoints, vectors["projected_xy"], atol=1e-4)
    np.testing.assert_allclose(normalize_2d(keypoints), vectors["projected_norm_xy"], atol=1e-4)


def test_projection_selects_joints_by_name() -> None:
    assert [H36M17.joints[i] for i in COCO13_FROM_H36M17] == list(COCO13.joints)


@given(azimuth=angles, elevation=angles, roll=angles)
def test_rotations_are_proper(azimuth: float, elevation: float, roll: float) -> None:
    for rotation_of in (tilt_then_turn, turn_then_tilt):
        rotation = rotation_of(*np.array([azimuth, elevation, roll]))
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(rotation) == pytest.approx(1)


@given(azimuth=angles, elevation=st.floats(-0.5, 0.5), roll=st.floats(-0.5, 0.5))
def test_how_far_the_orders_tilt_a_body(azimuth: float, elevation: float, roll: float) -> None:
    up = np.array([0.0, 0.0, 1.0])
    tilted = tilt_then_turn(*np.array([azimuth, elevation, roll])) @ up
    assert tilted[2] == pytest.approx(np.cos(elevation) * np.cos(roll))
    seen = turn_then_tilt(*np.array([azimuth, elevation, roll])) @ up
    assert seen[0] == pytest.approx(-np.sin(elevation), abs=1e-9)  # seen from above: towards it
    assert np.arctan2(-seen[1], seen[2]) == pytest.approx(roll, abs=1e-9)  # in the image


def test_a_turn_about_the_vertical_is_the_same_in_both_orders() -> None:
    azimuth = np.linspace(-3, 3, 7)
    zero = np.zeros_like(azimuth)
    np.testing.assert_allclose(
        tilt_then_turn(azimuth, zero, zero), turn_then_tilt(azimuth, zero, zero), atol=1e-15
    )


@given(
    azimuth=st.floats(-180, 180),
    elevation=st.floats(-90, 90),
    distance=st.floats(10, 30),
)
def test_turned_bodies_look_as_from_a_camera_around_them(
    azimuth: float, elevation: float, distance: float
) -> None:
    """A camera at an azimuth sees what a fixed one on -x sees of the body turned by 180 - it."""
    camera = PinholeCamera.around(np.zeros(3), azimuth, elevation, distance)
    rotation = turn_then_tilt(*np.deg2rad([180 - azimuth, elevation, 0]))
    np.testing.assert_allclose(
        camera.project(POINTS)[COCO13_FROM_H36M17],
        project_normalized(POINTS @ rotation.T, np.array(distance)),
        atol=1e-6,
    )


def test_image_axes_point_right_and_down() -> None:
    camera = PinholeCamera.around(np.array([0.0, 0.0, 1.0]), 0, 0, 5, focal_length=2, center=(3, 4))
    target, above, left_of_camera = [0.0, 0.0, 1.0], [0.0, 0.0, 2.0], [0.0, -1.0, 1.0]
    image = camera.project(np.array([target, above, left_of_camera]))
    np.testing.assert_allclose(image, np.array([[3, 4], [3, 4 - 2 / 5], [3 - 2 / 5, 4]]))


def test_a_raised_camera_looks_down() -> None:
    camera = PinholeCamera.around(np.zeros(3), 30, 40, 5)
    position = -camera.rotation.T @ camera.translation
    assert position[2] == pytest.approx(5 * np.sin(np.deg2rad(40)))
    assert np.linalg.norm(position) == pytest.approx(5)
    np.testing.assert_allclose(camera.project(np.zeros((1, 3))), 0, atol=1e-12)


@pytest.mark.parametrize("distance", [1.0, 1.24])
def test_points_near_or_behind_the_camera_plane_are_refused(distance: float) -> None:
    rotated = np.zeros((2, 17, 3))
    rotated[1, H36M17.index("left_wrist"), 0] = -1.0
    with pytest.raises(InputError, match="1 of 26 points"):
        project_normalized(rotated, np.array(distance))
    assert np.isfinite(project_normalized(rotated, np.array(1 + NEAREST_DEPTH))).all()


def test_joints_that_are_not_projected_may_be_anywhere() -> None:
    rotated = np.zeros((17, 3))
    rotated[H36M17.index("spine"), 0] = -10
    assert project_normalized(rotated, np.array(2.0)).shape == (13, 2)


def test_a_pinhole_camera_refuses_points_behind_it() -> None:
    camera = PinholeCamera.around(np.zeros(3), 0, 0, 5)
    for behind in ([5.0, 0, 0], [6.0, 0, 0], [np.nan, 0, 0]):
        with pytest.raises(InputError, match="1 of 2 points"):
            camera.project(np.array([[0, 0, 0], behind]))


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(InputError, match="17, 3"):
        project_normalized(np.zeros((4, 13, 3)), np.full(4, 2.0))


def test_it_sees_what_the_cameras_of_the_benchmark_saw(shared_data: Path) -> None:
    """Nearly: the file does not tell at which height its cameras look."""
    with np.load(shared_data / "xview" / "val.npz") as file:
        poses, seen, cameras = file["poses3d"][:200], file["kp2d_gt"][:200], file["cameras"]
    below = poses[:, [H36M17.index("hip")]] * [1, 1, 0]
    for view, (azimuth, elevation, distance) in enumerate(cameras):
        camera = PinholeCamera.around(np.array([0, 0, 1]), azimuth, elevation, distance)
        ours = camera.project((poses - below)[:, COCO13_FROM_H36M17])
        error = np.abs(normalize_2d(ours) - normalize_2d(seen[:, view]))
        assert error.max() < 0.02  # with the elevation's sign or the order of angles wrong: 0.1
