"""When a training run ends, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass

from prvipe.errors import InputError


@dataclass(frozen=True)
class Limits:
    """When a run ends: after `steps`, or after `minutes` of training, whichever comes first.

    Only with `steps` alone is the learning rate of every step known beforehand, and so only then
    are the losses and weights of every step equal to the last digit in two runs with equal seeds,
    or in a resumed and an uninterrupted one, on one machine and number of threads. Validation
    follows the clock in any case, so that which step is kept as the best may differ.
    """

    steps: int | None = None
    minutes: float | None = None

    def __post_init__(self) -> None:
        """Check that there is a limit, and that it is above zero."""
        given = [limit for limit in (self.steps, self.minutes) if limit is not None]
        if not given:
            raise InputError("training needs a limit: --steps, --minutes or both")
        if not all(limit > 0 for limit in given):
            raise InputError("training limits must be above zero")

    def progress(self, step: int, seconds: float) -> float:
        """How far the run is, from 0 to 1, at `step` after `seconds` of training."""
        by_steps = step / self.steps if self.steps else 0.0
        by_time = seconds / (60 * self.minutes) if self.minutes else 0.0
        return min(1.0, max(by_steps, by_time))
