"""`prvipe watch`."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prvipe.cli.console import say
from prvipe.cli.inputs import ModelOption, SkeletonOption, note
from prvipe.errors import InputError

if TYPE_CHECKING:
    from prvipe.watch import Alert, PoseList
    from prvipe.watch.notes import Notes
    from prvipe.watch.outlets import Outlet
    from prvipe.watch.watching import Watch

_SECONDS = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(ms|s|min|h)?")
_UNITS = {"ms": 0.001, "s": 1.0, None: 1.0, "min": 60.0, "h": 3600.0}


def watch(
    source: Annotated[
        str,
        typer.Argument(
            help="Camera (camera:0, /dev/video0, rtsp://, http://, udp://), video, file of "
            "keypoints (.jsonl, .csv), folder of OpenPose's JSON, or - for standard input.",
            show_default=False,
        ),
    ],
    poses: Annotated[
        Path,
        typer.Option(
            help="Poses to tell of: library (.pvi), keypoints, embeddings, image or folder of "
            "images. A column `name` names them; several of one name are averaged if alike.",
            show_default=False,
        ),
    ],
    at_least: Annotated[
        float, typer.Option(help="Matching probability from which a frame matches.")
    ] = 0.4,
    hold: Annotated[
        str, typer.Option(metavar="SECONDS", help="How long a pose must be held.")
    ] = "0.1s",
    again_after: Annotated[
        str,
        typer.Option(metavar="SECONDS", help="How long it must be left before it is told again."),
    ] = "2s",
    averaged: Annotated[
        str,
        typer.Option(metavar="SECONDS", help="Over how long embeddings are averaged; 0 for none."),
    ] = "0.1s",
    person: Annotated[
        str,
        typer.Option(
            metavar="[all|largest|ID]",
            help="Who is watched: all, the largest in the image, or the person of a number.",
        ),
    ] = "all",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print each alert as one line of JSON.")
    ] = False,
    alerts: Annotated[
        Path | None, typer.Option(help="File (.jsonl) to which each alert is appended.")
    ] = None,
    save_frames: Annotated[
        Path | None, typer.Option(help="Folder for the frame of each alert.")
    ] = None,
    command: Annotated[
        str | None,
        typer.Option(
            help="Command to start for each alert, without a shell; {name}, {probability}, "
            "{person}, {frame}, {time} are filled in.",
        ),
    ] = None,
    follow: Annotated[
        bool | None,
        typer.Option(
            "--follow/--no-follow",
            help="Whether to wait for what is still written. Keypoints are waited for by default, "
            "videos are not.",
            show_default=False,
        ),
    ] = None,
    every: Annotated[
        int, typer.Option(min=1, help="Look at every so many frames of a camera or video.")
    ] = 1,
    give_up_after: Annotated[
        str | None,
        typer.Option(
            metavar="SECONDS",
            help="How long to wait for a source that is lost; without end by default.",
            show_default=False,
        ),
    ] = None,
    stats: Annotated[
        str,
        typer.Option(
            metavar="SECONDS", help="How often to say how it goes, on standard error; 0 for never."
        ),
    ] = "60s",
    skeleton: SkeletonOption = None,
    model: ModelOption = "base",
) -> None:
    """Watch a live camera or a growing file, and tell at once when a pose of a list is struck.

    It goes on until the source ends, Ctrl-C or SIGTERM, in constant memory. A frame matches a pose
    of the list whatever the camera; an alert is raised once per strike.

    Example: `prvipe watch camera:0 --poses moves.pvi --json`
    """
    from prvipe.model.embedder import Embedder
    from prvipe.watch import Watcher, WatchSettings
    from prvipe.watch.notes import Notes
    from prvipe.watch.reading_lists import read_pose_list
    from prvipe.watch.sources.opening import SourceOptions, open_source
    from prvipe.watch.watching import Watch

    settings = WatchSettings(
        at_least,
        parse_seconds("--hold", hold),
        parse_seconds("--again-after", again_after),
        parse_seconds("--averaged", averaged),
        _parse_person(person),
    )
    patience = None if give_up_after is None else parse_seconds("--give-up-after", give_up_after)
    stats_every = parse_seconds("--stats", stats)
    notes = Notes(note)
    _one_thread()
    opened = open_source(source, SourceOptions(follow, skeleton, every, patience), notes)
    embedder = Embedder.load(model)
    watched = read_pose_list(poses, embedder, skeleton)
    watcher = Watcher(watched, embedder, settings)
    _tell_list(watched)
    outlets = _outlets(alerts, save_frames, command, notes)
    tell = _say_json if as_json else _say_words
    running = Watch(opened, watcher, tell, outlets, notes, stats_every)
    with _stopped_by_sigterm(running):
        try:
            running.run()
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"stopped: {running.summary()}") from None
        except InputError:
            note(running.summary())
            raise
    note(running.summary())
    if notes.counts.get("alerts not written"):
        raise InputError(f"{alerts}: not all alerts could be written")


def parse_seconds(option: str, text: str) -> float:
    """Read a length of time such as ``0.3s``, ``300ms``, ``2min`` or ``2``, which is in seconds.

    Raises:
        InputError: it is none.
    """
    found = _SECONDS.fullmatch(text.strip().lower())
    if found is None:
        raise InputError(f"{option} {text!r}: expected a length of time such as 0.3s, 2 or 5min")
    return float(found[1]) * _UNITS[found[2]]


def _parse_person(text: str) -> str | int:
    if text in ("all", "largest"):
        return text
    try:
        return int(text)
    except ValueError:
        raise InputError(
            f"--person {text}: expected all, largest or the number of a person"
        ) from None


def _one_thread() -> None:
    """Few poses at a time: more threads would only wait for each other, and slow the camera."""
    import torch

    from prvipe.geometry.compilation import use_threads

    torch.set_num_threads(1)
    use_threads(1)


def _outlets(
    alerts: Path | None, frames: Path | None, command: str | None, notes: Notes
) -> list[Outlet]:
    from prvipe.watch.outlets import AlertCommand, AlertFile, FrameFolder

    outlets: list[Outlet] = []
    if alerts is not None:
        outlets.append(AlertFile(alerts, notes))
    if frames is not None:
        outlets.append(FrameFolder(frames, notes))
    if command is not None:
        outlets.append(AlertCommand(command, notes))
    return outlets


def _tell_list(watched: PoseList) -> None:
    poses, names = len(watched), len(watched.names)
    left_out = f"; {watched.left_out:,} left out as too ambiguous" if watched.left_out else ""
    note(f"watching for {poses:,} poses of {names:,} names{left_out}")


def _say_json(alert: Alert) -> None:
    say(json.dumps(alert.as_json(), allow_nan=False))


def _say_words(alert: Alert) -> None:
    when = f"frame {alert.frame}" if alert.time is None else f"{alert.time:.2f} s"
    say(f"{alert.name}: struck by person {alert.person} at {when} ({alert.probability:.2f})")


@contextmanager
def _stopped_by_sigterm(running: Watch) -> Iterator[None]:
    """End the watch with what it looks at when the system asks for it."""
    try:
        before = signal.signal(signal.SIGTERM, lambda *_: running.stop())
    except ValueError:  # not in the main thread, which gets no signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
