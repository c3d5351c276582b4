"""`prvipe count` and `prvipe cluster`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.data.cross_view import see
from prvipe.data.motions.activity import load_activities
from prvipe.data.motions.animation import interpolate_keys
from prvipe.data.motions.body import sample_body
from prvipe.data.motions.library import move_body
from prvipe.poses import Poses
from prvipe.poses.poses3d import Poses3D

Run = Callable[..., Any]


@pytest.fixture(scope="module")
def squats(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three squats, seen by one camera without errors, with somebody small in the background."""
    squat = next(a for a in load_activities() if a.name == "squatting")
    times = np.concatenate([2 * n + 2 * squat.times for n in range(-1, 5)])
    angles = interpolate_keys(times, np.tile(squat.angles, (6, 1)), np.arange(181) / 30)
    poses = Poses3D(
        positions=move_body(squat, angles, sample_body(np.random.default_rng(0))).astype(
            np.float32
        ),
        sequence=np.zeros(181, np.int32),
        frame=np.arange(181),
        sequence_names=np.array(["squats"]),
        subject=np.array(["synthetic"]),
        activity=np.array(["squatting"]),
        fps=np.array([30], np.float32),
        source="built-in motions",
        z_is_up=True,
    )
    seen = see(poses, np.array([[30, 8, 5]]), noise=0, synthetic=True).get_keypoints("gt")[:, 0]
    times = np.arange(181) / 30
    people = [
        Poses(keypoints, None, "coco13", {"frame": np.arange(181), "time": times, "person": who})
        for keypoints, who in ((seen, [0] * 181), (seen[:1] * 0.1 + np.zeros_like(seen), [1] * 181))
    ]
    path = tmp_path_factory.mktemp("squats") / "drei Kniebeugen.parquet"
    Poses.concatenate(people).with_fields(source=["squats.mp4"] * 362).save(path)
    return path


def test_squats_are_counted_and_drawn(prvipe: Run, squats: Path, tmp_path: Path) -> None:
    picture = tmp_path / "squats.png"
    outcome = prvipe("count", squats, "--out", picture)
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert lines[0].startswith("3 repetitions (confidence ")
    assert len(lines) == 5
    assert picture.stat().st_size > 10_000


def test_counts_as_json(prvipe: Run, squats: Path) -> None:
    found = json.loads(prvipe("count", squats, "--json").out)
    assert found["count"] == 3
    ends = [each["last_frame"] for each in found["repetitions"]]
    np.testing.assert_allclose(ends, [60, 120, 180], atol=8)
    assert found["repetitions"][0]["end"] == pytest.approx(ends[0] / 30)


def test_the_one_who_stands_repeats_nothing(prvipe: Run, squats: Path, tmp_path: Path) -> None:
    picture = tmp_path / "none.svg"
    outcome = prvipe("count", squats, "--person", 1, "--out", picture)
    assert outcome.out.startswith("no repetition found")
    assert "no repetition found" in picture.read_text()


def test_somebody_who_is_not_there(prvipe: Run, squats: Path) -> None:
    outcome = prvipe("count", squats, "--person", 5)
    assert outcome.code == 2
    assert "there are 0 (181 frames), 1 (181 frames)" in outcome.err


@pytest.mark.parametrize("command", ["count", "cluster"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--person", "tall"], "expected largest, nearest-middle, longest"),
        (["--out", "a.gif"], "end the name in .png"),
        (["--out", "nowhere/a.png"], "nowhere"),
        (["--camera", "2"], "does not say which camera"),
        (["--person", "nearest-middle"], "size of the image is not known"),
    ],
)
def test_wrong_arguments(
    prvipe: Run, squats: Path, command: str, arguments: list[str], message: str
) -> None:
    outcome = prvipe(command, squats, *arguments)
    assert outcome.code == 2
    assert message in outcome.err


def test_key_poses_are_found_and_drawn(prvipe: Run, squats: Path, tmp_path: Path) -> None:
    picture = tmp_path / "keys.png"
    outcome = prvipe("cluster", squats, "--out", picture)
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert lines[0].endswith("within 0.10 of one (about NP-MPJPE)")
    assert int(lines[0].split()[0]) == len(lines) - 2 >= 2
    assert picture.stat().st_size > 10_000


def test_key_poses_as_json(prvipe: Run, squats: Path) -> None:
    found = json.loads(prvipe("cluster", squats, "--count", 3, "--json").out)
    assert len(found["key_poses"]) == 3
    assert len(found["frames"]) == len(found["assignment"]) == len(found["differences"]) == 181
    assert max(found["differences"]) == pytest.approx(found["threshold"], abs=1e-4)
    times = [each["time"] for each in found["key_poses"]]
    assert times == sorted(times)


def test_exchanged_sides_are_said(prvipe: Run, tmp_path: Path, shared_data: Path) -> None:
    from prvipe import load
    from prvipe.people import swap_sides

    path = tmp_path / "swapped.parquet"
    swap_sides(load(shared_data / "pose2sim_demo" / "pose" / "cam04_json")).save(path)
    outcome = prvipe("cluster", path, "--count", 2)
    assert outcome.code == 0
    assert "left and right seem to be exchanged" in outcome.err
    assert "left and right" not in outcome.out


def test_several_recordings_are_refused(prvipe: Run, squats: Path, tmp_path: Path) -> None:
    poses = Poses.load(squats)
    cameras = np.arange(len(poses)) % 2
    path = tmp_path / "two.parquet"
    poses.with_fields(camera=cameras).save(path)
    outcome = prvipe("count", path)
    assert outcome.code == 2
    assert "holds 2 recordings" in outcome.err
    assert "--camera" in outcome.err
    assert prvipe("count", path, "--camera", 1).out.startswith("3 repetitions")
