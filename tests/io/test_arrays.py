from pathlib import Path

import numpy as np
import pytest

from prvipe import load
from prvipe.errors import InputError


def test_keypoints_with_scores_and_fields(write_npz, keypoints: np.ndarray) -> None:
    scores = np.linspace(0, 1, 78).reshape(6, 13)
    path = write_npz(
        keypoints=keypoints,
        scores=scores,
        frame=np.arange(6),
        subject=np.array(["S1"] * 6),
        fps=np.array(25.0),
    )
    poses = load(path, "coco13")
    np.testing.assert_array_equal(poses.keypoints.reshape(78, 2)[1:], keypoints.reshape(78, 2)[1:])
    assert np.isnan(poses.keypoints[0, 0]).all()  # its score is 0
    np.testing.assert_allclose(poses.scores, scores, rtol=1e-6)
    assert poses.table.column_names == ["frame", "subject", "source"]
    assert poses.table["subject"].to_pylist() == ["S1"] * 6
    assert poses.table["source"].to_pylist() == [str(path)] * 6


def test_integer_keypoints_are_numbers_too(write_npz, keypoints: np.ndarray) -> None:
    whole = keypoints.astype(np.int16)
    np.testing.assert_array_equal(load(write_npz(keypoints=whole), "coco13").keypoints, whole)


def test_a_third_column_of_keypoints_is_a_visibility(write_npz, keypoints: np.ndarray) -> None:
    visibility = np.ones((6, 13, 1))
    visibility[0, 3], visibility[1, 4], visibility[2, 5] = 0, 2, 0.25
    poses = load(write_npz(keypoints=np.concatenate([keypoints, visibility], -1)), "coco13")
    assert poses.dimensions == 2
    assert np.isnan(poses.keypoints[0, 3]).all()
    assert np.isfinite(poses.keypoints).sum() == keypoints.size - 2
    assert (poses.scores[0, 3], poses.scores[1, 4], poses.scores[2, 5]) == (0, 1, 0.25)


def test_poses3d_has_a_third_coordinate(write_npz) -> None:
    poses3d = np.random.default_rng(1).normal(size=(3, 17, 3)).astype(np.float32)
    poses = load(write_npz(poses3d=poses3d), "h36m17")
    np.testing.assert_array_equal(poses.keypoints, poses3d)


def test_rows_of_unknown_image_size_are_not_known(write_npz, keypoints: np.ndarray) -> None:
    sizes = np.array([[640, 480]] * 5 + [[0, 0]])
    poses = load(write_npz(keypoints=keypoints, wh=sizes), "coco13")
    assert poses.valid().tolist() == [True] * 5 + [False]
    assert poses.scores[5].tolist() == [0] * 13
    assert poses.table["width"].to_pylist() == [640] * 5 + [0]


def test_an_npy_file_is_x_and_y(tmp_path: Path, keypoints: np.ndarray) -> None:
    np.save(tmp_path / "clip.npy", keypoints)
    np.testing.assert_array_equal(load(tmp_path / "clip.npy", "coco13").keypoints, keypoints)
    np.save(tmp_path / "clip.npy", np.zeros((2, 13, 3)))
    with pytest.raises(
        InputError, match=r"whether its third column is z or a score; save it as npz"
    ):
        load(tmp_path / "clip.npy", "coco13")


def test_the_skeleton_must_be_named(write_npz, keypoints: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"clip\.npz: does not say which joints its 13 columns"):
        load(write_npz(keypoints=keypoints))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"keypoints": np.zeros((2, 17, 2))}, "17 joints, but skeleton 'coco13' has 13"),
        ({"keypoints": np.zeros((13, 2))}, r"keypoints has shape \(13, 2\), expected \(N, J, 2 or"),
        ({"keypoints": np.zeros((2, 13, 4))}, r"shape \(2, 13, 4\)"),
        ({"poses3d": np.zeros((2, 13, 2))}, r"poses3d has shape .* expected \(N, J, 3\)"),
        ({"keypoints": np.full((2, 13, 2), "1")}, "keypoints is an array of <U1, expected numbers"),
        ({"keypoints": np.zeros((0, 13, 2))}, "holds no poses"),
        ({"keypoints": np.zeros((2, 13, 2)), "scores": np.zeros((2, 12))}, "scores: expected an"),
        ({"keypoints": np.zeros((2, 13, 3)), "scores": np.zeros((2, 13))}, "and there is scores"),
        ({"keypoints": np.full((2, 13, 3), -1)}, "row 0, joint number 0 has visibility -1"),
        (
            {"keypoints": np.full((2, 13, 3), np.nan)},
            "has visibility nan; .* 3D belongs in poses3d",
        ),
        ({"keypoints": np.zeros((2, 13, 2)), "frame": [1]}, r"frame has shape \(1,\), expected"),
        ({"keypoints": np.zeros((2, 13, 2)), "wh": np.zeros(2)}, r"wh is float64 \(2,\), expected"),
        ({"keypoints": np.zeros((2, 13, 2)), "poses3d": np.zeros((2, 13, 3))}, "holds both"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(write_npz, arrays: dict, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load(write_npz(**arrays), "coco13")
    assert "clip.npz: " in str(caught.value)


def test_python_objects_are_refused(write_npz) -> None:
    keypoints = np.array({"S1": 1}, dtype=object)
    with pytest.raises(InputError, match="keypoints holds Python objects"):
        load(write_npz(keypoints=keypoints), "coco13")
