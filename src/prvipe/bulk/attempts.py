"""Marks of attempts that never ended: how a partition that kills its worker is recognised.

A worker leaves a mark before it begins and takes it away when it is done, also after an error. Only
a worker that was killed, from outside or by what it read, leaves its mark behind; or one that ended
with its machine, which is no fault of a file: so a mark says since when the machine was running.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from prvipe.bulk.machine import killed_in_vain
from prvipe.bulk.partitions import Partition
from prvipe.bulk.storage import OutputError, Storage

ATTEMPTS = "attempts"

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

MOST_OF_A_PARTITION = 3
"""Killed workers after which the pieces of a partition are tried one by one."""

MOST_OF_A_PIECE = 2
"""Workers killed at one piece, tried by itself, after which it is left out and reported."""


MOST_OUTSIDE_PIECES = 5
"""Workers killed at a partition whose pieces are tried one by one, and at none of these, after
which no piece is to blame and the job ends."""


class Attempts:
    """The marks of one partition."""

    def __init__(self, storage: Storage, partition: Partition) -> None:
        self._storage = storage
        self._start = f"{ATTEMPTS}/{partition.id}-"
        # Few are there at any time: those of the partitions being embedded, and of the killed.
        self._marks = [name for name in storage.sizes(ATTEMPTS) if name.startswith(self._start)]
        machine, boot = _machine_and_boot()
        self._counted = [
            name for name in self._marks if f"-{machine}." not in name or f".{boot}-" in name
        ]

    @property
    def isolates(self) -> bool:
        """Whether so many workers were killed that pieces are to be tried one by one."""
        return self._of("whole") >= MOST_OF_A_PARTITION

    def killed_at(self, piece: int) -> int:
        """How many workers were killed while they tried a piece by itself."""
        return self._of(f"piece-{piece}")

    def require_sense(self) -> None:
        """See that workers are not killed, again and again, outside of any piece.

        Raises:
            MachineError: they are.
        """
        deaths = self._of("whole")
        if deaths - self._of("piece") >= MOST_OF_A_PARTITION + MOST_OUTSIDE_PIECES:
            raise killed_in_vain(deaths)

    def partition(self) -> AbstractContextManager[None]:
        """Mark that the partition is being embedded; a context."""
        return self._marked("whole")

    def piece(self, piece: int) -> AbstractContextManager[None]:
        """Mark that a piece is being tried by itself; a context."""
        return self._marked(f"piece-{piece}")

    def forget(self) -> None:
        """Remove the marks, the partition being done."""
        for name in self._marks:
            self._storage.remove(name)

    def _of(self, what: str) -> int:
        return sum(name.startswith(f"{self._start}{what}-") for name in self._counted)

    @contextmanager
    def _marked(self, what: str) -> Iterator[None]:
        name = f"{self._start}{what}-{'.'.join(_machine_and_boot())}-{uuid4().hex[:12]}"
        self._storage.write(name, b"")
        try:
            yield
        finally:
            with suppress(OutputError):
                self._storage.remove(name)


def _machine_and_boot() -> tuple[str, str]:
    """Name this machine, and its time since it was switched on where the system names that."""
    boot = _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else ""
    return sha256(platform.node().encode()).hexdigest()[:8], boot[:8]
