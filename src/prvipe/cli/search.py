"""`prvipe search`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prvipe.cli.console import errors, output, say
from prvipe.cli.inputs import (
    CameraOption,
    PersonOption,
    SkeletonOption,
    SourceOption,
    note,
    require_output,
)
from prvipe.cli.libraries import SearchedArgument, folder_of, open_library
from prvipe.errors import InputError, printable

if TYPE_CHECKING:
    from prvipe.cli.stills import Still
    from prvipe.client import Client
    from prvipe.index import Hit, SearchResult
    from prvipe.stores import PoseStore

_PIPE_WIDTH = 10_000
"""Columns of a pipe or file: names of files stay whole."""

_NOTHING = "no pose of the index meets the conditions"

_SHOWN_BESIDES = ("row", "source", "frame", "time", "person", "width", "height")


def search(
    library: SearchedArgument,
    query: Annotated[
        Path | None,
        typer.Argument(
            help="Image, video or keypoint file of the pose to find; left out with --row.",
            show_default=False,
        ),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="Most matches to list.")] = 10,
    where: Annotated[
        list[str] | None,
        typer.Option(
            help="Search only where this holds: 'camera!=cam01', 'time>=10', 'subject in S1,S5'. "
            "If given several times, all must hold.",
        ),
    ] = None,
    distinct: Annotated[
        str | None,
        typer.Option(
            metavar="2s|30f",
            help="At most one match of a recording within so many seconds (2s, or 2) or frames "
            "(30f), as consecutive frames are nearly one pose.",
        ),
    ] = None,
    frame: Annotated[
        int | None, typer.Option(min=0, help="Frame of the query, if its file has several.")
    ] = None,
    row: Annotated[
        int | None, typer.Option(min=0, help="Row of the index to search for instead of a file.")
    ] = None,
    query_row: Annotated[
        int | None,
        typer.Option(min=0, help="Row of the query's file, whatever recording, frame and person."),
    ] = None,
    person: PersonOption = "largest",
    camera: CameraOption = None,
    source: SourceOption = None,
    skeleton: SkeletonOption = None,
    gallery: Annotated[
        Path | None, typer.Option(help="Picture of the matches to write: .html or .png.")
    ] = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="Look at every pose, in large indexes too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the matches as JSON.")] = False,
    model: Annotated[
        str | None, typer.Option(help="The model of the index, if it is no longer where it was.")
    ] = None,
) -> None:
    """Find the poses of an index that match one pose best, whatever camera they were seen by.

    The first column is the probability, by the model, that the two people strike the same pose.
    Where too little of the query is visible, or the pose may well not be there, that is said. The
    token of a server is read from the environment variable PRVIPE_TOKEN.

    Example: `prvipe search lib.pvi photo.jpg -k 5 --where camera!=cam01 --gallery found.html`
    """
    from prvipe.cli.stills import load_still

    if (query is None) == (row is None):
        raise InputError("give a file to search for, or a row of the index with --row")
    recording = {"frame": frame, "camera": camera, "source": source}
    for option, value in {**recording, "skeleton": skeleton, "query-row": query_row}.items():
        if query is None and value is not None:
            raise InputError(f"--{option} {value}: chooses in a file; leave it out with --row")
    for option, value in recording.items():
        if query_row is not None and value is not None:
            raise InputError(f"--{option} {value}: leave it out with --query-row, which says all")
    if gallery is not None:
        require_output("--gallery", gallery, (".html", ".png"), [query] if query else [])
    index = open_library(library, model)
    options: dict[str, Any] = {"where": where, "distinct": distinct, "exact": exact}
    seen: Still | Hit
    if query is not None:
        seen = still = load_still(
            query,
            "",
            skeleton=skeleton,
            person=person,
            camera=camera,
            source=source,
            frame=frame,
            row=query_row,
            row_option="--query-row",
            with_image=gallery is not None,
        )
        with errors.status("searching"):
            (result,) = index.search(still.pose, k, **options)
        name = still.name
    else:
        assert row is not None
        result, seen = index.search_row(row, k, **options), index.pose(row)
        name = f"{printable(library)}, row {row}"
    if as_json:
        say(json.dumps(as_numbers(result, name), indent=2, allow_nan=False))
    else:
        _print(result, name, index)
    for absent in index.describe_absent(where):
        note(f"--where: {absent}")
    if gallery is not None:
        _draw(gallery, result, name, seen, folder_of(library))
        if not as_json:
            say(f"{printable(gallery)}: written")


def as_numbers(result: SearchResult, query: str) -> dict[str, Any]:
    """A result as JSON has it."""
    return {
        "query": query,
        "trusted": result.trusted,
        "doubts": [*result.trust.doubts, *([] if len(result) else [_NOTHING])],
        "visible_joints": result.trust.visible,
        "variance": round(result.trust.variance, 3),
        "matches": [
            {
                "row": hit.row,
                "probability": round(hit.probability, 6),
                "visible_joints": hit.visible,
                **_plain(hit.fields),
            }
            for hit in result
        ],
    }


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    """Values as JSON has them; times of day and the like as text, numbers that are none as null."""
    return {name: _plain_value(value) for name, value in fields.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _print(result: SearchResult, name: str, index: PoseStore | Client) -> None:
    from rich import box
    from rich.measure import Measurement
    from rich.table import Table

    if not len(result):
        say(f"{name}: {_NOTHING}")
    else:
        others = [column for column in index.columns if column not in _SHOWN_BESIDES]
        table = Table(box=box.SIMPLE_HEAD)
        # Only where some lack joints: a hit that shows little looks like many poses.
        lacking = ["joints"] if any(hit.visible < hit.joints for hit in result) else []
        columns = ("probability", *lacking, "source", "frame", "time", "person", *others, "row")
        for column in columns:
            table.add_column(column, overflow="fold")
        for hit in result:
            time = None if hit.time is None else f"{hit.time:.2f} s"
            cells = (hit.source, hit.frame, time, hit.person)
            more = (hit.fields[column] for column in others)
            table.add_row(
                f"{hit.probability:.3f}",
                *(f"{hit.visible} of {hit.joints}" for _ in lacking),
                *(_in_cell(cell) for cell in (*cells, *more, hit.row)),
            )
        if not output.is_terminal:
            wide = output.options.update(width=_PIPE_WIDTH)
            table.width = Measurement.get(output, wide, table).maximum
        output.print(table, crop=False)
    for doubt in result.trust.doubts:
        note(f"{name}: {doubt}")


def _in_cell(value: Any) -> str:
    """A value as short as can be read: boxes of people are known to no hundredth of a pixel."""
    if isinstance(value, list | tuple):
        return ", ".join(_in_cell(each) for each in value)
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}"
    return "" if value is None else str(value)


def _draw(path: Path, result: SearchResult, name: str, query: Still | Hit, folder: Path) -> None:
    from prvipe.index import Hit
    from prvipe.report.footage import Footage, cut_out
    from prvipe.report.search_gallery import (
        MOST_DRAWN,
        SearchPicture,
        draw_search,
        find_images,
        write_search_page,
    )

    footage = Footage(folder)
    with errors.status("drawing"):
        seen = None
        if isinstance(query, Hit):
            (seen,) = find_images([query], footage)
        elif query.image is not None and result.query is not None:
            seen = cut_out(query.image, result.query)
        as_png = path.suffix.lower() == ".png"
        hits = result.hits[:MOST_DRAWN] if as_png else result.hits
        picture = SearchPicture(name, result, seen, find_images(hits, footage))
        if as_png:
            draw_search(picture, path)
        else:
            write_search_page(picture, path)
    if len(hits) < len(result):
        note(
            f"{printable(path)}: shows the {len(hits)} best of {len(result):,} matches; a gallery "
            "of the ending .html shows all"
        )
    for problem in footage.problems:
        note(problem)
