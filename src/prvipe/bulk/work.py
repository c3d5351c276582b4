"""One worker: a model that is loaded once, and partition after partition embedded by it.

The same partition gives the same bytes in every worker and however often it is tried: batches begin
at the same rows, and a worker computes in one thread, as sums in other orders differ in their last
bits. More cores are used by more workers.
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch

from prvipe.bulk.attempts import MOST_OF_A_PIECE, Attempts
from prvipe.bulk.fields import conform
from prvipe.bulk.job import Job
from prvipe.bulk.layout import outcome_name, part_name
from prvipe.bulk.machine import MachineError, machine_error, machine_errors
from prvipe.bulk.outcome import Failure, Outcome
from prvipe.bulk.parquet_pieces import ParquetPieces
from prvipe.bulk.partitions import Partition, Piece
from prvipe.bulk.parts import PieceRows, write_part
from prvipe.bulk.reading import read_batches
from prvipe.bulk.selecting import UNLABELLED, sort_out
from prvipe.bulk.storage import OutputError, open_storage, write_json
from prvipe.bulk.store_reading import StoreError
from prvipe.errors import InputError, NoPeopleError, on_one_line, printable
from prvipe.io.embeddings import RESERVED, require_room
from prvipe.memory import keep_freed_memory
from prvipe.model.embedder import Embedder
from prvipe.model.fingerprint import fingerprint
from prvipe.poses import Poses
from prvipe.poses.fields import rows_left_out

PAUSES = (1.0, 4.0, 15.0)
"""Seconds after which an object store that failed is asked for a piece again."""


class PartitionEmbedder:
    """Embeds partitions; one in every worker, so that the model is loaded once.

    Args:
        job: what to do.
        weights: a copy of the model's file, where `job.model` lies on another machine.

    Raises:
        InputError: the model cannot be loaded, or is another one than the job's.
        MachineError: the device cannot be used, or memory is short.
    """

    def __init__(self, job: Job, weights: str | None = None) -> None:
        torch.set_num_threads(1)
        keep_freed_memory()
        self._job = job
        self._parquet = ParquetPieces()
        with machine_errors(f"{printable(job.model)}: loading it"):
            self._embedder = Embedder.load(weights or job.model, job.device)
            found = fingerprint(self._embedder)
        if found != job.fingerprint:
            raise InputError(
                f"{job.model}: this worker has another model of that name ({found}) than the job "
                f"({job.fingerprint}); install the same version and give workers the same file"
            )

    def __call__(self, partition: Partition) -> Outcome:
        """Embed a partition, write its part and record what became of it.

        Done twice, or by two workers at once, it comes to the same. A worker that was killed can
        be followed by another as often as it takes: after a few the piece that kills is left out.

        Raises:
            OutputError: the output or the temporary folder cannot be written; ends the job.
            MachineError: memory is short, the device or the network fails, or workers are killed
                again and again by none of the pieces; ends the job.
        """
        storage = open_storage(self._job.out)
        attempts = Attempts(storage, partition)
        attempts.require_sense()
        with attempts.partition(), ExitStack() as open_files:
            left_out: Counter[str] = Counter()
            failures: list[Failure] = []
            without_people = 0
            pieces = []
            for number, piece in enumerate(partition):
                try:
                    rows = open_files.enter_context(closing(PieceRows()))
                    left_out.update(self._try(attempts, number, piece, rows))
                    pieces.append(rows)
                except (OutputError, MachineError):
                    raise
                except NoPeopleError:
                    without_people += 1
                except MemoryError as error:
                    raise machine_error(f"{printable(piece.path)}: reading it", error) from error
                except Exception as error:  # whatever a file is, it must not end the job
                    failures.append(_failure(piece, error))
            with machine_errors(f"{part_name(partition.id)}: writing it"):
                outcome = self._write(partition, [piece for piece in pieces if piece.rows])
            outcome = replace(
                outcome,
                left_out=dict(left_out),
                failures=tuple(failures),
                without_people=without_people,
            )
            write_json(storage, outcome_name(partition.id), outcome.to_json())
        attempts.forget()
        return outcome

    def _try(self, attempts: Attempts, number: int, piece: Piece, rows: PieceRows) -> Counter[str]:
        if not attempts.isolates:
            return self._embed_patiently(piece, rows)
        if (killed := attempts.killed_at(number)) >= MOST_OF_A_PIECE:
            raise InputError(
                f"ended the process that read it, {killed} times when tried by itself; it may be "
                "damaged, or need more memory than there is; if it was somebody else who ended the "
                "process, --retry-failed tries it again"
            )
        with attempts.piece(number):
            return self._embed_patiently(piece, rows)

    def _embed_patiently(self, piece: Piece, rows: PieceRows) -> Counter[str]:
        for pause in PAUSES:
            try:
                return self._embed(piece, rows)
            except StoreError:
                rows.clear()
                time.sleep(pause)
        return self._embed(piece, rows)

    def _embed(self, piece: Piece, rows: PieceRows) -> Counter[str]:
        left_out: Counter[str] = Counter()
        for first, poses in read_batches(piece, self._job, self._parquet):
            require_room(poses.table, (*RESERVED, "keypoints"))
            if first == 0 and (count := rows_left_out(poses.table)):
                left_out[UNLABELLED] += count
            mapped = poses.to(self._embedder.card.skeleton)
            kept, reasons = sort_out(self._embedder, mapped)
            left_out.update(reasons)
            if kept.any():
                with machine_errors(f"{printable(piece.path)}: embedding what was read of it"):
                    self._add(mapped[kept], first + np.flatnonzero(kept), rows)
        return left_out

    def _add(self, poses: Poses, numbers: npt.NDArray[np.intp], rows: PieceRows) -> None:
        embeddings = self._embedder.embed(poses)
        fields = conform(poses.with_fields(row=numbers).table)
        vectors = {
            "mean": embeddings.mean.cpu().numpy(),
            "std": embeddings.std.cpu().numpy(),
            "keypoints": poses.keypoints,
        }
        rows.add(fields, vectors)

    def _write(self, partition: Partition, pieces: list[PieceRows]) -> Outcome:
        if not pieces:
            return Outcome(partition.id, rows=0, bytes=0, crc32=0)
        note = {"model": printable(self._job.model), "fingerprint": self._job.fingerprint}
        storage, name = open_storage(self._job.out), part_name(partition.id)
        size, checksum, columns = write_part(storage, name, pieces, note)
        rows = sum(piece.rows for piece in pieces)
        return Outcome(partition.id, rows, size, checksum, embedded=len(pieces), columns=columns)


def _failure(piece: Piece, error: Exception) -> Failure:
    path = printable(piece.path)
    # An InputError is said in words; any other is a loader's, surprised by what it read.
    said = str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
    return Failure(printable(piece.describe()), on_one_line(said.removeprefix(f"{path}: ")))
