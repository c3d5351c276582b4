import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.geometry import PinholeCamera
from prvipe.io.human36m import CAMERA_NAMES, cameras_of
from prvipe.io.human36m.cameras import rotation_from_quaternion

SUBJECTS = ("S1", "S5", "S6", "S7", "S8", "S9", "S11")


def distort(x: float, y: float, k: list[float], p: list[float]) -> tuple[float, float]:
    """The data set's lens model, written out for one point."""
    r2 = x * x + y * y
    factor = 1 + k[0] * r2 + k[1] * r2**2 + k[2] * r2**3 + p[0] * y + p[1] * x
    return x * factor + p[1] * r2, y * factor + p[0] * r2


@pytest.mark.parametrize("subject", SUBJECTS)
def test_cameras_stand_around_the_studio_and_look_at_its_middle(subject: str) -> None:
    cameras = cameras_of(subject)
    assert tuple(camera.name for camera in cameras) == CAMERA_NAMES
    for camera in cameras:
        np.testing.assert_allclose(camera.rotation @ camera.rotation.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(camera.rotation) == pytest.approx(1)
        assert 1.3 < camera.position[2] < 1.8
        assert camera.rotation[1] @ [0, 0, 1] < -0.95  # down in the image is down in the world
        pixel = camera.project(np.array([0.1, 0.3, 0.9]))
        assert np.abs(pixel - 500).max() < 150
    quadrants = {tuple(np.sign(camera.position[:2])) for camera in cameras}
    assert len(quadrants) == 4


def test_projection_is_the_published_lens_model() -> None:
    camera = cameras_of("S9")[0]
    ideal, depth = np.array([0.21, -0.13]), 4.2
    in_camera = np.array([*(ideal * depth), depth])
    world = camera.rotation.T @ in_camera + camera.position
    k = [-0.20709891617298126, 0.24777518212795258, -0.0030751503072679043]
    p = [-0.0009756988729350269, -0.00142447161488235]
    x, y = distort(*ideal, k, p)
    expected = [
        1145.0494384765625 * x + 512.54150390625,
        1143.7811279296875 * y + 515.4514770507812,
    ]
    np.testing.assert_allclose(camera.project(world), expected, atol=1e-9)
    # The lens matters: a pinhole would be off by several pixels here.
    pinhole = PinholeCamera(
        np.array([[camera.focal_length[0], 0, camera.center[0]],
                  [0, camera.focal_length[1], camera.center[1]], [0, 0, 1]]),
        camera.rotation,
        -camera.rotation @ camera.position,
    )  # fmt: skip
    assert 1 < np.linalg.norm(pinhole.project(world) - expected) < 10


def test_quaternions_turn_as_they_should() -> None:
    half = np.sqrt(0.5)
    quarter_about_z = rotation_from_quaternion([half, 0, 0, half])
    np.testing.assert_allclose(quarter_about_z @ [1, 0, 0], [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(rotation_from_quaternion([2, 0, 0, 0]), np.eye(3))


def test_a_subject_without_calibration_is_refused() -> None:
    with pytest.raises(InputError, match=r"unknown subject 'S2'.*S1, S5, S6, S7, S8, S9, S11"):
        cameras_of("S2")


def test_points_behind_a_camera_are_refused() -> None:
    camera = cameras_of("S1")[1]
    with pytest.raises(InputError, match="1 of 2 joints lie behind camera 55011271"):
        camera.project(np.array([[0, 0, 1.0], 2 * camera.position]))
