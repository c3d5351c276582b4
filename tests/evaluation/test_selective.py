"""Dropping uncertain queries: by hand, and what must hold of every uncertainty."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe.errors import InputError
from prvipe.evaluation.best_retrievals import BestRetrievals
from prvipe.evaluation.selective import risk_coverage, select_by_uncertainty


def test_curve_by_hand() -> None:
    curve = risk_coverage(np.array([0.3, 0.1, 0.9, 0.2]), np.array([True, True, False, False]))
    np.testing.assert_allclose(curve.coverage, [0.25, 0.5, 0.75, 1.0])
    np.testing.assert_allclose(curve.risk, [0, 1 / 2, 1 / 3, 2 / 4])
    assert curve.area == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    hits = [curve.hit_rate(share) for share in (0, 0.25, 0.5, 0.75)]
    assert hits == pytest.approx([0.5, 2 / 3, 0.5, 1.0])


def test_ties_come_in_random_order() -> None:
    """No order of the rows may make a useless uncertainty look good."""
    match = np.array([True] * 6 + [False] * 4)
    for rows in (slice(None), slice(None, None, -1)):
        np.testing.assert_allclose(risk_coverage(np.ones(10), match[rows]).risk, 0.4)
    half = risk_coverage(np.repeat([0.0, 1.0], 5), match)
    np.testing.assert_allclose(half.risk[:5], 0.0)
    assert half.risk[9] == pytest.approx(0.4)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
def test_best_and_worst_order_bound_every_other(queries: list[tuple[float, bool]]) -> None:
    uncertainty, match = (np.array(column) for column in zip(*queries, strict=True))
    best, any_order, worst = (
        risk_coverage(order, match).area for order in (~match * 1.0, uncertainty, match * 1.0)
    )
    assert best - 1e-12 <= any_order <= worst + 1e-12
    assert best - 1e-12 <= 1 - match.mean() <= worst + 1e-12


@pytest.mark.parametrize("dropped", [-0.1, 1.0, 0.9, np.nan])
def test_some_queries_must_be_left(dropped: float) -> None:
    with pytest.raises(InputError, match="leaves none"):
        risk_coverage(np.arange(4.0), np.ones(4, bool)).hit_rate(dropped)


@pytest.mark.parametrize(
    ("uncertainty", "match", "message"),
    [
        ([], [], "at least one"),
        ([0.1], [True, False], "as many"),
        ([0.1, np.nan], [True, False], "are NaN"),
    ],
)
def test_what_is_no_curve(uncertainty: list[float], match: list[bool], message: str) -> None:
    with pytest.raises(InputError, match=message):
        risk_coverage(np.array(uncertainty, float), np.array(match, bool))


def retrievals(deviation: float = 1.0, seed: int = 0) -> BestRetrievals:
    """Two pairs of cameras, 500 queries that fail the more often the larger their variance is."""
    rng = np.random.default_rng(seed)
    variance = deviation**2 * rng.random((2, 500))
    chance = 1 - variance if deviation else np.full((2, 500), 0.5)
    match = rng.random((2, 500)) < chance
    return BestRetrievals(
        pairs=((0, 1), (1, 0)),
        rows=np.arange(500),
        hits={1: float(match.mean())},
        match=match,
        confidence=chance,
        variance=variance,
        deviation=np.sqrt(variance),
    )


def test_uncertainty_that_knows_is_worth_heeding() -> None:
    selective = select_by_uncertainty(retrievals())
    assert selective.by_variance is not None
    assert selective.by_variance == selective.by_confidence  # they order the queries alike
    assert selective.queries == 1000
    gains = [hit - selective.hit_rate for hit in selective.by_variance.hits.values()]
    assert 0 < gains[0] < gains[1] < gains[2] < gains[3]
    assert gains[3] == pytest.approx(0.25, abs=0.05)  # 3/4 of the surer half, 1/2 of all
    assert selective.best_area < selective.by_variance.area < selective.random_area
    assert (
        json.loads(json.dumps(asdict(selective)))["by_variance"]["hits"]["0.2"]
        == (selective.by_variance.hits[0.2])
    )


def test_points_have_no_variance() -> None:
    selective = select_by_uncertainty(retrievals(deviation=0.0), dropped=(0.2,))
    assert selective.by_variance is None
    assert selective.by_confidence.hits == pytest.approx({0.2: selective.hit_rate})
