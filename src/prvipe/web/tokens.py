"""Where the token comes from: a file or the environment, never the command line."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from prvipe.errors import InputError, printable

VARIABLE = "PRVIPE_TOKEN"

_MOST_BYTES = 4_096


def find_token(file: Path | None) -> str | None:
    """Token from a file, or from the environment, which no longer has it then.

    Other users of the machine can read the command lines of programs.

    Args:
        file: that holds it; line ends and spaces around it do not count.

    Returns:
        The token; None if there is neither.

    Raises:
        InputError: the file cannot be read, or holds more than a token.
    """
    in_environment = os.environ.pop(VARIABLE, None)
    if file is None:
        return in_environment
    if in_environment is not None:
        raise InputError(f"--token-file and {VARIABLE}: give the token in one of the two")
    try:
        with file.open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{printable(file)}: cannot be read ({error.strerror})") from error
    if len(content) > _MOST_BYTES:
        raise InputError(f"{printable(file)}: holds more than a token")
    return content.decode("utf-8", "replace").strip()


def is_readable_by_others(file: Path) -> bool:
    """Whether other users of the machine may read a file."""
    return bool(file.stat().st_mode & stat.S_IROTH)
