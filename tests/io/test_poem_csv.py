from pathlib import Path

import numpy as np
import pytest

from prvipe import load
from prvipe.errors import InputError
from prvipe.skeleton import COCO13

PARTS = (
    *("NOSE_TIP", "LEFT_SHOULDER", "RIGHT_SHOULDER", "LEFT_ELBOW", "RIGHT_ELBOW", "LEFT_WRIST"),
    *("RIGHT_WRIST", "LEFT_HIP", "RIGHT_HIP", "LEFT_KNEE", "RIGHT_KNEE", "LEFT_ANKLE"),
    "RIGHT_ANKLE",
)
HEADER = ["image/width", "image/height"] + [
    f"image/object/part/{part}/{value}"
    for part in PARTS
    for value in ("center/x", "center/y", "score")
]


def write_csv(path: Path, *rows: list[object], header: list[str] = HEADER) -> Path:
    lines = [",".join(map(str, row)) for row in (header, *rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


def make_row(width: object = 640, height: object = 480) -> list[object]:
    return [width, height, *(value for i in range(13) for value in (i / 16, i / 32, (i + 1) / 13))]


def test_coordinates_are_multiplied_by_the_image_size(tmp_path: Path) -> None:
    poses = load(write_csv(tmp_path / "in.csv", make_row(), make_row(1000, 2000)))
    assert poses.skeleton is COCO13
    steps = np.arange(13)
    np.testing.assert_allclose(poses.keypoints[0, :, 0], steps / 16 * 640, rtol=1e-6)
    np.testing.assert_allclose(poses.keypoints[0, :, 1], steps / 32 * 480, rtol=1e-6)
    np.testing.assert_allclose(poses.keypoints[1, :, 1], steps / 32 * 2000, rtol=1e-6)
    np.testing.assert_allclose(poses.scores, [(steps + 1) / 13] * 2, rtol=1e-6)


def test_sizes_and_further_columns_are_fields(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "in.csv", [*make_row(), "a"], header=[*HEADER, "clip"])
    table = load(path).table
    assert table.select(["image/width", "clip"]).to_pydict() == {
        "image/width": [640],
        "clip": ["a"],
    }
    names = ["image/width", "image/height", "clip", "width", "height", "source"]
    assert table.column_names == names


@pytest.mark.parametrize("width", [0, -640, "", "nan", "inf"])
def test_an_image_without_size_is_refused(tmp_path: Path, width: object) -> None:
    path = write_csv(tmp_path / "in.csv", make_row(), make_row(width))
    with pytest.raises(
        InputError, match=r"in\.csv: row 1: image/width is .*; give the image's size"
    ):
        load(path)


def test_a_missing_column_and_another_skeleton_are_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "in.csv", make_row()[:-1], header=HEADER[:-1])
    with pytest.raises(InputError, match="has no column image/object/part/RIGHT_ANKLE/score"):
        load(path)
    with pytest.raises(InputError, match="its poses are coco13, not h36m17"):
        load(write_csv(tmp_path / "in.csv", make_row()), "h36m17")
