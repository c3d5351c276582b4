from pathlib import Path

import pytest

from prvipe.io.numbered_files import frame_number, in_order_of_frames


@pytest.mark.parametrize(
    ("stem", "number"),
    [
        ("walk_000000000012", 12),
        ("cam01.0003", 3),
        ("7", 7),
        ("000", 0),
        ("walk", None),
        ("walk_3b", None),
        ("20240131123059123456789", None),
        ("1" * 18, int("1" * 18)),
    ],
)
def test_the_number_at_the_end_of_a_name(stem: str, number: int | None) -> None:
    assert frame_number(stem) == number


def test_frames_are_in_order_whether_padded_or_not() -> None:
    names = ["b_2", "a_10", "a_9", "a", "a_011"]
    files = [Path(f"{name}_k.json") for name in names]
    ordered = [file.stem.removesuffix("_k") for file in in_order_of_frames(files, "_k")]
    assert ordered == ["a", "a_9", "a_10", "a_011", "b_2"]
