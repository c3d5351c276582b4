"""When a run ends, and how far it is."""

import math

import pytest

from prvipe.errors import InputError
from prvipe.training.limits import Limits


@pytest.mark.parametrize(
    ("steps", "minutes"), [(None, None), (0, None), (None, 0.0), (5, -1.0), (5, math.nan)]
)
def test_limits_must_be_above_zero(steps: int | None, minutes: float | None) -> None:
    with pytest.raises(InputError, match="limit"):
        Limits(steps, minutes)


def test_progress_is_that_of_the_nearer_limit() -> None:
    assert Limits(steps=10).progress(5, 1e9) == 0.5
    assert Limits(minutes=1).progress(10**9, 30) == 0.5
    assert Limits(steps=10, minutes=1).progress(2, 30) == 0.5
    assert Limits(steps=10, minutes=1).progress(20, 0) == 1
