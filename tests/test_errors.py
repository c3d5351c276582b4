import pytest

from prvipe.errors import InputError, PrvipeError, errors_naming


def test_an_input_error_is_named_after_its_file_once() -> None:
    with pytest.raises(InputError, match=r"^a\.csv: row 3 is short$"), errors_naming("a.csv"):
        raise InputError("row 3 is short")
    with pytest.raises(InputError, match=r"^a\.csv: row 3 is short$"), errors_naming("a.csv"):
        raise InputError("a.csv: row 3 is short")


@pytest.mark.parametrize("kind", [PrvipeError, ValueError, KeyboardInterrupt])
def test_other_errors_pass_unchanged(kind: type[BaseException]) -> None:
    with pytest.raises(kind, match=r"^row 3$"), errors_naming("a.csv"):
        raise kind("row 3")


def test_input_errors_are_prvipe_errors() -> None:
    assert issubclass(InputError, PrvipeError)
