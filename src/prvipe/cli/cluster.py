"""`prvipe cluster`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prvipe.cli.align import EveryOption, FrameRateOption
from prvipe.cli.console import say
from prvipe.cli.inputs import (
    CameraOption,
    ModelOption,
    PersonOption,
    SkeletonOption,
    SourceOption,
    drawing_on_frames,
    load_person,
    require_picture,
)
from prvipe.errors import errors_naming

if TYPE_CHECKING:
    from prvipe.sequences import Timeline
    from prvipe.sequences.keyframes import KeyPoses


def cluster(
    recording: Annotated[
        Path, typer.Argument(help="Video or keypoint file of one person.", show_default=False)
    ],
    threshold: Annotated[
        float,
        typer.Option(help="How unlike its key pose a frame may be, about NP-MPJPE; up to 0.3."),
    ] = 0.1,
    number: Annotated[
        int | None,
        typer.Option("--count", min=1, help="How many key poses, instead of a threshold."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Picture (.png, .svg, .pdf) to write.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    person: PersonOption = "largest",
    camera: CameraOption = None,
    source: SourceOption = None,
    skeleton: SkeletonOption = None,
    fps: FrameRateOption = None,
    every: EveryOption = 1,
    model: ModelOption = "base",
) -> None:
    """Find the distinct poses of a recording: a few frames that all others are like.

    The frame that is least like those chosen so far joins them, until every frame is like one. The
    same pose counts once, from wherever it is seen and however often it is struck. The picture
    shows the frames of the video if it is there, stick figures otherwise.

    Example: `prvipe cluster dance.mp4 --count 12 --out poses.png`
    """
    from prvipe.model.embedder import Embedder
    from prvipe.sequences import embed_recording
    from prvipe.sequences.keyframes import find_key_poses

    if out is not None:
        require_picture(out, [recording])
    embedder = Embedder.load(model)
    poses = load_person(recording, skeleton, person, camera=camera, source=source)
    with errors_naming(recording):
        embedded = embed_recording(poses, embedder, fps, every)
        keys = find_key_poses(embedded, threshold, count=number)
    if as_json:
        say(json.dumps(as_numbers(keys, embedded.timeline), indent=2, allow_nan=False))
    else:
        for line in describe(keys, embedded.timeline, number):
            say(line)
    if out is not None:
        from prvipe.report.figure_files import write_figure
        from prvipe.report.key_poses import draw_key_poses

        summary = describe(keys, embedded.timeline)[0]
        with drawing_on_frames(recording) as footage:
            figure = draw_key_poses(
                keys, poses, embedded.timeline, recording.name, summary, footage
            )
            write_figure(figure, out)
        if not as_json:
            say(f"{out}: written")


def describe(keys: KeyPoses, timeline: Timeline, wanted: int | None = None) -> list[str]:
    """Say in words which key poses there are, and why they are fewer than wanted."""
    known = int((keys.assignment >= 0).sum())
    poses = "pose" if len(keys) == 1 else "poses"
    lines = [
        f"{len(keys)} key {poses} for {known:,} frames, which are within {keys.threshold:.2f} of "
        "one (about NP-MPJPE)"
    ]
    if wanted is not None and len(keys) < wanted:
        lines.append(
            f"fewer than the {wanted:,} asked for: no other frame differs from these by more than "
            "noise"
        )
    for place, share in zip(keys.places, keys.shares, strict=True):
        words = f"  frame {timeline.frames[place]}"
        if timeline.seconds is not None:
            words += f", {timeline.seconds[place]:.2f} s"
        lines.append(f"{words}: {100 * share:.0f} % of the frames")
    return lines


def as_numbers(keys: KeyPoses, timeline: Timeline) -> dict[str, Any]:
    """Key poses, and which frame belongs to which, as JSON has it."""
    known = keys.assignment >= 0
    seconds = timeline.seconds
    return {
        "threshold": keys.threshold,
        "key_poses": [
            {
                "frame": int(timeline.frames[place]),
                "time": None if seconds is None else float(seconds[place]),
                "share": round(float(share), 4),
            }
            for place, share in zip(keys.places, keys.shares, strict=True)
        ],
        "frames": timeline.frames[known].tolist(),
        "assignment": keys.assignment[known].tolist(),
        "differences": [round(float(each), 4) for each in keys.differences[known]],
    }
