"""`prvipe classify`."""

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
ACTIVITIES = ("macarena", "jumping_jacks", "getting_up")


def views() -> dict[tuple[str, int, int], Poses]:
    """Built-in motions of two bodies in two cameras by (activity, body, camera)."""
    library = build_motion_library(frames_per_activity=180, bodies_per_activity=2)
    seen = {}
    for number, activity in enumerate(library.activity):
        if activity in ACTIVITIES:
            poses = library.poses3d[library.sequence == number]
            points = (poses - poses[:, :1])[:, COCO13_FROM_H36M17]
            for camera, azimuth in enumerate((40, 130)):
                keypoints = PinholeCamera.around(np.zeros(3), azimuth, 8, 5).project(points)
                frames = np.arange(len(keypoints))
                fields = {"frame": frames, "time": frames / 30}
                body = int(str(library.sequence_names[number])[-1])
                seen[str(activity), body, camera] = Poses(keypoints, None, "coco13", fields)
    return seen


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """clips/ACTIVITY/0.parquet in one camera, new.parquet in the other, all.parquet of all."""
    folder = tmp_path_factory.mktemp("classify")
    seen = views()
    for activity in ACTIVITIES:
        (folder / "clips" / activity).mkdir(parents=True)
        seen[activity, 0, 1].save(folder / "clips" / activity / "0.parquet")
    seen["macarena", 0, 0][10:80].save(folder / "new.parquet")
    labelled = [
        poses.with_fields(
            activity=[activity] * len(poses),
            camera=[str(camera)] * len(poses),
            sequence=[f"{activity} {body}"] * len(poses),
        )
        for (activity, body, camera), poses in seen.items()
    ]
    Poses.concatenate(labelled).save(folder / "all.parquet")
    return folder


def test_the_label_and_the_nearest_clips_are_told(
    prvipe: Program, folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "classes.png"
    outcome = prvipe(
        *("classify", folder / "new.parquet", "--labelled", folder / "clips", "--model", "small"),
        *("--out", out, "-k", "2"),
    )
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("macarena (votes: macarena 1.00")
    assert "macarena/0.parquet" in outcome.out
    assert out.read_bytes().startswith(b"\x89PNG")


def test_and_in_numbers(prvipe: Program, folder: Path) -> None:
    outcome = prvipe(
        *("classify", folder / "new.parquet", "--labelled", folder / "clips", "--model", "small"),
        "--json",
    )
    content = json.loads(outcome.out)
    assert content["label"] == "macarena"
    assert sum(content["scores"].values()) == pytest.approx(1)
    assert content["nearest"][0]["label"] == "macarena"
    assert len(content["nearest"]) == 3


def test_accuracy_is_measured_across_cameras(prvipe: Program, folder: Path) -> None:
    arguments = ("--labelled", folder / "all.parquet", "--leave-out", "camera", "-k", "1")
    content = json.loads(prvipe("classify", *arguments, "--model", "small", "--json").out)
    assert content["queries"] == 12
    assert content["accuracy"] >= 0.8
    assert content["chance"] == pytest.approx(1 / 3)
    words = prvipe("classify", *arguments, "--model", "small").out
    assert f"{content['accuracy']:.3f} of 12 clips recognised" in words


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["new.parquet", "--leave-out", "camera"], "name one clip to classify, or --leave-out"),
        ([], "name one clip to classify, or --leave-out"),
        (["--leave-out", "camera"], "a CSV with the columns path, label, camera and performance"),
        (["--leave-out", "camera", "--out", "x.png"], "a measurement has no picture"),
        (["--leave-out", "camera", "--camera", "1"], "a measurement takes all cameras"),
        (["--leave-out", "camera", "--source", "a"], "a measurement takes all clips"),
        (["new.parquet", "--out", "x.gif"], "--out x.gif: end the name in .png"),
    ],
)
def test_mistakes_end_with_a_message(
    prvipe: Program,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(folder)
    outcome = prvipe("classify", *arguments, "--labelled", "clips", "--model", "small")
    assert outcome.code == 2
    assert message in outcome.err
