"""The nearest vectors, against sorting all of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe.index.nearest import find_nearest, squared_distances

RNG = np.random.default_rng(0)
VECTORS = RNG.normal(size=(3000, 17)).astype(np.float32)
VECTORS[1000:2000] = VECTORS[7]  # a thousand that are equally near
QUERIES = np.vstack([RNG.normal(size=(40, 17)), VECTORS[7]]).astype(np.float32)


def test_distances_are_those_of_double_precision() -> None:
    expected = np.square(QUERIES[:, None].astype(np.float64) - VECTORS).sum(axis=2)
    np.testing.assert_allclose(squared_distances(QUERIES, VECTORS), expected, rtol=1e-5)


@given(
    st.integers(0, 40),
    st.integers(1, 41),
    st.integers(0, 700),
    st.none() | st.integers(0, 3000),
    st.integers(0, 5),
)
def test_the_nearest_are_found_and_of_equal_ones_the_first(
    first: int, count: int, depth: int, allowed: int | None, seed: int
) -> None:
    queries = QUERIES[first : first + count]
    distances = squared_distances(QUERIES, VECTORS)[first : first + count]
    positions = np.arange(3000)
    if allowed is not None:
        positions = np.random.default_rng(seed).permutation(3000)[:allowed]
    depth = min(depth, len(positions))
    found, near = find_nearest(queries, VECTORS, None if allowed is None else positions, depth)
    order = distances[:, positions].argsort(axis=1, kind="stable")[:, :depth]
    expected = positions[np.sort(order, axis=1)]  # in the order of the positions given
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(near, np.take_along_axis(distances, expected, axis=1))


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 3e38])
def test_what_is_no_number_is_found_last_and_marked(wrong: float) -> None:
    vectors = VECTORS[:600].copy()
    vectors[::2, 3] = wrong
    found, _ = find_nearest(QUERIES, vectors, None, 300)
    np.testing.assert_array_equal(found, np.tile(np.arange(1, 600, 2), (41, 1)))
    found, distances = find_nearest(QUERIES, vectors, None, 301)
    assert (found[:, :300] >= 0).all()
    assert (found[:, 300] == -1).all()
    assert np.isinf(distances[:, 300]).all()
