import pytest

from prvipe.errors import InputError, NoPeopleError, PrvipeError, errors_naming, on_one_line


def test_an_input_error_is_named_after_its_file_once() -> None:
    with pytest.raises(InputError, match=r"^a\.csv: row 3 is short$"), errors_naming("a.csv"):
        raise InputError("row 3 is short")
    with pytest.raises(InputError, match=r"^a\.csv: row 3 is short$"), errors_naming("a.csv"):
        raise InputError("a.csv: row 3 is short")


def test_an_error_that_names_a_file_in_the_folder_says_enough() -> None:
    with pytest.raises(InputError, match=r"^poses/a\.csv: row 3 is short$"), errors_naming("poses"):
        raise InputError("poses/a.csv: row 3 is short")
    with pytest.raises(InputError, match=r"^poses: poses2/a\.csv$"), errors_naming("poses"):
        raise InputError("poses2/a.csv")


@pytest.mark.parametrize("kind", [PrvipeError, ValueError, KeyboardInterrupt])
def test_other_errors_pass_unchanged(kind: type[BaseException]) -> None:
    with pytest.raises(kind, match=r"^row 3$"), errors_naming("a.csv"):
        raise kind("row 3")


def test_input_errors_are_prvipe_errors() -> None:
    assert issubclass(InputError, PrvipeError)


def test_nobody_in_a_file_stays_told_from_other_errors() -> None:
    with pytest.raises(NoPeopleError, match=r"^a\.json: nobody$"), errors_naming("a.json"):
        raise NoPeopleError("nobody")


def test_text_on_one_line_steers_no_terminal() -> None:
    assert on_one_line("a\x1b[2J\r\n  b\u2028c\x9b é") == "a [2J b c é"
