"""`prvipe compare`."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from prvipe.comparison import compare
from prvipe.poses import Poses
from prvipe.report.video import write_video
from prvipe.skeleton import COCO13

from .conftest import ROWS, Keypoints

Run = Callable[..., Any]


@pytest.fixture
def clip(save_clip: Callable[[Keypoints], Path], keypoints: Keypoints) -> Path:
    """Six frames, numbered from 100."""
    return save_clip(keypoints)


@pytest.fixture
def single(tmp_path: Path, keypoints: Keypoints) -> Path:
    """The second of these poses alone, without its head."""
    alone = keypoints[1:2].copy()
    alone[0, 0] = np.nan
    file = tmp_path / "one pose, naïve.parquet"
    Poses(alone, None, COCO13).save(file)
    return file


def test_two_frames_of_a_clip(prvipe: Run, clip: Path, keypoints: Keypoints) -> None:
    done = prvipe("compare", clip, clip, "--frame-a", 100, "--frame-b", 103)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == f"a: {clip}, frame 100"
    assert lines[1] == f"b: {clip}, frame 103"
    first, second = (Poses(keypoints[[row]], None, COCO13) for row in (0, 3))
    expected = compare(first, second)
    assert f"matching probability {expected.probability:.2f}" in lines[2]
    assert f"What that means: {expected.verdict.meaning}." in lines
    rows = re.findall(r"^ +((?:left |right )?[a-z]+) +(\d\.\d\d) +(\d\.\d\d)", done.out, re.M)
    assert rows == [
        (joint.joint.replace("_", " "), f"{joint.difference:.2f}", f"{joint.uncertainty:.2f}")
        for joint in expected.joints
    ]


def test_everything_as_json(prvipe: Run, clip: Path, single: Path, keypoints: Keypoints) -> None:
    done = prvipe("compare", clip, single, "--row-a", 4, "--json")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert (found["a"], found["b"]) == (f"{clip}, row 4", str(single))
    headless = keypoints[1:2].copy()
    headless[0, 0] = np.nan
    expected = compare(Poses(keypoints[4:5], None, COCO13), Poses(headless, None, COCO13))
    assert found["probability"] == pytest.approx(expected.probability, abs=1e-6)
    assert found["verdict"] == found["headline"] == expected.verdict.words
    assert found["too_little_in_common"] is False
    assert found["missing"] == {"head": "b"}
    assert [each["joint"] for each in found["joints"]] == [each.joint for each in expected.joints]


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_the_picture(prvipe: Run, clip: Path, single: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"compared{suffix}"
    done = prvipe("compare", clip, single, "--frame-a", 102, "--out", out)
    assert done.code == 0
    assert done.out.splitlines()[-1] == f"{out}: written"
    if suffix == ".png":
        assert Image.open(out).size[0] > 1000
    else:
        assert "matching probability" in out.read_text()


def test_of_several_frames_one_is_to_be_chosen(prvipe: Run, clip: Path, single: Path) -> None:
    done = prvipe("compare", single, clip)
    assert done.code == 2
    assert f"{clip}: holds {ROWS} frames (100 to 105); choose one with --frame-b" in done.err
    assert "prvipe align" in done.err


def test_of_several_recordings_a_row_may_be_chosen(
    prvipe: Run, benchmark_file: Path, single: Path
) -> None:
    done = prvipe("compare", benchmark_file, single)
    assert done.code == 2
    assert "holds 2 recordings" in done.err
    assert "or choose one pose with --row-a (0 to 127)" in done.err
    assert prvipe("compare", benchmark_file, single, "--row-a", 127).code == 0
    by_camera = prvipe("compare", benchmark_file, single, "--camera-a", 1)
    assert "choose one with --frame-a" in by_camera.err


def test_two_people_of_one_frame(prvipe: Run, tmp_path: Path, keypoints: Keypoints) -> None:
    file = tmp_path / "pair.parquet"
    Poses(keypoints[:2], None, COCO13, {"frame": [7, 7], "person": [3, 9]}).save(file)
    done = prvipe("compare", file, file, "--person", 3, "--person-b", 9, "--frame-a", 7, "--json")
    by_rows = prvipe("compare", file, file, "--row-a", 0, "--row-b", 1, "--json")
    assert (done.code, by_rows.code) == (0, 0)
    found, expected = json.loads(done.out), json.loads(by_rows.out)
    assert found["joints"] == expected["joints"]
    assert found["probability"] == expected["probability"] < 0.999


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--frame-a", 99), "--frame-a 99: this person is not in that frame, only in frames 100"),
        (("--row-a", 6), "--row-a 6: has the rows 0 to 5"),
        (("--row-a", -1), "--row-a -1: has the rows 0 to 5"),
        (("--row-a", 1, "--frame-a", 101), "give one of them"),
        (("--row-a", 1, "--model", "lift"), "a lifting model"),
        (("--row-a", 1, "--lifter", "small"), "embeds poses"),
        (("--row-a", 1, "--out", "compared.txt"), "--out compared.txt: end the name in .png"),
    ],
)
def test_bad_options_are_refused(
    prvipe: Run, clip: Path, single: Path, options: tuple[object, ...], message: str
) -> None:
    done = prvipe("compare", clip, single, *options)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_a_photograph_is_not_overwritten_by_the_picture(
    prvipe: Run, single: Path, tmp_path: Path
) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(photo)
    before = photo.read_bytes()
    for pair in ((photo, single), (single, photo)):
        done = prvipe("compare", *pair, "--out", photo)
        assert (done.code, done.out) == (2, "")
        assert f"--out {photo}: would overwrite {photo}" in done.err
    assert photo.read_bytes() == before


def test_another_image_of_that_name_is_not_drawn_on(
    prvipe: Run, tmp_path: Path, keypoints: Keypoints
) -> None:
    Image.fromarray(np.zeros((80, 60, 3), np.uint8)).save(tmp_path / "photo.png")
    fields = {"source": ["photo.png"], "width": [640], "height": [480]}
    Poses(keypoints[:1], None, COCO13, fields).save(tmp_path / "one.parquet")
    pair = [tmp_path / "one.parquet"] * 2
    assert prvipe("compare", *pair).err == ""
    done = prvipe("compare", *pair, "--out", tmp_path / "compared.png")
    assert done.code == 0
    assert "is 60 x 80 pixels, the keypoints are of 640 x 480" in done.err


def test_a_missing_file_leaves_no_picture(prvipe: Run, single: Path, tmp_path: Path) -> None:
    out = tmp_path / "compared.png"
    done = prvipe("compare", single, tmp_path / "nowhere.csv", "--out", out)
    assert done.code == 2
    assert "nowhere.csv" in done.err
    assert not out.exists()


@pytest.mark.slow
def test_a_photograph_is_drawn_on(prvipe: Run, single: Path, tmp_path: Path) -> None:
    pytest.importorskip("mediapipe")
    data = pytest.importorskip("skimage.data")
    photo = tmp_path / "astronaut.png"
    Image.fromarray(data.astronaut()).save(photo)
    out = tmp_path / "compared.png"
    done = prvipe("compare", photo, single, "--out", out)
    assert done.code == 0
    assert "left knee" in done.out
    assert "missing in the first" in done.out
    assert "Too little in common to say" in done.out
    assert "What that means" not in done.out
    # The orange suit; marks of joints have less blue.
    pixels = np.asarray(Image.open(out).convert("RGB")).astype(int)
    suit = (pixels[..., 0] > 180) & (pixels[..., 1] < 100) & (pixels[..., 2] < 60)
    assert (suit & (pixels[..., 2] > 15)).mean() > 0.005


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--person", "me"), "--person me: expected largest"),
        (("--person", 3), "astronaut.png: person 3: nobody has that number"),
        (("--camera-a", "cam01"), "--camera cam01: does not say which camera"),
        (("--skeleton", "coco17"), "astronaut.png: its poses are mediapipe33, not coco17"),
    ],
)
def test_options_hold_for_photographs_too(
    prvipe: Run, single: Path, tmp_path: Path, options: tuple[object, ...], message: str
) -> None:
    pytest.importorskip("mediapipe")
    data = pytest.importorskip("skimage.data")
    photo = tmp_path / "astronaut.png"
    Image.fromarray(data.astronaut()).save(photo)
    done = prvipe("compare", photo, single, *options)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


@pytest.mark.slow
def test_a_picture_without_people_is_refused(prvipe: Run, single: Path, tmp_path: Path) -> None:
    pytest.importorskip("mediapipe")
    blank = tmp_path / "blank.png"
    Image.fromarray(np.full((120, 160, 3), 200, np.uint8)).save(blank)
    done = prvipe("compare", blank, single)
    assert done.code == 2
    assert f"{blank}: nobody was found" in done.err
    for frame, frames in ((-1, "the first is 0"), (3, "its only one is 0")):
        missing = prvipe("compare", blank, single, "--frame-a", frame)
        assert missing.code == 2
        assert f"{blank}: has no frame {frame}; {frames}" in missing.err


@pytest.mark.slow
def test_a_frame_beyond_the_end_of_a_video(prvipe: Run, single: Path, tmp_path: Path) -> None:
    pytest.importorskip("mediapipe")
    pytest.importorskip("av")
    video = tmp_path / "grey.mp4"
    write_video(video, (np.full((64, 64, 3), value, np.uint8) for value in range(7)), 10)
    done = prvipe("compare", video, single, "--frame-a", 1000)
    assert (done.code, done.out) == (2, "")
    assert f"{video}: has no frame 1000; its frames are 0 to 6" in done.err


def test_sources_of_one_file_are_compared(
    prvipe: Run, tmp_path: Path, keypoints: Keypoints
) -> None:
    file = tmp_path / "both.parquet"
    fields = {"frame": [0, 1, 0, 1], "source": ["v/a.mp4", "v/a.mp4", "v/b.mp4", "v/b.mp4"]}
    Poses(keypoints[:4], None, COCO13, fields).save(file)
    pair = ("compare", file, file, "--frame-a", 1, "--frame-b", 0, "--json")
    assert "choose one with --source" in prvipe(*pair).err
    done = prvipe(*pair, "--source-a", "a.mp4", "--source-b", "v/b.mp4")
    by_rows = prvipe("compare", file, file, "--row-a", 1, "--row-b", 2, "--json")
    assert (done.code, by_rows.code) == (0, 0)
    found = json.loads(done.out)
    assert found["joints"] == json.loads(by_rows.out)["joints"]
    assert (found["a"], found["b"]) == (f"{file}, a.mp4, frame 1", f"{file}, v/b.mp4, frame 0")
