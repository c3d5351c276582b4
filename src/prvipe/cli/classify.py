"""`prvipe classify`."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prvipe.cli.align import FrameRateOption
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
    from prvipe.evaluation.action_recognition import RecognitionResult
    from prvipe.model.embedder import Embedder
    from prvipe.sequences import Classification, LabelledClip

_CONFUSIONS = 5


class LeaveOut(StrEnum):
    """What queries and labelled clips may not share when accuracy is measured."""

    camera = "camera"


def classify(
    labelled: Annotated[
        Path,
        typer.Option(
            help="Labelled clips: a folder with a sub-folder for each label, a CSV with the "
            "columns path and label, or a keypoint file with a column activity.",
            show_default=False,
        ),
    ],
    clip: Annotated[
        Path | None,
        typer.Argument(help="Video or keypoint file to classify.", show_default=False),
    ] = None,
    leave_out: Annotated[
        LeaveOut | None,
        typer.Option(
            help="Instead of classifying a clip measure on the labelled clips themselves how many "
            "are recognised by those of other cameras and other performances.",
            show_default=False,
        ),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="Nearest labelled clips that vote.")] = 5,
    out: Annotated[Path | None, typer.Option(help="Picture (.png, .svg, .pdf) to write.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    person: PersonOption = "largest",
    camera: CameraOption = None,
    source: SourceOption = None,
    skeleton: SkeletonOption = None,
    fps: FrameRateOption = None,
    model: ModelOption = "base",
) -> None:
    """Tell what is done in a clip by the labelled clips that it resembles most.

    Nothing is trained: the clip is aligned with every labelled one, and the nearest vote. The
    labelled clips may be of other people, cameras and speeds.

    Example: `prvipe classify new.mp4 --labelled clips/`

    Example: `prvipe classify --labelled clips.parquet --leave-out camera`
    """
    from prvipe.cli.inputs import parse_person
    from prvipe.model.embedder import Embedder
    from prvipe.sequences.labelled import load_labelled

    if (clip is None) == (leave_out is None):
        raise InputError("name one clip to classify, or --leave-out camera to measure without one")
    if clip is None and camera is not None:
        raise InputError(f"--camera {camera}: a measurement takes all cameras; leave out --camera")
    if clip is None and source is not None:
        raise InputError(f"--source {source}: a measurement takes all clips; leave out --source")
    if out is not None:
        if clip is None:
            raise InputError(f"--out {out}: a measurement has no picture; leave out --out")
        require_picture(out, [clip])
    for path in (labelled, clip):
        if path is not None:
            require_recordings(path)
    embedder = Embedder.load(model)
    with counting("reading") as progress:
        clips = load_labelled(
            labelled,
            embedder,
            skeleton=skeleton,
            person=parse_person(person),
            frame_rate=fps,
            progress=progress,
        )
    if clip is None:
        result = _measure(clips, embedder, k)
        if as_json:
            say(json.dumps(_measured_numbers(result), indent=2, allow_nan=False))
        else:
            _print_measured(result, len(clips))
        return
    _classify_clip(
        clip, labelled, clips, embedder, k, out, as_json, (skeleton, person, camera, source, fps)
    )


def _classify_clip(
    clip: Path,
    labelled: Path,
    clips: list[LabelledClip],
    embedder: Embedder,
    k: int,
    out: Path | None,
    as_json: bool,
    reading: tuple[str | None, str, str | None, str | None, float | None],
) -> None:
    from prvipe.cli.inputs import load_person
    from prvipe.sequences import classify as classify_recording
    from prvipe.sequences import embed_recording

    skeleton, person, camera, source, fps = reading
    poses = load_person(clip, skeleton, person, camera=camera, source=source)
    with errors_naming(clip):
        recording = embed_recording(poses, embedder, fps)
    with counting("comparing") as progress:
        found = classify_recording(recording, clips, embedder, k=k, progress=progress)
    if as_json:
        say(json.dumps(as_numbers(found), indent=2, allow_nan=False))
    else:
        _print(found)
    if out is not None:
        from prvipe.report.classification import draw_classification
        from prvipe.report.figure_files import write_figure

        with drawing_on_frames(clip, labelled) as footage:
            figure = draw_classification(
                found, recording, poses, clip.name, clips, embedder, footage
            )
            write_figure(figure, out)
        if not as_json:
            say(f"{out}: written")


def as_numbers(found: Classification) -> dict[str, Any]:
    """A classification as JSON has it."""
    return {
        "label": found.label,
        "scores": dict(found.scores),
        "nearest": [
            {"label": each.label, "name": each.name, "distance": round(each.distance, 4)}
            for each in found.neighbours
        ],
    }


def _print(found: Classification) -> None:
    from rich.table import Table

    shares = ", ".join(f"{label} {share:.2f}" for label, share in found.scores)
    say(f"{found.label} (votes: {shares})")
    if found.neighbours[0].distance > _far():
        say(
            "caution: even the nearest labelled clip is far away; perhaps none shows what is done "
            "here"
        )
    table = Table(box=None, pad_edge=False)
    table.add_column("distance", justify="right")
    table.add_column("label")
    table.add_column("nearest labelled clips", overflow="fold")
    for each in found.neighbours:
        table.add_row(f"{each.distance:.2f}", each.label, each.name)
    output.print(table)


def _far() -> float:
    from prvipe.sequences.alignment import LARGEST_DISTANCE

    return LARGEST_DISTANCE


def _measure(clips: list[LabelledClip], embedder: Embedder, k: int) -> RecognitionResult:
    from prvipe.evaluation.action_recognition import recognise_across_cameras
    from prvipe.sequences.classification import clip_distances

    def distances(number: int, rows: Any) -> Any:
        return clip_distances(
            clips[number].recording, [clips[row] for row in rows], embedder.matching
        )

    with counting("recognising") as progress:
        return recognise_across_cameras(clips, clips, distances, k, progress)


def _measured_numbers(result: RecognitionResult) -> dict[str, Any]:
    return {
        "queries": result.queries,
        "accuracy": result.accuracy,
        "balanced_accuracy": result.balanced_accuracy,
        "chance": result.chance,
        "most_frequent": result.most_frequent,
        "by_label": {
            label: {"queries": count, "recognised": share}
            for label, count, share in result.by_label
        },
        "confusions": [list(each) for each in result.confusions],
    }


def _print_measured(result: RecognitionResult, clips: int) -> None:
    from rich.table import Table

    say(
        f"{result.accuracy:.3f} of {result.queries:,} clips recognised by clips of other cameras "
        f"and other performances ({clips:,} clips in all)"
    )
    say(
        f"{result.balanced_accuracy:.3f} in the mean over labels; by chance {result.chance:.3f}; "
        f"always the most frequent label: {result.most_frequent:.3f} of the clips"
    )
    table = Table(box=None, pad_edge=False)
    for heading in ("clips", "recognised"):
        table.add_column(heading, justify="right")
    table.add_column("label", overflow="fold")
    for label, count, share in result.by_label:
        table.add_row(str(count), f"{share:.2f}", label)
    output.print(table)
    for true, said, count in result.confusions[:_CONFUSIONS]:
        say(f"{true} taken for {said}: {count}")
