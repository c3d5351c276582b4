import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
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


@pytest.mark.parametrize("read", [csv_header, read_csv])
@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        ("utf-16", r"a\.csv: is text in UTF-16; save it as UTF-8"),
        ("utf-16-le", r"a\.csv: is text in UTF-16; save it as UTF-8"),
        ("utf-16-be", r"a\.csv: is text in UTF-16; save it as UTF-8"),
        ("utf-32", r"a\.csv: is text in UTF-32; save it as UTF-8"),
    ],
)
def test_other_encodings_are_refused_by_name(
    tmp_path: Path, read, encoding: str, message: str
) -> None:
    (tmp_path / "a.csv").write_bytes("wrist_x,wrist_y\n1,2\n".encode(encoding))
    with pytest.raises(InputError, match=message):
        read(tmp_path / "a.csv")


def test_latin_1_is_refused_in_the_header_and_in_a_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("wrist_x,größe\n1,2\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"a\.csv: is no text .*0xf6.*Latin-1.*save it as UTF-8"):
        csv_header(path)
    path.write_bytes("wrist_x,who\n1,Jörg\n".encode("latin-1"))
    with pytest.raises(InputError, match=r"a\.csv: column who is no text .*Latin-1.*as UTF-8"):
        read_csv(path)


@pytest.mark.parametrize("read", [csv_header, read_csv])
def test_other_files_named_csv_are_known(tmp_path: Path, read) -> None:
    path = tmp_path / "a.csv"
    pq.write_table(pa.table({"wrist_x": [1.0]}), path)
    with pytest.raises(InputError, match=r"a\.csv: is a Parquet file; let its name end in"):
        read(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    with pytest.raises(InputError, match=r"a\.csv: is a zip archive, .*save a spreadsheet as CSV"):
        read(path)
