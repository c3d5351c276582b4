"""Files of a folder, one per frame, whose names end in the frame's number."""

import os
import re
from collections.abc import Sequence
from pathlib import Path


def frame_number(stem: str) -> int | None:
    """Number at the end of a name without ending: 12 of video_000000000012 and cam01.0012."""
    # No frame has more digits; longer ones (hashes, dates with times) would not fit an int64.
    digits = re.search(r"(?<!\d)0*(\d{1,18})$", stem)
    return int(digits[1]) if digits else None


def in_order_of_frames(files: list[Path], ending: str = "") -> list[Path]:
    """Sort files by the number of their frame, after what stands before it.

    Args:
        files: in any order.
        ending: what stands between the number and the suffix in their names, such as _keypoints.
    """

    def order(file: Path) -> tuple[str, int, str]:
        stem = file.stem.removesuffix(ending)
        number = frame_number(stem)
        # Frames that are not padded with zeros sort by number.
        return stem.rstrip("0123456789"), -1 if number is None else number, file.name

    return sorted(files, key=order)


def recordings_of(names: Sequence[str], ending: str = "") -> list[str]:
    """Return the recording of every file, if the numbers in their names say that it is not one.

    Args:
        names: of the files that rows are from, a file as often as it has rows.
        ending: as in `in_order_of_frames`.

    Returns:
        What stands before the number of every name; nothing where no two files have the same number
        and so may be one recording.
    """
    stems = {name: os.path.splitext(name)[0].removesuffix(ending) for name in names}
    numbers = [number for stem in stems.values() if (number := frame_number(stem)) is not None]
    if len(set(numbers)) == len(numbers):
        return []
    return [stems[name].rstrip("0123456789").rstrip(" ._-") for name in names]
