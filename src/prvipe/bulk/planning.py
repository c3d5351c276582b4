"""From files to partitions: the same files give the same partitions, and a change moves few."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from zlib import crc32

from prvipe.bulk.addresses import ending_of, filesystem_of, is_remote
from prvipe.bulk.partitions import ROWS_AT_ONCE, Partition, Piece
from prvipe.bulk.stamps import SourceFile

ROWS = 100_000
"""Poses of a partition, about, where a file says how many it has; three times as many at most."""

_OF_A_LARGE_GROUP = 7 * ROWS_AT_ONCE
"""Rows into which a row group of more than twice `ROWS` is divided: some more than `ROWS`, and
whole batches, so that these begin at the same rows as if the group were read at once."""

_SMALL = 16 * 2**20
"""Bytes of files that are embedded together; larger ones have partitions of their own."""

_MOST_FILES = 256
_ONE_IN = 64
"""How often a file's name ends a group: so a file more or less moves only the group it is in."""


def plan_partitions(files: Sequence[SourceFile]) -> list[Partition]:
    """Divide files into partitions, in the order of the files.

    Small files are taken together, large Parquet files divided at their row groups, and large row
    groups within. Only the ends of large Parquet files are read.
    """
    large = [file for file in files if _is_large(file) and ending_of(file.path) == ".parquet"]
    with ThreadPoolExecutor(16) as pool:
        row_groups = dict(zip(large, pool.map(_rows_of_groups, large), strict=True))
    partitions: list[Partition] = []
    group: list[SourceFile] = []
    for file in files:
        if not _is_large(file):
            group.append(file)
            if _ends_group(group):
                partitions.append(_together(group))
                group = []
            continue
        if group:
            partitions.append(_together(group))
            group = []
        partitions += map(Partition, _divide(file, row_groups.get(file, ())))
    return [*partitions, _together(group)] if group else partitions


def _is_large(file: SourceFile) -> bool:
    return file.size >= _SMALL


def _ends_group(group: Sequence[SourceFile]) -> bool:
    if len(group) >= _MOST_FILES or sum(file.size for file in group) >= _SMALL:
        return True
    return crc32(group[-1].path.encode("utf-8", "surrogateescape")) % _ONE_IN == 0


def _together(group: Sequence[SourceFile]) -> Partition:
    return Partition(tuple(Piece(file.path, file.size, file.stamp) for file in group))


def _divide(file: SourceFile, row_groups: Sequence[int]) -> Iterator[tuple[Piece]]:
    spans = list(_spans(row_groups))
    if sum(spans) <= ROWS or len(spans) == 1:
        yield (Piece(file.path, file.size, file.stamp),)
        return
    first = rows = 0
    for number, count in enumerate(spans):
        rows += count
        if rows >= ROWS or number == len(spans) - 1:
            yield (Piece(file.path, file.size, file.stamp, first, rows),)
            first, rows = first + rows, 0


def _spans(row_groups: Sequence[int]) -> Iterator[int]:
    """Rows that stay together."""
    for rows in row_groups:
        if rows <= 2 * ROWS:
            yield rows
            continue
        for first in range(0, rows, _OF_A_LARGE_GROUP):
            yield min(_OF_A_LARGE_GROUP, rows - first)


def _rows_of_groups(file: SourceFile) -> list[int]:
    """Rows of the row groups; none of a file that cannot be read, which its worker reports."""
    from pyarrow import parquet

    try:
        with _open(file.path) as stream:
            metadata = parquet.ParquetFile(stream).metadata
            return [metadata.row_group(each).num_rows for each in range(metadata.num_row_groups)]
    except Exception:
        return []


def _open(path: str) -> Any:
    if not is_remote(path):
        return open(path, "rb")
    files, inside = filesystem_of(path)
    return files.open(inside, "rb", block_size=2**20, cache_type="readahead")
