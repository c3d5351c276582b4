from pathlib import Path

import numpy as np
import pytest

from prvipe import load
from prvipe.errors import InputError
from prvipe.io import load_poses3d
from prvipe.io.xview import FILE_JOINTS
from prvipe.skeleton import H36M17


def make_arrays(**changes: object) -> dict[str, object]:
    rng = np.random.default_rng(0)
    views = rng.normal(size=(2, 3, 13, 2)).astype(np.float32)
    arrays = {
        "poses3d": rng.normal(size=(2, 17, 3)),
        "joints": np.array(FILE_JOINTS),
        "cameras": rng.normal(size=(3, 3)),
        "fps": np.array([30, 25]),
        "kp2d_det": views,
        "kp2d_gt": views + 1,
        "sequence": np.array([1, 0]),
        "sequence_names": np.array(["a/walk_1", "a/run_1"]),
        "activity": np.array(["walk", "run"]),
    }
    return {name: value for name, value in {**arrays, **changes}.items() if value is not None}


def test_views_become_rows_frame_by_frame(write_npz) -> None:
    arrays = make_arrays()
    poses = load(write_npz(**arrays))
    np.testing.assert_array_equal(poses.keypoints, arrays["kp2d_det"].reshape(6, 13, 2))
    fields = poses.table.drop_columns(["source"]).to_pydict()
    assert fields == {
        "frame": [0, 0, 0, 1, 1, 1],
        "camera": [0, 1, 2, 0, 1, 2],
        "sequence": ["a/run_1"] * 3 + ["a/walk_1"] * 3,
        "activity": ["run"] * 3 + ["walk"] * 3,
    }


def test_all_views_of_an_instant_are_of_one_pose_in_space(write_npz) -> None:
    arrays = make_arrays()
    poses3d = load_poses3d(write_npz(**arrays))
    assert poses3d is not None
    assert poses3d.skeleton is H36M17
    np.testing.assert_array_equal(
        poses3d.keypoints, np.repeat(arrays["poses3d"].astype(np.float32), 3, axis=0)
    )


def test_keypoints_alone_are_not_known_in_space(write_npz) -> None:
    path = write_npz(keypoints=np.random.default_rng(0).normal(size=(2, 13, 2)))
    assert load_poses3d(path) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"activity": None}, "keys missing: activity"),
        ({"poses3d": None}, "keys missing: poses3d"),
        ({"kp2d_det": None}, "keys missing: kp2d_det"),
        ({"kp2d_det": np.zeros((2, 13, 2))}, r"kp2d_det has shape \(2, 13, 2\)"),
        ({"kp2d_det": np.zeros((2, 3, 17, 2))}, r"expected \(N, V, 13, 2\)"),
        ({"kp2d_det": np.full((2, 3, 13, 2), np.nan)}, "row 0, camera 0, joint head is NaN"),
        ({"joints": np.array(FILE_JOINTS[::-1])}, "joints entry 0 is RWrist, expected Hip"),
        ({"sequence": np.array([0])}, r"sequence has shape \(1,\), expected \(2,\)"),
        ({"sequence": np.array([0.0, 1.0])}, "expected whole numbers"),
        ({"sequence": np.array([0, 2])}, "sequence row 1 is 2, but there are 2"),
        ({"activity": np.array(["walk"])}, "give one entry each per sequence"),
    ],
)
def test_files_that_contradict_themselves_are_refused(
    write_npz, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load(write_npz(**make_arrays(**changes)))
    assert str(caught.value).count("clip.npz: ") == 1


def test_another_skeleton_is_refused(write_npz) -> None:
    path = write_npz(**make_arrays())
    assert len(load(path, "coco13")) == 6
    with pytest.raises(InputError, match=r"its poses are coco13, not coco17; .*\.to\('coco17'\)"):
        load(path, "coco17")


def test_the_validation_set(shared_data: Path) -> None:
    poses = load(shared_data / "xview" / "val.npz")
    assert len(poses) == 4462 * 4
    assert poses.valid().all()
    with np.load(shared_data / "xview" / "val.npz") as arrays:
        np.testing.assert_array_equal(poses.keypoints[4 * 1000 + 2], arrays["kp2d_det"][1000, 2])
        name = arrays["sequence_names"][arrays["sequence"][1000]]
    assert poses.table.slice(4002, 1).select(["frame", "camera", "sequence"]).to_pylist() == [
        {"frame": 1000, "camera": 2, "sequence": name}
    ]
