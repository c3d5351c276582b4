"""`prvipe find`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prvipe.cli.align import EveryOption, FrameRateOption
from prvipe.cli.console import counting, output, say
from prvipe.cli.inputs import (
    CameraOption,
    ModelOption,
    PersonOption,
    SkeletonOption,
    SourceOption,
    drawing_on_frames,
    require_picture,
)
from prvipe.cli.refusals import require_recordings
from prvipe.errors import InputError, errors_naming

if TYPE_CHECKING:
    from prvipe.model.embedder import Embedder
    from prvipe.poses import Poses
    from prvipe.report.footage import Footage
    from prvipe.sequences import EmbeddedRecording, Occurrence


def find(
    clip: Annotated[
        Path,
        typer.Argument(help="Video or keypoint file of a short motion.", show_default=False),
    ],
    library: Annotated[
        list[Path],
        typer.Argument(help="Recordings to search: videos, keypoint files.", show_default=False),
    ],
    k: Annotated[int, typer.Option("-k", min=1, help="Most occurrences to list.")] = 10,
    least: Annotated[
        float, typer.Option(min=0, max=1, help="Least score of an occurrence.")
    ] = 0.15,
    out: Annotated[Path | None, typer.Option(help="Picture (.png, .svg, .pdf) to write.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the occurrences as JSON.")] = False,
    frames: Annotated[
        str | None,
        typer.Option(metavar="FIRST-LAST", help="Take only these frames of the clip's file."),
    ] = None,
    person: PersonOption = "largest",
    camera: CameraOption = None,
    source: SourceOption = None,
    skeleton: SkeletonOption = None,
    fps: FrameRateOption = None,
    every: EveryOption = 1,
    model: ModelOption = "base",
) -> None:
    """Find where in long recordings a short motion occurs, whatever the cameras saw it from.

    Every recording of every person in the library is searched; --person, --camera and
    --source choose those of the clip. Occurrences may be up to three times as fast or as slow as
    the clip; those of one person share no frame.

    Example: `prvipe find wave.mp4 monday.mp4 tuesday.parquet --out found.png`
    """
    from prvipe.cli.inputs import load_person
    from prvipe.model.embedder import Embedder
    from prvipe.sequences import embed_recording
    from prvipe.sequences import find as find_occurrences

    if out is not None:
        require_picture(out, [clip, *library])
    embedder = Embedder.load(model)
    person_of_clip = load_person(clip, skeleton, person, camera=camera, source=source)
    with errors_naming(clip):
        if frames is not None:
            person_of_clip = cut_frames(person_of_clip, frames)
        wanted = embed_recording(person_of_clip, embedder, fps, every)
    names, people = _load_library(library, skeleton)
    searched = _embed(names, people, embedder, fps, every)
    with counting("searching") as progress:
        occurrences = find_occurrences(
            wanted, searched, embedder, k=k, least_score=least, progress=progress
        )
    if as_json:
        rows = [as_numbers(each, names) for each in occurrences]
        say(json.dumps(rows, indent=2, allow_nan=False))
    else:
        _print(occurrences, names, searched, least)
    if out is not None:
        with drawing_on_frames(clip, *library) as footage:
            shown = (names, people, searched)
            _draw(out, occurrences, (clip.name, person_of_clip, wanted), shown, footage)
        if not as_json:
            say(f"{out}: written")


def cut_frames(poses: Poses, frames: str) -> Poses:
    """Return the poses of frames such as "30-70", both included.

    Raises:
        InputError: no such text, or no pose in these frames.
    """
    from prvipe.people.recordings import frame_numbers

    first, dash, last = frames.partition("-")
    if not (dash and first.isdecimal() and last.isdecimal()):
        raise InputError(f"--frames {frames}: expected two frame numbers such as 30-70")
    numbers = frame_numbers(poses)
    chosen = (numbers >= int(first)) & (numbers <= int(last))
    if not chosen.any():
        raise InputError(
            f"--frames {frames}: no pose in them; its frames are {numbers.min()} to {numbers.max()}"
        )
    return poses.with_fields(frame=numbers)[chosen]


def as_numbers(occurrence: Occurrence, names: list[str]) -> dict[str, Any]:
    """An occurrence as JSON has it."""
    return {
        "recording": names[occurrence.recording],
        "score": round(occurrence.score, 4),
        "first_frame": occurrence.first_frame,
        "last_frame": occurrence.last_frame,
        "start": occurrence.start,
        "end": occurrence.end,
    }


def _load_library(library: list[Path], skeleton: str | None) -> tuple[list[str], list[Poses]]:
    """Every person of every recording, and what to call each."""
    from prvipe.io import load
    from prvipe.people.recordings import describe_recording, split_recordings

    names, people = [], []
    for path in library:
        require_recordings(path)
        poses = load(path, skeleton)
        recordings = split_recordings(poses)
        for rows in recordings:
            name = path.name if len(recordings) == 1 else describe_recording(poses, int(rows[0]))
            with errors_naming(path):
                found = _people_apart(poses[rows])
            names += [f"{name}, person {n}" if len(found) > 1 else name for n in range(len(found))]
            people += found
    return names, people


def _people_apart(recording: Poses) -> list[Poses]:
    """The people of a recording; somebody who is alone in every frame is one."""
    import numpy as np

    from prvipe.people import track_people
    from prvipe.people.recordings import frame_numbers, person_numbers

    numbered = recording.with_fields(frame=frame_numbers(recording))
    if np.unique(numbered.table["frame"].to_numpy(), return_counts=True)[1].max() == 1:
        return [numbered]
    tracked = track_people(numbered)
    numbers = np.array(person_numbers(tracked))
    return [tracked[numbers == number] for number in np.unique(numbers)]


def _embed(
    names: list[str],
    people: list[Poses],
    embedder: Embedder,
    fps: float | None,
    every: int,
) -> list[EmbeddedRecording]:
    """Embed those who can be; people of whom too little is seen are dropped from the lists."""
    from prvipe.sequences import embed_recording

    recordings, kept = [], []
    for number, (name, poses) in enumerate(zip(names, people, strict=True)):
        if embedder.embeddable(poses).any():
            with errors_naming(name):
                recordings.append(embed_recording(poses, embedder, fps, every))
            kept.append(number)
    names[:], people[:] = [names[n] for n in kept], [people[n] for n in kept]
    if not recordings:
        raise InputError("nobody in the library has enough visible joints to be compared")
    return recordings


def _print(
    occurrences: list[Occurrence],
    names: list[str],
    searched: list[EmbeddedRecording],
    least: float,
) -> None:
    from rich.table import Table

    if not occurrences:
        total = sum(map(len, searched))
        say(f"not found: nothing in {total:,} frames scores {least:g} or more; --least lowers that")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("score", "frames", "seconds"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("recording", overflow="fold")
    for each in occurrences:
        known = each.start is not None and each.end is not None
        table.add_row(
            f"{each.score:.2f}",
            f"{each.first_frame}-{each.last_frame}",
            f"{each.start:.2f}-{each.end:.2f}" if known else "unknown",
            names[each.recording],
        )
    output.print(table)


def _draw(
    out: Path,
    occurrences: list[Occurrence],
    clip: tuple[str, Poses, EmbeddedRecording],
    library: tuple[list[str], list[Poses], list[EmbeddedRecording]],
    footage: Footage,
) -> None:
    from prvipe.report.figure_files import write_figure
    from prvipe.report.occurrences import Searched, draw_occurrences

    name, poses, recording = clip
    shown = [Searched(n, p, r.timeline) for n, p, r in zip(*library, strict=True)]
    wanted = Searched(name, poses, recording.timeline)
    figure = draw_occurrences(occurrences, wanted, shown, footage)
    write_figure(figure, out)
