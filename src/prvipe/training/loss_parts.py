"""The losses of one batch by name, whatever is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from prvipe.model.shares import Share


@dataclass(frozen=True, eq=False)
class Losses:
    """Weighted losses of one batch, all (); subclasses name them as fields."""

    @property
    def total(self) -> Tensor:
        """What is minimised: the sum of the weighted parts."""
        return torch.stack(list(vars(self).values())).sum()

    def detach(self) -> Self:
        """The same values without their history."""
        return type(self)(**{name: part.detach() for name, part in vars(self).items()})

    def averaged(self, share: Share) -> Self:
        """Those of the whole batch: the mean over the processes of these, without history."""
        own = torch.stack([part.detach() for part in vars(self).values()])
        means = share.total(own) / share.processes
        return type(self)(**dict(zip(vars(self), means.unbind(), strict=True)))

    def as_numbers(self) -> dict[str, float]:
        """Values by name, the total included."""
        return {"loss": float(self.total)} | {
            name: float(part) for name, part in vars(self).items()
        }
