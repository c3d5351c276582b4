import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from prvipe import load
from prvipe.errors import InputError
from prvipe.skeleton import COCO13, COCO17, Skeleton

COLUMNS = [f"{joint}_{suffix}" for joint in COCO13.joints for suffix in ("x", "y", "score")]


def write_csv(path: Path, header: list[str], *rows: list[object]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *rows])
    return path


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=arrays.arrays(np.float32, (2, 13, 3), elements=st.floats(width=32, allow_infinity=False))
)
def test_named_columns_round_trip(tmp_path: Path, values: np.ndarray) -> None:
    values[:, 0] = (900, 900, 1)  # else a row within 0 and 1 beside one in pixels is refused
    rows = [[f"clip {i}", *map(float, row.ravel()), i] for i, row in enumerate(values)]
    path = write_csv(tmp_path / "a.csv", ["sequence", *COLUMNS, "frame"], *rows)
    poses = load(path)
    assert poses.skeleton is COCO13
    scores = np.nan_to_num(values[..., 2])
    known = np.where(scores[..., None] == 0, np.float32(np.nan), values[..., :2])
    np.testing.assert_array_equal(np.isnan(poses.keypoints).any(-1), np.isnan(known).any(-1))
    both = np.isfinite(known) & np.isfinite(poses.keypoints)
    np.testing.assert_array_equal(poses.keypoints[both], known[both])
    np.testing.assert_array_equal(poses.scores, scores)
    assert poses.table.select(["sequence", "frame"]).to_pydict() == {
        "sequence": ["clip 0", "clip 1"],
        "frame": [0, 1],
    }


def test_columns_may_come_in_any_order_and_empty_means_unknown(tmp_path: Path) -> None:
    header = [f"{joint}_{axis}" for joint in reversed(COCO17.joints) for axis in "yx"]
    row: list[object] = [" 1.5 ", *range(1, 34)]
    row[header.index("left_eye_x")] = ""
    poses = load(write_csv(tmp_path / "a.csv", header, row))
    assert poses.skeleton is COCO17
    ankle = poses.keypoints[0, COCO17.index("right_ankle")]
    assert ankle.tolist() == [1.0, 1.5]
    assert np.flatnonzero(poses.scores[0] == 0).tolist() == [COCO17.index("left_eye")]


def test_a_byte_order_mark_and_a_custom_skeleton(tmp_path: Path) -> None:
    hand = Skeleton("hand", ("wrist", "thumb"), (), ())
    path = tmp_path / "hand.csv"
    path.write_text("\ufeffwrist_x,wrist_y,thumb_x,thumb_y,box_x,box_y\n1,2,3,4,5,6\n", "utf-8")
    poses = load(path, hand)
    assert poses.keypoints.tolist() == [[[1, 2], [3, 4]]]
    assert poses.table["box_x"].to_pylist() == [5]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("wrist_x,wrist_y\n", "holds no poses"),
        ("wrist_x,wrist_y\n1,2\n3\n", "is no whole CSV file .*Expected 2 columns, got 1"),
        ("wrist_x,wrist_y\n1,2\n3,left\n", "row 1, column wrist_y: 'left' is not a number"),
        ("wrist_x,wrist_y,wrist_y\n1,2,3\n", "two columns are named 'wrist_y'"),
        ("wrist_x,wrist_y,shot,shot\n1,2,3,4\n", "two columns are named 'shot'"),
        ("wrist_x,wrist_y,wrist_score\n1,2,inf\n", "scores: row 0, joint wrist is inf"),
        ("thumb_x,thumb_y\n1,2\n", "has no column wrist_x; it has thumb_x, thumb_y"),
        ("x;y\n1;2\n", "no known content for a .csv file; expected one of: .*<joint>_x"),
    ],
)
def test_files_that_cannot_be_read_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "wrist.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        load(path, Skeleton("wrist", ("wrist",), (), ()))
    assert str(caught.value).startswith(f"{path}: ")


def test_joints_of_no_known_skeleton_need_one_named(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", ["wrist_x", "wrist_y"], [1, 2])
    with pytest.raises(InputError, match="joints wrist, which are those of no built-in skeleton"):
        load(path)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00head_x", b'"head_x\n', bytes(range(256))])
def test_bytes_that_are_no_text_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.csv: "):
        load(tmp_path / "a.csv", "coco13")


def test_a_score_of_zero_makes_a_joint_unknown(tmp_path: Path) -> None:
    row: list[object] = [*range(1, 40)]
    row[COLUMNS.index("left_knee_score")] = 0
    poses = load(write_csv(tmp_path / "a.csv", COLUMNS, row))
    assert np.isnan(poses.keypoints).all(axis=-1)[0].nonzero()[0].tolist() == [
        COCO13.index("left_knee")
    ]
    with pytest.raises(InputError, match=r"joint left_knee is missing .*with score 0"):
        poses.require_valid()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda text: text.replace(",", "\t"),
            "columns are separated by tabs; write it with commas",
        ),
        (lambda text: text.replace(",", ";").replace("1", "1,5"), "are separated by semicolons"),
        (str.upper, "write its column 'HEAD_X' as 'head_x'"),
        (lambda text: text.replace("_", " ").title(), "write its column 'Head X' as 'head_x'"),
        (lambda text: text.replace(",", ", "), "write its column ' head_y' as 'head_y'"),
    ],
)
def test_columns_written_otherwise_are_recognised(tmp_path: Path, change, message: str) -> None:
    path = write_csv(tmp_path / "a.csv", COLUMNS, [1] * len(COLUMNS))
    path.write_text(change(path.read_text()))
    with pytest.raises(InputError, match=message):
        load(path)


def test_a_header_without_rows_holds_no_poses(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no poses: it has not a single row"):
        load(write_csv(tmp_path / "a.csv", COLUMNS))
