import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prvipe.data.benchmark import CrossViewBenchmark, load_benchmark, save_benchmark
from prvipe.errors import InputError

JOINTS = (
    "Hip RHip RKnee RFoot LHip LKnee LFoot Spine Thorax Neck Head "
    "LShoulder LElbow LWrist RShoulder RElbow RWrist"
)


def make_arrays(rows: int = 6, cameras: int = 3) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {
        "poses3d": rng.normal(size=(rows, 17, 3)).astype(np.float32),
        "kp2d_det": rng.normal(size=(rows, cameras, 13, 2)).astype(np.float32),
        "kp2d_gt": rng.normal(size=(rows, cameras, 13, 2)).astype(np.float32),
        "cameras": np.array([[45.0 + 90 * c, 8.0, 5.0] for c in range(cameras)], np.float32),
        "sequence": (np.arange(rows) % 2).astype(np.int32),
        "sequence_names": np.array(["first", "second"]),
        "activity": np.array(["walk", "run"]),
        "fps": np.array([30.0, 25.0], np.float32),
        "joints": np.array(JOINTS.split()),
    }


def write(folder: Path, arrays: dict[str, Any]) -> Path:
    path = folder / "people.npz"
    np.savez(path, **arrays)
    return path


@pytest.fixture
def arrays() -> dict[str, Any]:
    return make_arrays()


def test_loads_what_lies_in_the_file(tmp_path: Path, arrays: dict[str, Any]) -> None:
    benchmark = load_benchmark(write(tmp_path, arrays))
    assert len(benchmark) == 6
    assert not benchmark.synthetic
    np.testing.assert_array_equal(benchmark.poses3d, arrays["poses3d"])
    np.testing.assert_array_equal(benchmark.get_keypoints("det"), arrays["kp2d_det"])
    np.testing.assert_array_equal(benchmark.get_keypoints("gt"), arrays["kp2d_gt"])
    np.testing.assert_array_equal(benchmark.camera_ids, [0, 1, 2])
    assert benchmark.activity[benchmark.sequence[1]] == "run"


def test_save_and_load_agree(tmp_path: Path, arrays: dict[str, Any]) -> None:
    original = load_benchmark(write(tmp_path, arrays | {"synthetic": np.array(True)}))
    save_benchmark(original, tmp_path / "copy.npz")
    copy = load_benchmark(tmp_path / "copy.npz")
    assert copy.synthetic
    assert copy.keypoints.keys() == original.keypoints.keys()
    for name in ("poses3d", "cameras", "sequence", "sequence_names", "activity", "fps"):
        np.testing.assert_array_equal(getattr(copy, name), getattr(original, name))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.npz", "people.npz"]


def test_saving_into_no_folder_names_it(tmp_path: Path, arrays: dict[str, Any]) -> None:
    benchmark = load_benchmark(write(tmp_path, arrays))
    with pytest.raises(InputError, match="nowhere"):
        save_benchmark(benchmark, tmp_path / "nowhere" / "copy.npz")


def test_real_files_load(shared_data: Path) -> None:
    benchmark = load_benchmark(shared_data / "xview" / "val.npz")
    assert benchmark.get_keypoints("gt").shape == (len(benchmark), 4, 13, 2)
    assert benchmark.poses3d.dtype == np.float32


def test_detected_keypoints_alone_are_enough_until_exact_ones_are_asked_for(
    tmp_path: Path, arrays: dict[str, Any]
) -> None:
    del arrays["kp2d_gt"]
    benchmark = load_benchmark(write(tmp_path, arrays))
    with pytest.raises(InputError, match=r"people\.npz: has no kp2d_gt keypoints, only det"):
        benchmark.get_keypoints("gt")


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


def test_names_of_cameras_are_kept(tmp_path: Path, arrays: dict[str, Any]) -> None:
    assert load_benchmark(write(tmp_path, arrays)).camera_names is None
    named = load_benchmark(write(tmp_path, arrays | {"camera_names": np.array(["a", "b", "c"])}))
    save_benchmark(named.select(cameras=[2, 0]), tmp_path / "copy.npz")
    names = load_benchmark(tmp_path / "copy.npz").camera_names
    assert names is not None
    assert names.tolist() == ["c", "a"]
    with pytest.raises(InputError, match="camera_names are a, a, c, expected a different name"):
        load_benchmark(write(tmp_path, arrays | {"camera_names": np.array(["a", "a", "c"])}))


def test_a_fingerprint_is_of_the_content(tmp_path: Path, arrays: dict[str, Any]) -> None:
    benchmark = load_benchmark(write(tmp_path, arrays))
    save_benchmark(benchmark, tmp_path / "copy.npz")
    assert load_benchmark(tmp_path / "copy.npz").fingerprint() == benchmark.fingerprint()
    rotations = benchmark.camera_rotations()
    changes = [{key: arrays[key] + np.float32(0.01)} for key in ("poses3d", "kp2d_det", "cameras")]
    changes += [
        {"sequence": arrays["sequence"][::-1].copy()},
        {"view_rotations": rotations},
        {"view_rotations": rotations[:, ::-1]},
    ]
    seen = {benchmark.fingerprint()}
    for count, change in enumerate(changes, start=2):
        seen.add(load_benchmark(write(tmp_path, {**arrays, **change})).fingerprint())
        assert len(seen) == count, change.keys()


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


def load(tmp_path: Path) -> CrossViewBenchmark:
    return load_benchmark(write(tmp_path, make_arrays()))


def test_select_keeps_the_numbers_of_cameras(tmp_path: Path) -> None:
    benchmark = load(tmp_path)
    chosen = benchmark.select(cameras=[2, 1], rows=np.array([5, 0]))
    np.testing.assert_array_equal(chosen.camera_ids, [2, 1])
    np.testing.assert_array_equal(chosen.cameras, benchmark.cameras[[2, 1]])
    np.testing.assert_array_equal(
        chosen.keypoints["gt"], benchmark.keypoints["gt"][[5, 0]][:, [2, 1]]
    )
    np.testing.assert_array_equal(chosen.poses3d, benchmark.poses3d[[5, 0]])
    np.testing.assert_array_equal(chosen.select(cameras=[1]).camera_ids, [1])


def test_select_by_mask_and_slice_agree(tmp_path: Path) -> None:
    benchmark = load(tmp_path)
    by_mask = benchmark.select(rows=np.arange(6) < 2)
    np.testing.assert_array_equal(by_mask.poses3d, benchmark.select(rows=slice(2)).poses3d)


@pytest.mark.parametrize("cameras", [[], [0, 0], [0, 3], [-1]])
def test_select_refuses_cameras_that_are_not_there(tmp_path: Path, cameras: list[int]) -> None:
    with pytest.raises(InputError, match=r"cannot select cameras .* from \[0, 1, 2\]"):
        load(tmp_path).select(cameras=cameras)


def turned_about_z(*degrees: float) -> np.ndarray:
    """Rotations (n, 3, 3)."""
    angle = np.deg2rad(degrees)
    zero, one = np.zeros_like(angle), np.ones_like(angle)
    rows = [np.cos(angle), -np.sin(angle), zero, np.sin(angle), np.cos(angle), zero]
    return np.stack([*rows, zero, zero, one], axis=-1).reshape(-1, 3, 3).astype(np.float32)


def test_view_rotations_are_kept_and_follow_the_cameras(
    tmp_path: Path, arrays: dict[str, Any]
) -> None:
    rotations = turned_about_z(0, 10, 20, 30, 40, 50).reshape(2, 3, 3, 3)
    original = load_benchmark(write(tmp_path, arrays | {"view_rotations": rotations}))
    np.testing.assert_array_equal(original.camera_rotations(), rotations)
    save_benchmark(original.select(cameras=[2, 0]), tmp_path / "copy.npz")
    copy = load_benchmark(tmp_path / "copy.npz")
    np.testing.assert_array_equal(copy.camera_rotations(), rotations[:, [2, 0]])


def test_without_view_rotations_cameras_look_at_the_subject(tmp_path: Path) -> None:
    benchmark = load(tmp_path)
    assert benchmark.view_rotations is None
    rotations = benchmark.select(cameras=[2, 0]).camera_rotations()
    assert rotations.shape == (2, 2, 3, 3)
    azimuth, elevation = np.deg2rad([225, 8])
    position = [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth)]
    outward = np.array([*position, np.sin(elevation)])
    np.testing.assert_allclose(rotations[1, 0] @ outward, [0, 0, -1], atol=1e-6)
    assert (rotations[0, 0] @ [0, 0, 1])[1] == pytest.approx(-np.cos(elevation), abs=1e-6)


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


def test_select_refuses_to_leave_no_rows(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no rows"):
        load(tmp_path).select(rows=slice(0))
