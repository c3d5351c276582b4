"""`prvipe find`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.data.motions.library import build_motion_library
from prvipe.geometry.cameras import COCO13_FROM_H36M17, PinholeCamera
from prvipe.poses import Poses

Program = Callable[..., Any]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A clip of a dance, and a long recording of another camera, of a dancer and a passer-by."""
    library = build_motion_library(frames_per_activity=150, bodies_per_activity=1)

    def view(activity: str, azimuth: float, x: float = 0.0) -> Any:
        rows = library.sequence == library.activity.tolist().index(activity)
        poses = library.poses3d[rows]
        points = (poses - poses[:, :1])[:, COCO13_FROM_H36M17]
        return PinholeCamera.around(np.zeros(3), azimuth, 8, 5).project(points) + np.array([x, 0])

    folder = tmp_path_factory.mktemp("find")
    frames = np.arange(150)
    fields = {"frame": frames, "time": frames / 30}
    clip = Poses(view("macarena", 40), None, "coco13", fields)[60:100]
    clip.save(folder / "clip.parquet")
    people = [
        Poses(keypoints, None, "coco13", {**fields, "person": np.full(150, number)})
        for number, keypoints in enumerate((view("waltz", 130, 3.0), view("macarena", 130)))
    ]
    Poses.concatenate(people).save(folder / "long.parquet")
    return folder / "clip.parquet", folder / "long.parquet"


def test_the_clip_is_found_with_the_person(prvipe: Program, files: tuple[Path, Path]) -> None:
    outcome = prvipe("find", *files, "--model", "small", "--json", "-k", "1", "--least", "0")
    (best,) = json.loads(outcome.out)
    assert best["recording"] == "long.parquet, person 1"
    assert abs(best["first_frame"] - 60) <= 6
    assert abs(best["last_frame"] - 99) <= 6
    assert best["start"] == pytest.approx(best["first_frame"] / 30, abs=1e-6)


def test_occurrences_are_listed_and_drawn(
    prvipe: Program, files: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "found.png"
    outcome = prvipe("find", *files, "--model", "small", "--least", "0.05", "--out", out)
    assert outcome.code == 0, outcome.err
    assert outcome.out.split("\n")[0].split() == ["score", "frames", "seconds", "recording"]
    assert "long.parquet, person 1" in outcome.out.split("\n")[1]
    assert out.read_bytes().startswith(b"\x89PNG")


def test_frames_of_the_clips_file_are_chosen(prvipe: Program, files: tuple[Path, Path]) -> None:
    _, long = files
    arguments = ("--model", "small", "--frames", "20-49", "--person", "1", "--json", "-k", "1")
    (best,) = json.loads(prvipe("find", long, long, *arguments).out)
    assert (best["first_frame"], best["last_frame"]) == (20, 49)


def test_nothing_found_is_said_and_drawn(
    prvipe: Program, files: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "none.svg"
    outcome = prvipe("find", *files, "--model", "small", "--least", "0.99", "--out", out)
    assert outcome.code == 0
    assert outcome.out.startswith("not found: nothing in 300 frames scores 0.99 or more")
    assert out.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--frames", "5"], "expected two frame numbers such as 30-70"),
        (["--frames", "500-600"], "no pose in them; its frames are 60 to 99"),
        (["--out", "x.mp4"], "--out x.mp4: end the name in .png"),
        (["--frames", "60-60"], "the clip has 1 frames"),
    ],
)
def test_mistakes_end_with_a_message(
    prvipe: Program, files: tuple[Path, Path], arguments: list[str], message: str
) -> None:
    outcome = prvipe("find", *files, "--model", "small", *arguments)
    assert outcome.code == 2
    assert message in outcome.err


def test_a_missing_library_is_named(prvipe: Program, files: tuple[Path, Path]) -> None:
    outcome = prvipe("find", files[0], "nowhere.parquet")
    assert outcome.code == 2
    assert "nowhere.parquet: no such file" in outcome.err


def test_the_clip_is_one_source_of_a_file(
    prvipe: Program, files: tuple[Path, Path], tmp_path: Path
) -> None:
    clip = Poses.load(files[0])
    parts = [clip.with_fields(source=[name] * len(clip)) for name in ("a.mp4", "b.mp4")]
    Poses.concatenate(parts).save(tmp_path / "both.parquet")
    asked = ("find", tmp_path / "both.parquet", tmp_path / "both.parquet", "--model", "small")
    assert "choose one with --source" in prvipe(*asked).err
    outcome = prvipe(*asked, "--source", "a.mp4", "--frames", "65-90", "--json")
    assert outcome.code == 0, outcome.err
    assert {each["recording"] for each in json.loads(outcome.out)} == {"a.mp4", "b.mp4"}
