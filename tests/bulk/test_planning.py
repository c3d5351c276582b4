"""Partitions: the same files give the same ones, and a change moves few."""

import resource
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe.bulk import planning
from prvipe.bulk.partitions import ROWS_AT_ONCE, Partition, Piece
from prvipe.bulk.planning import plan_partitions
from prvipe.bulk.stamps import SourceFile, stamp_local


def small_files(count: int) -> list[SourceFile]:
    return [SourceFile(f"/data/{number:06d}.json", 1000, "1") for number in range(count)]


def ids(partitions: list[Partition]) -> set[str]:
    return {partition.id for partition in partitions}


@given(
    st.lists(st.integers(0, 40 * 2**20), max_size=80),
)
def test_every_file_is_in_one_partition_in_order(sizes: list[int]) -> None:
    files = [SourceFile(f"/f{place}.csv", size, "s") for place, size in enumerate(sizes)]
    partitions = plan_partitions(files)
    assert [piece.path for partition in partitions for piece in partition] == [
        file.path for file in files
    ]
    assert ids(plan_partitions(files)) == ids(partitions)
    assert len(ids(partitions)) == len(partitions)


@pytest.mark.parametrize("place", [0, 400, 999])
def test_a_changed_or_new_file_moves_only_its_own_group(place: int) -> None:
    files = small_files(1000)
    before = ids(plan_partitions(files))
    assert 8 < len(before) < 40
    changed = [*files]
    changed[place] = SourceFile(files[place].path, 1000, "2")
    assert len(before - ids(plan_partitions(changed))) == 1
    inserted = [*files[:place], SourceFile("/data/new.json", 1000, "1"), *files[place:]]
    assert len(before - ids(plan_partitions(inserted))) <= 1


def test_the_id_follows_everything_that_says_what_is_read() -> None:
    piece = Piece("/a", 1, "1", 0, None)
    others = [
        Piece("/b", 1, "1"),
        Piece("/a", 2, "1"),
        Piece("/a", 1, "2"),
        Piece("/a", 1, "1", 5),
        Piece("/a", 1, "1", 0, 5),
    ]
    assert len({Partition((each,)).id for each in (piece, *others)}) == 6
    assert len(Partition((piece,)).id) == 20


def test_large_parquet_is_divided_at_its_row_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "_SMALL", 1000)
    monkeypatch.setattr(planning, "ROWS", 250)
    file = tmp_path / "large.parquet"
    pq.write_table(pa.table({"x": np.arange(1050)}), file, row_group_size=100)
    partitions = plan_partitions([stamp_local(str(file))])
    pieces = [piece for partition in partitions for piece in partition]
    assert [(piece.first_row, piece.rows) for piece in pieces] == [
        (0, 300),
        (300, 300),
        (600, 300),
        (900, 150),
    ]
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(file.read_bytes()[:-50])
    (partition,) = plan_partitions([stamp_local(str(damaged))])
    assert partition.pieces[0].rows is None


def pieces_of(*row_groups: int) -> list[Piece]:
    """Of a large Parquet file of such row groups."""
    file = SourceFile("/large.parquet", 2**30, "1")
    return [piece for (piece,) in planning._divide(file, row_groups)]


@given(st.lists(st.integers(0, 3_000_000), max_size=8))
def test_pieces_are_bounded_whatever_the_row_groups(row_groups: list[int]) -> None:
    pieces, ends = pieces_of(*row_groups), np.cumsum(row_groups)
    if pieces[0].rows is None:
        assert len(pieces) == 1
        assert sum(row_groups) <= 2 * planning.ROWS
        return
    assert max(piece.rows for piece in pieces) <= 3 * planning.ROWS
    row = 0
    for piece in pieces:
        assert piece.first_row == row
        row += piece.rows
        # Batches begin where they do if the whole group is read at once.
        start_of_group = max((int(end) for end in ends if end < row), default=0)
        assert row in ends or (row - start_of_group) % ROWS_AT_ONCE == 0
    assert row == sum(row_groups)


def test_row_groups_of_usual_size_are_not_divided() -> None:
    """Outputs that an earlier version began go on as they are."""
    assert [piece.rows for piece in pieces_of(122_880, 122_880, 50_000)] == [
        122_880,
        122_880,
        50_000,
    ]
    assert [piece.rows for piece in pieces_of(60_000, 60_000, 60_000)] == [120_000, 60_000]
    assert [piece.rows for piece in pieces_of(200_000)] == [None]
    assert [piece.rows for piece in pieces_of(1_048_576)] == [114_688] * 9 + [16_384]


def test_many_files_are_planned_in_little_memory() -> None:
    files = small_files(100_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    partitions = plan_partitions(files)
    assert len(ids(partitions)) > 1000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000
