"""Saying what numbers say of a claim."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import isfinite, sqrt

import numpy as np

from prvipe.evaluation.protocol import EvaluationResult
from prvipe.report.sections import Claim, Verdict

STANDARD_ERRORS = 2.0
"""An effect smaller than this many standard errors cannot be told from none."""

ALIKE = 0.02
"""Shares this close count as alike; within table 3 the paper's own reach 0.018."""

Named = tuple[str, EvaluationResult]
"""What a result is called, and the result."""


def larger(text: str, first: Named, second: Named, of_paper: bool = True) -> Claim:
    """The claim that the first of two has the larger Hit@1, on the same frames.

    Args:
        text: the claim.
        first: what is said to be better.
        second: what it is compared with.
        of_paper: whether the paper claims it.
    """
    difference, error = paired_difference(first[1], second[1])
    evidence = _describe(first, second, difference, error)
    if not isfinite(error) or abs(difference) <= STANDARD_ERRORS * error:
        return Claim(text, Verdict.OPEN, evidence, of_paper)
    return Claim(text, Verdict.HOLDS if difference > 0 else Verdict.FAILS, evidence, of_paper)


def alike(text: str, results: Sequence[Named], of_paper: bool = True) -> Claim:
    """The claim that the Hit@1 of all results is the same within `ALIKE`, on the same frames.

    It holds if even the largest difference, and two standard errors more, stays within that; it
    fails if the largest difference less two standard errors is beyond it.

    Args:
        text: the claim.
        results: two or more.
        of_paper: whether the paper claims it.
    """
    pairs = list(combinations(results, 2))
    compared = [paired_difference(first[1], second[1]) for first, second in pairs]
    widest = int(np.argmax([abs(difference) for difference, _ in compared]))
    difference, error = compared[widest]
    evidence = (
        f"Largest difference: {_describe(*pairs[widest], difference, error)} "
        f"Alike means within {ALIKE:g}."
    )
    verdict = Verdict.OPEN
    if abs(difference) + STANDARD_ERRORS * error < ALIKE:
        verdict = Verdict.HOLDS
    elif abs(difference) - STANDARD_ERRORS * error > ALIKE:
        verdict = Verdict.FAILS
    return Claim(text, verdict, evidence, of_paper)


def paired_difference(first: EvaluationResult, second: EvaluationResult) -> tuple[float, float]:
    """Difference of two Hit@1 on the same frames, and its standard error over recordings.

    Frames of one recording resemble each other, so the error is that of a mean over clusters
    (recordings, weighted by their frames). It is blind to what another seed of the training
    would give.

    Returns:
        difference and standard error; the error is NaN with fewer than two recordings.

    Raises:
        ValueError: the results are not of the same recordings.
    """
    frames = np.array([recording.frames for recording in first.recordings], np.float64)
    places = [[(r.name, r.frames) for r in result.recordings] for result in (first, second)]
    if places[0] != places[1] or not len(frames):
        raise ValueError(f"{first.system} and {second.system}: not of the same recordings")
    differences = np.array(
        [a.hits[1] - b.hits[1] for a, b in zip(first.recordings, second.recordings, strict=True)]
    )
    mean = float(np.average(differences, weights=frames))
    if len(frames) < 2:
        return mean, float("nan")
    spread = np.square(frames * (differences - mean)).sum() * len(frames) / (len(frames) - 1)
    return mean, sqrt(spread) / float(frames.sum())


def negative_correlation(text: str, correlation: float, count: int, of_paper: bool = True) -> Claim:
    """The claim that one thing falls as another rises, by Spearman's correlation of `count`."""
    return _correlation(text, -1.0, correlation, count, of_paper)


def positive_correlation(text: str, correlation: float, count: int, of_paper: bool = True) -> Claim:
    """The claim that one thing rises with another, by Spearman's correlation of `count`."""
    return _correlation(text, 1.0, correlation, count, of_paper)


def _describe(first: Named, second: Named, difference: float, error: float) -> str:
    return (
        f"Hit@1 {first[0]} {first[1].hits[1]:.3f}, {second[0]} {second[1].hits[1]:.3f}; "
        f"difference {difference:+.3f}, standard error over {len(first[1].recordings)} recordings "
        f"{error:.3f}."
    )


def _correlation(text: str, sign: float, correlation: float, count: int, of_paper: bool) -> Claim:
    if not isfinite(correlation):
        return Claim(text, Verdict.OPEN, "Not defined: one of the two never changes.", of_paper)
    # Without any relation the coefficient is close to normal, with this standard deviation.
    error = 1 / sqrt(count - 1)
    evidence = (
        f"Spearman's rank correlation {correlation:+.2f}; {count:,} independent cases without any "
        f"relation would lie within ±{STANDARD_ERRORS * error:.2f}."
    )
    if abs(correlation) < STANDARD_ERRORS * error:
        return Claim(text, Verdict.OPEN, evidence, of_paper)
    verdict = Verdict.HOLDS if sign * correlation > 0 else Verdict.FAILS
    return Claim(text, verdict, evidence, of_paper)
