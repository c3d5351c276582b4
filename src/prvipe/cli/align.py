"""`prvipe align`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prvipe.cli.console import counting, say
from prvipe.cli.inputs import (
    CameraOption,
    ModelOption,
    PersonOption,
    SkeletonOption,
    SourceOption,
    drawing_on_frames,
    require_output,
)
from prvipe.errors import errors_naming

if TYPE_CHECKING:
    from prvipe.poses import Poses
    from prvipe.sequences import Alignment

FrameRateOption = Annotated[
    float | None,
    typer.Option(help="Frames per second of recordings that have no times, as OpenPose's folders."),
]
EveryOption = Annotated[
    int, typer.Option(min=1, help="Take every so many frames only, to save time and memory.")
]

_REPEATS = 0.1
"""Another alignment that costs so little more per frame may be the right one."""


def align(
    first: Annotated[
        Path, typer.Argument(help="Video or keypoint file of a motion.", show_default=False)
    ],
    second: Annotated[Path, typer.Argument(help="Another of it.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option(help="Side-by-side video (.mp4) or picture (.png, .svg, .pdf) to write."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print everything as JSON, all pairs of frames included.")
    ] = False,
    closed_ends: Annotated[
        bool, typer.Option("--closed-ends", help="Align first with first and last with last.")
    ] = False,
    person: PersonOption = "largest",
    person_b: Annotated[
        str | None, typer.Option(help="Likewise in the second recording, if not the same.")
    ] = None,
    camera: CameraOption = None,
    camera_b: Annotated[
        str | None, typer.Option(help="Likewise of the second file, if not the same.")
    ] = None,
    source: SourceOption = None,
    source_b: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Likewise of the second file, if not the same."),
    ] = None,
    skeleton: SkeletonOption = None,
    fps: FrameRateOption = None,
    every: EveryOption = 1,
    model: ModelOption = "base",
) -> None:
    """Align two recordings of a motion: which frames show the same moment, and how alike they are.

    The cameras may stand anywhere, the speeds may differ, and either recording may have more before
    and after the common part. Reads whatever `prvipe embed` reads: keypoint files of one person or
    several, and videos if the extra `detect` is there.

    Example: `prvipe align coach.mp4 me.mp4 --out side-by-side.mp4`
    """
    from prvipe.cli.inputs import load_person
    from prvipe.model.embedder import Embedder
    from prvipe.sequences import align as align_recordings
    from prvipe.sequences import embed_recording

    if out is not None:
        require_output("--out", out, _suffixes(), (first, second))
    embedder = Embedder.load(model)
    people = [
        load_person(first, skeleton, person, camera=camera, source=source),
        load_person(
            second,
            skeleton,
            person_b or person,
            camera=camera_b or camera,
            source=source_b or source,
        ),
    ]
    recordings = []
    for path, poses in zip((first, second), people, strict=True):
        with errors_naming(path):
            recordings.append(embed_recording(poses, embedder, fps, every))
    one, other = recordings
    alignment = align_recordings(one, other, embedder, open_ends=not closed_ends)
    names = tell_apart(first, second, (camera, source), (camera_b, source_b))
    if as_json:
        say(json.dumps(as_numbers(alignment, names), indent=2, allow_nan=False))
    else:
        for line in describe(alignment, names):
            say(line)
    if out is not None:
        _draw(out, alignment, people, (first, second), names)
        if not as_json:
            say(f"{out}: written")


def tell_apart(
    first: Path,
    second: Path,
    chosen: tuple[str | None, ...] = (),
    chosen_b: tuple[str | None, ...] = (),
) -> tuple[str, str]:
    """Names of the two recordings, with what it takes to tell them apart.

    Args:
        first: the first file.
        second: the second file.
        chosen: which camera and source of the first was asked for.
        chosen_b: likewise of the second, where it is not as in the first.
    """
    names = [first.name, second.name]
    if first != second and names[0] == names[1]:
        names = [f"{path.parent.name}/{path.name}" for path in (first, second)]
    for one, other in zip(chosen, chosen_b, strict=True):
        if other is not None and other != one:
            names = [f"{names[0]} {one or ''}".strip(), f"{names[1]} {other}"]
    return names[0], names[1]


def describe(alignment: Alignment, names: tuple[str, str]) -> list[str]:
    """Say in words what the alignment found."""
    lines = [_headline(alignment)]
    if alignment.verdict == "no common motion" or len(alignment.pairs) < 2:
        return lines
    lines += [_common_part(alignment, names), _pace(alignment, names)]
    for side, name in enumerate(names):
        recording = alignment.b if side else alignment.a
        places = alignment.pairs[:, side]
        before, after = int(places[0]), len(recording) - 1 - int(places[-1])
        if before or after:
            lines.append(f"left out of {name}: {before} frames before it, {after} after it")
    if alignment.rival - alignment.distance < _REPEATS:
        lines.append(
            "caution: another alignment, at least half a second away, fits nearly as well; the "
            "motion repeats itself or hardly moves"
        )
    return lines


def as_numbers(alignment: Alignment, names: tuple[str, str]) -> dict[str, Any]:
    """Everything about an alignment as JSON has it."""
    import numpy as np

    def number(value: float) -> float | None:
        return float(value) if np.isfinite(value) else None

    def column(values: Any) -> list[float | None]:
        return [number(value) for value in values]

    return {
        "first": names[0],
        "second": names[1],
        "verdict": alignment.verdict,
        "similarity": number(alignment.similarity),
        "distance": number(alignment.distance),
        "part_distance": number(alignment.part_distance),
        "rival_distance": number(alignment.rival),
        "unit": "seconds" if alignment.in_seconds else "frames",
        "offset": number(alignment.offset),
        "pace": number(alignment.pace),
        "frames_first": alignment.a.timeline.frames[alignment.pairs[:, 0]].tolist(),
        "frames_second": alignment.b.timeline.frames[alignment.pairs[:, 1]].tolist(),
        "times_first": column(alignment.times_a) if alignment.in_seconds else None,
        "times_second": column(alignment.times_b) if alignment.in_seconds else None,
        "matching_probabilities": column(alignment.probabilities),
        "similarities": column(alignment.similarities),
    }


def _headline(alignment: Alignment) -> str:
    words = {
        "same motion": "the same motion",
        "uncertain": "perhaps the same motion",
        "no common motion": "no common motion found",
    }
    return f"{words[alignment.verdict]} (similarity {alignment.similarity:.2f})"


def _common_part(alignment: Alignment, names: tuple[str, str]) -> str:
    spans = [
        f"{_amount(times[0], alignment)} to {_amount(times[-1], alignment)} of {name}"
        for times, name in zip((alignment.times_a, alignment.times_b), names, strict=True)
    ]
    return f"common part: {spans[0]}, {spans[1]}"


def _pace(alignment: Alignment, names: tuple[str, str]) -> str:
    offset, pace = alignment.offset, alignment.pace
    later = "later" if offset >= 0 else "earlier"
    words = f"a moment is {_amount(abs(offset), alignment)} {later} in {names[1]} (median)"
    if 0.95 <= pace <= 1.05:
        return f"{words}; both run at about the same speed"
    return f"{words}, which takes {pace:.2f} times as long"


def _amount(value: float, alignment: Alignment) -> str:
    return f"{value:.2f} s" if alignment.in_seconds else f"frame {value:.0f}"


def _suffixes() -> tuple[str, ...]:
    from prvipe.report.figure_files import PICTURE_SUFFIXES
    from prvipe.report.video import SUFFIXES

    return (*PICTURE_SUFFIXES, *SUFFIXES)


def _draw(
    out: Path,
    alignment: Alignment,
    people: list[Poses],
    paths: tuple[Path, Path],
    names: tuple[str, str],
) -> None:
    from prvipe.report.figure_files import PICTURE_SUFFIXES, write_figure

    if out.suffix.lower() in PICTURE_SUFFIXES:
        from prvipe.report.alignment import draw_alignment

        summary = "; ".join(describe(alignment, names)[:1])
        with drawing_on_frames(*paths) as footage:
            figure = draw_alignment(alignment, people[0], people[1], names, summary, footage)
            write_figure(figure, out)
        return
    from prvipe.detection.media_files import is_video
    from prvipe.report.alignment_video import Shown, side_by_side
    from prvipe.report.video import write_video

    shown = [
        Shown(name, poses, path if path.is_file() and is_video(path) else None)
        for name, poses, path in zip(names, people, paths, strict=True)
    ]
    with counting("drawing") as progress:
        frames = side_by_side(alignment, shown[0], shown[1], progress)
        write_video(out, frames, alignment.a.timeline.frame_rate or 30)
