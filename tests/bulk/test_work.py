"""One worker: what it writes of a partition, and that it always writes the same."""

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from prvipe.bulk import attempts, parquet_pieces, planning, reading, work
from prvipe.bulk.attempts import MOST_OF_A_PARTITION, MOST_OUTSIDE_PIECES, Attempts
from prvipe.bulk.job import Job, JobOptions
from prvipe.bulk.layout import part_name
from prvipe.bulk.local import run_locally
from prvipe.bulk.machine import MachineError
from prvipe.bulk.parquet_pieces import ParquetPieces
from prvipe.bulk.partitions import Partition, Piece
from prvipe.bulk.planning import plan_partitions
from prvipe.bulk.reading import read_batches
from prvipe.bulk.selecting import TOO_LITTLE_VISIBLE
from prvipe.bulk.sources import find_files
from prvipe.bulk.stamps import stamp_local
from prvipe.bulk.storage import FolderStorage, open_storage
from prvipe.bulk.store_reading import StoreError
from prvipe.bulk.work import PartitionEmbedder
from prvipe.errors import InputError
from prvipe.io import load
from prvipe.model.embedder import Embedder
from prvipe.model.fingerprint import fingerprint
from prvipe.poses import Poses

from .conftest import WritePoses

MACHINE, _ = attempts._machine_and_boot()


@pytest.fixture
def job(model: str, tmp_path: Path) -> Job:
    return Job(str(tmp_path / "out"), model, fingerprint(Embedder.load(model)))


def partition_of(*files: Path) -> Partition:
    stamps = [stamp_local(str(file)) for file in files]
    return Partition(tuple(Piece(each.path, each.size, each.stamp) for each in stamps))


def test_a_part_holds_what_the_model_says(job: Job, write_poses: WritePoses) -> None:
    first = write_poses("a.parquet", 4, camera=["cam1"] * 4)
    second = write_poses("b.parquet", 3, 1, camera=[1, 2, 3], note=["x", "y", None])
    partition = partition_of(first, second)
    outcome = PartitionEmbedder(job)(partition)
    assert (outcome.rows, outcome.failures, outcome.left_out) == (7, (), {})
    assert outcome.columns == {
        "frame": "int64",
        "camera": "string",
        "source": "string",
        "row": "int64",
        "note": "string",
    }
    table = pq.read_table(Path(job.out) / part_name(partition.id))
    assert table["source"].to_pylist() == [str(first)] * 4 + [str(second)] * 3
    assert table["row"].to_pylist() == [0, 1, 2, 3, 0, 1, 2]
    assert table["camera"].to_pylist() == ["cam1"] * 4 + ["1", "2", "3"]
    assert table["note"].to_pylist() == [None] * 4 + ["x", "y", None]
    poses = [load(file) for file in (first, second)]
    expected = [Embedder.load(job.model).embed(each) for each in poses]
    for name in ("mean", "std"):
        values = np.array(table[name].to_pylist(), np.float32)
        parts = [getattr(each, name).numpy() for each in expected]
        np.testing.assert_allclose(values, np.concatenate(parts), atol=1e-6)
    keypoints = np.array(table["keypoints"].to_pylist(), np.float32).reshape(7, 13, 2)
    np.testing.assert_array_equal(keypoints, np.concatenate([each.keypoints for each in poses]))


def test_rows_that_cannot_be_embedded_are_counted_and_numbers_stay(
    job: Job, write_poses: WritePoses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_pieces, "ROWS_AT_ONCE", 4)
    poses = load(write_poses("a.parquet", 10))
    scores = poses.scores.copy()
    scores[[2, 5, 9], 3:] = 0
    file = write_poses("a.parquet", 10)
    Poses(poses.keypoints, scores, "coco13").save(file)
    partition = partition_of(file)
    outcome = PartitionEmbedder(job)(partition)
    assert (outcome.rows, outcome.left_out) == (7, {TOO_LITTLE_VISIBLE: 3})
    table = pq.read_table(Path(job.out) / part_name(partition.id))
    assert table["row"].to_pylist() == [0, 1, 3, 4, 6, 7, 8]


def test_row_groups_of_a_large_file_have_its_row_numbers(
    job: Job, write_poses: WritePoses, tmp_path: Path
) -> None:
    whole = pq.read_table(write_poses("a.parquet", 30))
    file = tmp_path / "in" / "grouped.parquet"
    pq.write_table(whole, file, row_group_size=10)
    stamp = stamp_local(str(file))
    partition = Partition((Piece(stamp.path, stamp.size, stamp.stamp, 10, 20),))
    PartitionEmbedder(job)(partition)
    table = pq.read_table(Path(job.out) / part_name(partition.id))
    assert table["row"].to_pylist() == list(range(10, 30))
    assert table["frame"].to_pylist() == list(range(10, 30))


def test_pieces_of_a_row_group_are_the_bytes_of_the_whole(
    job: Job, write_poses: WritePoses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which worker did which, and what it did before, changes nothing."""
    monkeypatch.setattr(parquet_pieces, "ROWS_AT_ONCE", 40)
    monkeypatch.setattr(planning, "ROWS", 100)
    monkeypatch.setattr(planning, "_SMALL", 1)
    monkeypatch.setattr(planning, "_OF_A_LARGE_GROUP", 120)
    file = write_poses("a.parquet", 500)
    assert pq.ParquetFile(file).num_row_groups == 1
    partitions = plan_partitions(find_files([str(file)]))
    assert [each.pieces[0].rows for each in partitions] == [120, 120, 120, 120, 20]
    whole, one, many = (replace(job, out=f"{job.out}/{name}") for name in ("whole", "one", "many"))
    PartitionEmbedder(whole)(partition_of(file))
    worker = PartitionEmbedder(one)
    for partition in partitions:
        worker(partition)
    for partition in partitions[::-1]:
        PartitionEmbedder(many)(partition)
    parts = [[Path(job.out) / part_name(each.id) for each in partitions] for job in (one, many)]
    for first, second in zip(*parts, strict=True):
        assert first.read_bytes() == second.read_bytes()
    together = pa.concat_tables([pq.read_table(part) for part in parts[0]])
    assert together.equals(pq.read_table(Path(whole.out) / part_name(partition_of(file).id)))


def test_a_poisoned_file_leaves_nothing_and_stops_nothing(
    job: Job, write_poses: WritePoses, tmp_path: Path
) -> None:
    good = write_poses("good.parquet", 40_000)
    damaged = tmp_path / "in" / "damaged.parquet"
    content = bytearray(good.read_bytes())
    content[len(content) // 2] ^= 0xFF
    damaged.write_bytes(content)
    space = tmp_path / "in" / "space.npz"
    np.savez(space, poses3d=np.random.default_rng(0).normal(size=(3, 17, 3)))
    reserved = write_poses("reserved.parquet", 3, mean=[1, 2, 3])
    text = tmp_path / "in" / "text.json"
    text.write_text("{")
    empty = tmp_path / "in" / "empty.csv"
    empty.touch()
    gone = partition_of(text).pieces[0]
    files = (good, damaged, space, reserved, text, empty)
    pieces = (*partition_of(*files), replace(gone, path=str(tmp_path / "gone.json")))
    outcome = PartitionEmbedder(replace(job, options=JobOptions()))(Partition(pieces))
    assert outcome.rows == 40_000
    reasons = {Path(each.source).name: each.reason for each in outcome.failures}
    assert list(reasons) == [
        "damaged.parquet",
        "space.npz",
        "reserved.parquet",
        "text.json",
        "empty.csv",
        "gone.json",
    ]
    assert reasons["damaged.parquet"].startswith("truncated, damaged or no Parquet file")
    assert "columns named mean" in reasons["reserved.parquet"]
    assert reasons["gone.json"] == "is gone since the job was planned"
    assert not any(str(tmp_path) in reason for reason in reasons.values())


def test_what_is_no_file_is_reported_without_waiting_for_it(
    job: Job, write_poses: WritePoses, one_partition: None, tmp_path: Path
) -> None:
    good = write_poses("good.parquet", 3)
    os.mkfifo(tmp_path / "in" / "pipe.json")
    os.mkfifo(tmp_path / "in" / "pipe.parquet")
    (tmp_path / "in" / "zero.csv").symlink_to("/dev/zero")
    (partition,) = plan_partitions(find_files([str(good.parent)]))
    outcome = PartitionEmbedder(job)(partition)
    assert outcome.rows == 3
    reasons = {Path(each.source).name: each.reason for each in outcome.failures}
    assert list(reasons) == ["pipe.json", "pipe.parquet", "zero.csv"]
    assert reasons["pipe.parquet"].startswith("is a named pipe, no file")
    assert reasons["zero.csv"].startswith("is a device")


def test_reasons_are_one_printable_line(
    job: Job, write_poses: WritePoses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Damaged files bring what steers a terminal into the messages of libraries."""

    def fail(*arguments: object) -> None:
        raise pa.ArrowInvalid("in column \x1b[31m\x00fra\x9bme:\n  no\u2028type")

    monkeypatch.setattr(reading, "poses_from_rows", fail)
    (failure,) = PartitionEmbedder(job)(partition_of(write_poses("a.parquet"))).failures
    assert failure.reason.isprintable()
    assert "in column [31m fra me: no type" in failure.reason


def test_a_file_that_changes_after_planning_is_reported(job: Job, write_poses: WritePoses) -> None:
    file = write_poses("a.parquet")
    partition = partition_of(file)
    os.utime(file, ns=(1, 1))
    outcome = PartitionEmbedder(job)(partition)
    assert outcome.rows == 0
    assert "has changed since the job was planned" in outcome.failures[0].reason
    assert open_storage(job.out).sizes("parts") == {}


def test_files_too_large_for_the_memory_are_reported(
    job: Job, write_poses: WritePoses, tmp_path: Path
) -> None:
    large = tmp_path / "in" / "large.csv"
    write_poses("a.parquet")
    large.write_bytes(b"x" * 2000)
    unpacked = tmp_path / "in" / "unpacked.npz"
    np.savez_compressed(unpacked, keypoints=np.zeros((1000, 13, 2)))
    assert unpacked.stat().st_size < 1000
    outcome = PartitionEmbedder(replace(job, memory=8_000))(partition_of(large, unpacked))
    first, second = (failure.reason for failure in outcome.failures)
    assert "2,000 bytes and is read as a whole, for which 1,000 are allowed" in first
    assert "write it as Parquet" in first
    assert "unpacks to" in second


def test_every_way_gives_the_same_bytes(
    job: Job, write_poses: WritePoses, tmp_path: Path, own_partitions: None
) -> None:
    """Also where this process had other threads, and embedded something else before."""
    for seed in range(3):
        write_poses(f"{seed}.parquet", 5_000, seed)
    partitions = plan_partitions(find_files([str(tmp_path / "in")]))
    assert len(partitions) == 3
    torch.set_num_threads(2)
    alone = {each.partition: each for each in run_locally(job, partitions)}
    assert torch.get_num_threads() == 2
    backwards = replace(job, out=str(tmp_path / "backwards"))
    list(run_locally(backwards, partitions[::-1]))
    torch.set_num_threads(1)
    others = replace(job, out=str(tmp_path / "others"))
    spread = {each.partition: each for each in run_locally(others, partitions, workers=2)}
    assert alone == spread
    for partition in partitions:
        parts = [
            (Path(each.out) / part_name(partition.id)).read_bytes()
            for each in (job, backwards, others)
        ]
        assert parts[0] == parts[1] == parts[2]


def test_remote_sources_and_outputs(job: Job, write_poses: WritePoses, tmp_path: Path) -> None:
    """The same embeddings, under the names of the remote files."""
    files = fsspec.filesystem("memory")
    local = write_poses("a.parquet", 4)
    csv = tmp_path / "in" / "b.csv"
    names = [f"{joint}_{axis}" for joint in load(local).skeleton.joints for axis in "xy"]
    rows = load(local).keypoints.reshape(4, -1)
    np.savetxt(csv, rows, "%.6f", ",", header=",".join(names), comments="")
    for file in (local, csv):
        files.put_file(str(file), f"/bucket-of-work/in/{file.name}")
    files.pipe_file("/bucket-of-work/in/c.json", b"{")
    (partition,) = plan_partitions(find_files(["memory://bucket-of-work/in"]))
    outcome = PartitionEmbedder(replace(job, out="memory://bucket-of-work/out"))(partition)
    assert outcome.rows == 8
    (failure,) = outcome.failures
    assert failure.source == "memory:///bucket-of-work/in/c.json"
    assert "prvipe-read" not in failure.reason
    with files.open(f"/bucket-of-work/out/{part_name(partition.id)}") as stream:
        table = pq.read_table(stream)
    assert table["source"].unique().to_pylist() == [
        "memory:///bucket-of-work/in/a.parquet",
        "memory:///bucket-of-work/in/b.csv",
    ]
    PartitionEmbedder(job)(partition_of(local))
    here = pq.read_table(Path(job.out) / part_name(partition_of(local).id))
    assert here["mean"].to_pylist() == table["mean"].to_pylist()[:4]
    assert len(files.find("/bucket-of-work/out")) == 2
    files.rm("/bucket-of-work", recursive=True)


def test_another_model_of_that_name_is_refused(job: Job) -> None:
    with pytest.raises(InputError, match="this worker has another model"):
        PartitionEmbedder(replace(job, fingerprint="0" * 16))


def test_what_kills_its_worker_is_found_piece_by_piece(
    job: Job, write_poses: WritePoses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Death is an exception here that nothing in a worker may catch."""
    files = [write_poses(f"{seed}.parquet", 3, seed) for seed in range(4)]
    partition = partition_of(*files)

    class Killed(BaseException):
        pass

    real, tried = PartitionEmbedder._embed, []

    def embed(self: PartitionEmbedder, piece: Piece, rows: object) -> object:
        tried.append(Path(piece.path).name)
        if piece.path == str(files[1]):
            raise Killed
        return real(self, piece, rows)  # type: ignore[arg-type]

    monkeypatch.setattr(PartitionEmbedder, "_embed", embed)
    storage, worker = open_storage(job.out), PartitionEmbedder(job)
    really_remove = type(storage).remove

    def remove(self: FolderStorage, name: str) -> None:
        # A killed worker takes nothing back.
        if not isinstance(sys.exception(), Killed):
            really_remove(self, name)

    monkeypatch.setattr(FolderStorage, "remove", remove)
    for _ in range(5):
        with pytest.raises(Killed):
            worker(partition)
    assert len(storage.sizes("attempts")) == 5 + 2
    outcome = worker(partition)
    assert outcome.rows == 9
    (failure,) = outcome.failures
    assert failure.source == str(files[1])
    assert "ended the process that read it, 2 times" in failure.reason
    assert "somebody else who ended the process, --retry-failed" in failure.reason
    assert tried[-3:] == ["0.parquet", "2.parquet", "3.parquet"]
    assert storage.sizes("attempts") == {}
    assert not Attempts(storage, partition).isolates


@pytest.mark.parametrize(
    "error", [RuntimeError("CUDA error: device-side assert"), MemoryError(), torch.OutOfMemoryError]
)
def test_what_the_machine_fails_at_ends_the_job(
    job: Job,
    write_poses: WritePoses,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    """Rows that were read are no fault of their file."""
    partition = partition_of(write_poses("a.parquet", 3), write_poses("b.parquet", 3, 1))

    def fail(*arguments: object) -> None:
        raise error

    monkeypatch.setattr(Embedder, "embed", fail)
    with pytest.raises(MachineError, match=r"a\.parquet.*what is done is kept") as ended:
        list(run_locally(job, [partition]))
    assert isinstance(ended.value, InputError)
    assert open_storage(job.out).sizes("outcomes") == {}
    assert open_storage(job.out).sizes("attempts") == {}


def test_memory_that_runs_out_while_reading_ends_the_job(
    job: Job, write_poses: WritePoses, monkeypatch: pytest.MonkeyPatch
) -> None:
    partition = partition_of(write_poses("a.parquet"))
    real = reading.poses_from_rows
    sizes = {"machine": job.memory, "file": job.memory + 1}

    def fail(size: int) -> None:
        def out_of_memory(*arguments: object) -> None:
            raise pa.ArrowMemoryError(f"malloc of size {size} failed")

        monkeypatch.setattr(reading, "poses_from_rows", out_of_memory)

    fail(sizes["machine"])
    with pytest.raises(MachineError, match="memory"):
        PartitionEmbedder(job)(partition)
    # More than the budget in one piece is what a damaged file asks for.
    fail(sizes["file"])
    (failure,) = PartitionEmbedder(job)(partition).failures
    assert "--memory" in failure.reason
    monkeypatch.setattr(reading, "poses_from_rows", real)
    assert PartitionEmbedder(job)(partition).rows == 5


def test_a_network_that_cannot_be_loaded_onto_its_device_is_said_in_words(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("CUDA driver version is insufficient")

    monkeypatch.setattr(Embedder, "load", fail)
    with pytest.raises(MachineError, match="CUDA driver version is insufficient"):
        PartitionEmbedder(job)


def test_workers_killed_outside_of_any_piece_end_the_job(job: Job, write_poses: WritePoses) -> None:
    partition = partition_of(write_poses("a.parquet"))
    storage, worker = open_storage(job.out), PartitionEmbedder(job)
    start = f"attempts/{partition.id}"
    allowed = MOST_OF_A_PARTITION + MOST_OUTSIDE_PIECES
    for number in range(allowed - 1):
        storage.write(f"{start}-whole-{number}", b"")
    assert worker(partition).rows == 5
    for number in range(allowed):
        storage.write(f"{start}-whole-{number}", b"")
    with pytest.raises(MachineError, match=f"{allowed} worker processes were killed"):
        worker(partition)
    # Those killed at a piece are not counted: it is left out in the end.
    storage.write(f"{start}-piece-0-1", b"")
    assert worker(partition).rows == 5


@pytest.mark.parametrize("ended", ["machine", "process", "elsewhere"])
def test_files_are_not_to_blame_for_the_end_of_their_machine(
    job: Job, write_poses: WritePoses, ended: str
) -> None:
    partition, storage = partition_of(write_poses("a.parquet")), open_storage(job.out)
    with pytest.MonkeyPatch.context() as patch:
        if ended == "machine":
            patch.setattr(attempts, "_machine_and_boot", lambda: (MACHINE, "0" * 8))
        elif ended == "elsewhere":
            patch.setattr(attempts, "_machine_and_boot", lambda: ("f" * 8, "0" * 8))
        patch.setattr(FolderStorage, "remove", lambda *name: None)
        for _ in range(MOST_OF_A_PARTITION):
            with Attempts(storage, partition).partition(), Attempts(storage, partition).piece(0):
                pass
    assert len(storage.sizes("attempts")) == 2 * MOST_OF_A_PARTITION
    left = Attempts(storage, partition)
    assert left.isolates == (ended != "machine")
    assert left.killed_at(0) == (0 if ended == "machine" else MOST_OF_A_PARTITION)
    outcome = PartitionEmbedder(job)(partition)
    assert bool(outcome.failures) == (ended != "machine")
    assert storage.sizes("attempts") == {}


class Flaky:
    """A store of memory that fails the first times."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, failures: int, error: Exception) -> None:
        self.left = failures
        self.error = error
        self.pauses: list[float] = []
        store = type(fsspec.filesystem("memory"))
        real = store._open

        def opened(files: object, path: str, mode: str = "rb", **more: object) -> object:
            stream = real(files, path, mode, **more)
            if mode == "rb" and "/in/" in path:
                stream.read = self._reading(stream)
            return stream

        monkeypatch.setattr(store, "_open", opened)
        monkeypatch.setattr(store, "open", opened)
        monkeypatch.setattr(work.time, "sleep", self.pauses.append)

    def _reading(self, stream: object) -> object:
        really_read = type(stream).read

        def read(size: int = -1) -> bytes:
            stream.seek(stream.tell())  # type: ignore[attr-defined]
            if self.left:
                self.left -= 1
                raise self.error
            return really_read(stream, size)  # type: ignore[no-any-return]

        return read


class ClientError(Exception):
    """As stores have them: no OSError."""


@pytest.mark.parametrize("ending", ["parquet", "npz"])
@pytest.mark.parametrize("error", [ClientError("SlowDown"), TimeoutError("too slow")])
def test_a_store_that_fails_for_a_moment_is_asked_again(
    job: Job,
    write_poses: WritePoses,
    monkeypatch: pytest.MonkeyPatch,
    ending: str,
    error: Exception,
) -> None:
    files = fsspec.filesystem("memory")
    local = write_poses("a.parquet", 4)
    if ending == "npz":
        local = local.with_suffix(".npz")
        np.savez(local, keypoints=load(local.with_suffix(".parquet")).keypoints)
    files.put_file(str(local), f"/bucket-that-fails/in/{local.name}")
    (partition,) = plan_partitions(find_files(["memory://bucket-that-fails/in"]))
    store = Flaky(monkeypatch, 2, error)
    outcome = PartitionEmbedder(replace(job, options=JobOptions("coco13")))(partition)
    assert (outcome.rows, outcome.failures) == (4, ())
    assert len(store.pauses) == 2
    store.left = 1000
    (failure,) = PartitionEmbedder(job)(partition).failures
    assert str(error) in failure.reason
    assert "--retry-failed" in failure.reason
    assert store.pauses == [*work.PAUSES[:2], *work.PAUSES]
    files.rm("/bucket-that-fails", recursive=True)


def test_what_came_before_a_store_failed_is_not_kept_twice(
    job: Job, write_poses: WritePoses, monkeypatch: pytest.MonkeyPatch
) -> None:
    partition, really_read, seen = partition_of(write_poses("a.parquet", 7)), read_batches, []

    def read(piece: Piece, job: Job, parquet: ParquetPieces) -> Iterator[tuple[int, Poses]]:
        for batch in really_read(piece, job, parquet):
            if len(seen) == 2:
                seen.append(None)
                raise StoreError("SlowDown")
            seen.append(batch)
            yield batch

    monkeypatch.setattr(parquet_pieces, "ROWS_AT_ONCE", 3)
    monkeypatch.setattr(work, "read_batches", read)
    monkeypatch.setattr(work, "PAUSES", (0.0,))
    assert PartitionEmbedder(job)(partition).rows == 7
    table = pq.read_table(Path(job.out) / part_name(partition.id))
    assert table["row"].to_pylist() == list(range(7))


def test_whole_numbers_keep_all_digits_beside_others(job: Job, write_poses: WritePoses) -> None:
    large, small = 2**53 + 1, 7
    files = [
        write_poses("a.parquet", 2, id=np.array([small, large], np.uint64), n=[small, small]),
        write_poses("b.parquet", 1, id=[0.5], n=[0.5]),
        write_poses("c.parquet", 1, id=np.array([2**63], np.uint64)),
    ]
    partition = partition_of(*files)
    outcome = PartitionEmbedder(job)(partition)
    table = pq.read_table(Path(job.out) / part_name(partition.id))
    assert table["id"].to_pylist() == [str(small), str(large), "0.5"]
    assert table["n"].to_pylist() == [7.0, 7.0, 0.5]
    (failure,) = outcome.failures
    assert failure.source == str(files[2])
    assert "id: Integer value 9223372036854775808" in failure.reason
    assert "as text" in failure.reason
