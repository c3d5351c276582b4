"""Telling JSON formats apart by how a file begins, without parsing all of it."""

from collections.abc import Collection
from pathlib import Path

from prvipe.errors import errors_naming
from prvipe.files import require_file
from prvipe.io.utf8 import refuse_other_encodings

_ENOUGH = 65536


def json_starts_with(path: Path, bracket: str, keys: Collection[str]) -> bool:
    """Whether a file's first value is an object "{" or list "[" and one of the keys soon follows.

    Raises:
        InputError: the file is missing, empty or in UTF-16.
    """
    with require_file(path).open("rb") as file, errors_naming(path):
        read = file.read(_ENOUGH)
        refuse_other_encodings(read)
    start = read.decode("utf-8", errors="replace").lstrip("\ufeff \t\r\n")
    return start.startswith(bracket) and any(f'"{key}"' in start for key in keys)
