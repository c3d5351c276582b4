"""`prvipe compare`."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prvipe.cli.console import output, say
from prvipe.cli.inputs import ModelOption, PersonOption, SkeletonOption, require_picture

if TYPE_CHECKING:
    from prvipe.cli.stills import Still
    from prvipe.comparison import Comparison, JointDifference

_Frame = typer.Option(help="Frame of a recording, as the file numbers them; videos from 0.")
_Row = typer.Option(help="Row of a keypoint file, from 0, instead of a frame.")
_Camera = typer.Option(help="Camera of a file that has several.")
_Source = typer.Option(
    metavar="NAME", help="Source of a file that has several, whole or without its folder."
)


def compare(
    a: Annotated[Path, typer.Argument(help="Image, video or keypoint file.", show_default=False)],
    b: Annotated[Path, typer.Argument(help="The one to compare it with.", show_default=False)],
    frame_a: Annotated[int | None, _Frame] = None,
    frame_b: Annotated[int | None, _Frame] = None,
    row_a: Annotated[int | None, _Row] = None,
    row_b: Annotated[int | None, _Row] = None,
    camera_a: Annotated[str | None, _Camera] = None,
    camera_b: Annotated[str | None, _Camera] = None,
    source_a: Annotated[str | None, _Source] = None,
    source_b: Annotated[str | None, _Source] = None,
    person: PersonOption = "largest",
    person_b: Annotated[
        str | None, typer.Option(help="Likewise in the second file, if not the same.")
    ] = None,
    skeleton: SkeletonOption = None,
    out: Annotated[Path | None, typer.Option(help="Also draw both: .png, .svg or .pdf.")] = None,
    model: ModelOption = "base",
    lifter: Annotated[str, typer.Option(help="Model that tells where the bodies differ.")] = "lift",
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Compare two poses: is it the same one, how sure is that, and which joints differ?

    Takes images, frames of videos (--frame-a, --frame-b) and every keypoint file that prvipe reads.
    Whole recordings are compared by `prvipe align`.

    Example: `prvipe compare photo.jpg other.jpg --out compared.png`
    """
    from prvipe.cli.stills import load_still
    from prvipe.comparison import compare as compare_poses
    from prvipe.model.embedder import Embedder
    from prvipe.model.lifter import Lifter

    if out is not None:
        require_picture(out, [a, b])
    embedder, lifting = Embedder.load(model), Lifter.load(lifter)
    load = partial(load_still, skeleton=skeleton, with_image=out is not None)
    first = load(
        a,
        "-a",
        person=person,
        camera=camera_a,
        source=source_a,
        frame=frame_a,
        row=row_a,
        row_option="--row-a",
    )
    second = load(
        b,
        "-b",
        person=person_b or person,
        camera=camera_b,
        source=source_b,
        frame=frame_b,
        row=row_b,
        row_option="--row-b",
    )
    comparison = compare_poses(first.pose, second.pose, embedder, lifting)
    if out is not None:
        _draw(comparison, first, second, out)
    if as_json:
        say(json.dumps(_as_json(comparison, first, second), indent=2, allow_nan=False))
        return
    _print(comparison, first, second)
    if out is not None:
        say(f"{out}: written")


def _print(comparison: Comparison, first: Still, second: Still) -> None:
    from rich.table import Table

    say(f"a: {first.name}")
    say(f"b: {second.name}")
    for sentence in comparison.sentences:
        say(f"{sentence[0].upper()}{sentence[1:]}.")
    if not comparison.too_little:
        say(f"What that means: {comparison.verdict.meaning}.")
    for doubt in comparison.doubts:
        say(f"Do not trust it too far: {doubt}.")
    if not comparison.joints:
        return
    say("How far each joint is apart, in torso lengths:")
    table = Table(box=None, padding=(0, 2))
    table.add_column("joint")
    table.add_column("apart by", justify="right")
    table.add_column("give or take", justify="right")
    table.add_column("")
    for joint in comparison.joints:
        uncertain = "" if joint.uncertainty is None else f"{joint.uncertainty:.2f}"
        name, difference = joint.joint.replace("_", " "), f"{joint.difference:.2f}"
        table.add_row(name, difference, uncertain, _in_words(joint))
    output.print(table)


def _in_words(joint: JointDifference) -> str:
    """Verdict, and where the joint lies, of which nothing is said without a difference."""
    if joint.verdict == "no clear difference" or not joint.direction:
        return joint.verdict
    return f"{joint.verdict}: {joint.direction} in b"


def _draw(comparison: Comparison, first: Still, second: Still, out: Path) -> None:
    from prvipe.report.comparison import Person, draw_comparison
    from prvipe.report.figure_files import write_figure
    from prvipe.skeleton import COCO13

    people = [
        Person(Path(still.name).name, still.pose.to(COCO13).keypoints[0], still.image)
        for still in (first, second)
    ]
    write_figure(draw_comparison(comparison, *people), out)


def _as_json(comparison: Comparison, first: Still, second: Still) -> dict[str, Any]:
    return {
        "a": first.name,
        "b": second.name,
        "probability": comparison.probability,
        "headline": comparison.headline,
        "too_little_in_common": comparison.too_little,
        "verdict": comparison.verdict.words,
        "meaning": comparison.verdict.meaning,
        "doubts": list(comparison.doubts),
        "joints": [
            {
                "joint": each.joint,
                "difference": each.difference,
                "verdict": each.verdict,
                "direction": each.direction,
                "uncertainty": each.uncertainty,
            }
            for each in comparison.joints
        ],
        "missing": comparison.missing,
    }
