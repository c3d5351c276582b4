"""Saying what numbers say of a claim."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from prvipe.report.sections import Claim, Verdict

STANDARD_ERRORS = 2.0
"""Differences smaller than this many standard errors are called too close to tell."""


def larger(
    text: str,
    first: tuple[str, float],
    second: tuple[str, float],
    frames: int,
    measure: str = "Hit@1",
) -> Claim:
    """The claim that the first of two shares is larger.

    The standard error is that of two independent shares of `frames` queries: wider than that of
    the average over camera pairs, as the pairs show the same frames, and blind to what another
    seed of the training would give.

    Args:
        text: the claim.
        first: name and share of what is said to be better.
        second: name and share of what it is compared with.
        frames: different frames behind each share.
        measure: what the shares are.
    """
    (name, share), (other, other_share) = first, second
    error = sqrt((share * (1 - share) + other_share * (1 - other_share)) / frames)
    difference = share - other_share
    evidence = (
        f"{measure}: {name} {share:.3f}, {other} {other_share:.3f}; difference {difference:+.3f}, "
        f"standard error {error:.3f}."
    )
    if abs(difference) < STANDARD_ERRORS * error:
        return Claim(text, Verdict.OPEN, evidence)
    return Claim(text, Verdict.HOLDS if difference > 0 else Verdict.FAILS, evidence)


def equal(
    text: str, shares: Sequence[tuple[str, float]], frames: int, measure: str = "Hit@1"
) -> Claim:
    """The claim that shares are equal but for the chance of which `frames` were measured.

    Args:
        text: the claim.
        shares: names and shares, two or more.
        frames: different frames behind each share.
        measure: what the shares are.
    """
    lowest, highest = (pick(shares, key=lambda pair: pair[1]) for pick in (min, max))
    spread = highest[1] - lowest[1]
    error = sqrt(sum(share * (1 - share) for _, share in (lowest, highest)) / frames)
    evidence = (
        f"{measure} from {lowest[1]:.3f} ({lowest[0]}) to {highest[1]:.3f} ({highest[0]}): a "
        f"spread of {spread:.3f}, standard error of a difference {error:.3f}."
    )
    within = spread < STANDARD_ERRORS * error
    return Claim(text, Verdict.HOLDS if within else Verdict.FAILS, evidence)


def negative_correlation(text: str, correlation: float, count: int) -> Claim:
    """The claim that one thing falls as another rises, by Spearman's correlation of `count`."""
    return _correlation(text, -1.0, correlation, count)


def positive_correlation(text: str, correlation: float, count: int) -> Claim:
    """The claim that one thing rises with another, by Spearman's correlation of `count`."""
    return _correlation(text, 1.0, correlation, count)


def _correlation(text: str, sign: float, correlation: float, count: int) -> Claim:
    # Without any relation the coefficient is close to normal, with this standard deviation.
    error = 1 / sqrt(count - 1)
    evidence = (
        f"Spearman's rank correlation {correlation:+.2f} over {count:,}; without any relation it "
        f"would lie within ±{STANDARD_ERRORS * error:.2f}."
    )
    if abs(correlation) < STANDARD_ERRORS * error:
        return Claim(text, Verdict.OPEN, evidence)
    return Claim(text, Verdict.HOLDS if sign * correlation > 0 else Verdict.FAILS, evidence)
