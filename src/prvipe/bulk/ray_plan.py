"""What the process that talks to Ray is told, and what nodes of a cluster have to see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prvipe.bulk.job import Job
from prvipe.bulk.layout import RAY_FOLDER
from prvipe.bulk.partitions import Partition, Piece
from prvipe.bulk.stamps import SourceFile, stamp_now

CLIENT = "ray://"
"""How addresses of Ray's server for clients begin."""

PROBE = f"{RAY_FOLDER}/probe.txt"
"""A file of the output, by which nodes show that they see it."""

_SOURCES_LOOKED_AT = 8


@dataclass(frozen=True)
class Surroundings:
    """What every node must see before it is given work.

    Attributes:
        version: of prvipe.
        probe: contents of the probe in the output.
        sources: a few files that are embedded.
    """

    version: str
    probe: str
    sources: tuple[SourceFile, ...]


@dataclass(frozen=True)
class RayPlan:
    """A job for Ray.

    Attributes:
        job: see there.
        partitions: what is embedded.
        address: of a cluster; None for a Ray of its own on this machine.
        workers: how many; None for as many as fit.
        weights: bytes of the model's file, unless it is one that comes with the package.
        surroundings: see there.
        folder: of this machine, for what a Ray of its own keeps.
    """

    job: Job
    partitions: tuple[Partition, ...]
    address: str | None
    workers: int | None
    weights: bytes | None
    surroundings: Surroundings
    folder: str

    @property
    def gpus_per_worker(self) -> int:
        """Devices of CUDA that a worker holds."""
        return int(self.job.device.startswith("cuda"))


@dataclass(frozen=True)
class Connected:
    """Where what this process depends on can be asked whether it still lives.

    Attributes:
        head: host and port of the cluster's head, or of its server for clients.
        socket: path of the socket of this machine's node; None for a client.
    """

    head: str
    socket: str | None


def weights_to_ship(model: str) -> bytes | None:
    """Bytes of a checkpoint; None for a model that comes with the package.

    Raises:
        InputError: neither.
    """
    from prvipe.model.embedder import find_model, shipped_models

    return None if model in shipped_models() else Path(find_model(model)).read_bytes()


def sources_seen(partitions: Sequence[Partition]) -> tuple[SourceFile, ...]:
    """Look at some of the files from here; those that are gone are for the report to name."""
    step = max(1, len(partitions) // _SOURCES_LOOKED_AT)
    pieces = [partition.pieces[0] for partition in partitions[::step][:_SOURCES_LOOKED_AT]]
    return tuple(seen for piece in pieces if (seen := _seen(piece)) is not None)


def _seen(piece: Piece) -> SourceFile | None:
    try:
        return stamp_now(piece.path)
    except Exception:  # each object store has errors of its own
        return None
