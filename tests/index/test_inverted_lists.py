"""Vectors sorted by centre."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe.index.inverted_lists import InvertedLists, nearest_lists

VECTORS = np.random.default_rng(0).normal(size=(2000, 5)).astype(np.float32)
LISTS = InvertedLists.of(VECTORS)
STORED = VECTORS[LISTS.order]


OWN = np.repeat(np.arange(len(LISTS.centers)), np.diff(LISTS.starts))  # list of each position


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
def test_as_many_of_the_nearest_lists_are_taken_as_hold_enough_allowed_vectors(
    query: int, least: int, percent: int, seed: int
) -> None:
    allowed = np.random.default_rng(seed).random(2000) < percent / 100
    (taken,) = nearest_lists([LISTS], VECTORS[query], least, [allowed], int(allowed.sum()))
    distances = np.square(LISTS.centers - VECTORS[query]).sum(axis=1)
    np.testing.assert_array_equal(taken, np.argsort(distances, kind="stable")[: len(taken)])
    sizes = LISTS.sizes(taken, allowed)
    np.testing.assert_array_equal(sizes, [allowed[each == OWN].sum() for each in taken])
    assert sizes.sum() >= min(least, allowed.sum())
    assert sizes[:-1].sum() < least


@pytest.mark.parametrize("least", [1, 700, 5000])
def test_lists_of_several_segments_are_chosen_from_as_if_they_were_of_one(least: int) -> None:
    segments = [LISTS, InvertedLists.of(VECTORS[::3]), LISTS]
    distances = [np.square(each.centers - VECTORS[5]).sum(axis=1) for each in segments]
    taken = nearest_lists(segments, VECTORS[5], least, [None] * 3, 4667)
    held = sum(int(each.sizes(own, None).sum()) for each, own in zip(segments, taken, strict=True))
    assert held >= min(least, 4667)
    furthest = max(own[chosen].max(initial=0) for own, chosen in zip(distances, taken, strict=True))
    for own, chosen in zip(distances, taken, strict=True):
        assert (np.diff(own[chosen]) >= 0).all()
        assert set(np.flatnonzero(own < furthest)) <= set(chosen.tolist())


@pytest.mark.parametrize("least", [1, 700, 5000])
def test_without_a_filter_all_are_allowed(least: int) -> None:
    for query in VECTORS[3:30]:
        (without,) = nearest_lists([LISTS], query, least, [None], 2000)
        (everything,) = nearest_lists([LISTS], query, least, [np.ones(2000, bool)], 2000)
        np.testing.assert_array_equal(without, everything)


def test_centers_are_found_where_ezc3d_was_imported_first() -> None:
    """Both libraries are made by SWIG and share its table of types."""
    pytest.importorskip("ezc3d")
    code = (
        "import ezc3d, numpy as np; from prvipe.index.inverted_lists import InvertedLists; "
        "print(len(InvertedLists.of(np.eye(400, 5, dtype=np.float32)).centers))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "80\n", done.stderr
