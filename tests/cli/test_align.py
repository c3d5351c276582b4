"""`prvipe align`."""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.data.motions.library import build_motion_library
from prvipe.geometry.cameras import COCO13_FROM_H36M17, PinholeCamera
from prvipe.poses import Poses

Program = Callable[..., Any]


def seen(azimuth: float, start: int, stop: int, step: int = 1) -> Poses:
    """A built-in dance in a camera, at 30 frames per second."""
    library = build_motion_library(frames_per_activity=150, bodies_per_activity=1)
    rows = library.sequence == library.activity.tolist().index("macarena")
    poses = library.poses3d[rows][start:stop:step]
    points = (poses - poses[:, :1])[:, COCO13_FROM_H36M17]
    keypoints = PinholeCamera.around(np.zeros(3), azimuth, 8, 5).project(points)
    frames = np.arange(len(keypoints))
    return Poses(keypoints, None, "coco13", {"frame": frames, "time": frames * step / 30})


@pytest.fixture
def recordings(tmp_path: Path) -> tuple[Path, Path]:
    """The dance in two cameras; the second begins 30 frames later."""
    first, second = tmp_path / "first one.parquet", tmp_path / "zweite.parquet"
    seen(40, 0, 150).save(first)
    seen(130, 30, 150).save(second)
    return first, second


def test_the_alignment_is_told_in_words(prvipe: Program, recordings: tuple[Path, Path]) -> None:
    outcome = prvipe("align", *recordings, "--model", "small")
    assert outcome.code == 0
    assert outcome.out.startswith("the same motion (similarity 0.")
    assert "earlier in zweite.parquet (median)" in outcome.out
    assert "frames before it" in outcome.out


def test_and_in_numbers(prvipe: Program, recordings: tuple[Path, Path]) -> None:
    outcome = prvipe("align", *recordings, "--model", "small", "--json")
    content = json.loads(outcome.out)
    assert content["verdict"] == "same motion"
    assert content["offset"] == pytest.approx(-1, abs=0.1)
    assert content["unit"] == "seconds"
    assert content["pace"] == pytest.approx(1, abs=0.1)
    gaps = np.array(content["frames_first"]) - np.array(content["frames_second"])
    assert np.median(gaps) == pytest.approx(30, abs=2)
    assert len(content["similarities"]) == len(gaps)


def test_recordings_of_one_name_are_told_apart(prvipe: Program, tmp_path: Path) -> None:
    for folder, azimuth in (("left", 40), ("right", 130)):
        (tmp_path / folder).mkdir()
        seen(azimuth, 0, 90).save(tmp_path / folder / "a.parquet")
    outcome = prvipe(
        "align",
        tmp_path / "left" / "a.parquet",
        tmp_path / "right" / "a.parquet",
        "--model",
        "small",
    )
    assert "of left/a.parquet" in outcome.out
    assert "in right/a.parquet" in outcome.out


def test_two_cameras_of_one_file(prvipe: Program, tmp_path: Path) -> None:
    parts = [
        seen(azimuth, 0, 90).with_fields(camera=[name] * 90)
        for name, azimuth in (("c1", 40), ("c2", 130))
    ]
    file = tmp_path / "both.parquet"
    Poses.concatenate(parts).save(file)
    outcome = prvipe("align", file, file, "--camera", "c1", "--camera-b", "c2", "--model", "small")
    assert outcome.code == 0
    assert "both.parquet c2" in outcome.out


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_a_picture_is_drawn(
    prvipe: Program, recordings: tuple[Path, Path], tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / f"picture.{suffix}"
    outcome = prvipe("align", *recordings, "--model", "small", "--out", out)
    assert outcome.out.endswith(f"{out}: written\n")
    start = out.read_bytes()[:300]
    assert start.startswith(b"\x89PNG") if suffix == "png" else b"<svg" in start + out.read_bytes()


def test_a_video_is_drawn(prvipe: Program, recordings: tuple[Path, Path], tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    out = tmp_path / "side.mp4"
    outcome = prvipe("align", *recordings, "--model", "small", "--every", "5", "--out", out)
    assert outcome.code == 0, outcome.err
    with av.open(str(out)) as container:
        frames = list(container.decode(video=0))
        rate = container.streams.video[0].average_rate
    assert 20 <= len(frames) <= 30
    assert float(rate) == pytest.approx(6, abs=0.1)
    images = [frame.to_ndarray(format="rgb24") for frame in frames]
    assert all(np.ptp(image) > 150 for image in images)
    assert any((a != b).any() for a, b in pairwise(images))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "x.gif"], "--out x.gif: end the name in .png, .svg, .pdf"),
        (["--out", "nowhere/x.png"], "there is no folder nowhere"),
        (["--person", "tallest"], "--person tallest: expected largest"),
        (["--fps", "0"], "frames per second must be above 0"),
        (["--camera", "c9"], "--camera c9"),
    ],
)
def test_mistakes_end_with_a_message(
    prvipe: Program, recordings: tuple[Path, Path], arguments: list[str], message: str
) -> None:
    outcome = prvipe("align", *recordings, "--model", "small", *arguments)
    assert outcome.code == 2
    assert message in outcome.err


def test_a_recording_is_not_overwritten(prvipe: Program, recordings: tuple[Path, Path]) -> None:
    first, second = recordings
    video = first.rename(first.with_suffix(".mp4"))
    before = video.read_bytes()
    outcome = prvipe("align", video, second, "--out", video)
    assert outcome.code == 2
    assert f"would overwrite {video}" in outcome.err
    assert video.read_bytes() == before


@pytest.fixture
def videos_in_one_file(tmp_path: Path) -> Path:
    """The dance in two videos, as `prvipe detect` writes them."""
    parts = [
        seen(azimuth, 0, 90).with_fields(source=[f"clips/{name}.mp4"] * 90)
        for name, azimuth in (("one", 40), ("two", 130))
    ]
    Poses.concatenate(parts).save(tmp_path / "both.parquet")
    return tmp_path / "both.parquet"


def test_two_sources_of_one_file(prvipe: Program, videos_in_one_file: Path) -> None:
    pair = ("align", videos_in_one_file, videos_in_one_file, "--model", "small")
    outcome = prvipe(*pair, "--source", "one.mp4", "--source-b", "clips/two.mp4")
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("the same motion")
    assert "both.parquet clips/two.mp4" in outcome.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "holds 2 recordings (clips/one.mp4; clips/two.mp4); choose one with --source, or"),
        (["--source", "on"], "--source on: there is no such source, only clips/one.mp4, clips/two"),
    ],
)
def test_a_source_is_asked_for(
    prvipe: Program, videos_in_one_file: Path, arguments: list[str], message: str
) -> None:
    outcome = prvipe("align", *[videos_in_one_file] * 2, "--model", "small", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err


def test_a_name_of_two_sources_does_not_choose(prvipe: Program, tmp_path: Path) -> None:
    parts = [seen(40, 0, 20).with_fields(source=[f"{name}/x.mp4"] * 20) for name in "ab"]
    file = tmp_path / "both.parquet"
    Poses.concatenate(parts).save(file)
    outcome = prvipe("align", file, file, "--model", "small", "--source", "x.mp4")
    assert outcome.code == 2
    assert "2 sources are called so; give one of a/x.mp4, b/x.mp4" in outcome.err


def test_of_one_frame_nothing_is_said(prvipe: Program, recordings: tuple[Path, Path]) -> None:
    outcome = prvipe("align", *recordings, "--model", "small", "--every", "1000")
    assert (outcome.code, outcome.out) == (2, "")
    assert "a motion takes two; keep more frames" in outcome.err
