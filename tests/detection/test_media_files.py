from pathlib import Path

import pytest

from prvipe.detection.media_files import find_media
from prvipe.errors import InputError


def test_folders_are_searched_in_natural_order(photos: Path) -> None:
    names = [str(path.relative_to(photos)) for path in find_media([photos])]
    assert names == ["a 2.png", "a 10.png", "cut.png", "empty.jpg", "more/ü.png", "nobody.png"]


def test_files_stay_in_their_order_and_come_once(photos: Path) -> None:
    files = [photos / "nobody.png", photos / "a 2.png", photos / "nobody.png"]
    assert find_media(files) == (photos / "nobody.png", photos / "a 2.png")


def test_what_is_no_media_is_refused(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"notes.txt: is no image \(.bmp, .jpeg.*by its name"):
        find_media([photos / "notes.txt"])
    with pytest.raises(InputError, match=r"b.png: no such file"):
        find_media([tmp_path / "b.png"])
    (tmp_path / "nothing").mkdir()
    with pytest.raises(InputError, match="nothing: no images and no videos in this folder"):
        find_media([tmp_path / "nothing"])
