from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe.evaluation.protocol import EvaluationResult, PairResult, RecordingResult
from prvipe.report.sections import Claim, Verdict
from prvipe.reproduction.claims import (
    ALIKE,
    alike,
    larger,
    negative_correlation,
    paired_difference,
    positive_correlation,
)


def result(hits: list[float], frames: list[int] | None = None) -> EvaluationResult:
    """A result whose recordings have these Hit@1."""
    frames = frames or [100] * len(hits)
    recordings = tuple(
        RecordingResult(f"recording {number}", count, {1: hit})
        for number, (hit, count) in enumerate(zip(hits, frames, strict=True))
    )
    pairs = (PairResult(0, 1, {1: float(np.average(hits, weights=frames))}),)
    return EvaluationResult("it", "", True, "det", sum(frames), 0.1, pairs, "", None, recordings)


hit_lists = st.lists(st.floats(0, 1), min_size=4, max_size=4)


def test_the_error_is_that_of_paired_differences_between_recordings() -> None:
    # Differences 0.1, 0.2, 0.3: mean 0.2, standard deviation 0.1, error 0.1 / sqrt(3).
    difference, error = paired_difference(result([0.5, 0.3, 0.9]), result([0.4, 0.1, 0.6]))
    assert difference == pytest.approx(0.2)
    assert error == pytest.approx(0.1 / np.sqrt(3))


def test_recordings_count_by_their_frames() -> None:
    first, second = result([0.4, 0.8], [300, 100]), result([0.2, 0.2], [300, 100])
    difference, error = paired_difference(first, second)
    assert difference == pytest.approx((300 * 0.2 + 100 * 0.6) / 400)
    assert difference == pytest.approx(first.hits[1] - second.hits[1])
    # Frames times deviation is +-30 for both, doubled for two recordings, over 400 frames.
    assert error == pytest.approx(np.sqrt(2 * (30**2 + 30**2)) / 400)


def test_what_all_recordings_agree_on_holds_however_small() -> None:
    steady = result([0.30, 0.50, 0.10]), result([0.29, 0.49, 0.09])
    assert larger("", ("a", steady[0]), ("b", steady[1])).verdict is Verdict.HOLDS
    assert larger("", ("b", steady[1]), ("a", steady[0])).verdict is Verdict.FAILS


def test_what_recordings_disagree_on_is_open_however_large_the_mean() -> None:
    torn = result([0.9, 0.1, 0.9]), result([0.1, 0.5, 0.4])
    assert larger("", ("a", torn[0]), ("b", torn[1])).verdict is Verdict.OPEN


@given(hit_lists, hit_lists)
def test_a_claim_and_its_opposite_never_both_hold(first: list[float], second: list[float]) -> None:
    a, b = ("a", result(first)), ("b", result(second))
    verdicts = {larger("", a, b).verdict, larger("", b, a).verdict}
    if first != second:
        assert verdicts in ({Verdict.OPEN}, {Verdict.HOLDS, Verdict.FAILS})


def test_one_recording_tells_nothing() -> None:
    one = result([0.9]), result([0.1])
    assert larger("", ("a", one[0]), ("b", one[1])).verdict is Verdict.OPEN
    assert alike("", [("a", one[0]), ("b", one[0])]).verdict is Verdict.OPEN


def test_results_of_other_recordings_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="not of the same recordings"):
        paired_difference(result([0.5, 0.4]), result([0.5, 0.4, 0.3]))


def test_alike_is_shown_not_presumed() -> None:
    base = result([0.30, 0.50, 0.10, 0.40])
    close = result([0.305, 0.505, 0.105, 0.405])
    far = result([0.36, 0.55, 0.16, 0.45])
    noisy = result([0.50, 0.30, 0.30, 0.20])
    assert alike("", [("base", base), ("close", close)]).verdict is Verdict.HOLDS
    assert alike("", [("base", base), ("close", close), ("far", far)]).verdict is Verdict.FAILS
    assert alike("", [("base", base), ("noisy", noisy)]).verdict is Verdict.OPEN
    assert f"within {ALIKE:g}" in alike("", [("base", base), ("close", close)]).evidence


def test_the_evidence_has_the_numbers() -> None:
    claim = larger("", ("Pr-VIPE", result([0.76, 0.74])), ("L2-VIPE", result([0.72, 0.72])))
    expected = "Hit@1 Pr-VIPE 0.750, L2-VIPE 0.720; difference +0.030, standard error over 2"
    assert expected in claim.evidence


@pytest.mark.parametrize(
    ("claim", "correlation", "count", "verdict"),
    [
        (negative_correlation, -0.4, 100, Verdict.HOLDS),
        (negative_correlation, 0.4, 100, Verdict.FAILS),
        (negative_correlation, -0.4, 20, Verdict.OPEN),
        (positive_correlation, 0.1, 10_000, Verdict.HOLDS),
        (positive_correlation, -0.1, 10_000, Verdict.FAILS),
        (positive_correlation, float("nan"), 10_000, Verdict.OPEN),
    ],
)
def test_correlations(
    claim: Callable[[str, float, int], Claim], correlation: float, count: int, verdict: Verdict
) -> None:
    judged = claim("", correlation, count)
    assert judged.verdict is verdict
    assert "nan" not in judged.evidence
