"""Reading CSV files with a header as tables."""

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from prvipe.errors import InputError, errors_naming
from prvipe.files import require_file
from prvipe.io.utf8 import OTHER_TEXT, no_utf8, refuse_other_encodings
from prvipe.poses.fields import require_unique_columns

_OTHER_FILES = {
    b"PAR1": "a Parquet file; let its name end in .parquet",
    b"PK\x03\x04": "a zip archive, as .xlsx and .npz are; save a spreadsheet as CSV in UTF-8, or "
    "give the file its own ending",
}


def csv_header(path: Path) -> tuple[str, ...]:
    """Return the column names in the first line of a CSV file.

    Raises:
        InputError: the file is missing, empty or no text in UTF-8.
    """
    with errors_naming(path):
        _refuse_other_files(path)
        try:
            with path.open(encoding="utf-8-sig", newline="") as stream:
                return tuple(next(csv.reader(stream), []))
        except UnicodeDecodeError as error:
            raise no_utf8(error) from error
        except csv.Error as error:
            raise InputError(f"is no CSV ({error}); write it again") from error


def read_csv(path: Path) -> pa.Table:
    """Read a CSV file; types are inferred column by column, empty and NaN cells are null.

    Raises:
        InputError: the file is missing, empty or no text in UTF-8, a row is longer or shorter than
            the header, or two columns share a name.
    """
    with errors_naming(path):
        _refuse_other_files(path)
    try:
        # Opened here: pyarrow cannot open names that are no UTF-8.
        with require_file(path).open("rb") as stream:
            table = pyarrow.csv.read_csv(stream)
    except pa.ArrowException as error:
        raise InputError(f"{path}: is no whole CSV file ({error}); write it again") from error
    with errors_naming(path):
        require_unique_columns(table)
        _require_text(table)
    return table


def _refuse_other_files(path: Path) -> None:
    with require_file(path).open("rb") as stream:
        start = stream.read(64)
    refuse_other_encodings(start)
    for mark, what in _OTHER_FILES.items():
        if start.startswith(mark):
            raise InputError(f"is {what}")


def _require_text(table: pa.Table) -> None:
    """Refuse columns that pyarrow read as bytes, since they are no UTF-8."""
    for field in table.schema:
        if pa.types.is_binary(field.type):
            raise InputError(
                f"column {field.name} is no text in UTF-8, {OTHER_TEXT}; save the file as UTF-8"
            )
