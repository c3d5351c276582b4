import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.data.synthetic import synthetic_benchmark
from prvipe.errors import InputError
from prvipe.evaluation import KeypointRetrieval
from prvipe.evaluation.explained_retrieval import ExplainedRetrieval
from prvipe.evaluation.retrieval_errors import Cause, RetrievalErrors, explain_errors


@pytest.fixture(scope="module")
def motions() -> CrossViewBenchmark:
    return synthetic_benchmark(frames_per_activity=60, bodies_per_activity=2)


@pytest.fixture(scope="module")
def errors(motions: CrossViewBenchmark) -> RetrievalErrors:
    return explain_errors(KeypointRetrieval(), motions, 4, training=motions.poses3d[::7])


@pytest.fixture
def unexplained(errors: RetrievalErrors) -> ExplainedRetrieval:
    """An error to which no cause applies."""
    above = 2 * errors.explained_below
    first = with_view_errors(errors.misses[0], above, above)
    return replace(
        first,
        retrieval=replace(first.retrieval, np_mpjpe=0.2),
        mirrored=0.15,
        training=(0.05, 0.05),
    )


def with_view_errors(
    explained: ExplainedRetrieval, query: float, retrieved: float
) -> ExplainedRetrieval:
    views = zip(explained.exchanged_views, (query, retrieved), strict=True)
    first, second = (view._replace(error=error) for view, error in views)
    return replace(explained, exchanged_views=(first, second))


def test_every_cause(errors: RetrievalErrors, unexplained: ExplainedRetrieval) -> None:
    below, above = errors.explained_below * 0.99, errors.explained_below * 1.01
    near = replace(unexplained, retrieval=replace(unexplained.retrieval, np_mpjpe=0.1299))
    assert errors.cause(unexplained) is Cause.UNEXPLAINED
    assert errors.cause(near) is Cause.NEAR_MISS
    assert errors.cause(with_view_errors(unexplained, below, above)) is Cause.AMBIGUOUS
    assert errors.cause(with_view_errors(unexplained, above, below)) is Cause.AMBIGUOUS
    assert errors.cause(with_view_errors(unexplained, above, above)) is Cause.UNEXPLAINED
    assert errors.cause(replace(unexplained, mirrored=0.099)) is Cause.MIRRORED
    assert errors.cause(replace(unexplained, training=(0.11, 0.0))) is Cause.FAR_FROM_TRAINING
    assert errors.cause(replace(unexplained, training=(0.0, 0.11))) is Cause.FAR_FROM_TRAINING
    assert errors.cause(replace(unexplained, training=None)) is Cause.UNEXPLAINED


def test_the_first_cause_that_applies_counts(
    errors: RetrievalErrors, unexplained: ExplainedRetrieval
) -> None:
    explained = replace(unexplained, training=(0.2, 0.2))
    for change, cause in (
        ({"mirrored": 0.05}, Cause.MIRRORED),
        ({"exchanged_views": with_view_errors(explained, 0, 0).exchanged_views}, Cause.AMBIGUOUS),
        ({"retrieval": replace(explained.retrieval, np_mpjpe=0.12)}, Cause.NEAR_MISS),
    ):
        explained = replace(explained, **change)
        assert errors.cause(explained) is cause
        assert errors.applies(Cause.FAR_FROM_TRAINING, explained)
        assert not errors.applies(Cause.UNEXPLAINED, explained)


def test_kappa_sets_the_thresholds(
    errors: RetrievalErrors, unexplained: ExplainedRetrieval
) -> None:
    lenient = replace(errors, kappa=0.16)
    assert lenient.cause(replace(unexplained, training=(0.15, 0.15))) is Cause.NEAR_MISS
    far = replace(unexplained, retrieval=replace(unexplained.retrieval, np_mpjpe=0.3))
    assert lenient.cause(far) is Cause.MIRRORED
    assert lenient.cause(replace(far, mirrored=0.17)) is Cause.UNEXPLAINED


def test_counts_are_of_all_misses(errors: RetrievalErrors) -> None:
    counts = errors.counts()
    assert list(counts) == list(Cause)
    assert sum(counts.values()) == len(errors.misses) == len(errors.hits) == 4
    assert all(each.retrieval.np_mpjpe > 0.1 for each in errors.misses)
    assert all(each.retrieval.np_mpjpe <= 0.1 for each in errors.hits)


def test_as_well_as_a_match_is_the_median_over_queries(errors: RetrievalErrors) -> None:
    known = [
        each.match_error for each in (*errors.misses, *errors.hits) if each.match_error is not None
    ]
    assert errors.explained_below == pytest.approx(np.median(known))


def test_share_of_equally_far_poses(errors: RetrievalErrors) -> None:
    below, above = 0.5 * errors.explained_below, 2 * errors.explained_below
    misses = tuple(
        replace(errors.misses[0], equally_far_error=error) for error in (below, above, above, None)
    )
    assert replace(errors, misses=misses).equally_far_explained() == pytest.approx(1 / 3)


def test_medians_of_misses_and_hits(errors: RetrievalErrors) -> None:
    medians = errors.medians()
    misses = [each.retrieval.np_mpjpe for each in errors.misses]
    hits = [each.retrieval.np_mpjpe for each in errors.hits]
    assert medians["NP-MPJPE of the retrieved pose"] == pytest.approx(
        (np.median(misses), np.median(hits))
    )
    assert np.isnan(medians["matching probability"]).all()  # 2D keypoints have none


def test_everything_as_json(errors: RetrievalErrors) -> None:
    contents: dict[str, Any] = json.loads(json.dumps(errors.as_dict(), allow_nan=False))
    assert contents["counts"] == {str(cause): count for cause, count in errors.counts().items()}
    assert len(contents["misses"]) == 4
    assert contents["medians"]["matching probability"] == {"misses": None, "hits": None}
    assert contents["misses"][0]["cause"] in list(Cause)
    assert contents["misses"][0]["query"] == errors.misses[0].retrieval.query


def test_poses_without_any_near_match_are_refused(motions: CrossViewBenchmark) -> None:
    with pytest.raises(InputError, match="no pose is between 1e-06 and 2e-06 NP-MPJPE"):
        explain_errors(KeypointRetrieval(), motions, 1, kappa=2e-6)
