"""The nearest of vectors shown run after run, against sorting all of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe.errors import InputError
from prvipe.index.shortlist import Shortlist

RNG = np.random.default_rng(0)
VECTORS = RNG.normal(size=(3000, 17)).astype(np.float32)
VECTORS[1000:2000] = VECTORS[7]  # a thousand that are equally near
QUERIES = np.vstack([RNG.normal(size=(9, 17)), VECTORS[7]]).astype(np.float32)


@given(
    st.integers(0, 9),
    st.integers(1, 700),
    st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 400)), max_size=12),
    st.none() | st.integers(0, 100),
)
def test_the_nearest_of_some_runs_are_found_and_of_equal_ones_the_first(
    query: int, depth: int, runs: list[tuple[int, int]], percent: int | None
) -> None:
    allowed = None
    if percent is not None:
        allowed = np.random.default_rng(percent).random(3000) < percent / 100
    starts = np.array([start for start, _ in runs], np.int64)
    stops = np.minimum(3000, starts + np.array([length for _, length in runs], np.int64))
    shortlist = Shortlist(QUERIES[query], depth)
    shortlist.look_at(VECTORS, (starts, stops), allowed)
    places, distances = shortlist.nearest()
    order = [p for start, stop in zip(starts, stops, strict=True) for p in range(start, stop)]
    seen = np.array([p for p in order if allowed is None or allowed[p]], np.int64)
    exact = np.square(QUERIES[query].astype(np.float64) - VECTORS[seen]).sum(axis=1)
    np.testing.assert_allclose(np.sort(distances), np.sort(exact)[: len(places)], rtol=1e-5)
    assert len(places) == min(depth, len(seen))
    equal = (seen >= 1000) & (seen < 2000)  # to each other, to the last digit
    found = places[(places >= 1000) & (places < 2000)]
    np.testing.assert_array_equal(found, seen[equal][: len(found)])


@given(st.integers(0, 9), st.integers(1, 500), st.lists(st.integers(0, 3000), max_size=3))
def test_what_comes_in_several_arrays_is_found_as_in_one(
    query: int, depth: int, cuts: list[int]
) -> None:
    whole, parts = Shortlist(QUERIES[query], depth), Shortlist(QUERIES[query], depth)
    whole.look_at(VECTORS)
    for part in np.split(VECTORS, sorted(cuts)):
        parts.look_at(part)
    for one, other in zip(whole.nearest(), parts.nearest(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 3e38])
def test_what_is_no_number_is_refused_where_it_would_be_among_the_nearest(wrong: float) -> None:
    vectors = VECTORS[:600].copy()
    vectors[::2, 3] = wrong
    for depth in (300, 301):
        shortlist = Shortlist(QUERIES[0], depth)
        shortlist.look_at(vectors)
        if depth == 300:
            assert sorted(shortlist.nearest()[0].tolist()) == list(range(1, 600, 2))
        else:
            with pytest.raises(InputError, match="not numbers; check its files"):
                shortlist.nearest()
