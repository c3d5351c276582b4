from pathlib import Path
from typing import Any

import numpy as np
import pytest
from standing_person import IMAGE_SIZE, standing

from prvipe import load
from prvipe.errors import InputError
from prvipe.poses.fields import rows_left_out
from prvipe.skeleton import MEDIAPIPE33

BODY = standing(MEDIAPIPE33)
AXES = ("x", "y", "z", "visibility")
NAMED = [f"{joint}_{axis}" for joint in MEDIAPIPE33.joints for axis in AXES]


def cells(scale: Any = IMAGE_SIZE, parts: int = 4) -> list[str]:
    return [f"{n:.8g}" for x, y in BODY / scale for n in (x, y, -0.1, 0.9)[:parts]]


def write(tmp_path: Path, header: Any, *rows: Any, more: dict[str, Any] | None = None) -> Path:
    path = tmp_path / "landmarks.csv"
    more = more or {}
    lines = [[*header, *more]]
    lines += [[*row, *(values[n] for values in more.values())] for n, row in enumerate(rows)]
    path.write_text("\n".join(",".join(map(str, line)) for line in lines) + "\n")
    return path


@pytest.mark.parametrize(
    "header",
    [
        NAMED,
        [name.upper() for name in NAMED],
        [f"{axis}{number}" for number in range(33) for axis in "xyzv"],
        [f"{axis}{number}" for number in range(1, 34) for axis in "xyzv"],
    ],
    ids=["named", "upper", "from 0", "from 1"],
)
def test_columns_are_named_or_numbered(tmp_path: Path, header: list[str]) -> None:
    more = {"frame": [4, 5], "timestamp_ms": [160, 200], "label": ["a", "b"]}
    path = write(tmp_path, header, cells(), cells(), more=more)
    poses = load(path, image_size=IMAGE_SIZE)
    np.testing.assert_allclose(poses.keypoints, [BODY, BODY], rtol=1e-5)
    np.testing.assert_allclose(poses.scores, 0.9)
    assert poses.table.drop_columns(["source"]).to_pydict() == {
        "frame": [4, 5],
        "label": ["a", "b"],
        "width": [640, 640],
        "height": [480, 480],
        "time": [pytest.approx(0.16), pytest.approx(0.2)],
    }


def test_a_file_of_nothing_but_landmarks_with_sizes(tmp_path: Path) -> None:
    header = [f"{joint}_{axis}" for joint in MEDIAPIPE33.joints for axis in "xy"]
    more = {"width": [640], "height": [480]}
    poses = load(write(tmp_path, header, cells(parts=2), more=more))
    np.testing.assert_allclose(poses.keypoints[0], BODY, rtol=1e-5)
    assert (poses.scores == 1).all()
    poses = load(write(tmp_path, header, cells(parts=2)), image_size=IMAGE_SIZE)
    assert poses.table.column_names == ["width", "height", "source"]


def test_frames_without_a_person_are_left_out_and_counted(tmp_path: Path) -> None:
    partly = cells()
    partly[4:8] = ["", "", "", ""]
    path = write(tmp_path, NAMED, cells(), [""] * 132, partly, more={"frame": [0, 1, 2]})
    poses = load(path, image_size=IMAGE_SIZE)
    assert poses.table["frame"].to_pylist() == [0, 2]
    assert rows_left_out(poses.table) == 1
    assert poses.scores[1, 1] == 0
    assert np.isnan(poses.keypoints[1, 1]).all()


def test_scores_make_it_a_csv_by_joint(tmp_path: Path) -> None:
    header = [f"{joint}_{what}" for joint in MEDIAPIPE33.joints for what in ("x", "y", "score")]
    row = [f"{n:g}" for x, y in BODY for n in (x, y, 0.9)]
    poses = load(write(tmp_path, header, row))
    np.testing.assert_allclose(poses.keypoints[0], BODY)


@pytest.mark.parametrize(
    ("header", "row", "message"),
    [
        (NAMED, cells(scale=1), r"row 0: joint nose is at x 100, .*_score and it is read"),
        (NAMED, ["x", *cells()[1:]], "row 0, column nose_x: 'x' is not a number"),
        (NAMED, ["inf", *cells()[1:]], "row 0: joint nose is at x inf"),
        (NAMED, [*cells()[:3], "-7", *cells()[4:]], "joint nose has the score -7"),
        (NAMED, [""] * 132, "found nobody: none of its 1 rows"),
        ([*NAMED[:-1], "other"], cells(), "has 32 columns of visibility for 33"),
    ],
)
def test_what_cannot_be_is_named(tmp_path: Path, header: Any, row: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load(write(tmp_path, header, row), image_size=IMAGE_SIZE)


def test_sizes_must_be_known(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"does not say; .*or add the columns width and height"):
        load(write(tmp_path, NAMED, cells()))
    more = {"width": [640, 0], "height": [480, 480]}
    with pytest.raises(InputError, match=r"row 1: width and height are \[0.0, 480.0\]"):
        load(write(tmp_path, NAMED, cells(), cells(), more=more))


def test_a_size_that_contradicts_the_file_is_refused(tmp_path: Path) -> None:
    more = {"width": [640, 640], "height": [480, 360], "frame": [7, 8]}
    path = write(tmp_path, NAMED, cells(), cells(), more=more)
    with pytest.raises(
        InputError, match=r"row 1 \(frame 8\): its image has 640 x 360 .* 640 x 480"
    ):
        load(path, image_size=(640, 480))
    assert load(path).table["height"].to_pylist() == [480, 360]
