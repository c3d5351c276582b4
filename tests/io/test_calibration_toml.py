from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.geometry.cameras import PinholeCamera
from prvipe.io.calibration_toml import CalibratedCamera, read_calibration_toml

CAMERA = {
    "name": '"left"',
    "matrix": "[[1600.0, 0.0, 540.0], [0.0, 1500.0, 960.0], [0.0, 0.0, 1.0]]",
    "distortions": "[-0.2, 0.05, 0.001, -0.002]",
    "rotation": "[0.0, 0.0, 1.5707963267948966]",
    "translation": "[0.1, 0.2, 3.0]",
}


def write(folder: Path, **changes: str | None) -> Path:
    lines = [f"{key} = {value}" for key, value in (CAMERA | changes).items() if value is not None]
    path = folder / "calibration.toml"
    path.write_text("\n".join(["[cam_01]", *lines, "", "[metadata]", "adjusted = false"]))
    return path


def by_opencv_formulas(camera: CalibratedCamera, point: Any) -> tuple[float, float]:
    """OpenCV's documented projection (Camera Calibration and 3D Reconstruction), by scalars."""
    x, y, z = camera.rotation @ point + camera.translation
    x, y = x / z, y / z
    k1, k2, p1, p2, k3 = camera.distortion
    r2 = x * x + y * y
    radial = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3
    u = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x)
    v = y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y
    (fx, skew, cx), (_, fy, cy), _ = camera.intrinsics
    return fx * u + skew * v + cx, fy * v + cy


def test_a_camera_projects_as_opencv_says(tmp_path: Path) -> None:
    camera = read_calibration_toml(write(tmp_path))["cam_01"]
    assert camera.name == "left"
    np.testing.assert_allclose(camera.rotation, [[0, -1, 0], [1, 0, 0], [0, 0, 1]], atol=1e-12)
    points = np.random.default_rng(0).normal(size=(5, 3, 3)) * 0.7
    expected = np.array([[by_opencv_formulas(camera, p) for p in row] for row in points])
    np.testing.assert_allclose(camera.project(points), expected, rtol=1e-12)


def test_without_distortion_it_is_a_pinhole(tmp_path: Path) -> None:
    camera = read_calibration_toml(write(tmp_path, distortions=None))["cam_01"]
    pinhole = PinholeCamera(camera.intrinsics, camera.rotation, camera.translation)
    points = np.random.default_rng(0).normal(size=(9, 3)) * 0.7
    np.testing.assert_allclose(camera.project(points), pinhole.project(points), rtol=1e-12)


def test_unknown_points_stay_unknown_and_points_behind_are_refused(tmp_path: Path) -> None:
    camera = read_calibration_toml(write(tmp_path))["cam_01"]
    pixels = camera.project(np.array([[0, 0, 0], [np.nan, np.nan, np.nan]]))
    assert np.isfinite(pixels).tolist() == [[True, True], [False, False]]
    with pytest.raises(InputError, match="1 of 2 points lie behind camera left"):
        camera.project(np.array([[0, 0, 0], [0, 0, -5]]))


def test_real_cameras(shared_data: Path) -> None:
    cameras = read_calibration_toml(shared_data / "pose2sim_demo" / "calibration.toml")
    assert list(cameras) == ["cam_01", "cam_02", "cam_03", "cam_04"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rotation": None}, r"camera cam_01: rotation should be \(3,\) finite numbers, not None"),
        ({"rotation": "[1.0, 2.0]"}, "rotation should be"),
        ({"translation": "[1.0, 2.0, nan]"}, "translation should be"),
        ({"matrix": "[[1.0, 2.0], [3.0]]"}, r"matrix should be \(3, 3\)"),
        ({"distortions": "[1.0, 2.0, 3.0]"}, "distortions should be k1, k2, p1, p2"),
        ({"distortions": '["a", "b"]'}, "distortions should be"),
        ({"fisheye": "true"}, "has a fisheye lens"),
        ({"matrix": None}, "describes no camera"),
        ({"matrix": "[["}, "is no TOML"),
    ],
)
def test_a_calibration_that_lacks_something_is_refused(
    tmp_path: Path, changes: dict[str, str | None], message: str
) -> None:
    path = write(tmp_path, **changes)
    with pytest.raises(InputError, match=message) as caught:
        read_calibration_toml(path)
    assert str(caught.value).startswith(f"{path}: ")
