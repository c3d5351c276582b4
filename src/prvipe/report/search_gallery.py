"""What a search found, to look at: a picture, or a web page that needs no other file."""

from __future__ import annotations

import io
import math
import os
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from prvipe.files import atomic_path
from prvipe.geometry.arrays import FloatArray
from prvipe.index import Hit, SearchResult
from prvipe.report.figure_files import write_figure
from prvipe.report.footage import Footage, Seen
from prvipe.report.skeletons import draw_skeleton, side_of
from prvipe.report.style import FAINT_COLOR, PAGE_WIDTH, SMALL_SIZE, TEXT_COLOR, TITLE_SIZE
from prvipe.report.text_width import fit_text, shorten, text_inches
from prvipe.report.thumbnails import add_side_legend
from prvipe.skeleton import COCO13

Pixels = npt.NDArray[np.uint8]

_COLUMNS, _GAP, _SIDE = 5, 0.1, 0.12
_HEADING, _LINE, _CAPTION = 0.42, 0.16, 0.56
_FACE, _QUERY_COLOR, _DOUBT_COLOR = "#F4F4F2", "#0072B2", "#7A5B00"
_MARGIN = 0.12
_TITLE, _LEGEND = 0.19, 2.2
"""Height of the title where the legend leaves no room beside it, and width of the legend."""
_JPEG_QUALITY = 85
_MANY, _SMALL_SIDE = 60, 200
"""Hits from which on a page has small images, and the largest side of these in pixels."""

MOST_DRAWN = 60
"""Hits that a picture shows; a page shows all."""


@dataclass(frozen=True, eq=False)
class SearchPicture:
    """What is drawn.

    Attributes:
        query: what was searched for, by name.
        result: what was found.
        query_image: the query cut out of its image; None: a stick figure.
        images: likewise for each hit.
    """

    query: str
    result: SearchResult
    query_image: Pixels | None
    images: Sequence[Pixels | None]


def find_images(hits: Sequence[Hit], footage: Footage) -> list[Pixels | None]:
    """Cut the people that were found out of what they were seen in, see `cut_out_people`."""
    people = [
        Seen(h.source, h.frame, (h.fields.get("width"), h.fields.get("height")), h.keypoints)
        for h in hits
    ]
    return footage.cut_out_people(people)


def draw_search(picture: SearchPicture, path: str | os.PathLike[str]) -> None:
    """Write query and hits as a picture, five to a row, the query first; the best hits if many.

    Raises:
        InputError: the file cannot be written, or its ending is not that of a picture.
    """
    result = picture.result
    drawn = min(len(result), MOST_DRAWN)
    cells = 1 + drawn
    columns = min(_COLUMNS, max(cells, 3))
    size = (PAGE_WIDTH - 2 * _SIDE - (_COLUMNS - 1) * _GAP) / _COLUMNS
    width = 2 * _SIDE + columns * size + (columns - 1) * _GAP
    title = f"matches of {picture.query}"
    below = text_inches(title, TITLE_SIZE) + 2 * _SIDE > width - _LEGEND
    top = 0.1 + (_TITLE if below else 0)
    notes = [*result.trust.doubts, *_say_left_out(result, drawn)]
    heading = _HEADING + (_TITLE if below else 0) + _LINE * len(notes)
    height = heading + math.ceil(cells / columns) * (size + _CAPTION)
    figure = Figure(figsize=(width, height), facecolor="white")
    title = fit_text(title, width - 2 * _SIDE, TITLE_SIZE)
    figure.text(_SIDE / width, 1 - top / height, title, fontsize=TITLE_SIZE, va="top")
    for line, note in enumerate(notes):
        y = 1 - (top + _HEADING - 0.2 + line * _LINE) / height
        figure.text(_SIDE / width, y, note, fontsize=SMALL_SIZE, color=_DOUBT_COLOR, va="top")
    for place in range(cells):
        row, column = divmod(place, columns)
        left = _SIDE + column * (size + _GAP)
        bottom = height - heading - row * (size + _CAPTION) - size
        axes = figure.add_axes((left / width, bottom / height, size / width, size / height))
        if place == 0:
            _draw_cell(axes, picture.query_image, result.query, _QUERY_COLOR)
            lines = ("query", *_describe_query(result))
        else:
            hit = result[place - 1]
            _draw_cell(axes, picture.images[place - 1], hit.keypoints, None)
            lines = (f"{hit.probability:.2f}", *_describe(hit, 22))
            _write_lack(axes, _describe_lack(hit))
        _write_caption(axes, lines)
    add_side_legend(figure)
    write_figure(figure, path)


def write_search_page(picture: SearchPicture, path: str | os.PathLike[str]) -> None:
    """Write query and hits as one HTML file that asks for no other, for light and dark screens.

    Raises:
        InputError: the file cannot be written.
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source = resources.files("prvipe.report").joinpath("search.html.jinja")
    result = picture.result
    page = environment.from_string(source.read_text(encoding="utf-8")).render(
        query=picture.query,
        doubts=result.trust.doubts,
        about_query=_describe_query(result),
        query_picture=_as_picture(picture.query_image, result.query),
        hits=[
            {
                "probability": hit.probability,
                "picture": _as_picture(image, hit.keypoints, small=len(result) > _MANY),
                "lines": (*_describe(hit, 200), _describe_lack(hit)),
                "fields": {"row": hit.row, **hit.fields},
            }
            for hit, image in zip(result, picture.images, strict=True)
        ],
    )
    with atomic_path(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _say_left_out(result: SearchResult, drawn: int) -> list[str]:
    if drawn == len(result):
        return []
    return [f"the {drawn} best of {len(result):,}"]


def _draw_cell(
    axes: Axes, image: Pixels | None, keypoints: FloatArray | None, color: str | None
) -> None:
    if image is not None:
        axes.imshow(image)
    elif keypoints is not None:
        axes.set_facecolor(_FACE)
        draw_skeleton(axes, keypoints, COCO13, size=0.62)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(color is not None)
        spine.set_color(color)
        spine.set_linewidth(1.6)


def _write_caption(axes: Axes, lines: Sequence[str]) -> None:
    for number, line in enumerate(lines[:3]):
        axes.annotate(
            line,
            (0, 0),
            xytext=(0, -3 - number * 9.5),
            xycoords="axes fraction",
            textcoords="offset points",
            va="top",
            fontsize=TITLE_SIZE if number == 0 else SMALL_SIZE - 1,
            weight="bold" if number == 0 else "normal",
            color=TEXT_COLOR if number == 0 else FAINT_COLOR,
        )


def _write_lack(axes: Axes, text: str) -> None:
    axes.annotate(
        text,
        (1, 0),
        xytext=(0, -5),
        xycoords="axes fraction",
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=SMALL_SIZE - 1,
        color=_DOUBT_COLOR,
    )


def _describe_query(result: SearchResult) -> tuple[str, ...]:
    trust = result.trust
    seen = () if trust.visible is None else (f"{trust.visible} of {trust.joints} joints",)
    return (*seen, f"variance {trust.variance:.1f}")


def _describe_lack(hit: Hit) -> str:
    """How many joints a hit shows, if not all: little of it looks like many poses."""
    return "" if hit.visible == hit.joints else f"{hit.visible} of {hit.joints} joints"


def _describe(hit: Hit, most: int) -> tuple[str, str]:
    """Where a hit is from, and when or in which image."""
    source = f"row {hit.row}" if hit.source is None else os.path.basename(hit.source.rstrip("/"))
    image, number = (hit.fields.get(name) for name in ("image", "image_id"))
    at = [shorten(str(image), most)] if image is not None and image != source else []
    if not at and number is not None:
        at = [f"image {number}"]
    if not at and hit.frame is not None:
        at = [f"frame {hit.frame}"]
    at += [f"{hit.time:.2f} s"] if hit.time is not None else []
    at += [f"camera {hit.fields['camera']}"] if hit.fields.get("camera") is not None else []
    return shorten(source, most), ", ".join(at)[:most]


def _as_picture(
    image: Pixels | None, keypoints: FloatArray | None, small: bool = False
) -> dict[str, Any]:
    """A photograph as the address of an image, or bones and joints in a square of side 100."""
    if image is not None:
        return {"address": _as_jpeg(image, small)}
    if keypoints is None:
        return {}
    known = np.isfinite(keypoints).all(axis=1)
    low, high = keypoints[known].min(axis=0), keypoints[known].max(axis=0)
    side = float((high - low).max()) or 1.0
    points = 50 + (keypoints - (low + high) / 2) * (100 * (1 - 2 * _MARGIN) / side)
    names = COCO13.joints
    bones = [
        (*points[a].tolist(), *points[b].tolist(), side_of(names[a], names[b]) or "middle")
        for a, b in COCO13.edge_indices
        if known[a] and known[b]
    ]
    joints = [
        (*points[joint].tolist(), side_of(name) or "middle", name == "head")
        for joint, name in enumerate(names)
        if known[joint]
    ]
    return {"bones": bones, "joints": joints}


def _as_jpeg(image: Pixels, small: bool) -> str:
    from PIL import Image

    stream, picture = io.BytesIO(), Image.fromarray(image)
    if small:
        picture.thumbnail((_SMALL_SIDE, _SMALL_SIDE))
    picture.save(stream, "JPEG", quality=_JPEG_QUALITY)
    return "data:image/jpeg;base64," + b64encode(stream.getvalue()).decode()
