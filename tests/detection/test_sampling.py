import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe.detection.sampling import Sampling
from prvipe.errors import InputError

rates = st.floats(0.5, 120)


@given(rate=rates, fps=rates, count=st.integers(1, 200))
def test_so_many_frames_per_second_are_taken(rate: float, fps: float, count: int) -> None:
    choose = Sampling(fps=fps).chooser()
    times = np.arange(count) / rate
    taken = [time for number, time in enumerate(times) if choose(number, float(time))]
    assert taken[0] == 0
    assert len(taken) <= min(count, math.floor(times[-1] * fps + 0.01) + 1)
    if fps <= rate:  # one in every slot of 1 / fps seconds
        assert len(taken) == math.floor(times[-1] * fps + 0.01) + 1
        assert (np.diff(taken) < 1 / fps + 1.02 / rate).all()
    else:
        assert len(taken) == count


@given(every=st.integers(1, 50))
def test_every_so_many(every: int) -> None:
    choose = Sampling(every).chooser()
    assert [n for n in range(200) if choose(n, n / 10)] == list(range(0, 200, every))


def test_frames_without_times_are_all_taken() -> None:
    choose = Sampling(fps=1.0).chooser()
    assert all(choose(number, None) for number in range(9))


@pytest.mark.parametrize("every", [0, -1, 1.5, True, "2"])
def test_impossible_numbers(every: object) -> None:
    with pytest.raises(InputError, match="expected a whole number from 1"):
        Sampling(every)  # type: ignore[arg-type]
