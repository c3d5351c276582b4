from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe.report.sections import Claim, Verdict
from prvipe.reproduction.claims import equal, larger, negative_correlation, positive_correlation

shares = st.floats(0.0, 1.0)


def test_a_clear_difference_holds_and_its_opposite_fails() -> None:
    assert larger("", ("a", 0.30), ("b", 0.20), 10_000).verdict is Verdict.HOLDS
    assert larger("", ("b", 0.20), ("a", 0.30), 10_000).verdict is Verdict.FAILS


def test_few_frames_cannot_tell_a_small_difference() -> None:
    # The standard error of 0.22 - 0.20 on 100 frames is 0.058, on 10,000 frames 0.0058.
    assert larger("", ("a", 0.22), ("b", 0.20), 100).verdict is Verdict.OPEN
    assert larger("", ("a", 0.22), ("b", 0.20), 10_000).verdict is Verdict.HOLDS


@given(shares, shares, st.integers(1, 10**6))
def test_a_claim_and_its_opposite_never_both_hold(a: float, b: float, frames: int) -> None:
    opposite = {
        Verdict.HOLDS: Verdict.FAILS,
        Verdict.FAILS: Verdict.HOLDS,
        Verdict.OPEN: Verdict.OPEN,
    }
    claim = larger("", ("a", a), ("b", b), frames)
    counterclaim = larger("", ("b", b), ("a", a), frames)
    if a != b:
        assert counterclaim.verdict is opposite[claim.verdict]


def test_the_evidence_has_the_numbers() -> None:
    evidence = larger("", ("Pr-VIPE", 0.762), ("L2-VIPE", 0.735), 10_910).evidence
    assert "Pr-VIPE 0.762, L2-VIPE 0.735; difference +0.027, standard error 0.006" in evidence


def test_equality_is_of_all_shares() -> None:
    close = [("10", 0.744), ("20", 0.752), ("30", 0.750)]
    assert equal("", close, 10_910).verdict is Verdict.HOLDS
    assert equal("", [*close, ("5", 0.70)], 10_910).verdict is Verdict.FAILS
    assert "0.700 (5) to 0.752 (20)" in equal("", [*close, ("5", 0.70)], 10_910).evidence


@pytest.mark.parametrize(
    ("claim", "correlation", "count", "verdict"),
    [
        (negative_correlation, -0.4, 100, Verdict.HOLDS),
        (negative_correlation, 0.4, 100, Verdict.FAILS),
        (negative_correlation, -0.4, 20, Verdict.OPEN),
        (positive_correlation, 0.1, 10_000, Verdict.HOLDS),
        (positive_correlation, -0.1, 10_000, Verdict.FAILS),
    ],
)
def test_correlations(
    claim: Callable[[str, float, int], Claim], correlation: float, count: int, verdict: Verdict
) -> None:
    assert claim("", correlation, count).verdict is verdict
