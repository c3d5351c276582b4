from pathlib import Path

import pytest

from prvipe.errors import InputError
from prvipe.io.csv_table import csv_header, read_csv


def test_header_and_columns_agree_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('\ufeffwrist_x,"shot, name"\n1.5,a\n', "utf-8")
    assert csv_header(path) == ("wrist_x", "shot, name")
    assert read_csv(path).to_pydict() == {"wrist_x": [1.5], "shot, name": ["a"]}


def test_only_the_header_is_read_for_its_names(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"wrist_x,wrist_y\n1,2\n3\n")
    assert csv_header(path) == ("wrist_x", "wrist_y")
    with pytest.raises(InputError, match=r"a\.csv: is no whole CSV file .*got 1"):
        read_csv(path)


@pytest.mark.parametrize("read", [csv_header, read_csv])
def test_an_empty_file_is_refused(tmp_path: Path, read) -> None:
    (tmp_path / "a.csv").touch()
    with pytest.raises(InputError, match=r"a\.csv: the file is empty"):
        read(tmp_path / "a.csv")
