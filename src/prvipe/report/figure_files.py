"""Saving a figure for the web, for print and for everything else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.figure import Figure

from prvipe.errors import InputError
from prvipe.files import atomic_path

PNG_DPI = 200

# Text stays text: it can be searched, selected and read aloud. Browsers without the first font take
# a later one; DejaVu Sans is the widest, so that none of them makes texts run into each other.
_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "prvipe",
    "pdf.fonttype": 42,
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Helvetica", "Arial", "sans-serif"],
}


class FigureFiles(NamedTuple):
    """Where the three files of a figure lie."""

    svg: Path
    pdf: Path
    png: Path


def save_figure(figure: Figure, folder: str | os.PathLike[str], name: str) -> FigureFiles:
    """Write `name`.svg, `name`.pdf and `name`.png; all three or, if one fails, none.

    Equal figures make equal files: nothing in them depends on the date or on chance.

    Args:
        figure: the figure.
        folder: an existing folder.
        name: name of the files, without a suffix.

    Raises:
        InputError: the name is empty or has a folder in it, the folder does not exist, or the
            files cannot be written.
    """
    if name in ("", ".", "..") or name != Path(name).name:
        raise InputError(f"{name!r} cannot be the name of a figure; give a file name, no folders")
    files = FigureFiles(*(Path(folder) / f"{name}.{suffix}" for suffix in FigureFiles._fields))
    with (
        mpl.rc_context(_SETTINGS),
        atomic_path(files.svg) as svg,
        atomic_path(files.pdf) as pdf,
        atomic_path(files.png) as png,
    ):
        figure.savefig(svg, format="svg", metadata={"Date": None})
        figure.savefig(pdf, format="pdf", metadata={"CreationDate": None})
        figure.savefig(png, format="png", dpi=PNG_DPI)
    return files


PICTURE_SUFFIXES = (".png", ".svg", ".pdf")
"""Endings that a picture may have."""


def require_picture_path(path: str | os.PathLike[str]) -> Path:
    """Return `path` if its ending is that of a picture that can be written.

    Raises:
        InputError: it is not.
    """
    target = Path(path)
    if target.suffix.lower() not in PICTURE_SUFFIXES:
        raise InputError(
            f"{target}: pictures are written to names ending in {', '.join(PICTURE_SUFFIXES)}"
        )
    return target


def write_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure as one file, of the format that its ending says; equal figures, equal files.

    Raises:
        InputError: an ending that is not among `PICTURE_SUFFIXES`, or the file cannot be written.
    """
    target = require_picture_path(path)
    kind = target.suffix.lower().removeprefix(".")
    metadata: dict[str, dict[str, Any]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    with mpl.rc_context(_SETTINGS), atomic_path(target) as temporary:
        figure.savefig(temporary, format=kind, dpi=PNG_DPI, metadata=metadata.get(kind))
