"""Alerts in files, as pictures and as commands."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.skeleton import COCO13
from prvipe.watch import Alert
from prvipe.watch.instants import Instant
from prvipe.watch.outlets import MOST_WAITING, AlertCommand, AlertFile, FrameFolder

ALERT = Alert("tree; touch harm $(touch harm) 'x", 0.61234, 2, 40, 1.5, 0.0123, 7)
WRITE = f"{sys.executable} -c \"import sys; open(sys.argv[1], 'a').write(sys.argv[2])\""


def test_alerts_are_appended_line_by_line(tmp_path: Path, told: Any) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_text('{"name": "before"}\n')
    outlet = AlertFile(path, told.notes)
    outlet.take(ALERT, None)
    before, line = path.read_text().splitlines()
    assert json.loads(before) == {"name": "before"}
    assert json.loads(line) == {
        **{"name": ALERT.name, "probability": 0.6123, "person": 2, "frame": 40, "time": 1.5},
        **{"latency": 0.0123, "row": 7},
    }
    path.rename(tmp_path / "moved")
    outlet.take(ALERT, None)
    assert len(path.read_text().splitlines()) == 1


def test_a_line_that_was_cut_short_does_not_spoil_the_next(tmp_path: Path, told: Any) -> None:
    """As a loss of power leaves it."""
    path = tmp_path / "alerts.jsonl"
    path.write_text('{"name": "bef')
    outlet = AlertFile(path, told.notes)
    outlet.take(ALERT, None)
    outlet.take(ALERT, None)
    half, *lines = path.read_text().splitlines()
    assert half == '{"name": "bef'
    assert [json.loads(line)["row"] for line in lines] == [7, 7]


def test_a_file_that_cannot_be_written_is_refused_at_first(tmp_path: Path, told: Any) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        AlertFile(tmp_path / "missing" / "alerts.jsonl", told.notes)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_told_and_does_not_stop_the_watch(tmp_path: Path, told: Any) -> None:
    path = tmp_path / "alerts.jsonl"
    outlet = AlertFile(path, told.notes)
    path.unlink()
    path.symlink_to("/dev/full")
    outlet.take(ALERT, None)
    outlet.take(ALERT, None)
    assert told == [f"{path}: cannot be written (No space left on device)"]
    assert told.notes.counts == {"alerts not written": 2}
    path.unlink()
    outlet.take(ALERT, None)
    assert json.loads(path.read_text())["row"] == 7


def test_the_frame_of_an_alert_is_kept(tmp_path: Path, told: Any) -> None:
    image_library = pytest.importorskip("PIL.Image", reason="needs Pillow (the extra detect)")
    outlet = FrameFolder(tmp_path / "frames", told.notes)
    image = np.full((8, 6, 3), 200, np.uint8)
    nobody = np.empty((0, 13, 2), np.float32)
    instant = Instant(nobody, nobody[..., 0], COCO13, 40, 1.5, 0.0, image)
    outlet.take(ALERT, instant)
    outlet.take(ALERT, None)
    (file,) = (tmp_path / "frames").iterdir()
    assert file.name.endswith("-000001-frame40-tree_touch_harm_touch_harm_x.jpg")
    assert image_library.open(file).size == (6, 8)


def test_a_file_that_comes_back_has_no_empty_line(tmp_path: Path, told: Any) -> None:
    """Of a folder that was not there for a while, as one of the network."""
    path = tmp_path / "far" / "alerts.jsonl"
    path.parent.mkdir()
    outlet = AlertFile(path, told.notes)
    shutil.move(path.parent, tmp_path / "away")
    outlet.take(ALERT, None)
    assert told.notes.counts == {"alerts not written": 1}
    path.parent.mkdir()
    outlet.take(ALERT, None)
    assert path.read_text().startswith("{")
    path.write_text('{"name": "bef')  # as another program may leave it
    outlet.take(ALERT, None)
    half, line = path.read_text().splitlines()
    assert half == '{"name": "bef'
    assert json.loads(line)["row"] == 7
    shutil.move(path, tmp_path / "moved.jsonl")
    outlet.take(ALERT, None)
    assert json.loads(path.read_text())["row"] == 7


def test_no_part_of_a_frame_is_kept(
    tmp_path: Path, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk is full in the middle of it."""
    image_library = pytest.importorskip("PIL.Image", reason="needs Pillow (the extra detect)")

    def save(_: Any, path: Path, **__: Any) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(image_library.Image, "save", save)
    outlet = FrameFolder(tmp_path / "frames", told.notes)
    nobody = np.empty((0, 13, 2), np.float32)
    image = np.zeros((8, 6, 3), np.uint8)
    outlet.take(ALERT, Instant(nobody, nobody[..., 0], COCO13, 40, 1.5, 0.0, image))
    assert list((tmp_path / "frames").iterdir()) == []
    assert told.notes.counts == {"frames not saved": 1}
    assert "cannot be written (No space left on device)" in told[0]


def test_no_shell_reads_what_a_command_is_given(
    tmp_path: Path, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outlet = AlertCommand(f"{WRITE} out '{{name}}|{{probability}}|{{frame}}'", told.notes)
    outlet.take(ALERT, None)
    outlet.close()
    assert (tmp_path / "out").read_text() == f"{ALERT.name}|0.6123|40"
    assert [each.name for each in tmp_path.iterdir()] == ["out"]
    assert told == []


def test_a_slow_command_holds_nothing_up(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prvipe.watch.outlets.LONGEST_COMMAND", 0.5)
    outlet = AlertCommand(f'{sys.executable} -c "import time; time.sleep(60)"', told.notes)
    for _ in range(3 * MOST_WAITING):
        outlet.take(ALERT, None)
    assert told.notes.counts["commands not started"] >= 2 * MOST_WAITING - 2
    ends = time.monotonic() + 60
    while "commands failed" not in told.notes.counts and time.monotonic() < ends:
        time.sleep(0.05)
    assert any("ended after 0.5 seconds" in each for each in told)


def test_commands_that_wait_at_the_end_are_started_or_told(
    tmp_path: Path, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outlet = AlertCommand(f"{WRITE} out x", told.notes)
    for _ in range(3):
        outlet.take(ALERT, None)
    outlet.close()
    assert (tmp_path / "out").read_text() == "xxx"
    monkeypatch.setattr("prvipe.watch.outlets.LONGEST_COMMAND", 0.3)
    outlet = AlertCommand(f'{sys.executable} -c "import time; time.sleep(60)"', told.notes)
    for _ in range(5):
        outlet.take(ALERT, None)
    outlet.close()
    assert 3 <= told.notes.counts["commands not started"] <= 4
    assert told.notes.counts["commands failed"] + told.notes.counts["commands not started"] == 5
    assert any("as the watch has ended" in each for each in told)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_command_is_ended_with_what_it_started_and_not_by_the_terminal(
    tmp_path: Path, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prvipe.watch.outlets.LONGEST_COMMAND", 3.0)
    ids = tmp_path / "ids"
    outlet = AlertCommand(f"sh -c 'sleep 60 & echo $! $$ > {ids}; wait'", told.notes)
    outlet.take(ALERT, None)
    ends = time.monotonic() + 30
    while not (ids.exists() and ids.read_text().endswith("\n")):
        assert time.monotonic() < ends
        time.sleep(0.01)
    child, group = map(int, ids.read_text().split())
    assert os.getpgid(child) == group != os.getpgid(0)
    outlet.close()
    ends = time.monotonic() + 30
    while _is_alive(child) and time.monotonic() < ends:
        time.sleep(0.05)
    assert not _is_alive(child)


def _is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # the latter if it ends while it is read
        return False


@pytest.mark.parametrize(
    ("template", "words"),
    [("", "say which"), ("notify 'x", "No closing"), ("notify {nam}", r"no field \{nam\}")],
)
def test_commands_that_cannot_be_are_refused(template: str, words: str, told: Any) -> None:
    with pytest.raises(InputError, match=words):
        AlertCommand(template, told.notes)


def test_what_a_command_prints_is_no_alert(told: Any, capfd: pytest.CaptureFixture[str]) -> None:
    outlet = AlertCommand("echo {name}", told.notes)
    outlet.take(ALERT, None)
    outlet.close()
    assert capfd.readouterr() == ("", f"{ALERT.name}\n")


def test_a_command_that_fails_is_told(told: Any) -> None:
    outlet = AlertCommand("no-such-program-at-all {name}", told.notes)
    outlet.take(ALERT, None)
    outlet.close()
    assert "no-such-program-at-all" in told[0]
    assert told.notes.counts == {"commands failed": 1}
