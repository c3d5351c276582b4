import pytest

from prvipe.cli.settings import parse_settings
from prvipe.errors import InputError


def test_settings_are_split_at_the_first_equals_sign() -> None:
    assert parse_settings(["a.b=1", 'c="x=y"']) == {"a.b": "1", "c": '"x=y"'}
    with pytest.raises(InputError, match="KEY=VALUE"):
        parse_settings(["a"])
