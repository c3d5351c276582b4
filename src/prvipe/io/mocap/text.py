"""Lines and numbers of text files, with messages that name the line."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, nan
from pathlib import Path

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.files import require_file


@dataclass(frozen=True)
class Line:
    """One line of a text file.

    Attributes:
        number: counted from 1, as editors do.
        text: the whole of it, which takes far less memory than its words.
    """

    number: int
    text: str

    @property
    def words(self) -> tuple[str, ...]:
        """What stands between blanks."""
        return tuple(self.text.split())


def read_lines(path: Path) -> list[Line]:
    """Return the lines of a text file that are not empty.

    Raises:
        InputError: the file is missing, empty or no text.
    """
    return [Line(i, t) for i, t in enumerate(read_text(path), 1) if t.strip()]


def read_text(path: Path) -> list[str]:
    """Return all lines of a text file, without their ends.

    Raises:
        InputError: the file is missing, empty or no text.
    """
    try:
        return require_file(path).read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is no text ({error}); is it what its ending says?") from error


def parse_numbers(words: Sequence[str], count: int, where: str) -> npt.NDArray[np.float64]:
    """Return `count` finite numbers.

    Args:
        words: the numbers as written.
        count: how many there must be.
        where: what to call them in the message, such as "line 7 (joint hip)".

    Raises:
        InputError: more or fewer, or a word that is no finite number.
    """
    if len(words) != count:
        raise InputError(f"{where}: {len(words)} numbers, expected {count}")
    numbers = [_number_or_nan(word) for word in words]
    if not all(map(isfinite, numbers)):
        wrong = next(word for word in words if not isfinite(_number_or_nan(word)))
        raise InputError(f"{where}: {wrong!r} is no finite number")
    return np.array(numbers)


def _number_or_nan(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return nan
