"""Which files are images and videos, and those of a folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from prvipe.errors import InputError

IMAGE_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp")
VIDEO_SUFFIXES = (
    *(".3gp", ".avi", ".flv", ".gif", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg"),
    *(".mts", ".ogv", ".ts", ".webm", ".wmv"),
)


def is_image(path: Path) -> bool:
    """Whether a file's name is that of an image."""
    return path.suffix.lower() in IMAGE_SUFFIXES


def is_video(path: Path) -> bool:
    """Whether a file's name is that of a video; animated GIFs are."""
    return path.suffix.lower() in VIDEO_SUFFIXES


def find_media(inputs: Iterable[str | os.PathLike[str]]) -> tuple[Path, ...]:
    """Return images and videos: files as they are named, and all of the folders and theirs.

    Those of a folder come in the order of their names, numbers in them by size. Hidden files are
    left out, and so is a file named a second time.

    Raises:
        InputError: no such file, a file that is neither by its name, or a folder without any.
    """
    found: list[Path] = []
    for each in inputs:
        path = Path(each)
        if path.is_dir():
            inside = sorted(media_inside(path), key=_natural_order)
            if not inside:
                raise InputError(f"{path}: no images and no videos in this folder or those in it")
            found += inside
        elif not path.exists():
            raise InputError(f"{path}: no such file")
        elif is_image(path) or is_video(path):
            found.append(path)
        else:
            raise InputError(
                f"{path}: is no image ({', '.join(IMAGE_SUFFIXES)}) and no video "
                f"({', '.join(VIDEO_SUFFIXES)}) by its name"
            )
    return tuple(dict.fromkeys(found))


def media_inside(folder: Path) -> Iterator[Path]:
    """Yield the images and videos of a folder and the folders in it, in any order."""
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            path = Path(place) / name
            if not name.startswith(".") and (is_image(path) or is_video(path)):
                yield path


def _natural_order(path: Path) -> list[tuple[int, int, str]]:
    parts = re.findall(r"\d+|\D+", os.fspath(path))
    return [(0, int(p), p) if p.isdecimal() else (1, 0, p) for p in parts]
