from pathlib import Path

import pytest

from prvipe.errors import InputError
from prvipe.io.mocap.text import parse_numbers, read_lines


def test_lines_keep_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfone two\r\n\r\n  \tthree\n")
    found = read_lines(path)
    assert [(line.number, line.words) for line in found] == [(1, ("one", "two")), (3, ("three",))]


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(bytes(range(128, 200)))
    with pytest.raises(InputError, match=r"a.txt: is no text"):
        read_lines(path)


def test_numbers_are_read_with_exponents() -> None:
    assert parse_numbers(["1", "-2.5e-1", ".5"], 3, "here").tolist() == [1, -0.25, 0.5]


@pytest.mark.parametrize("word", ["x", "nan", "inf", "-inf", "1,5"])
def test_words_that_are_no_finite_numbers_are_refused(word: str) -> None:
    with pytest.raises(InputError, match=r"here: .* is no finite number"):
        parse_numbers(["1", word], 2, "here")


def test_the_count_must_fit() -> None:
    with pytest.raises(InputError, match="here: 2 numbers, expected 3"):
        parse_numbers(["1", "2"], 3, "here")
