import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from standing_person import IMAGE_SIZE, standing

from prvipe import load
from prvipe.errors import InputError
from prvipe.skeleton import BODY25, COCO17, Skeleton

Image = pytest.importorskip("PIL.Image")


def line(
    seen: float | None = 0.8, *more: float, skeleton: Skeleton = COCO17, scale: Any = IMAGE_SIZE
) -> str:
    points = standing(skeleton) / scale
    if seen is not None:
        points = np.column_stack([points, np.full(len(points), seen)])
    return " ".join(f"{n:.8g}" for n in (0, 0.5, 0.5, 0.2, 0.4, *points.ravel(), *more))


def write(path: Path, *lines: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


def photograph(path: Path, size: tuple[int, int] = IMAGE_SIZE, orientation: int = 1) -> None:
    path.parent.mkdir(exist_ok=True)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", size).save(path, exif=exif)


def test_a_folder_is_one_recording_in_pixels(tmp_path: Path) -> None:
    write(tmp_path / "walk_10.txt", line())
    write(tmp_path / "walk_9.txt", line(), "", line())
    (tmp_path / "walk_8.txt").write_text("")
    poses = load(tmp_path, image_size=IMAGE_SIZE)
    np.testing.assert_allclose(poses.keypoints[2], standing(COCO17), rtol=1e-6)
    np.testing.assert_allclose(poses.scores, 0.8)
    assert poses.table.drop_columns(["source"]).to_pydict() == {
        "frame": [9, 9, 10],
        "person": [0, 1, 0],
        "width": [640] * 3,
        "height": [480] * 3,
        "file": ["walk_9.txt", "walk_9.txt", "walk_10.txt"],
    }


@pytest.mark.parametrize("place", ["images/cat.jpg", "labels/cat.png"])
@pytest.mark.parametrize("turned", [False, True])
def test_the_size_is_that_of_the_image_as_people_see_it(
    tmp_path: Path, place: str, turned: bool
) -> None:
    photograph(tmp_path / place, IMAGE_SIZE[::-1] if turned else IMAGE_SIZE, 6 if turned else 1)
    poses = load(write(tmp_path / "labels" / "cat.txt", line()))
    np.testing.assert_allclose(poses.keypoints[0], standing(COCO17), rtol=1e-6)


def test_an_unknown_size_and_a_broken_image_are_said(tmp_path: Path) -> None:
    path = write(tmp_path / "cat.txt", line())
    with pytest.raises(InputError, match=r"divided by the size .* image cat.jpg .* image_size="):
        load(path)
    (tmp_path / "cat.jpg").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"image cat.jpg beside it cannot be read"):
        load(path)
    (path.parent / "cat.jpg").unlink()
    os.mkfifo(path.parent / "cat.jpg")
    with pytest.raises(InputError, match=r"there is no image cat.jpg or .png beside it"):
        load(path)


@pytest.mark.parametrize(
    ("more", "person", "score"),
    [
        ((), [0, 1], None),
        ((0.75,), [0, 1], [0.75, 0.75]),
        ((7,), [7, 7], None),
        ((0.5, 3), [3, 3], [0.5, 0.5]),
    ],
)
@pytest.mark.parametrize("seen", [2, None])
def test_confidence_and_track_follow_the_keypoints(
    tmp_path: Path, more: tuple[float, ...], person: list[int], score: Any, seen: float | None
) -> None:
    path = write(tmp_path / "a.txt", line(seen, *more), line(seen, *more))
    table = load(path, image_size=IMAGE_SIZE).table
    assert table["person"].to_pylist() == person
    assert ("person_score" in table.column_names) == (score is not None)
    assert score is None or table["person_score"].to_pylist() == score


def test_joints_at_the_corner_and_without_a_score_are_missing(tmp_path: Path) -> None:
    words = line(1).split()
    words[5:8] = ["0", "0", "1"]
    words[8:11] = ["0.5", "0.5", "0"]
    poses = load(write(tmp_path / "a.txt", " ".join(words)), image_size=IMAGE_SIZE)
    assert poses.scores[0].tolist() == [0, 0, *[1] * 15]
    assert np.isnan(poses.keypoints[0, :2]).all()


def test_another_skeleton_must_be_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", line(skeleton=BODY25))
    with pytest.raises(InputError, match=r"line 1: has 75 numbers .* coco17 needs 34 or 51, "):
        load(path, image_size=IMAGE_SIZE)
    assert load(path, "body25", image_size=IMAGE_SIZE).skeleton is BODY25


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([line(), line(0.5, 0.5)], "line 2: has 57 numbers, lines before it 56"),
        ([line(), "0 0.5 0.5 0.1 x.1"], "line 2: 'x.1' is no number"),
        ([line(), "0 0.5 0.5 0.1 0.1"], "line 2: has 5 numbers, class and box but no keypoints"),
        ([line(scale=1)], "line 1: joint nose is at x 100, y 120.5, pixels it seems"),
        ([line(-5)], "line 1: joint nose has the score -5"),
        ([line(0.8, 0.5, 0.5)], "should be the whole number of a track"),
        ([line(0)], "every score of its 1 people is 0"),
        ([line().replace("0.8", "nan", 1)], "line 1: joint nose has the score nan"),
    ],
)
def test_what_cannot_be_is_named(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load(write(tmp_path / "a.txt", *lines), image_size=IMAGE_SIZE)
    assert str(caught.value).startswith(f"{tmp_path / 'a.txt'}: ")


def test_several_recordings_in_a_folder_are_kept_apart(tmp_path: Path) -> None:
    for name in ("left_0", "left_1", "right_0"):
        write(tmp_path / f"{name}.txt", line())
    poses = load(tmp_path, image_size=IMAGE_SIZE)
    assert poses.table["frame"].to_pylist() == [0, 1, 0]
    assert poses.table["sequence"].to_pylist() == ["left", "left", "right"]
