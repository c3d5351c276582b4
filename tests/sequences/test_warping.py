"""The kernel of dynamic time warping, against all paths there are."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from prvipe.sequences.warping import warp

Path = list[tuple[int, int]]

matrices = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=5),
    elements=st.floats(0, 4, width=16),
)


def weighted_paths(costs: np.ndarray, i: int, j: int, most: int) -> Iterator[tuple[float, Path]]:
    """Every path that starts at (i, j), with its cost: the definition, followed blindly."""
    rows, columns = costs.shape
    yield 0.0, []
    moves = [(1, 1)] + [(1, n) for n in range(2, most + 1)] + [(n, 1) for n in range(2, most + 1)]
    for down, right in moves:
        if i + down >= rows or j + right >= columns:
            continue
        # Both move on to the first pair of a step, one of them goes on to the others.
        pairs = [
            (i + (n if down > 1 else 1), j + (n if right > 1 else 1))
            for n in range(1, max(down, right) + 1)
        ]
        own = 2 * costs[pairs[0]] + sum(costs[pair] for pair in pairs[1:])
        for rest, path in weighted_paths(costs, i + down, j + right, most):
            yield own + rest, pairs + path


def least_cost(costs: np.ndarray, leave_out: float, most: int) -> float:
    rows, columns = costs.shape
    least = np.inf
    for i in range(rows):
        for j in range(columns):
            for cost, path in weighted_paths(costs, i, j, most):
                end = path[-1] if path else (i, j)
                skipped = i + j + (rows - 1 - end[0]) + (columns - 1 - end[1])
                total = 2 * costs[i, j] + cost + (leave_out * skipped if skipped else 0)
                least = min(least, total)
    return float(least)


@given(matrices, st.floats(0, 4), st.integers(1, 3))
def test_the_cheapest_of_all_paths_is_found(costs: np.ndarray, leave_out: float, most: int) -> None:
    assert warp(costs, leave_out, most=most).cost == pytest.approx(
        least_cost(costs, leave_out, most), rel=1e-6, abs=1e-6
    )


@given(matrices, st.integers(1, 3))
def test_with_closed_ends_too(costs: np.ndarray, most: int) -> None:
    path = warp(costs, np.inf, most=most)
    expected = least_cost(costs, np.inf, most)
    assert path.cost == pytest.approx(expected, rel=1e-6, abs=1e-6)
    if np.isfinite(expected):
        assert path.pairs[0].tolist() == [0, 0]
        assert path.pairs[-1].tolist() == [costs.shape[0] - 1, costs.shape[1] - 1]
    else:
        assert len(path.pairs) == 0


@given(matrices, st.floats(0, 4), st.integers(1, 3))
def test_the_path_costs_what_it_says_and_keeps_to_the_slopes(
    costs: np.ndarray, leave_out: float, most: int
) -> None:
    path = warp(costs, leave_out, most=most)
    steps = np.diff(path.pairs, axis=0)
    assert ((steps >= 0) & (steps <= 1)).all()
    weight = np.concatenate([[2], steps.sum(axis=1)])
    matched = (weight * costs[tuple(path.pairs.T)]).sum()
    left_out = sum(costs.shape) - np.ptp(path.pairs, axis=0).sum() - 2
    assert path.cost == pytest.approx(matched + leave_out * left_out, rel=1e-5, abs=1e-5)
    for side in (0, 1):
        counts = np.unique(path.pairs[:, side], return_counts=True)[1]
        assert counts.max() <= most


def test_two_equal_recordings_lie_on_the_diagonal() -> None:
    times = np.arange(50.0)
    costs = np.abs(times[:, None] - times).astype(np.float32)
    path = warp(costs, 3.0)
    assert path.pairs.tolist() == [[n, n] for n in range(50)]
    assert path.cost == 0


def test_ends_that_the_other_recording_lacks_stay_out() -> None:
    first, second = np.arange(40.0), np.arange(10.0, 55.0)
    costs = np.minimum(np.abs(first[:, None] - second), 9).astype(np.float32)
    path = warp(costs, 1.0)
    assert path.pairs[0].tolist() == [10, 0]
    assert path.pairs[-1].tolist() == [39, 29]
    assert path.cost == pytest.approx(10 + 15)


def test_half_the_speed_is_followed() -> None:
    first, second = np.arange(30.0), np.arange(0, 30, 0.5)
    costs = np.abs(first[:, None] - second).astype(np.float32)
    path = warp(costs, 2.0)
    assert np.abs(first[path.pairs[:, 0]] - second[path.pairs[:, 1]]).max() <= 0.5
    assert len(np.unique(path.pairs[:, 1])) >= 58


def test_recordings_without_anything_in_common_keep_one_pair_or_little_more() -> None:
    path = warp(np.full((20, 30), 9, np.float32), 1.0)
    assert len(path.pairs) == 1
