"""`prvipe watch`: alerts, summaries, signals."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.poses import Poses
from prvipe.skeleton import COCO13, H36M17

Run = Callable[..., Any]
PROGRAM = [sys.executable, "-m", "prvipe", "watch"]


@pytest.fixture(scope="module")
def people(standing_bodies: Callable[..., Any]) -> Any:
    """Keypoints (2, 13, 2) in two poses."""
    poses = standing_bodies(2, np.random.default_rng(3), 0.9)
    order = [H36M17.index(joint) for joint in COCO13.joints]
    return 500 + 200 * poses[:, order][..., [0, 2]] * [1, -1]


@pytest.fixture
def listed(people: Any, tmp_path: Path) -> Path:
    """A list of the first pose."""
    file = tmp_path / "list.parquet"
    Poses(people[:1], None, COCO13, {"name": ["tree"]}).save(file)
    return file


def line(people: Any, frame: int) -> str:
    scored = np.concatenate([people, np.ones((13, 1))], axis=1).ravel().tolist()
    return json.dumps({"frame": frame, "time": frame / 30, "keypoints": scored}) + "\n"


@pytest.fixture
def stream(people: Any, tmp_path: Path) -> Path:
    """Forty frames, the middle twenty of them in the pose of the list; and a bad line."""
    file = tmp_path / "poses.jsonl"
    lines = [line(people[0 if 10 <= frame < 30 else 1], frame) for frame in range(40)]
    file.write_text("".join([*lines[:20], "{\n", *lines[20:]]))
    return file


def arguments(stream: object, listed: Path) -> list[object]:
    return [stream, "--poses", listed, "--model", "small", "--no-follow"]


def test_an_alert_is_a_line_of_json(
    prvipe: Run, stream: Path, listed: Path, tmp_path: Path
) -> None:
    alerts = tmp_path / "alerts.jsonl"
    done = prvipe("watch", *arguments(stream, listed), "--json", "--alerts", alerts)
    assert done.code == 0
    (alert,) = map(json.loads, done.out.splitlines())
    assert list(alert) == ["name", "probability", "person", "frame", "time", "latency", "row"]
    assert (alert["name"], alert["person"], alert["row"]) == ("tree", 0, 0)
    assert 10 < alert["frame"] < 20
    assert [json.loads(each) for each in alerts.read_text().splitlines()] == [alert]
    said = " ".join(done.err.split())
    assert "watching for 1 poses of 1 names" in said
    assert "a line is left out: no JSON" in said
    assert "40 frames; 40 people; 1 alerts; 1 bad lines; latency p50" in said


def test_an_embedded_dataset_is_a_list(
    prvipe: Run, stream: Path, listed: Path, tmp_path: Path
) -> None:
    embedded = tmp_path / "embedded"
    assert prvipe("embed", listed, "--out", embedded, "--model", "small").code == 0
    done = prvipe("watch", *arguments(stream, embedded))
    assert (done.code, done.out.count("tree: struck by person 0")) == (0, 1)
    done = prvipe("watch", stream, "--poses", embedded, "--model", "base", "--no-follow")
    assert done.code == 2
    assert "embeddings of another model" in " ".join(done.err.split())


def test_an_alert_in_words(prvipe: Run, stream: Path, listed: Path) -> None:
    done = prvipe("watch", *arguments(stream, listed), "--hold", "100ms")
    assert done.code == 0
    assert done.out.startswith("tree: struck by person 0 at 0.")


def test_a_longer_hold_than_the_strike(prvipe: Run, stream: Path, listed: Path) -> None:
    assert prvipe("watch", *arguments(stream, listed), "--hold", "2s").out == ""


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--hold", "soon"], "--hold 'soon': expected a length of time"),
        (["--at-least", "0"], "a probability of at least 0"),
        (["--person", "me"], "--person me: expected all, largest"),
        (["--command", "notify {who}"], "no field {who}"),
        (["--skeleton", "squid"], "squid"),
        (["--alerts", "missing/alerts.jsonl"], "cannot be written"),
    ],
)
def test_options_that_cannot_be(
    more: list[str], words: str, prvipe: Run, stream: Path, listed: Path
) -> None:
    done = prvipe("watch", *arguments(stream, listed), *more)
    assert done.code == 2
    assert words in " ".join(done.err.split())
    assert done.out == ""


def test_files_that_are_not_there(prvipe: Run, stream: Path, listed: Path) -> None:
    assert prvipe("watch", *arguments("gone.jsonl", listed)).code == 2
    assert prvipe("watch", *arguments(stream, Path("gone.pvi"))).code == 2


def test_a_list_of_another_model(prvipe: Run, stream: Path, people: Any, tmp_path: Path) -> None:
    from prvipe.index import PoseIndex

    index = PoseIndex.create("base")
    index.add(Poses(people, None, COCO13))
    index.save(tmp_path / "moves.pvi")
    done = prvipe("watch", *arguments(stream, tmp_path / "moves.pvi"))
    assert done.code == 2
    assert "model" in done.err


@pytest.mark.parametrize(
    ("stopping", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)], ids=["Ctrl-C", "SIGTERM"]
)
def test_it_ends_cleanly_when_it_is_stopped(
    stopping: signal.Signals, code: int, people: Any, listed: Path
) -> None:
    command = [*PROGRAM, "-", "--poses", str(listed), "--model", "small", "--json"]
    command += ["--hold", "620ms"]  # so that it is struck by the last frame
    watch = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Who runs the tests may have been started in the background, where Ctrl-C is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert watch.stdin
    assert watch.stdout
    for frame in range(20):
        watch.stdin.write(line(people[0], frame))
    watch.stdin.flush()
    alert = json.loads(watch.stdout.readline())  # as soon as it is struck
    assert (alert["name"], alert["frame"]) == ("tree", 19)
    watch.send_signal(stopping)
    _, said = watch.communicate(timeout=120)
    assert watch.returncode == code
    assert "Traceback" not in said
    assert "20 frames; 20 people; 1 alerts" in " ".join(said.split())
