import pytest

from prvipe.cli.reading import parse_reading
from prvipe.errors import InputError


def test_both_are_read() -> None:
    assert parse_reading("45,-8,5", "1920x1080") == {
        "camera": (45, -8, 5),
        "image_size": (1920, 1080),
    }
    assert parse_reading(None, None) == {"camera": None, "image_size": None}


@pytest.mark.parametrize("text", ["", "45,8", "45,8,0", "45,99,5", "a,b,c", "45,8,5;90,8,5"])
def test_no_camera_is_refused_by_its_own_option(text: str) -> None:
    with pytest.raises(InputError, match=r"^--seen-from"):
        parse_reading(text, None)


@pytest.mark.parametrize(
    "text", ["", "1920", "1920x", "0x5", "-1x5", "1920,1080", "1.5x2", "\u00b2x3"]
)
def test_no_size_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"--image-size .* such as 1920x1080"):
        parse_reading(None, text)
