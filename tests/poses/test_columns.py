import numpy as np
import pyarrow as pa
import pytest

from prvipe.errors import InputError
from prvipe.poses.columns import find_joints, infer_skeleton, read_numbers, split_columns
from prvipe.skeleton import COCO13, COCO17, Skeleton

HAND = Skeleton("hand", ("wrist", "thumb"), (), ())


def hand_table(**changes: object) -> pa.Table:
    columns = {"wrist_x": [1.0, 2.0], "wrist_y": [3, 4], "thumb_x": [5.0, None], "thumb_y": [7, 8]}
    return pa.table({name: v for name, v in {**columns, **changes}.items() if v is not None})


def test_columns_become_keypoints_and_the_rest_fields() -> None:
    table = hand_table(camera=[0, 1])
    keypoints, scores, fields = split_columns(table, HAND)
    np.testing.assert_array_equal(keypoints, [[[1, 3], [5, 7]], [[2, 4], [np.nan, 8]]])
    assert scores is None
    assert fields.to_pydict() == {"camera": [0, 1]}


def test_z_and_score_columns_are_read_and_a_null_score_is_zero() -> None:
    table = hand_table(
        wrist_z=[0, 0], thumb_z=[1, 1], wrist_score=[0.5, None], thumb_score=[1, float("nan")]
    )
    keypoints, scores, fields = split_columns(table, HAND)
    assert keypoints.shape == (2, 2, 3)
    np.testing.assert_array_equal(scores, [[0.5, 1], [0, 0]])
    assert fields.column_names == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"thumb_y": None}, "has no column thumb_y; it has wrist_x"),
        ({"wrist_score": [1, 1]}, "columns _score for some joints but not for thumb"),
        ({"thumb_z": [1, 1]}, "columns _z for some joints but not for wrist"),
        ({"thumb_x": ["1.5", "left"]}, "row 1, column thumb_x: 'left' is not a number"),
        ({"thumb_x": [True, False]}, "row 0, column thumb_x: True is not a number"),
    ],
)
def test_columns_that_do_not_fit_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        split_columns(hand_table(**changes), HAND)


def test_joints_are_found_by_their_columns() -> None:
    assert find_joints(["frame", "b_y", "b_x", "a_x", "a_score", "c_x", "c_y"]) == ("b", "c")


def test_a_skeleton_is_inferred_only_from_exactly_its_joints() -> None:
    columns = [f"{joint}_{axis}" for joint in reversed(COCO17.joints) for axis in "xy"]
    assert infer_skeleton(["frame", *columns]) is COCO17
    with pytest.raises(InputError, match=r"the columns name the joints .*say which"):
        infer_skeleton([*columns, "belly_x", "belly_y"])
    with pytest.raises(
        InputError, match=r"has no columns <joint>_x .*; its columns are frame, shot"
    ):
        infer_skeleton(["frame", "shot"])
    thirteen = [f"{joint}_{axis}" for joint in COCO13.joints for axis in "xyz"]
    assert infer_skeleton(thirteen) is COCO13


def test_the_columns_that_the_nearest_skeleton_lacks_are_named() -> None:
    columns = [f"{joint}_{axis}" for joint in COCO13.joints for axis in "xy"]
    with pytest.raises(InputError, match="lacks the columns right_ankle_y of coco13, the nearest"):
        infer_skeleton([name for name in columns if name != "right_ankle_y"])
    with pytest.raises(InputError, match="columns left_hip_x, left_hip_y of coco13"):
        infer_skeleton([name for name in columns if not name.startswith("left_hip")])


def test_integers_beyond_float32_are_read_as_the_nearest_number() -> None:
    column = read_numbers(pa.table({"n": [2**60 + 1, None]}), "n")
    np.testing.assert_array_equal(column, np.array([2.0**60, np.nan], np.float32))
