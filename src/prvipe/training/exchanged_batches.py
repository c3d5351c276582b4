"""Batches that several processes draw in turn and hand to one another."""

from __future__ import annotations

from dataclasses import fields
from typing import Protocol

import torch

from prvipe.model.shares import Share
from prvipe.training.pairs import PairBatch


class Batches(Protocol):
    """Gives the batch of any step."""

    def batch(self, step: int) -> PairBatch:
        """The batch of step `step` (counted from 0)."""


class ExchangedBatches:
    """Of P processes each draws every P-th batch; all have all of them.

    Every P steps each process draws one of the next P batches, at the same time, and they are
    exchanged. So a batch is the same whoever draws it, and drawing takes a P-th of its time.
    """

    def __init__(self, drawn: Batches, share: Share) -> None:
        self._drawn, self._share = drawn, share
        self._first, self._kept = 0, list[PairBatch]()

    def batch(self, step: int) -> PairBatch:
        """The batch of step `step` (counted from 0); all processes ask for the same ones."""
        if not self._first <= step < self._first + len(self._kept):
            self._first, self._kept = step, self._exchange(step)
        return self._kept[step - self._first]

    def _exchange(self, step: int) -> list[PairBatch]:
        own = self._drawn.batch(step + self._share.rank)
        arrays = {
            field.name: self._share.stack(torch.from_numpy(getattr(own, field.name))).numpy()
            for field in fields(own)
        }
        return [
            PairBatch(**{name: array[number] for name, array in arrays.items()})
            for number in range(self._share.processes)
        ]
