"""The share of a batch that one of several processes computes, and what all of them exchange.

A batch is divided evenly by its pairs. What only the whole batch has (statistics of a batch norm,
negatives to be mined) is exchanged by operations that gradients pass through, so that every process
computes its rows of the one result that a single process would compute.

Gradients: the loss of a process is such that the mean over the processes is the loss of the whole
batch, and DistributedDataParallel takes the mean of their gradients. Every exchange therefore sums
what comes back from all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

import torch
from torch import Tensor, distributed


class _Rows(Protocol):
    def __len__(self) -> int: ...

    def __getitem__(self, rows: Any, /) -> Self: ...


_AnyRows = TypeVar("_AnyRows", bound=_Rows)


@dataclass(frozen=True)
class Share:
    """Which part of a batch is this process's own: of `processes` equal parts number `rank`."""

    rank: int = 0
    processes: int = 1

    @property
    def is_whole(self) -> bool:
        """Whether one process has the whole batch."""
        return self.processes == 1

    def rows(self, count: int) -> slice:
        """Own rows among `count`, which must be a multiple of the processes."""
        each = count // self.processes
        return slice(self.rank * each, (self.rank + 1) * each)

    def own(self, everything: _AnyRows) -> _AnyRows:
        """Own rows of what has a row per pair; all of it, untouched, if there is one process."""
        return everything if self.is_whole else everything[self.rows(len(everything))]

    def own_of_views(self, views: Tensor) -> Tensor:
        """Own rows (2n, ...) of `views` (2N, ...): all anchors, then all positives."""
        return views if self.is_whole else views[self.numbers_of_views(len(views), views.device)]

    def numbers_of_views(self, count: int, device: torch.device) -> Tensor:
        """Numbers (2n,) of the own rows among `count` views: all anchors, then all positives."""
        pairs = torch.arange(count // 2, device=device)[self.rows(count // 2)]
        return torch.cat([pairs, pairs + count // 2])

    def gather_views(self, views: Tensor) -> Tensor:
        """Views (2N, d) of all processes of which `views` (2n, d) are the own, differentiable."""
        if self.is_whole:
            return views
        parts = self.stack(views).reshape(self.processes, 2, -1, views.shape[-1])
        return parts.transpose(0, 1).flatten(0, 2)

    def stack(self, own: Tensor) -> Tensor:
        """Tensors (P, ...) of all processes, each of the shape of `own` (...), differentiable."""
        gathered: Tensor = _Stack.apply(own, self)  # type: ignore[no-untyped-call]
        return gathered

    def total(self, own: Tensor) -> Tensor:
        """Sum of the `own` of all processes, without gradients."""
        if self.is_whole:
            return own
        total = own.detach().clone()
        distributed.all_reduce(total)
        return total


WHOLE = Share()
"""The share of a process that trains alone."""


class _Stack(torch.autograd.Function):
    """All-gather whose backward pass gives each process the sum of the gradients of its part.

    `torch.distributed.nn.functional.all_gather` does the same by other collectives per backend and
    returns a list to be stacked; this is one collective each way on gloo and NCCL alike. The
    backward pass sums all parts, not only the own (reduce-scatter), which gloo has not everywhere:
    embeddings and statistics are small.
    """

    @staticmethod
    def forward(ctx: Any, own: Tensor, share: Share) -> Tensor:
        ctx.rank = share.rank
        gathered = own.new_empty((share.processes, *own.shape))
        distributed.all_gather(list(gathered.unbind()), own.contiguous())
        return gathered

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        total = gradients[0].clone(memory_format=torch.contiguous_format)
        distributed.all_reduce(total)
        return total[ctx.rank], None
