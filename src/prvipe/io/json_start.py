"""Telling JSON formats apart by how a file begins, without parsing all of it."""

from collections.abc import Collection
from pathlib import Path

from prvipe.files import require_file

_ENOUGH = 65536


def json_starts_with(path: Path, bracket: str, keys: Collection[str]) -> bool:
    """Whether a file's first value is an object "{" or list "[" and one of the keys soon follows.

    Raises:
        InputError: the file is missing or empty.
    """
    with require_file(path).open("rb") as file:
        start = file.read(_ENOUGH).decode("utf-8", errors="replace").lstrip("\ufeff \t\r\n")
    return start.startswith(bracket) and any(f'"{key}"' in start for key in keys)
