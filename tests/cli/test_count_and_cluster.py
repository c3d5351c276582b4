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


@pytest.fixture(scope="module")
def filmed(squats: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in the pixels of a video, which lies beside the keypoints: a grey wall."""
    pytest.importorskip("av", reason="needs the extra detect")
    from prvipe.report.video import write_video

    poses = Poses.load(squats)
    pixels = (poses.keypoints - poses.keypoints[:181].mean(axis=(0, 1))) * 300 + [120, 90]
    folder = tmp_path_factory.mktemp("filmed")
    size = {"width": [240] * 362, "height": [180] * 362}
    moved = Poses(pixels, None, "coco13", poses.table).with_fields(**size)
    moved.save(folder / "squats.parquet")
    write_video(folder / "squats.mp4", (np.full((180, 240, 3), 120, np.uint8),) * 181, 30)
    return folder / "squats.parquet"


def test_the_count_runs_in_the_video(prvipe: Run, filmed: Path, tmp_path: Path) -> None:
    from prvipe.detection import read_frames

    out = tmp_path / "counted.mp4"
    outcome = prvipe("count", filmed, "--overlay", out)
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[0].startswith("3 repetitions")
    assert outcome.out.splitlines()[-1].endswith("counted.mp4: written")
    frames = [frame.image.astype(int) for frame in read_frames(out)]
    assert len(frames) == 181
    people = [np.abs(frame[60:] - 120).max() > 40 for frame in frames]
    assert all(people)
    corners = [frames[number][6:56, 6:56] for number in (0, 70, 180)]
    assert all(corner.min() < 60 for corner in corners)  # the dark disc of the counter
    assert np.abs(corners[0] - corners[2]).mean() > 2


def test_a_video_is_drawn_on_only_where_there_is_one(
    prvipe: Run, squats: Path, filmed: Path, tmp_path: Path
) -> None:
    out = tmp_path / "counted.mp4"
    outcome = prvipe("count", squats, "--overlay", out)
    assert outcome.code == 2
    assert "the video squats.mp4 is not there" in outcome.err
    bare = tmp_path / "bare.parquet"
    poses = Poses.load(squats)[:181]
    Poses(poses.keypoints, None, "coco13").save(bare)
    outcome = prvipe("count", bare, "--overlay", out)
    assert outcome.code == 2
    assert "bare.parquet is not from a video" in outcome.err.replace("\n", "")
    assert not out.exists()
    film = filmed.with_suffix(".mp4")
    before = film.read_bytes()
    outcome = prvipe("count", filmed, "--overlay", film)
    assert outcome.code == 2
    assert "would overwrite" in outcome.err
    assert film.read_bytes() == before
    outcome = prvipe("count", filmed, "--overlay", tmp_path / "counted.png")
    assert outcome.code == 2
    assert "end the name in .mp4" in outcome.err


def test_pictures_show_the_frames(prvipe: Run, filmed: Path, tmp_path: Path) -> None:
    from PIL import Image

    def grey(command: str, recording: Path) -> float:
        out = tmp_path / f"{command}.png"
        outcome = prvipe(command, recording, "--out", out)
        assert outcome.code == 0
        pixels = np.asarray(Image.open(out).convert("RGB")).astype(int)
        return float((np.abs(pixels - 120).max(axis=-1) < 5).mean())

    film = filmed.with_suffix(".mp4").read_bytes()
    alone = tmp_path / filmed.name
    alone.write_bytes(filmed.read_bytes())
    for command in ("count", "cluster"):
        assert grey(command, filmed) > 0.04
        assert grey(command, alone) < 0.01
    (tmp_path / "squats.mp4").write_bytes(film[:1000])
    outcome = prvipe("cluster", alone, "--out", tmp_path / "keys.png")
    assert outcome.code == 0
    assert "drawn as stick figures instead" in outcome.err.replace("\n", " ")


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


def test_fewer_key_poses_than_asked_for_are_explained(
    prvipe: Run, squats: Path, tmp_path: Path
) -> None:
    one = Poses.load(squats)[:1]
    Poses(np.repeat(one.keypoints, 3, axis=0), None, "coco13", {"frame": np.arange(3)}).save(
        tmp_path / "still.parquet"
    )
    said = "fewer than the 1,000 asked for: no other frame differs from these by more than noise"
    outcome = prvipe("cluster", tmp_path / "still.parquet", "--count", 1000)
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[1] == said
    assert "fewer than" not in prvipe("cluster", squats, "--count", 3).out
    assert "fewer than" not in prvipe("cluster", squats).out


def test_exchanged_sides_are_said(prvipe: Run, tmp_path: Path, shared_data: Path) -> None:
    from prvipe import load
    from prvipe.people import swap_sides

    path = tmp_path / "swapped.parquet"
    swap_sides(load(shared_data / "pose2sim_demo" / "pose" / "cam04_json")).save(path)
    outcome = prvipe("cluster", path, "--count", 2)
    assert outcome.code == 0
    assert "left and right seem to be exchanged" in outcome.err
    assert "left and right" not in outcome.out


def test_sides_exchanged_in_the_middle_are_said(
    prvipe: Run, tmp_path: Path, shared_data: Path
) -> None:
    from prvipe import load
    from prvipe.people import select_person, swap_sides

    folder = shared_data / "pose2sim_demo" / "pose" / "cam02_json"
    one = select_person(load(folder), "largest")
    first, last = one.table["frame"][45].as_py(), one.table["frame"][70].as_py()
    path = tmp_path / "middle.parquet"
    Poses.concatenate([one[:45], swap_sides(one[45:70]), one[70:]]).save(path)
    for command in (("cluster", "--count", 2), ("count",)):
        outcome = prvipe(command[0], path, *command[1:])
        assert outcome.code == 0
        said = f"note: {path}: left and right seem to be exchanged abruptly, 2 times"
        assert f"{said}, in frames {first} to {last};" in outcome.err
        assert "abruptly" not in prvipe(command[0], folder, *command[1:]).err


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


@pytest.mark.parametrize("command", ["count", "cluster"])
def test_one_source_of_several(prvipe: Run, squats: Path, tmp_path: Path, command: str) -> None:
    poses, path = Poses.load(squats), tmp_path / "two.parquet"
    parts = [poses.with_fields(source=[name] * len(poses)) for name in ("in/a.mp4", "in/b.mp4")]
    Poses.concatenate(parts).save(path)
    assert "choose one with --source" in prvipe(command, path).err
    chosen = prvipe(command, path, "--source", "b.mp4")
    assert (chosen.code, chosen.out) == (0, prvipe(command, squats).out)
