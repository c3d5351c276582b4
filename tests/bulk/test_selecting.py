"""Which rows are left out, and for which reason."""

import numpy as np
import pytest

from prvipe.bulk.selecting import (
    INFINITE,
    MISSING_JOINT,
    NO_SIZE,
    SCORE_OUTSIDE,
    TOO_LARGE,
    TOO_LITTLE_VISIBLE,
    sort_out,
)
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses


@pytest.fixture
def poses() -> Poses:
    """Row 0 is whole, then: infinite, score 2, three joints, one joint missing, no size."""
    rng = np.random.default_rng(0)
    keypoints = rng.normal(size=(6, 13, 2)).astype(np.float32)
    scores = np.ones((6, 13), np.float32)
    keypoints[1, 3] = np.inf
    scores[2, 0] = 2
    scores[3, 3:] = 0
    scores[4, 5] = 0
    keypoints[5] = 1
    return Poses(keypoints, scores, "coco13")


def test_rows_of_a_model_that_reads_scores(model: str, poses: Poses) -> None:
    kept, reasons = sort_out(Embedder.load(model), poses)
    assert kept.tolist() == [True, False, False, False, True, False]
    assert reasons == {INFINITE: 1, SCORE_OUTSIDE: 1, TOO_LITTLE_VISIBLE: 2}
    Embedder.load(model).embed(poses[kept])


def test_rows_of_a_model_that_needs_all_joints(whole_model: str, poses: Poses) -> None:
    kept, reasons = sort_out(Embedder.load(whole_model), poses)
    assert kept.tolist() == [True, False, True, False, False, False]
    assert reasons == {INFINITE: 1, MISSING_JOINT: 2, NO_SIZE: 1}
    Embedder.load(whole_model).embed(poses[kept])


@pytest.mark.parametrize("number", [1e20, 1e30, -3e38])
def test_coordinates_that_are_too_large_are_said_so(
    number: float, model: str, whole_model: str
) -> None:
    """But not what a joint holds that is not visible."""
    keypoints = np.random.default_rng(0).normal(200, 50, (2, 13, 2)).astype(np.float32)
    scores = np.ones((2, 13), np.float32)
    keypoints[:, :5, 0] = number
    scores[0, 3:], scores[1, :5] = 1, 0
    kept, reasons = sort_out(Embedder.load(model), Poses(keypoints, scores, "coco13"))
    assert kept.tolist() == [False, True]
    assert reasons == {TOO_LARGE: 1}
    kept, reasons = sort_out(Embedder.load(whole_model), Poses(keypoints, None, "coco13"))
    assert reasons == {TOO_LARGE: 2}


def test_every_row_is_kept_or_counted_once(model: str) -> None:
    rng = np.random.default_rng(1)
    keypoints = rng.choice([0.0, 1.0, np.nan, np.inf], (500, 13, 2)).astype(np.float32)
    scores = rng.choice([0.0, 0.5, 3.0], (500, 13), p=[0.3, 0.68, 0.02]).astype(np.float32)
    kept, reasons = sort_out(Embedder.load(model), Poses(keypoints, scores, "coco13"))
    assert kept.sum() + sum(reasons.values()) == 500
