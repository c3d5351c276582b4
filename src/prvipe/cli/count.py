"""`prvipe count`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prvipe.cli.align import EveryOption, FrameRateOption
from prvipe.cli.console import counting, say
from prvipe.cli.inputs import (
    CameraOption,
    ModelOption,
    PersonOption,
    SkeletonOption,
    SourceOption,
    drawing_on_frames,
    load_person,
    require_output,
    require_picture,
)
from prvipe.errors import InputError, errors_naming, printable

if TYPE_CHECKING:
    from prvipe.poses import Poses
    from prvipe.sequences.repetitions import Repetitions


def count(
    recording: Annotated[
        Path, typer.Argument(help="Video or keypoint file of an exercise.", show_default=False)
    ],
    out: Annotated[Path | None, typer.Option(help="Picture (.png, .svg, .pdf) to write.")] = None,
    overlay: Annotated[
        Path | None,
        typer.Option(
            help="Video (.mp4) to write: the one that the poses are from, with the person and a "
            "running count.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    person: PersonOption = "largest",
    camera: CameraOption = None,
    source: SourceOption = None,
    skeleton: SkeletonOption = None,
    fps: FrameRateOption = None,
    every: EveryOption = 1,
    model: ModelOption = "base",
) -> None:
    """Count the repetitions of an exercise, and say where each begins and ends.

    A repetition ends where the same pose comes back: walking repeats every two steps. The speed may
    change, there may be rests, and frames without the person. Only whole repetitions count, and
    where nothing is repeated the answer is 0.

    Example: `prvipe count squats.mp4 --out squats.png --overlay counted.mp4`
    """
    from prvipe.model.embedder import Embedder
    from prvipe.sequences import embed_recording
    from prvipe.sequences.repetitions import count_repetitions

    if out is not None:
        require_picture(out, [recording])
    if overlay is not None:
        _require_video(overlay, recording)
    embedder = Embedder.load(model)
    poses = load_person(recording, skeleton, person, camera=camera, source=source)
    film = None if overlay is None else _film_of(poses, recording, overlay)
    with errors_naming(recording):
        embedded = embed_recording(poses, embedder, fps, every)
        with counting("counting") as progress:
            repetitions = count_repetitions(embedded, progress=progress)
    if as_json:
        say(json.dumps(as_numbers(repetitions), indent=2, allow_nan=False))
    else:
        for line in describe(repetitions):
            say(line)
    if out is not None:
        from prvipe.report.figure_files import write_figure
        from prvipe.report.repetitions import draw_repetitions

        summary = describe(repetitions)[0]
        with drawing_on_frames(recording) as footage:
            figure = draw_repetitions(
                repetitions, poses, embedded.timeline, recording.name, summary, footage
            )
            write_figure(figure, out)
        if not as_json:
            say(f"{out}: written")
    if overlay is not None and film is not None:
        _write_overlay(overlay, film, poses, repetitions)
        if not as_json:
            say(f"{overlay}: written")


def _require_video(overlay: Path, source: Path) -> None:
    from prvipe.report.video import SUFFIXES

    require_output("--overlay", overlay, SUFFIXES, [source])


def _film_of(poses: Poses, recording: Path, overlay: Path) -> Path:
    """Return the video that the poses of a recording are from.

    Raises:
        InputError: there is none, or it would be overwritten.
    """
    from prvipe.detection.media_files import is_video
    from prvipe.report.footage import Footage

    named = poses.table["source"][0].as_py() if "source" in poses.table.column_names else None
    film = Footage(recording.absolute().parent).find(named)
    if film is None or not is_video(film):
        where = f"the video {named} is not there" if named and is_video(Path(named)) else None
        raise InputError(
            f"--overlay {overlay}: {where or f'{printable(recording)} is not from a video'}; "
            "count in the video itself, or leave the option out"
        )
    _require_video(overlay, film)
    return film


def _write_overlay(overlay: Path, film: Path, poses: Poses, repetitions: Repetitions) -> None:
    from prvipe.report.counter import RepetitionCounter
    from prvipe.report.media_overlay import write_overlay

    own = poses.with_fields(source=[printable(film)] * len(poses))
    counter = RepetitionCounter(repetitions)
    with counting("drawing") as progress:
        write_overlay(film, own, overlay, draw_more=counter.draw_on, progress=progress)


def describe(repetitions: Repetitions) -> list[str]:
    """Say in words what was counted."""
    if not repetitions.count:
        return ["no repetition found"]
    lines = [f"{repetitions.count} repetitions (confidence {repetitions.confidence:.2f})"]
    for number, (first, last) in enumerate(repetitions.frames):
        words = f"{number + 1:4d}  frames {first} to {last}"
        if repetitions.seconds is not None:
            start, end = repetitions.seconds[number]
            words += f", {start:.2f} s to {end:.2f} s"
        lines.append(words)
    return lines


def as_numbers(repetitions: Repetitions) -> dict[str, Any]:
    """Everything that was counted as JSON has it."""
    seconds = repetitions.seconds
    return {
        "count": repetitions.count,
        "confidence": round(repetitions.confidence, 4),
        "repetitions": [
            {
                "first_frame": int(first),
                "last_frame": int(last),
                "start": None if seconds is None else float(seconds[number, 0]),
                "end": None if seconds is None else float(seconds[number, 1]),
            }
            for number, (first, last) in enumerate(repetitions.frames)
        ],
    }
