import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prvipe.report.thumbnail_layout import choose_apart, place_beside

CELL = np.array([0.3, 0.5])
NONE = np.zeros((0, 2))


def overlap(centers: np.ndarray) -> np.ndarray:
    gaps = np.abs(centers[:, None] - centers)
    pairs = (gaps < CELL - 1e-9).all(axis=-1)
    return np.asarray(pairs & ~np.eye(len(centers), dtype=bool))


def points(seed: int, count: int, width: float) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-width, width, (count, 2))


@given(seed=st.integers(0, 1000), count=st.integers(0, 60), width=st.floats(0.01, 3))
def test_chosen_cells_do_not_overlap_and_leave_no_room(seed: int, count: int, width: float) -> None:
    candidates, taken = points(seed, count, width), points(seed + 1, 1, width)
    chosen = choose_apart(candidates, CELL, count, taken)
    assert not overlap(np.concatenate([taken, candidates[chosen]])).any()
    for row in np.setdiff1d(np.arange(count), chosen):
        assert overlap(np.concatenate([taken, candidates[chosen], candidates[[row]]]))[-1].any()


def test_earlier_points_are_preferred_and_no_more_than_wanted_are_chosen() -> None:
    line = np.stack([np.arange(31) / 8, np.zeros(31)], axis=1)
    cell = np.array([0.375, 0.5])
    assert choose_apart(line, cell, 100, NONE).tolist()[:3] == [0, 3, 6]
    assert choose_apart(line[::-1], cell, 2, NONE).tolist() == [0, 3]
    assert choose_apart(line, cell, 0, NONE).tolist() == []


@settings(max_examples=40)
@given(seed=st.integers(0, 1000), count=st.integers(1, 12), width=st.floats(0.0, 2))
def test_placed_cells_cover_neither_each_other_nor_a_point(
    seed: int, count: int, width: float
) -> None:
    marked = points(seed, count, width)
    bound = np.array([2.5, 2.5])
    centers = place_beside(marked, CELL, -bound, bound)
    assert centers.shape == marked.shape
    assert not overlap(centers).any()
    assert (np.abs(centers) <= bound).all()
    covered = (np.abs(centers[:, None] - marked) < CELL / 2 - 1e-9).all(axis=-1)
    assert not covered.any()


def test_a_lonely_cell_touches_its_point() -> None:
    center = place_beside(np.zeros((1, 2)), CELL, np.full(2, -5.0), np.full(2, 5.0))[0]
    assert (np.abs(center) <= 0.71 * CELL).all()


def test_no_room() -> None:
    with pytest.raises(ValueError, match="no room for 9 cells"):
        place_beside(np.zeros((9, 2)), CELL, np.full(2, -0.4), np.full(2, 0.4))
