"""Vectors sorted by centre."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe.geometry.arrays import BoolArray, Float32Array, IntArray
from prvipe.index.inverted_lists import InvertedLists, nearest_positions

VECTORS = np.random.default_rng(0).normal(size=(2000, 5)).astype(np.float32)
LISTS = InvertedLists.of(VECTORS)
STORED = VECTORS[LISTS.order]


def positions_near(queries: Float32Array, least: int, allowed: BoolArray | None) -> list[IntArray]:
    """Those of the one segment that there is."""
    return [found for (found,) in nearest_positions([LISTS], queries, least, [allowed])]


def test_every_vector_is_in_the_list_of_its_nearest_center() -> None:
    assert sorted(LISTS.order) == list(range(2000))
    distances = np.square(STORED[:, None] - LISTS.centers).sum(axis=2)
    own = np.repeat(np.arange(len(LISTS.centers)), np.diff(LISTS.starts))
    np.testing.assert_allclose(
        distances[np.arange(2000), own], distances.min(axis=1), rtol=1e-4, atol=1e-5
    )
    for first, last in zip(LISTS.starts[:-1], LISTS.starts[1:], strict=True):
        assert (np.diff(LISTS.order[first:last]) > 0).all()


def test_equal_vectors_make_equal_lists() -> None:
    again = InvertedLists.of(VECTORS)
    np.testing.assert_array_equal(again.order, LISTS.order)
    np.testing.assert_array_equal(again.centers, LISTS.centers)


@given(st.integers(0, 1999), st.integers(1, 2500), st.integers(0, 100), st.integers(0, 5))
def test_enough_allowed_vectors_of_the_nearest_lists_are_read(
    query: int, least: int, percent: int, seed: int
) -> None:
    allowed = np.random.default_rng(seed).random(2000) < percent / 100
    (found,) = positions_near(VECTORS[[query]], least, allowed)
    assert len(found) == len(set(found.tolist()))
    assert allowed[found].all()
    assert len(found) >= min(least, allowed.sum())
    own = np.repeat(np.arange(len(LISTS.centers)), np.diff(LISTS.starts))
    read = dict.fromkeys(own[found].tolist())  # lists, in the order in which they were read
    distances = np.square(LISTS.centers - VECTORS[query]).sum(axis=1)
    assert list(read) == sorted(read, key=lambda each: distances[each])
    for each in read:
        assert allowed[own == each].sum() == (own[found] == each).sum()
    without_last = found[own[found] != (list(read) or [-1])[-1]]
    assert len(without_last) < least


@pytest.mark.parametrize("least", [1, 700, 5000])
def test_without_a_filter_all_are_allowed(least: int) -> None:
    queries = VECTORS[3:30]
    without = positions_near(queries, least, None)
    everything = positions_near(queries, least, np.ones(2000, bool))
    for number, (found, filtered) in enumerate(zip(without, everything, strict=True)):
        np.testing.assert_array_equal(found, filtered)
        (alone,) = positions_near(queries[number : number + 1], least, None)
        np.testing.assert_array_equal(found, alone)


def test_centers_are_found_where_ezc3d_was_imported_first() -> None:
    """Both libraries are made by SWIG and share its table of types."""
    pytest.importorskip("ezc3d")
    code = (
        "import ezc3d, numpy as np; from prvipe.index.inverted_lists import InvertedLists; "
        "print(len(InvertedLists.of(np.eye(400, 5, dtype=np.float32)).centers))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "80\n", done.stderr
