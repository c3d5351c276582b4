"""Reading CSV files with a header as tables."""

import csv
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from prvipe.errors import InputError, errors_naming
from prvipe.files import require_file
from prvipe.poses.fields import require_unique_columns


def csv_header(path: Path) -> tuple[str, ...]:
    """Return the column names in the first line of a CSV file.

    Raises:
        InputError: the file is missing, empty or no text.
    """
    try:
        with require_file(path).open(encoding="utf-8-sig", newline="") as stream:
            return tuple(next(csv.reader(stream), []))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: is no CSV text in UTF-8 ({error})") from error


def read_csv(path: Path) -> pa.Table:
    """Read a CSV file; types are inferred column by column, empty and NaN cells are null.

    Raises:
        InputError: the file is missing, empty or no text, a row is longer or shorter than the
            header, or two columns share a name.
    """
    try:
        # Opened here: pyarrow cannot open names that are no UTF-8.
        with require_file(path).open("rb") as stream:
            table = pyarrow.csv.read_csv(stream)
    except pa.ArrowException as error:
        raise InputError(f"{path}: is no whole CSV file ({error}); write it again") from error
    with errors_naming(path):
        require_unique_columns(table)
    return table
