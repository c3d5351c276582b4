"""Subsequence dynamic time warping, against all paths there are."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from prvipe.sequences.occurrences import PathEnds, best_apart, find_path_ends

matrices = arrays(
    np.float32,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=5),
    elements=st.floats(0, 4, width=16),
)


def weighted_ends(costs: np.ndarray, i: int, j: int, most: int) -> Iterator[tuple[float, int]]:
    """Cost and end of every path from (i, j) to the last row, each row weighing 1."""
    rows, columns = costs.shape
    if i == rows - 1:
        yield 0.0, j
    for n in range(1, most + 1):
        if i + 1 < rows and j + n < columns:
            mean = float(np.mean(costs[i + 1, j + 1 : j + n + 1], dtype=np.float64))
            for rest, end in weighted_ends(costs, i + 1, j + n, most):
                yield mean + rest, end
        if n > 1 and i + n < rows and j + 1 < columns:
            total = float(np.sum(costs[i + 1 : i + n + 1, j + 1], dtype=np.float64))
            for rest, end in weighted_ends(costs, i + n, j + 1, most):
                yield total + rest, end


@given(matrices, st.integers(1, 3))
def test_the_cheapest_path_to_every_frame_is_found(costs: np.ndarray, most: int) -> None:
    rows, columns = costs.shape
    least = np.full(columns, np.inf)
    for j in range(columns):
        for cost, end in weighted_ends(costs, 0, j, most):
            least[end] = min(least[end], (float(costs[0, j]) + cost) / rows)
    found = find_path_ends([costs], most=most)
    np.testing.assert_allclose(found.costs, least, rtol=1e-6, atol=1e-6)
    assert (found.starts[np.isfinite(least)] >= 0).all()
    assert (found.starts[~np.isfinite(least)] == -1).all()


@given(
    arrays(
        np.float32,
        st.tuples(st.integers(1, 6), st.integers(1, 40)),
        elements=st.floats(0, 4, width=16),
    ),
    st.integers(1, 3),
    st.integers(1, 40),
)
def test_blocks_give_what_the_whole_gives(costs: np.ndarray, most: int, width: int) -> None:
    blocks = [costs[:, start : start + width] for start in range(0, costs.shape[1], width)]
    whole, parts = find_path_ends([costs], most=most), find_path_ends(blocks, most=most)
    np.testing.assert_array_equal(whole.costs, parts.costs)
    np.testing.assert_array_equal(whole.starts, parts.starts)


def test_a_clip_is_found_where_it_was_cut_from() -> None:
    rng = np.random.default_rng(0)
    recording = rng.normal(size=(200, 3)).cumsum(axis=0)
    clip = recording[80:110]
    costs = np.linalg.norm(clip[:, None] - recording, axis=-1).astype(np.float32)
    ends = find_path_ends([costs])
    assert int(ends.costs.argmin()) == 109
    assert ends.starts[109] == 80
    assert ends.costs[109] == 0


def test_what_is_chosen_shares_no_frame_and_is_in_order() -> None:
    ends = PathEnds(
        costs=np.array([np.inf, 3, 1, 0.5, 0.9, 2, 2.5, 0.7]),
        starts=np.array([-1, 0, 1, 2, 3, 4, 0, 6]),
    )
    assert best_apart(ends, 10).tolist() == [3, 7, 5, 1]
    assert best_apart(ends, 2.0).tolist() == [3, 7, 5]
    assert best_apart(ends, 10, count=1).tolist() == [3]
    assert best_apart(PathEnds(np.array([np.inf]), np.array([-1])), np.inf).tolist() == []


@given(st.integers(0, 2**32 - 1))
def test_nothing_that_fits_between_is_forgotten(seed: int) -> None:
    rng = np.random.default_rng(seed)
    costs = rng.random(30)
    starts = np.maximum(np.arange(30) - rng.integers(0, 8, 30), 0)
    chosen = best_apart(PathEnds(costs, starts), np.inf)
    taken = np.zeros(30, bool)
    for end in chosen:
        assert not taken[starts[end] : end + 1].any()
        taken[starts[end] : end + 1] = True
    assert all(taken[starts[end] : end + 1].any() for end in range(30))


def test_no_recording_has_no_ends() -> None:
    assert len(find_path_ends([]).costs) == 0


def test_a_path_needs_a_third_of_the_clips_frames() -> None:
    ends = find_path_ends([np.zeros((9, 5), np.float32)])
    assert np.isfinite(ends.costs).tolist() == [False, False, False, True, True]
    assert ends.costs[3:].tolist() == pytest.approx([0, 0])
