"""From a piece to poses, some thousand rows at a time, within a share of the memory."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pyarrow as pa

from prvipe.bulk.addresses import ending_of, filesystem_of, is_remote
from prvipe.bulk.job import Job
from prvipe.bulk.parquet_pieces import ParquetPieces
from prvipe.bulk.partitions import ROWS_AT_ONCE, Piece
from prvipe.bulk.stamps import SourceFile, stamp_now
from prvipe.bulk.storage import output_errors
from prvipe.bulk.store_reading import StoreStream, store_errors
from prvipe.detection.media_files import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from prvipe.errors import InputError, NoPeopleError, printable
from prvipe.io import load
from prvipe.io.image_units import check_image_units, with_image_size
from prvipe.io.infinity import infinity_left_in
from prvipe.io.parquet import poses_from_rows
from prvipe.io.reading import ReadingOptions, said_once
from prvipe.memory import unpacking_at_most
from prvipe.poses import Poses
from prvipe.skeleton import get_skeleton

_SHARE_OF_WHOLE_FILES = 8
"""A file that is read whole may have, and unpack to, this part of the memory: what is made of it
takes a few times as much."""

_READ_AHEAD = 2**20


def read_batches(piece: Piece, job: Job, parquet: ParquetPieces) -> Iterator[tuple[int, Poses]]:
    """Yield the number of the first row in the file, and the poses from there.

    Infinite joints are let through. Pieces of Parquet files are read by `parquet`.

    Raises:
        NoPeopleError: nobody is in it.
        InputError: it cannot be read, is too large for the memory, or has changed since the job
            was planned.
        StoreError: its object store fails; it may answer when asked again.
        MemoryError: there is less than the job may take.
        OutputError: the temporary folder is full.
    """
    _require_unchanged(piece)
    options = ReadingOptions(job.options.camera, job.options.image_size)
    before = said_once.set(options)
    try:
        with infinity_left_in(), unpacking_at_most(job.memory // _SHARE_OF_WHOLE_FILES):
            if ending_of(piece.path) == ".parquet":
                yield from _read_parquet(piece, job, parquet)
            else:
                yield from _read_whole(piece, job)
    finally:
        said_once.reset(before)


def _require_unchanged(piece: Piece) -> None:
    try:
        with store_errors() if is_remote(piece.path) else nullcontext():
            now = stamp_now(piece.path)
    except FileNotFoundError:
        raise InputError("is gone since the job was planned") from None
    if now != SourceFile(piece.path, piece.size, piece.stamp):
        raise InputError("has changed since the job was planned; run the same command again")


def _read_whole(piece: Piece, job: Job) -> Iterator[tuple[int, Poses]]:
    _require_small(piece, job)
    with _local_file(piece) as file:
        poses = _load(file, piece, job)
    for start in range(0, len(poses), ROWS_AT_ONCE):
        yield start, poses[start : start + ROWS_AT_ONCE]


def _require_small(piece: Piece, job: Job) -> None:
    most = job.memory // _SHARE_OF_WHOLE_FILES
    if piece.size > most and ending_of(piece.path) not in (*IMAGE_SUFFIXES, *VIDEO_SUFFIXES):
        raise InputError(
            f"has {piece.size:,} bytes and is read as a whole, for which {most:,} are allowed; "
            f"write it as Parquet, which is read in parts, divide it, or give --memory "
            f"{_SHARE_OF_WHOLE_FILES * piece.size // 2**30 + 1}GiB"
        )


def _load(file: Path, piece: Piece, job: Job) -> Poses:
    try:
        poses = load(file, job.options.skeleton)
    except InputError as error:
        kind = NoPeopleError if isinstance(error, NoPeopleError) else InputError
        raise kind(str(error).replace(printable(file), printable(piece.path))) from error
    if str(file) == piece.path or "source" not in poses.table.column_names:
        return poses
    # The temporary file's name is nobody's source; fields that the file brings stay.
    named = poses.table["source"].to_pylist()
    place, true_name = printable(file), printable(piece.path)
    return poses.with_fields(source=[true_name if name == place else name for name in named])


@contextmanager
def _local_file(piece: Piece) -> Iterator[Path]:
    """A path to the file; of a remote one a temporary copy with its name, which says its frame."""
    if not is_remote(piece.path):
        yield Path(piece.path)
        return
    files, inside = filesystem_of(piece.path)
    with tempfile.TemporaryDirectory(prefix="prvipe-read-") as folder:
        file = Path(folder) / os.path.basename(inside)
        stream = StoreStream(files, inside)
        with stream as source, output_errors(folder), file.open("wb") as copy:
            shutil.copyfileobj(source, copy, _READ_AHEAD)
        yield file


def _read_parquet(piece: Piece, job: Job, parquet: ParquetPieces) -> Iterator[tuple[int, Poses]]:
    named = job.options.skeleton
    skeleton = None if named is None else get_skeleton(named)
    try:
        for first, table in parquet.tables(piece):
            poses = poses_from_rows(table, skeleton)
            poses = with_image_size(poses, job.options.image_size)
            check_image_units(poses, in_pixels=False)
            if "source" not in poses.table.column_names:
                poses = poses.with_fields(source=pa.repeat(printable(piece.path), len(poses)))
            yield first, poses
    except MemoryError as error:
        _require_in_budget(error, job)
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(
            f"truncated, damaged or no Parquet file ({error}); write or copy it again"
        ) from error


def _require_in_budget(error: MemoryError, job: Job) -> None:
    """See that memory was refused that the file may take: damaged ones claim more than any has."""
    asked = re.search(r"size (\d+)", str(error))  # as Arrow says it
    if asked and int(asked[1]) > job.memory:
        raise InputError(
            f"needs {int(asked[1]):,} bytes at once, more than the {job.memory:,} of --memory; it "
            "may be damaged, or give more"
        ) from error
