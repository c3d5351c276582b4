"""Files that are damaged, incomplete or hold what cannot be."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prvipe.data.benchmark import load_benchmark
from prvipe.errors import InputError

from .conftest import make_arrays, turned_about_z, write


@pytest.mark.parametrize("key", sorted(make_arrays().keys() - {"kp2d_gt"}))
def test_missing_key_is_named(tmp_path: Path, arrays: dict[str, Any], key: str) -> None:
    del arrays[key]
    with pytest.raises(InputError, match=rf"people\.npz: keys missing: {key};"):
        load_benchmark(write(tmp_path, arrays))


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"absent\.npz"):
        load_benchmark(tmp_path / "absent.npz")


@pytest.mark.parametrize(
    "content", [b"", b"poses", b"PK\x03\x04 but no archive"], ids=["empty", "text", "zip header"]
)
def test_file_that_is_no_archive(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"broken\.npz"):
        load_benchmark(path)


def test_single_array_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "poses.npz"
    with path.open("wb") as file:
        np.save(file, np.zeros((4, 17, 3)))
    with pytest.raises(InputError, match=r"poses\.npz"):
        load_benchmark(path)


def whole_file() -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **make_arrays())
    return buffer.getvalue()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(share=st.floats(0, 1, exclude_max=True))
def test_truncated_file_wherever_it_ends(tmp_path: Path, share: float) -> None:
    content = whole_file()
    path = tmp_path / "cut.npz"
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError, match=r"cut\.npz"):
        load_benchmark(path)


def test_damaged_middle_is_noticed(tmp_path: Path) -> None:
    content = bytearray(whole_file())
    content[len(content) // 3] ^= 0xFF
    path = tmp_path / "damaged.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"damaged\.npz"):
        load_benchmark(path)


def test_pickled_objects_are_never_loaded(tmp_path: Path, arrays: dict[str, Any]) -> None:
    arrays["sequence_names"] = np.array(["first", None], dtype=object)
    with pytest.raises(InputError, match="Python objects"):
        load_benchmark(write(tmp_path, arrays))


def test_swapped_joints_are_named(tmp_path: Path, arrays: dict[str, Any]) -> None:
    arrays["joints"][[1, 4]] = arrays["joints"][[4, 1]]
    with pytest.raises(InputError, match="joints entry 1 is LHip, expected RHip; reorder"):
        load_benchmark(write(tmp_path, arrays))


@pytest.mark.parametrize(
    ("key", "shape", "message"),
    [
        ("poses3d", (6, 16, 3), r"poses3d has shape \(6, 16, 3\), expected \(N, 17, 3\)"),
        ("poses3d", (6, 17, 2), r"poses3d has shape"),
        ("poses3d", (0, 17, 3), r"poses3d has no rows"),
        ("kp2d_det", (6, 3, 17, 2), r"kp2d_det has shape .*, expected \(N, V, 13, 2\)"),
        ("kp2d_det", (6, 13, 2), r"kp2d_det has shape"),
        ("kp2d_det", (5, 3, 13, 2), r"kp2d_det has 5 rows and 3 cameras, but"),
        ("kp2d_gt", (6, 2, 13, 2), r"kp2d_gt has 6 rows and 2 cameras, but"),
        ("cameras", (3, 2), r"cameras has shape \(3, 2\), expected \(V, 3\)"),
        ("fps", (3,), r"have shapes \(2,\) and \(2,\) and \(3,\); give one"),
        ("fps", (2, 1), r"have shapes \(2,\) and \(2,\) and \(2, 1\)"),
    ],
)
def test_wrong_shape_is_named(
    tmp_path: Path, arrays: dict[str, Any], key: str, shape: tuple[int, ...], message: str
) -> None:
    arrays[key] = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    with pytest.raises(InputError, match=message):
        load_benchmark(write(tmp_path, arrays))


def test_wrong_joint_count_is_named(tmp_path: Path, arrays: dict[str, Any]) -> None:
    arrays["joints"] = arrays["joints"][:16]
    with pytest.raises(InputError, match="joints names 16 joints, expected these 17"):
        load_benchmark(write(tmp_path, arrays))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_missing_2d_joint_is_located(tmp_path: Path, arrays: dict[str, Any], value: float) -> None:
    arrays["kp2d_det"][4, 2, 5, 1] = value
    message = r"people\.npz: kp2d_det row 4, camera 2, joint left_wrist is NaN or infinite \(1 such"
    with pytest.raises(InputError, match=message):
        load_benchmark(write(tmp_path, arrays))


@pytest.mark.filterwarnings("error")
def test_numbers_too_large_are_located(tmp_path: Path, arrays: dict[str, Any]) -> None:
    arrays["kp2d_det"] = arrays["kp2d_det"].astype(np.float64)
    arrays["kp2d_det"][1, 0, 0] = 1e300
    with pytest.raises(InputError, match="kp2d_det row 1, camera 0, joint head is NaN or infinite"):
        load_benchmark(write(tmp_path, arrays))


def test_missing_3d_joint_is_located(tmp_path: Path, arrays: dict[str, Any]) -> None:
    arrays["poses3d"][[2, 5], 10] = np.nan
    with pytest.raises(InputError, match=r"poses3d row 2, joint head is NaN .* \(2 such rows\)"):
        load_benchmark(write(tmp_path, arrays))


def test_person_of_size_zero_in_an_image_is_located(tmp_path: Path, arrays: dict[str, Any]) -> None:
    arrays["kp2d_gt"][3, 1, [1, 2, 7, 8]] = 0.3
    with pytest.raises(InputError, match="kp2d_gt row 3, camera 1 is a person of size zero: hips"):
        load_benchmark(write(tmp_path, arrays))


def test_person_of_the_size_of_rounding_is_no_person(
    tmp_path: Path, arrays: dict[str, Any]
) -> None:
    arrays["kp2d_gt"][3, 1] = 500
    arrays["kp2d_gt"][3, 1, 1, 0] = np.nextafter(np.float32(500), np.float32(501))
    with pytest.raises(InputError, match="kp2d_gt row 3, camera 1 is a person of size zero: hips"):
        load_benchmark(write(tmp_path, arrays))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("key", "joint"), [("kp2d_det", 6), ("kp2d_det", 1), ("poses3d", 8)])
def test_coordinates_too_large_are_called_so(
    key: str, joint: int, tmp_path: Path, arrays: dict[str, Any]
) -> None:
    arrays[key][3, ..., joint, 0] = 1e30
    with pytest.raises(InputError, match=rf"{key} row 3.* has coordinates too large for float32"):
        load_benchmark(write(tmp_path, arrays))


def test_person_of_size_zero_in_3d_is_located(tmp_path: Path, arrays: dict[str, Any]) -> None:
    arrays["poses3d"][1, [0, 7, 8]] = 2.5
    with pytest.raises(InputError, match="poses3d row 1 is a person of size zero: hip, spine"):
        load_benchmark(write(tmp_path, arrays))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("sequence", np.array([0, 1, 2, 0, 1, 0]), "sequence row 2 is 2, but there are 2"),
        ("sequence", np.array([0, -1, 1, 0, 1, 0]), "sequence row 1 is -1"),
        ("sequence", np.array([0, 1]), r"sequence has shape \(2,\), expected \(6,\)"),
        ("sequence", np.full(6, 0.5), "sequence holds float64, expected whole numbers"),
        ("poses3d", np.full((6, 17, 3), "x"), "poses3d holds <U1, expected numbers"),
        ("cameras", np.full((3, 3), np.nan), "cameras row 0 is NaN or infinite"),
        ("fps", np.array([30.0, np.nan]), "fps of sequence 1 is nan"),
        ("fps", np.array([0.0, 30.0]), r"fps of sequence 0 is 0\.0"),
        ("synthetic", np.array([True, False]), r"synthetic is bool \(2,\), expected True or"),
        ("synthetic", np.array("no"), r"synthetic is <U2 \(\), expected True or False"),
    ],
)
def test_wrong_content_is_named(
    tmp_path: Path, arrays: dict[str, Any], key: str, value: np.ndarray, message: str
) -> None:
    arrays[key] = value
    with pytest.raises(InputError, match=message):
        load_benchmark(write(tmp_path, arrays))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r[:, :2], r"view_rotations has shape \(2, 2, 3, 3\), expected \(2, 3, 3, 3\)"),
        (lambda r: r * [1, 1, -1], "view_rotations of sequence 0, camera 0 is no rotation"),
        (lambda r: np.where(np.arange(3)[:, None, None] == 1, 2 * r, r), "camera 1 is no rotation"),
        (lambda r: r * np.nan, "sequence 0, camera 0 is no rotation"),
    ],
    ids=["too few", "mirrored", "scaled", "nan"],
)
def test_matrices_that_are_no_rotations_are_refused(
    tmp_path: Path, arrays: dict[str, Any], change: Any, message: str
) -> None:
    rotations = change(turned_about_z(*range(6)).reshape(2, 3, 3, 3))
    with pytest.raises(InputError, match=message):
        load_benchmark(write(tmp_path, arrays | {"view_rotations": rotations}))
