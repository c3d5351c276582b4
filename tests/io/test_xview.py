from pathlib import Path

import numpy as np
import pytest

from prvipe import load_poses
from prvipe.errors import InputError
from prvipe.io import load_xview


def make_arrays(**changes: object) -> dict[str, object]:
    views = np.random.default_rng(0).normal(size=(2, 3, 13, 2)).astype(np.float32)
    arrays = {
        "kp2d_det": views,
        "kp2d_gt": views + 1,
        "sequence": np.array([1, 0]),
        "sequence_names": np.array(["a/walk_1", "a/run_1"]),
        "activity": np.array(["walk", "run"]),
    }
    return {name: value for name, value in {**arrays, **changes}.items() if value is not None}


def test_views_become_rows_frame_by_frame(write_npz) -> None:
    arrays = make_arrays()
    poses = load_poses(write_npz(**arrays))
    np.testing.assert_array_equal(poses.keypoints, arrays["kp2d_det"].reshape(6, 13, 2))
    fields = poses.table.drop_columns(["source"]).to_pydict()
    assert fields == {
        "frame": [0, 0, 0, 1, 1, 1],
        "camera": [0, 1, 2, 0, 1, 2],
        "sequence": ["a/run_1"] * 3 + ["a/walk_1"] * 3,
        "activity": ["run"] * 3 + ["walk"] * 3,
    }


def test_keypoints_without_errors_are_read_on_demand(write_npz) -> None:
    arrays = make_arrays()
    poses = load_xview(write_npz(**arrays), keypoints="gt")
    np.testing.assert_array_equal(poses.keypoints, arrays["kp2d_gt"].reshape(6, 13, 2))
    with pytest.raises(InputError, match=r"clip\.npz: has no array kp2d_gt"):
        load_xview(write_npz(**make_arrays(kp2d_gt=None)), keypoints="gt")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"activity": None}, "has no array activity"),
        ({"kp2d_det": np.zeros((2, 13, 2))}, r"kp2d_det has shape \(2, 13, 2\)"),
        ({"kp2d_det": np.zeros((2, 3, 17, 2))}, "17 joints, but skeleton 'coco13' has 13"),
        ({"sequence": np.array([0])}, r"sequence must be whole numbers \(2,\)"),
        ({"sequence": np.array([0.0, 1.0])}, "sequence must be whole numbers"),
        ({"sequence": np.array([0, 2])}, "row 1 is of sequence 2, but only 2 sequences are named"),
        ({"activity": np.array(["walk"])}, "lists of one length"),
    ],
)
def test_files_that_contradict_themselves_are_refused(
    write_npz, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load_poses(write_npz(**make_arrays(**changes)))
    assert "clip.npz: " in str(caught.value)


def test_another_skeleton_is_refused(write_npz) -> None:
    path = write_npz(**make_arrays())
    assert len(load_poses(path, "coco13")) == 6
    with pytest.raises(InputError, match=r"its poses are coco13, not coco17; .*\.to\('coco17'\)"):
        load_poses(path, "coco17")


def test_the_validation_set(shared_data: Path) -> None:
    poses = load_poses(shared_data / "xview" / "val.npz")
    assert len(poses) == 4462 * 4
    assert poses.valid().all()
    with np.load(shared_data / "xview" / "val.npz") as arrays:
        np.testing.assert_array_equal(poses.keypoints[4 * 1000 + 2], arrays["kp2d_det"][1000, 2])
        name = arrays["sequence_names"][arrays["sequence"][1000]]
    assert poses.table.slice(4002, 1).select(["frame", "camera", "sequence"]).to_pylist() == [
        {"frame": 1000, "camera": 2, "sequence": name}
    ]
