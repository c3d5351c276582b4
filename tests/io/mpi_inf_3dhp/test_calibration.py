from pathlib import Path

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.io.mpi_inf_3dhp.calibration import read_calibration

# The first camera of S1/Seq1, as published.
FIRST = """Skeletool Camera Calibration File V1.0
name          0
  sensor      10 10
  size        2048 2048
  animated    0
  intrinsic   1497.693 0 1024.704 0 0 1497.103 1051.394 0 0 0 1 0 0 0 0 1 
  extrinsic   0.9650164 0.00488022 0.262144 -562.8666 -0.004488356 -0.9993728 0.0351275 1398.138 0.262151 -0.03507521 -0.9643893 3852.623 0 0 0 1 
  radial      0
"""  # noqa: E501, W291


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "camera.calibration"
    path.write_text(text)
    return path


def test_the_published_camera_stands_upright_at_the_height_of_a_chest(tmp_path: Path) -> None:
    (name, camera), = read_calibration(write(tmp_path, FIRST)).items()  # fmt: skip
    assert name == "C0"
    assert camera.height == 2048
    np.testing.assert_allclose(camera.rotation @ camera.rotation.T, np.eye(3), atol=1e-5)
    assert np.linalg.det(camera.rotation) == pytest.approx(1, abs=1e-5)
    assert camera.rotation[1] @ [0, 0, 1] < -0.99  # down in the image is down in the world
    place = camera.to_world(np.zeros(3))
    assert 1.2 < place[2] < 1.8
    np.testing.assert_allclose(camera.to_camera(place), 0, atol=1e-5)


def test_points_are_turned_as_the_file_says(tmp_path: Path) -> None:
    camera = read_calibration(write(tmp_path, FIRST))["C0"]
    x, y, z = 0.3, 1.1, -0.4  # y up, as in the file
    row = np.array([0.9650164, 0.00488022, 0.262144])
    assert camera.to_camera(np.array([z, x, y]))[0] == pytest.approx(
        row @ [x, y, z] - 0.5628666, abs=1e-6
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Skeletool", "Other", "does not begin with 'Skeletool"),
        ("name          0", "", r"names no camera. Expected camera.calibration of an MPI"),
        ("animated    0", "animated    1", "camera C0: moves"),
        ("  extrinsic   0.9650164 0.0", "  extrinsic   0.0", "extrinsic should be 16 numbers"),
        ("extrinsic   0.9650164", "extrinsic   1.9650164", "extrinsic holds no rotation"),
        ("size        2048 2048", "size        2048 wide", r"line 4 \(size\): expected numbers"),
        ("  size        2048 2048\n", "", "size should be 2 numbers"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in FIRST
    with pytest.raises(InputError, match=f"camera.calibration: .*{message}"):
        read_calibration(write(tmp_path, FIRST.replace(old, new)))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "camera.calibration"
    path.write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(InputError, match=r"is no text. Expected camera.calibration"):
        read_calibration(path)
