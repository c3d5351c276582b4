"""Files and folders that grow, are cut, renamed and damaged."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.skeleton import get_skeleton
from prvipe.watch.instants import Instant, Source
from prvipe.watch.sources import growing_file
from prvipe.watch.sources.growing_file import LONGEST_LINE
from prvipe.watch.sources.opening import SourceOptions, is_camera, open_source, without_password
from prvipe.watch.sources.openpose_folder import OpenPoseFolder
from prvipe.watch.sources.patience import Patience

LINE = json.dumps({"frame": 3, "time": 0.1, "people": [{"keypoints": [5.0, 6.0, 1.0] * 13}]})


class Following:
    """Instants of a source as they come; a turn that brings none is over."""

    def __init__(self, source: Source) -> None:
        self._batches = source.batches()

    def next(self, turns: int = 6) -> list[Instant]:
        found: list[Instant] = []
        for _ in range(turns):
            found += next(self._batches, [])
        return found


def follow(path: Path, told: Any, **options: Any) -> Following:
    return Following(open_source(str(path), SourceOptions(**options), told.notes))


def frames(instants: list[Instant]) -> list[int]:
    return [each.frame for each in instants]


def numbered(frame: int) -> str:
    return LINE.replace('"frame": 3', f'"frame": {frame}')


def append(path: Path, text: str) -> None:
    with path.open("a") as stream:
        stream.write(text)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A file of one line."""
    path = tmp_path / "poses.jsonl"
    path.write_text(numbered(0) + "\n")
    return path


def test_a_line_is_an_instant(log: Path, told: Any) -> None:
    (instant,) = follow(log, told).next()
    assert (instant.frame, instant.time, instant.skeleton.name) == (0, 0.1, "coco13")
    assert instant.keypoints.shape == (1, 13, 2)
    assert instant.keypoints[0, 4].tolist() == [5, 6]


def test_a_last_line_without_an_end_is_waited_for(log: Path, told: Any) -> None:
    following = follow(log, told)
    append(log, numbered(1)[:40])
    assert frames(following.next()) == [0]
    append(log, numbered(1)[40:])
    assert frames(following.next()) == []
    append(log, "\n" + numbered(2))
    assert frames(following.next()) == [1]
    assert told == []


def test_a_file_that_is_not_followed_ends_with_its_last_line(log: Path, told: Any) -> None:
    append(log, numbered(1))
    source = open_source(str(log), SourceOptions(follow=False), told.notes)
    assert frames([each for batch in source.batches() for each in batch]) == [0, 1]


def test_a_file_that_is_cut_is_read_from_its_start(log: Path, told: Any) -> None:
    append(log, numbered(1) + "\n")
    following = follow(log, told)
    assert frames(following.next()) == [0, 1]
    log.write_text(numbered(7) + "\n")
    assert frames(following.next()) == [7]
    assert told == [f"{log}: became shorter; reading it from its start"]


def test_a_file_that_is_rotated_is_read_to_its_end_and_the_new_one_from_its_start(
    log: Path, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    following = follow(log, told)
    assert frames(following.next()) == [0]

    def rotated(*arguments: Any) -> Any:
        monkeypatch.undo()
        # Behind the last look: more than is read at once, and a last line without an end.
        append(log, "\n".join(numbered(frame) for frame in range(1, 1_000)))
        log.rename(log.with_suffix(".old"))
        log.write_text(numbered(1_000) + "\n")
        return growing_file._change(*arguments)

    monkeypatch.setattr(growing_file, "_change", rotated)
    assert frames(following.next(40)) == list(range(1, 1_001))
    assert told == [f"{log}: another file is there now; reading it from its start"]


def test_a_file_that_is_gone_is_waited_for(log: Path, told: Any) -> None:
    following = follow(log, told)
    assert frames(following.next()) == [0]
    log.unlink()
    assert frames(following.next()) == []
    log.write_text(numbered(5) + "\n")
    assert frames(following.next(20)) == [5]
    assert "lost (No such file or directory)" in told[0]
    assert "found again" in told[1]


def test_a_file_that_is_not_there_yet_is_waited_for(tmp_path: Path, told: Any) -> None:
    path = tmp_path / "poses.jsonl"
    following = follow(path, told)
    assert frames(following.next()) == []
    assert told == [f"{path}: not there yet; waiting for it"]
    path.write_text(numbered(4) + "\n")
    assert frames(following.next(20)) == [4]
    assert f"{path}: there after" in told[1]


def test_a_file_that_is_rotated_before_it_is_read_is_waited_for(log: Path, told: Any) -> None:
    following = follow(log, told)  # and then the model is loaded, which takes its time
    log.rename(log.with_suffix(".old"))
    assert frames(following.next()) == []
    log.write_text(numbered(6) + "\n")
    assert frames(following.next(20)) == [6]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path, told: Any) -> None:
    """To open one is to wait for who writes it."""
    pipe = tmp_path / "poses.jsonl"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match=r"poses\.jsonl: is a named pipe, no file"):
        follow(pipe, told).next()


def test_standard_input_that_is_closed_is_refused(
    told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(InputError, match="standard input is closed"):
        follow(Path("-"), told).next()


def test_patience_with_a_file_that_never_comes_ends(tmp_path: Path, told: Any) -> None:
    following = follow(tmp_path / "poses.csv", told, give_up_after=0.2)
    with pytest.raises(InputError, match=r"poses\.csv: No such file .* gave up after 0\.2 seconds"):
        following.next(100)


@pytest.mark.parametrize(("name", "follow"), [("poses.csv", False), ("folder", None)])
def test_what_is_not_there_and_cannot_be_followed_is_refused(
    name: str, follow: bool | None, tmp_path: Path, told: Any
) -> None:
    with pytest.raises(InputError, match="no such file"):
        open_source(str(tmp_path / name), SourceOptions(follow), told.notes)


def test_patience_with_a_file_that_is_gone_ends(log: Path, told: Any) -> None:
    following = follow(log, told, give_up_after=0.2)
    following.next()
    log.unlink()
    with pytest.raises(InputError, match=r"gave up after 0\.2 seconds"):
        following.next(100)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("{", "no JSON"),
        ("[1]", "no object"),
        ('{"frame": 1}', 'neither "people"'),
        ('{"frame": "a", "people": []}', "no whole number"),
        ('{"frame": 1, "time": NaN, "people": []}', "no number of seconds"),
        (LINE.replace("5.0, ", "", 1).replace("{", '{"skeleton": "coco13", ', 1), "38 numbers"),
        (LINE.replace("5.0", "NaN", 1), "joint head"),
        (LINE.replace("5.0", '"5"', 1), "no number"),
        (LINE.replace('"frame"', '"skeleton": "squid", "frame"'), "squid"),
        ('{"people": [{"keypoints": [1, 2, 3]}]}', "skeleton that is not said"),
        ("[" * 100_000, "no JSON"),
        ("\xff\xfe", "no JSON"),
        ("x" * (LONGEST_LINE + 100_000), "bytes"),
    ],
)
def test_a_bad_line_is_counted_and_passed_over(bad: str, words: str, log: Path, told: Any) -> None:
    with log.open("ab") as stream:
        stream.write(bad.encode("latin-1") + b"\n" + numbered(1).encode() + b"\n")
    found = [
        each
        for batch in open_source(str(log), SourceOptions(follow=False), told.notes).batches()
        for each in batch
    ]
    assert frames(found) == [0, 1]
    assert told.notes.counts == {"bad lines": 1}
    assert words in told[0]


def test_nobody_and_missing_joints(log: Path, told: Any) -> None:
    person = {"keypoints": [0, 0, 0] * 3 + [1, 2, 0.5] * 14}
    log.write_text('{"people": []}\n' + json.dumps({"people": [person, person]}) + "\n")
    nobody, two = follow(log, told).next()
    assert (len(nobody.keypoints), nobody.frame, two.frame) == (0, 0, 1)
    assert two.skeleton.name == "coco17"
    assert np.isnan(two.keypoints[:, :3]).all()
    assert (two.scores[1] == [0] * 3 + [0.5] * 14).all()


HEADER = ",".join(f"{j}_{a}" for j in get_skeleton("coco13").joints for a in ("x", "y"))


def row(frame: int, person: int, x: float = 1.0) -> str:
    return f"{frame},{frame / 30},{person}," + ",".join([f"{x}", "2"] * 13) + "\n"


def test_rows_of_a_frame_are_the_people_of_an_instant(tmp_path: Path, told: Any) -> None:
    path = tmp_path / "poses.csv"
    path.write_text(f"frame,time,person,{HEADER}\n" + row(0, 0) + row(0, 1) + row(1, 0))
    following = follow(path, told)
    found = following.next()
    assert [(each.frame, len(each.keypoints)) for each in found] == [(0, 2), (1, 1)]
    append(path, row(2, 0)[:30])
    assert following.next() == []
    append(path, row(2, 0)[30:] + "2,0,0,nonsense\n" + row(3, 0).replace("1.0", "", 1))
    third, fourth = following.next()
    assert (third.frame, fourth.frame) == (2, 3)
    assert third.time == pytest.approx(2 / 30, abs=1e-4)
    assert np.isnan(fourth.keypoints[0, 0]).all()
    assert fourth.scores[0].tolist() == [0] + [1] * 12
    assert told.notes.counts == {"bad lines": 1}


def test_time_stamps_of_csv_that_are_no_seconds(tmp_path: Path, told: Any) -> None:
    path = tmp_path / "poses.csv"
    times = ["0.1", "", "NaN", "inf", "-1e300", "soon"]
    rows = [row(frame, 0).replace(f",{frame / 30},", f",{t},", 1) for frame, t in enumerate(times)]
    path.write_text(f"frame,time,person,{HEADER}\n" + "".join(rows))
    assert [each.time for each in follow(path, told).next()] == [0.1, None, None]
    assert told.notes.counts == {"bad lines": 3}


def test_csv_without_frames_has_one_person_per_row(tmp_path: Path, told: Any) -> None:
    path = tmp_path / "poses.csv"
    path.write_text(f"{HEADER}\r\n" + (",".join(["1", "2"] * 13) + "\r\n") * 3)
    assert frames(follow(path, told).next()) == [0, 1, 2]


def write_frame(folder: Path, frame: int, people: int = 1) -> Path:
    rng = np.random.default_rng(0)
    numbers = np.column_stack([rng.uniform(0, 500, (18, 2)), np.ones(18)]).ravel().tolist()
    path = folder / f"clip_{frame:012d}_keypoints.json"
    path.write_text(json.dumps({"people": [{"pose_keypoints_2d": numbers}] * people}))
    return path


@pytest.fixture
def folder(tmp_path: Path, told: Any) -> tuple[Path, Following]:
    """A folder with two frames, followed."""
    path = tmp_path / "json"
    path.mkdir()
    write_frame(path, 0)
    write_frame(path, 1, people=2)
    return path, follow(path, told)


def test_a_folder_grows(folder: tuple[Path, Following], told: Any) -> None:
    path, following = folder
    assert [(i.frame, len(i.keypoints)) for i in following.next()] == [(0, 1), (1, 2)]
    write_frame(path, 2, people=0)
    assert [(i.frame, len(i.keypoints)) for i in following.next()] == [(2, 0)]
    os.remove(path / "clip_000000000001_keypoints.json")
    write_frame(path, 9)  # frames in between never come
    assert frames(following.next(120)) == [9]
    assert told == []


def test_a_file_that_is_being_written_is_waited_for(
    folder: tuple[Path, Following], told: Any
) -> None:
    path, following = folder
    following.next()
    file = write_frame(path, 2)
    whole = file.read_text()
    file.write_text(whole[:50])
    assert following.next() == []
    file.write_text(whole)
    assert frames(following.next()) == [2]
    assert told == []


def test_a_bad_file_is_counted_and_passed_over(
    folder: tuple[Path, Following], told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prvipe.watch.sources.openpose_folder.UNFINISHED", 0.05)
    path, following = folder
    following.next()
    write_frame(path, 2).write_text("{")
    write_frame(path, 3).write_text('{"people": 3}')
    write_frame(path, 4).write_text("[" * 100_000)
    write_frame(path, 5)
    assert frames(following.next(60)) == [5]
    assert told.notes.counts == {"bad files": 3}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_in_a_folder_is_passed_over(folder: tuple[Path, Following], told: Any) -> None:
    path, following = folder
    following.next()
    os.mkfifo(path / "clip_000000000002_keypoints.json")
    write_frame(path, 3)
    assert frames(following.next()) == [3]
    assert told.notes.counts == {"bad files": 1}
    assert "is a named pipe" in told[0]


def test_the_longer_a_look_takes_the_more_rarely_it_is_taken(
    folder: tuple[Path, Following], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a folder of a million files would be read without a pause while nothing comes."""
    path, following = folder
    now, looking = [began := time.monotonic() + 100], [0.0]

    def pass_by(seconds: float) -> None:
        now[0] += seconds

    def look(_: OpenPoseFolder) -> list[str]:
        pass_by(2.0)
        looking[0] += 2.0
        return []

    following.next()
    clock = SimpleNamespace(monotonic=lambda: now[0], sleep=pass_by)
    monkeypatch.setattr("prvipe.watch.sources.openpose_folder.time", clock)
    monkeypatch.setattr(OpenPoseFolder, "_look", look)
    following.next(10_000)
    assert 2 < looking[0] < 0.06 * (now[0] - began)
    write_frame(path, 2)  # found by its name
    assert frames(following.next(1)) == [2]


def test_a_folder_that_is_not_followed_ends(tmp_path: Path, told: Any) -> None:
    for frame in range(200):
        write_frame(tmp_path, frame)
    patience = Patience("folder", told.notes)
    source = OpenPoseFolder(tmp_path, None, told.notes, patience, follow=False)
    batches = list(source.batches())
    assert frames([each for batch in batches for each in batch]) == list(range(200))
    assert max(map(len, batches)) <= 64


@pytest.mark.parametrize(
    ("source", "camera"),
    [
        ("camera:0", True),
        ("/dev/video2", True),
        ("rtsp://user:word@10.0.0.7/stream", True),
        ("rtsp://user:pass@word@10.0.0.7/stream", True),
        ("http://10.0.0.7/video?user=me&pwd=word", True),
        ("http://10.0.0.7/video", True),
        ("udp://127.0.0.1:5000", True),
        ("file:///etc/passwd", False),
        ("concat:a|b", False),
        ("camera:front", False),
    ],
)
def test_cameras_are_told_from_files(source: str, camera: bool, told: Any) -> None:
    assert is_camera(source) is camera
    assert "word" not in without_password(source).replace("password", "").replace("passwd", "")
    if not camera:
        with pytest.raises(InputError, match="no such file"):
            open_source(source, SourceOptions(), told.notes)


def test_other_files_are_refused(tmp_path: Path, told: Any) -> None:
    file = tmp_path / "poses.txt"
    file.write_text("x")
    with pytest.raises(InputError, match=r"poses\.txt: watched are cameras"):
        open_source(str(file), SourceOptions(), told.notes)
