from pathlib import Path

import pytest

from prvipe.io.numbered_files import frame_number, in_order_of_frames, recordings_of


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


@pytest.mark.parametrize(
    ("names", "recordings"),
    [
        (["a_1.txt", "a_2.txt"], []),
        (["a_1.txt", "a_1.txt", "b_2.txt"], []),
        (["cat.txt", "dog.txt"], []),
        (["a_1.txt", "b_01.txt", "b_01.txt", "c.txt"], ["a", "b", "b", "c"]),
        (["left/7.jpg", "right/7.jpg"], ["left/", "right/"]),
    ],
)
def test_two_files_of_one_number_are_of_two_recordings(
    names: list[str], recordings: list[str]
) -> None:
    assert recordings_of(names) == recordings


def test_what_follows_the_number_is_no_part_of_the_recording() -> None:
    assert recordings_of(["a_1_k.json", "b_1_k.json"], "_k") == ["a", "b"]
