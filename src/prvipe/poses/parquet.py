"""Poses as a Parquet file: named columns, and the skeleton in the file's own metadata."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from prvipe.errors import InputError, errors_naming
from prvipe.files import atomic_path, require_file
from prvipe.memory import require_room
from prvipe.poses.fields import ROWS_LEFT_OUT, require_unique_columns, with_plain_lists
from prvipe.skeleton import Skeleton

FORMAT = 1
"""Counts up when a file can no longer be read by older versions."""

_METADATA_KEY = b"prvipe"

_ROWS_AT_ONCE = 4096


def write_table(table: pa.Table, skeleton: Skeleton, path: Path) -> None:
    """Write a table of named columns and its skeleton.

    Raises:
        InputError: the folder is missing or unwritable, or a field has a type Parquet lacks.
    """
    with errors_naming(path), atomic_path(path) as temporary, temporary.open("wb") as stream:
        write_stream(table, skeleton, stream)


def write_stream(table: pa.Table, skeleton: Skeleton, stream: IO[bytes]) -> None:
    """Write a table of named columns and its skeleton as the bytes of a file.

    Raises:
        InputError: a field has a type Parquet lacks.
    """
    note = {"format": FORMAT, "skeleton": _skeleton_to_json(skeleton)}
    metadata = {**(table.schema.metadata or {}), _METADATA_KEY: json.dumps(note).encode()}
    metadata.pop(ROWS_LEFT_OUT, None)  # of another file
    try:
        pq.write_table(
            with_plain_lists(table).replace_schema_metadata(metadata),
            stream,
            compression="zstd",
            write_page_checksum=True,
        )
    except pa.ArrowException as error:
        raise InputError(f"a field cannot be kept in Parquet: {error}") from error


def read_table(path: Path) -> tuple[pa.Table, Skeleton | None]:
    """Read any Parquet file; the skeleton is None where it was not written by `write_table`.

    Raises:
        InputError: the file is missing, empty, truncated, damaged, no Parquet file, written by a
            newer version, has two columns of one name, or unpacks to more than
            `prvipe.memory.unpacking_at_most` allows.
    """
    try:
        # Not pq.read_table: it would turn folders named like subject=S1 into columns.
        # Opened here, since pyarrow cannot open names that are no UTF-8.
        with (
            errors_naming(path),
            require_file(path).open("rb") as stream,
            pq.ParquetFile(stream, page_checksum_verification=True) as file,
        ):
            table = pa.Table.from_batches(_read_batches(file), file.schema_arrow)
    # A damaged footer can also name columns in no UTF-8 at all: a ValueError.
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(
            f"{path}: truncated, damaged or no Parquet file ({error}); write or copy it again"
        ) from error
    with errors_naming(path):
        require_unique_columns(table)
        return take_skeleton(table)


def whole_batches(
    file: pq.ParquetFile,
    rows_per_batch: int,
    *,
    row_group: int | None = None,
    columns: Sequence[str] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yield all rows of a Parquet file.

    Args:
        file: which is open.
        rows_per_batch: at most so many.
        row_group: of this one only.
        columns: these only; None: all.

    Raises:
        pa.ArrowException, OSError: the file is damaged.
        ValueError: it has fewer rows than it says, as Arrow takes a damaged head of a page for the
            end.
    """
    metadata, groups = file.metadata, None if row_group is None else [row_group]
    rows = metadata.num_rows if row_group is None else metadata.row_group(row_group).num_rows
    missing = rows
    # Arrow's threads may abort a program that ends soon after (apache/arrow issue 50482).
    for batch in file.iter_batches(
        rows_per_batch, row_groups=groups, columns=columns, use_threads=False
    ):
        missing -= batch.num_rows
        yield batch
    if missing:
        raise ValueError(f"{rows - missing:,} of {rows:,} rows can be read")


def _read_batches(file: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    """Some rows at a time: a value that repeats takes hardly any room in the file."""
    size = 0
    for batch in whole_batches(file, _ROWS_AT_ONCE):
        size += batch.nbytes
        require_room(size)
        yield batch


def take_skeleton(table: pa.Table) -> tuple[pa.Table, Skeleton | None]:
    """Return a table without the note on its skeleton, and the skeleton; None without a note.

    Raises:
        InputError: the note is damaged or written by a newer version.
    """
    metadata = dict(table.schema.metadata or {})
    note = metadata.pop(_METADATA_KEY, None)
    skeleton = None if note is None else _read_note(note)
    return table.replace_schema_metadata(metadata or None), skeleton


def _read_note(note: bytes) -> Skeleton:
    try:
        content = json.loads(note)
        written_by = int(content["format"])
        skeleton = content["skeleton"]
        if written_by <= FORMAT:
            return _skeleton_from_json(skeleton)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"its note on the skeleton is damaged ({error!r})") from error
    raise InputError(
        f"written by a newer prvipe (format {written_by}, this one reads up to {FORMAT}); "
        "update prvipe"
    )


def _skeleton_to_json(skeleton: Skeleton) -> dict[str, object]:
    return {
        "name": skeleton.name,
        "joints": skeleton.joints,
        "edges": skeleton.edges,
        "mirror_pairs": skeleton.mirror_pairs,
    }


def _skeleton_from_json(content: dict[str, list[list[str]]]) -> Skeleton:
    return Skeleton(
        name=str(content["name"]),
        joints=tuple(str(joint) for joint in content["joints"]),
        edges=tuple((str(a), str(b)) for a, b in content["edges"]),
        mirror_pairs=tuple((str(a), str(b)) for a, b in content["mirror_pairs"]),
    )
