"""Cross-view action recognition: labelled clips of other cameras tell what a clip shows.

Each clip of a camera is a query; those of other cameras, of other performances, are the labelled
clips. Without the second condition the same performance, seen from elsewhere, would be the nearest
clip, and a search for moments would pass for recognition. Section 4.3.1 of the paper does the same
on Penn Action, whose videos are of different performances.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import FloatArray, IntArray
from prvipe.progress import Progress
from prvipe.sequences.classification import LabelledClip, classify_by_distance

Distances = Callable[[int, IntArray], FloatArray]
"""Distances (n,) of a query, by its number, to labelled clips by their numbers (n,)."""


@dataclass(frozen=True)
class RecognitionResult:
    """How many clips were recognised.

    Attributes:
        queries: clips that had a labelled clip of their label to be found.
        accuracy: share of them recognised.
        balanced_accuracy: mean over labels of the share of their clips recognised.
        chance: balanced accuracy of saying any label at random: 1 over the number of labels.
        most_frequent: accuracy of always saying the label that most queries have.
        by_label: for each label its number of queries and the share of them recognised.
        confusions: (true label, label said, how often), the most frequent first.
    """

    queries: int
    accuracy: float
    balanced_accuracy: float
    chance: float
    most_frequent: float
    by_label: tuple[tuple[str, int, float], ...]
    confusions: tuple[tuple[str, str, int], ...]


def recognise_across_cameras(
    queries: Sequence[LabelledClip],
    labelled: Sequence[LabelledClip],
    distances: Distances,
    k: int,
    progress: Progress | None = None,
) -> RecognitionResult:
    """Recognise every query by labelled clips of other cameras and other performances.

    Args:
        queries: Q clips; those without a clip of their label to be found are left out.
        labelled: the clips to compare with; may be the queries themselves.
        distances: compares them.
        k: labelled clips that vote.
        progress: called with the queries done and all queries.

    Raises:
        InputError: a clip without camera or performance, fewer than two labels, or no query that
            could be recognised.
    """
    for clip in (*queries, *labelled):
        if not clip.camera or not clip.performance:
            raise InputError(
                f"{clip.name}: which camera saw it and which performance it is of must be known; "
                "name them in a CSV with the columns path, label, camera and performance, or in "
                "the fields camera and sequence of one keypoint file"
            )
    answers: list[tuple[str, str]] = []
    for number, query in enumerate(queries):
        rows = [
            row
            for row, clip in enumerate(labelled)
            if clip.camera != query.camera and clip.performance != query.performance
        ]
        if any(labelled[row].label == query.label for row in rows):
            chosen = np.array(rows)
            found = classify_by_distance(
                distances(number, chosen), [labelled[row] for row in rows], k
            )
            answers.append((query.label, found.label))
        if progress:
            progress(number + 1, len(queries))
    labels = {clip.label for clip in labelled}
    if not answers or len(labels) < 2:
        raise InputError(
            "recognition is measured on clips of two labels or more, each performed at least twice "
            "and seen by at least two cameras"
        )
    return _summarise(answers, len(labels))


def _summarise(answers: Sequence[tuple[str, str]], labels: int) -> RecognitionResult:
    asked = Counter(true for true, _ in answers)
    right = Counter(true for true, said in answers if true == said)
    by_label = tuple((name, count, right[name] / count) for name, count in sorted(asked.items()))
    wrong = Counter((true, said) for true, said in answers if true != said)
    return RecognitionResult(
        queries=len(answers),
        accuracy=right.total() / len(answers),
        balanced_accuracy=float(np.mean([share for _, _, share in by_label])),
        chance=1 / labels,
        most_frequent=max(asked.values()) / len(answers),
        by_label=by_label,
        confusions=tuple((*pair, count) for pair, count in wrong.most_common()),
    )
