from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.data.benchmark import CrossViewBenchmark, load_benchmark, save_benchmark
from prvipe.errors import InputError

from .conftest import make_arrays, turned_about_z, write


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


def test_select_refuses_to_leave_no_rows(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no rows"):
        load(tmp_path).select(rows=slice(0))
