"""Online semi-hard mining."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from hypothesis import given
from hypothesis import strategies as st

from prvipe.training.mining import semi_hard_negatives


def test_choices_are_those_of_the_authors(
    reference_vectors: Callable[[str], dict[str, npt.NDArray[Any]]],
) -> None:
    vectors = reference_vectors("triplet")
    index, found = semi_hard_negatives(
        *(torch.from_numpy(vectors[name]) for name in ("d_ap_mining", "d_an_mining", "negative"))
    )
    expected = vectors["semi_hard_index"]
    np.testing.assert_array_equal(found, expected >= 0)
    np.testing.assert_array_equal(torch.where(found, index, -1), expected)


@given(st.integers(0, 500), st.floats(0, 1))
def test_choices_by_search(seed: int, share: float) -> None:
    """Distances of few values, so that ties are common."""
    rng = np.random.default_rng(seed)
    distance, negative = rng.integers(5, size=(7, 7)) / 4, rng.random((7, 7)) < share
    positive = rng.integers(5, size=7) / 4
    index, found = semi_hard_negatives(*map(torch.from_numpy, (positive, distance, negative)))
    for row in range(7):
        farther = [j for j in range(7) if negative[row, j] and distance[row, j] > positive[row]]
        assert bool(found[row]) == bool(farther)
        if farther:
            assert int(index[row]) == min(farther, key=lambda j: distance[row, j])


def test_without_a_negative_the_index_still_points_at_a_pair() -> None:
    distance = torch.rand(4, 4)
    index, found = semi_hard_negatives(
        torch.zeros(4), distance, torch.zeros(4, 4, dtype=torch.bool)
    )
    assert not found.any()
    assert ((index >= 0) & (index < 4)).all()
