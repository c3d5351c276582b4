import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe import Poses
from prvipe.errors import InputError
from prvipe.skeleton import COCO13, COCO17


def make_poses(rows: int = 4, **fields: object) -> Poses:
    keypoints = np.random.default_rng(0).normal(size=(rows, 13, 2)).astype(np.float32)
    return Poses(keypoints, None, COCO13, fields or {"frame": np.arange(rows)})


def frames(poses: Poses) -> list[int]:
    return poses.table["frame"].to_pylist()


def test_arrays_become_float32_and_the_skeleton_may_be_a_name() -> None:
    poses = Poses(np.arange(26).reshape(1, 13, 2), [[1] * 13], "coco13")
    assert poses.keypoints.dtype == poses.scores.dtype == np.float32
    assert poses.skeleton is COCO13
    assert (len(poses), poses.dimensions) == (1, 2)


def test_scores_left_out_say_which_joints_are_known() -> None:
    keypoints = np.ones((2, 13, 3))
    keypoints[1, 4, 2] = np.nan
    keypoints[1, 5, 0] = np.inf
    poses = Poses(keypoints, None, "coco13")
    assert poses.scores[0].tolist() == [1] * 13
    assert np.flatnonzero(poses.scores[1] == 0).tolist() == [4, 5]


def test_a_score_of_zero_makes_a_joint_unknown() -> None:
    keypoints, scores = np.ones((2, 13, 2), np.float32), np.ones((2, 13), np.float32)
    assert Poses(keypoints, scores, "coco13").keypoints is keypoints
    scores[1, 4] = 0
    poses = Poses(keypoints, scores, "coco13")
    assert np.argwhere(np.isnan(poses.keypoints).any(-1)).tolist() == [[1, 4]]
    assert np.isfinite(keypoints).all()  # the caller's own array stays as it is


def test_masked_joints_are_not_known() -> None:
    mask = np.zeros((2, 13, 2), bool)
    mask[1, 4, 0] = True
    for dtype in (np.float32, np.int64):
        poses = Poses(np.ma.array(np.ones((2, 13, 2), dtype), mask=mask), None, "coco13")
        assert np.argwhere(np.isnan(poses.keypoints)).tolist() == [[1, 4, 0]]
        assert np.argwhere(poses.scores == 0).tolist() == [[1, 4]]
    scores = np.ma.array(np.ones((2, 13)), mask=mask[..., 0])
    poses = Poses(np.ones((2, 13, 2)), scores, "coco13")
    assert np.argwhere(np.isnan(poses.keypoints).any(-1)).tolist() == [[1, 4]]


@pytest.mark.parametrize(
    ("keypoints", "scores", "message"),
    [
        (
            np.zeros((3, 17, 2)),
            None,
            "17 joints, .*'coco13' has 13; perhaps they are coco17 or h36m",
        ),
        (np.zeros((3, 5, 2)), None, "5 joints, .* has 13; pick columns by joint"),
        (np.zeros((13, 2)), None, r"expected an array \(N, 13, 2\) or .*, got \(13, 2\)"),
        (np.zeros((3, 13, 4)), None, r"got \(3, 13, 4\)"),
        (np.zeros((3, 13, 2), dtype=object), None, "keypoints: expected numbers, .* of object"),
        (np.full((3, 13, 2), "1"), None, "keypoints: expected numbers"),
        (np.zeros((3, 13, 2), dtype=bool), None, "keypoints: expected numbers, .* of bool"),
        ([[[0, 0]] * 13, [[0, 0]] * 12], None, "rows of different length"),
        (np.zeros((3, 13, 2)), np.zeros((3, 12)), r"scores: expected an array \(3, 13\)"),
        (np.zeros((1, 13, 2)), [[0.0] * 12 + [np.nan]], "row 0, joint right_ankle is nan; give 0"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    keypoints: object, scores: object, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        Poses(keypoints, scores, "coco13")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"frame": [1, 2]}, r"\(frame\) has 2 rows for 4 poses"),
        ({"frame": [1, 2, 3, 4], "camera": [1]}, "fields differ in their number of rows"),
        ({"frame": np.zeros((4, 2))}, "field 'frame' is no column of values"),
        ({"activity": "walk"}, "field 'activity' is one string; give one value per pose"),
        (pa.table([[1] * 4, [2] * 4], names=["frame", "frame"]), "two columns are named 'frame'"),
    ],
)
def test_fields_that_do_not_fit_are_refused(table: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Poses(np.zeros((4, 13, 2)), None, "coco13", table)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (2, [2]),
        (-1, [3]),
        (np.int64(1), [1]),
        (slice(1, 3), [1, 2]),
        (slice(None, None, -2), [3, 1]),
        (slice(4, None), []),
        ([3, 0, 0], [3, 0, 0]),
        (np.array([True, False, False, True]), [0, 3]),
        ([False] * 4, []),
        ([], []),
    ],
)
@pytest.mark.parametrize("with_table", [True, False])
def test_indexing_takes_rows_of_everything(
    rows: object, expected: list[int], with_table: bool
) -> None:
    poses = make_poses(4)
    if not with_table:
        poses = Poses(poses.keypoints, poses.scores, poses.skeleton)
    chosen = poses[rows]
    assert len(chosen) == chosen.table.num_rows == len(expected)
    np.testing.assert_array_equal(chosen.keypoints, poses.keypoints[expected])
    np.testing.assert_array_equal(chosen.scores, poses.scores[expected])
    if with_table:
        assert frames(chosen) == expected


@pytest.mark.parametrize("rows", [4, -5, [0, 4], np.array([True]), [[0]], None, 1.0, "frame"])
def test_rows_that_do_not_exist_are_an_index_error(rows: object) -> None:
    with pytest.raises(IndexError):
        make_poses(4)[rows]


def test_iteration_gives_one_pose_after_the_other() -> None:
    poses = make_poses(3)
    assert [frames(pose) for pose in poses] == [[0], [1], [2]]
    assert all(len(pose) == 1 for pose in poses)


def test_concatenation_fills_missing_fields_with_null() -> None:
    first = make_poses(2, frame=np.array([7, 8], np.int32), camera=[0, 1])
    second = make_poses(1, frame=np.array([9], np.int64), activity=["walk"])
    bare = Poses(np.ones((1, 13, 2)), None, "coco13")
    together = Poses.concatenate(iter([first, bare, second]))
    assert together.table.to_pydict() == {
        "frame": [7, 8, None, 9],
        "camera": [0, 1, None, None],
        "activity": [None, None, None, "walk"],
    }
    assert together.keypoints.shape == (4, 13, 2)
    np.testing.assert_array_equal(together[3].keypoints, second.keypoints)


def test_concatenation_of_poses_without_fields_keeps_their_number() -> None:
    bare = Poses(np.ones((2, 13, 2)), None, "coco13")
    together = Poses.concatenate([bare, bare])
    assert (len(together), together.table.num_rows, together.table.column_names) == (4, 4, [])


def test_concatenation_refuses_what_does_not_belong_together() -> None:
    flat, deep = np.ones((1, 13, 2)), np.ones((1, 13, 3))
    with pytest.raises(InputError, match="there are none"):
        Poses.concatenate([])
    with pytest.raises(InputError, match="keep 2D apart from 3D"):
        Poses.concatenate([Poses(flat, None, COCO13), Poses(deep, None, COCO13)])
    with pytest.raises(InputError, match="map them to one skeleton"):
        Poses.concatenate([Poses(flat, None, COCO13), Poses(flat, None, COCO13).to(COCO17)])
    with pytest.raises(InputError, match="field 'camera' is int64 and string; cast it"):
        Poses.concatenate([make_poses(1, camera=[0]), make_poses(1, camera=["left"])])


@given(st.lists(st.integers(0, 6), max_size=4))
def test_concatenation_undoes_slicing(cuts: list[int]) -> None:
    poses = make_poses(6)
    bounds = [0, *sorted(cuts), 6]
    parts = [poses[a:b] for a, b in itertools.pairwise(bounds)]
    together = Poses.concatenate(parts)
    np.testing.assert_array_equal(together.keypoints, poses.keypoints)
    np.testing.assert_array_equal(together.scores, poses.scores)
    assert together.table.equals(poses.table)


def test_fields_can_be_added_and_replaced() -> None:
    poses = make_poses(2, frame=[0, 1], camera=[5, 5])
    changed = poses.with_fields(camera=[6, 7], activity=["walk", "run"])
    assert changed.table.to_pydict() == {
        "frame": [0, 1],
        "camera": [6, 7],
        "activity": ["walk", "run"],
    }
    assert poses.table["camera"].to_pylist() == [5, 5]
    with pytest.raises(InputError, match="has 1 rows for 2 poses"):
        poses.with_fields(camera=[6])


def test_require_valid_names_place_joint_count_and_remedy() -> None:
    poses = make_poses(4, frame=[10, 11, 12, 13], camera=[0, 0, 1, 1])
    assert poses.require_valid() is poses
    poses.keypoints[2, 9, 1] = np.nan
    poses.keypoints[3] = 1.0
    with pytest.raises(InputError) as caught:
        poses.require_valid("clip.csv")
    assert str(caught.value) == (
        "clip.csv: row 2 (frame 12, camera 1): joint left_knee is missing (NaN) or infinite; "
        "2 of 4 rows are like this, leave them out with poses[poses.valid()] "
        "or --skip-invalid"
    )
    assert len(poses[poses.valid()].require_valid()) == 2


def test_require_valid_takes_the_file_from_the_source_field() -> None:
    poses = Poses(np.ones((1, 13, 2)), None, "coco13", {"source": ["clip.npz"]})
    with pytest.raises(InputError, match=r"^clip\.npz: row 0: hips and shoulders are in one point"):
        poses.require_valid()


def test_repr_says_what_is_in_it() -> None:
    assert repr(make_poses(4)) == "Poses(4 x 2D coco13, fields frame)"
