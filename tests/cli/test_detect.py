import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from prvipe import Poses, load
from prvipe.detection import read_frames, run
from prvipe.detection.mediapipe_pose import MediaPipeDetector
from prvipe.report.video import write_video

pytest.importorskip("mediapipe", reason="needs the extra detect")
pytest.importorskip("av", reason="needs the extra detect")
Run = Callable[..., Any]


@pytest.fixture(scope="module")
def astronaut() -> np.ndarray:
    data = pytest.importorskip("skimage.data", reason="needs scikit-image")
    return np.asarray(data.astronaut())[::2, ::2]


@pytest.fixture
def clip(tmp_path: Path, astronaut: np.ndarray) -> Path:
    """Six frames, the person in four of them."""

    def frames() -> Iterator[np.ndarray]:
        for number in range(6):
            yield np.roll(astronaut, 5 * number, axis=1) if number > 1 else 0 * astronaut

    write_video(tmp_path / "clip.mp4", frames(), 10)
    return tmp_path / "clip.mp4"


@pytest.fixture
def photos(tmp_path: Path, astronaut: np.ndarray) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.fromarray(astronaut).save(folder / "one.jpg")
    Image.fromarray(astronaut).convert("L").save(folder / "grey.png")
    Image.new("RGB", (64, 64)).save(folder / "nobody.png")
    (folder / "broken.jpg").write_bytes((folder / "one.jpg").read_bytes()[:3000])
    return folder


def test_videos_and_folders(prvipe: Run, tmp_path: Path, clip: Path, photos: Path) -> None:
    out = tmp_path / "poses.parquet"
    done = prvipe("detect", clip, photos, "--out", out, "--overlay", tmp_path / "drawn")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[:3] == [
        f"{out}: 6 poses in 9 frames of 4 files",
        f"{clip}: nobody in 2 of 6 frames",
        f"nobody in 1 image: {photos / 'nobody.png'}",
    ]
    assert lines[3].startswith(f"skipped: {photos / 'broken.jpg'}: truncated or damaged image")
    poses = load(out)
    assert poses.skeleton.name == "mediapipe33"
    assert poses.table["frame"].to_pylist() == [2, 3, 4, 5, 0, 0]
    assert poses.table.column_names == ["source", "frame", "time", "person", "width", "height"]
    drawn = sorted(path.name for path in (tmp_path / "drawn").iterdir())
    assert drawn == ["clip.mp4", "grey.png", "nobody.png", "one.png"]
    assert len(list(read_frames(tmp_path / "drawn" / "clip.mp4"))) == 6
    assert not (tmp_path / "poses.parquet.parts").exists()


def test_what_is_found_is_what_load_finds(prvipe: Run, tmp_path: Path, clip: Path) -> None:
    assert prvipe("detect", clip, "--out", tmp_path / "poses.parquet").code == 0
    kept, found = load(tmp_path / "poses.parquet"), load(clip)
    np.testing.assert_array_equal(kept.keypoints, found.keypoints)
    np.testing.assert_array_equal(kept.scores, found.scores)
    assert kept.table.equals(found.table)


def test_some_frames_only(prvipe: Run, tmp_path: Path, clip: Path) -> None:
    out = tmp_path / "poses.parquet"
    done = prvipe("detect", clip, "--out", out, "--every", 2, "--overlay", tmp_path / "o.mp4")
    assert done.code == 0
    assert load(out).table["frame"].to_pylist() == [2, 4]
    assert [f.time for f in read_frames(tmp_path / "o.mp4")] == pytest.approx([0, 0.2, 0.4], 0.01)
    assert prvipe("detect", clip, "--out", out, "--fps", 5).code == 0
    assert load(out).table["frame"].to_pylist() == [2, 4]


def test_ctrl_c_keeps_what_was_found(
    prvipe: Run, tmp_path: Path, clip: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "FRAMES_PER_PART", 2)
    out = tmp_path / "poses.parquet"
    whole = prvipe("detect", photos, clip, "--out", tmp_path / "whole.parquet")
    find, looked = MediaPipeDetector.detect, []

    def counting(self: MediaPipeDetector, image: np.ndarray, time: float | None) -> object:
        looked.append(time)
        return find(self, image, time)

    def interrupted(self: MediaPipeDetector, image: np.ndarray, time: float | None) -> object:
        if len(looked) == 3 + 5:
            os.kill(os.getpid(), signal.SIGINT)
        return counting(self, image, time)

    monkeypatch.setattr(MediaPipeDetector, "detect", interrupted)
    done = prvipe("detect", photos, clip, "--out", out)
    assert done.code in (1, 130)
    assert f"kept in {out}.parts, go on with the same command and --resume" in done.err
    assert not out.exists()

    done = prvipe("detect", photos, clip, "--out", out)
    assert done.code == 2
    assert "go on with --resume, or remove this folder" in done.err
    done = prvipe("detect", photos, clip, "--out", out, "--resume", "--every", 2)
    assert done.code == 2
    assert "the stopped run had every 1, this one has 2" in done.err

    looked.clear()
    monkeypatch.setattr(MediaPipeDetector, "detect", counting)
    done = prvipe("detect", photos, clip, "--out", out, "--resume")
    assert done.code == 0
    assert len(looked) == 2
    assert done.out == whole.out.replace("whole.parquet", "poses.parquet")
    resumed, at_once = Poses.load(out), Poses.load(tmp_path / "whole.parquet")
    np.testing.assert_array_equal(resumed.keypoints, at_once.keypoints)
    assert resumed.table.equals(at_once.table)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["photos/nobody.png"], "nobody was found in 1 frame of 1 file; nothing was written"),
        (["photos/broken.jpg"], "none of the files can be read: photos/broken.jpg: truncated"),
        (["photos/no.jpg"], "photos/no.jpg: no such file"),
        (["empty"], "empty: no images and no videos in this folder"),
        (["photos", "--overlay", "photos/drawn"], "lies in photos, where it would be taken for"),
        (["photos", "--overlay", "a.mp4"], "is one file for 4 images and videos; name a folder"),
        (["clip.mp4", "--overlay", "clip.mp4"], "would overwrite clip.mp4"),
        (["clip.mp4", "--overlay", "a.avi"], "a.avi: videos are written to names ending in .mp4"),
        (["photos/one.jpg", "--overlay", "a.jpg"], "images are written as PNG"),
        (["clip.mp4", "--every", "2", "--fps", "3"], "by every or by fps, not by both"),
        (["clip.mp4", "--fps", "-1"], "-1.0 frames per second: expected a number above 0"),
        (["clip.mp4", "--out", "a.csv"], "a.csv: poses are written as Parquet"),
        (["clip.mp4", "--out", "no/a.parquet"], "there is no folder no"),
    ],
)
def test_errors_say_what_to_do(
    prvipe: Run,
    clip: Path,
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    before = sorted(tmp_path.rglob("*"))
    out = [] if "--out" in arguments else ["--out", "poses.parquet"]
    done = prvipe("detect", *arguments, *out)
    assert done.code == 2
    assert message in done.err
    assert sorted(tmp_path.rglob("*")) == before


def test_without_the_extra(
    prvipe: Run, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    for command in (["detect", clip], ["embed", clip]):
        done = prvipe(*command, "--out", tmp_path / "a.parquet")
        assert done.code == 2
        assert 'pip install "prvipe[detect]"' in done.err


def test_other_commands_take_media(prvipe: Run, clip: Path, tmp_path: Path) -> None:
    done = prvipe("embed", clip, "--out", tmp_path / "e.parquet")
    assert (done.code, done.err) == (0, "")
    assert "4 of 4 rows embedded" in done.out
