"""Pieces of Parquet files: every row once, in any order of pieces, and no group read N times."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prvipe.bulk import parquet_pieces
from prvipe.bulk.parquet_pieces import ParquetPieces
from prvipe.bulk.partitions import Piece
from prvipe.bulk.stamps import stamp_local
from prvipe.errors import NoPeopleError

AT_ONCE = 4


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_pieces, "ROWS_AT_ONCE", AT_ONCE)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The files opened, each time."""
    paths, really_open = [], parquet_pieces._open

    def noting(path: str) -> object:
        paths.append(path)
        return really_open(path)

    monkeypatch.setattr(parquet_pieces, "_open", noting)
    return paths


def write(file: Path, *groups: int) -> Path:
    rows = np.arange(sum(groups))
    table = pa.table({"x": rows})
    with pq.ParquetWriter(file, table.schema, write_page_checksum=True) as writer:
        for first, count in zip(np.cumsum([0, *groups]), groups, strict=False):
            writer.write_table(table.slice(first, count))
    return file


def piece(file: Path, first: int = 0, rows: int | None = None) -> Piece:
    seen = stamp_local(str(file))
    return Piece(seen.path, seen.size, seen.stamp, first, rows)


def rows_of(pieces: ParquetPieces, wanted: Piece) -> list[int]:
    found = []
    for first, table in pieces.tables(wanted):
        assert first == table["x"][0].as_py()
        assert table.num_rows <= AT_ONCE
        found += table["x"].to_pylist()
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    groups=st.lists(st.integers(0, 11), min_size=1, max_size=4).filter(any),
    wanted=st.lists(st.tuples(st.integers(0, 30), st.integers(1, 20)), max_size=6),
)
def test_pieces_in_any_order_have_their_rows(
    tmp_path: Path, groups: list[int], wanted: list[tuple[int, int]]
) -> None:
    file, reader = write(tmp_path / "a.parquet", *groups), ParquetPieces()
    for first, rows in wanted:
        expected = list(range(first, min(first + rows, sum(groups))))
        assert rows_of(reader, piece(file, first, rows)) == expected
    assert rows_of(reader, piece(file)) == list(range(sum(groups)))


def test_batches_begin_at_the_same_rows_as_of_the_whole_file(tmp_path: Path) -> None:
    file, reader = write(tmp_path / "a.parquet", 22, 9), ParquetPieces()
    whole = [first for first, _ in reader.tables(piece(file))]
    pieces = [piece(file, first, rows) for first, rows in ((0, 8), (8, 8), (16, 15))]
    assert [first for each in pieces for first, _ in reader.tables(each)] == whole


def test_a_group_is_read_once_by_whoever_reads_on(tmp_path: Path, opened: list[str]) -> None:
    """Also where another worker takes every other piece."""
    file, reader = write(tmp_path / "a.parquet", 40), ParquetPieces()
    for first in (0, 8, 24, 32):
        assert rows_of(reader, piece(file, first, 8)) == list(range(first, first + 8))
    assert len(opened) == 1
    assert rows_of(reader, piece(file, 8, 8)) == list(range(8, 16))
    assert len(opened) == 2


def test_no_file_stays_open_that_nobody_reads_on_in(tmp_path: Path) -> None:
    groups, other = write(tmp_path / "a.parquet", 8, 8), write(tmp_path / "b.parquet", 8)
    reader = ParquetPieces()
    rows_of(reader, piece(groups, 0, 8))
    assert reader._left_open is None
    rows_of(reader, piece(groups, 0, 4))
    (left := reader._left_open)._stream.tell()
    rows_of(reader, piece(other, 0, 4))
    assert left._stream.closed
    (left := reader._left_open)._stream.tell()
    rows_of(reader, piece(other))
    assert left._stream.closed
    assert reader._left_open is None


def test_a_file_that_was_replaced_is_opened_anew(tmp_path: Path) -> None:
    file, reader = write(tmp_path / "a.parquet", 16), ParquetPieces()
    assert rows_of(reader, piece(file, 0, 4)) == [0, 1, 2, 3]
    file.unlink()
    write(file, 12)
    assert rows_of(reader, piece(file, 4, 8)) == list(range(4, 12))


def test_after_an_error_nothing_is_left_half_read(tmp_path: Path) -> None:
    file, reader = write(tmp_path / "a.parquet", 16), ParquetPieces()
    tables = reader.tables(piece(file, 0, 8))
    next(tables)
    tables.close()
    assert reader._left_open is None
    assert rows_of(reader, piece(file, 4, 4)) == [4, 5, 6, 7]


def test_a_file_without_rows_has_nobody_in_it(tmp_path: Path) -> None:
    with pytest.raises(NoPeopleError, match="not a single row"):
        list(ParquetPieces().tables(piece(write(tmp_path / "a.parquet", 0))))


def test_a_damaged_head_of_a_page_is_no_end_of_the_file(tmp_path: Path) -> None:
    """Arrow then reads no rows and complains of nothing."""
    whole = write(tmp_path / "whole.parquet", 10, 10).read_bytes()
    told = 0
    for position in range(4, 40):
        damaged = tmp_path / f"{position}.parquet"
        damaged.write_bytes(whole[:position] + bytes([whole[position] ^ 2]) + whole[position + 1 :])
        try:
            assert len(rows_of(ParquetPieces(), piece(damaged))) == 20
        except ValueError as error:
            told += "of 10 rows can be read" in str(error)
        except (pa.ArrowException, OSError):
            pass
    assert told
