"""Files of one recording, one per frame, whose names end in the frame's number."""

import re
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
