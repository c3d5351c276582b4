import math

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.evaluation.rank_correlation import rank_correlation


def test_by_hand_with_a_tie() -> None:
    """Ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4: covariance 4.5 of variances 4.5 and 5."""
    found = rank_correlation(np.array([0.0, 5.0, 5.0, 9.0]), np.array([1, 3, 2, 4]))
    assert found == pytest.approx(4.5 / math.sqrt(4.5 * 5))


def test_order_is_all_that_counts() -> None:
    x = np.random.default_rng(0).normal(size=200)
    assert rank_correlation(x, np.exp(3 * x)) == pytest.approx(1)
    assert rank_correlation(x, -(x**3)) == pytest.approx(-1)


def test_unrelated_numbers() -> None:
    x, y = np.random.default_rng(0).normal(size=(2, 10_000))
    assert abs(rank_correlation(x, y)) < 0.03


def test_outcomes_of_two_kinds() -> None:
    """The best that 2 of 4 can do: ranks 1, 2, 3, 4 and 1.5, 1.5, 3.5, 3.5."""
    confidence, match = np.array([0.1, 0.2, 0.3, 0.4]), np.array([False, False, True, True])
    assert rank_correlation(confidence, match) == pytest.approx(4 / math.sqrt(5 * 4))


@pytest.mark.filterwarnings("error")
def test_without_an_order() -> None:
    assert math.isnan(rank_correlation(np.arange(5.0), np.ones(5)))
    assert math.isnan(rank_correlation(np.full(5, np.inf), np.arange(5.0)))


def test_infinite_numbers_have_an_order() -> None:
    assert rank_correlation(np.array([-np.inf, 0, 3, np.inf]), np.arange(4)) == pytest.approx(1)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [([1.0], [2.0], "at least two"), ([1.0, 2.0], [1.0], "as many"), ([1, np.nan], [1, 2], "NaN")],
)
def test_unusable_numbers(x: list[float], y: list[float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        rank_correlation(np.array(x), np.array(y))
