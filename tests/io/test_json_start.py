from pathlib import Path

import pytest

from prvipe.errors import InputError
from prvipe.io.json_start import json_starts_with


@pytest.mark.parametrize(
    ("content", "starts"),
    [
        ('{"images": []}', True),
        ('\ufeff \n{"info": {}, "images": []}', True),
        ('[{"images": []}]', False),
        ('{"people": ["images"]}', True),
        ('{"people": []}', False),
        ("images", False),
    ],
)
def test_bracket_and_key_are_looked_for(tmp_path: Path, content: str, starts: bool) -> None:
    path = tmp_path / "a.json"
    path.write_text(content, encoding="utf-8")
    assert json_starts_with(path, "{", ("images", "annotations")) is starts


def test_an_empty_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").touch()
    with pytest.raises(InputError, match=r"a\.json: the file is empty"):
        json_starts_with(tmp_path / "a.json", "{", ("images",))
