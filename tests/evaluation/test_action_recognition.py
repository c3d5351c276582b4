"""Recognition by clips of other cameras and performances."""

from typing import Any

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.evaluation.action_recognition import recognise_across_cameras
from prvipe.sequences import LabelledClip


def clip(label: str, camera: str, performance: str) -> LabelledClip:
    nothing: Any = None
    return LabelledClip(
        label, f"{label} {camera} {performance}", nothing, nothing, camera, performance
    )


CLIPS = [
    clip(label, camera, f"{label}{number}")
    for label in ("walk", "run")
    for number in (1, 2)
    for camera in ("a", "b")
]


def test_neither_the_camera_nor_the_performance_of_the_query_is_asked() -> None:
    asked: dict[int, list[int]] = {}

    def distances(number: int, rows: Any) -> np.ndarray:
        asked[number] = rows.tolist()
        return np.array([0.0 if CLIPS[row].label == CLIPS[number].label else 1.0 for row in rows])

    result = recognise_across_cameras(CLIPS, CLIPS, distances, k=1)
    for number, rows in asked.items():
        for row in rows:
            assert CLIPS[row].camera != CLIPS[number].camera
            assert CLIPS[row].performance != CLIPS[number].performance
    assert result.queries == 8
    assert result.accuracy == result.balanced_accuracy == 1
    assert result.chance == 0.5
    assert result.most_frequent == 0.5
    assert result.confusions == ()


def test_a_performance_seen_again_would_be_found_and_does_not_count() -> None:
    def same_performance(number: int, rows: Any) -> np.ndarray:
        return np.array(
            [0.0 if CLIPS[row].performance == CLIPS[number].performance else 1.0 for row in rows]
        )

    # Everything that may be asked is at the same distance: the first, of the other label or not.
    result = recognise_across_cameras(CLIPS, CLIPS, same_performance, k=1)
    assert result.accuracy == 0.5


def test_the_mean_over_labels_weighs_labels_alike() -> None:
    queries = [clip("walk", "a", f"w{n}") for n in range(9)] + [clip("run", "a", "r")]
    labelled = [clip("walk", "b", "x"), clip("run", "b", "y")]
    result = recognise_across_cameras(
        queries, labelled, lambda number, rows: np.array([0.0, 1.0]), k=1
    )
    assert result.accuracy == pytest.approx(0.9)
    assert result.balanced_accuracy == pytest.approx(0.5)
    assert result.most_frequent == pytest.approx(0.9)
    assert result.by_label == (("run", 1, 0.0), ("walk", 9, 1.0))
    assert result.confusions == (("run", "walk", 1),)


def test_labels_that_nobody_else_has_are_not_asked_for() -> None:
    clips = [*CLIPS, clip("jump", "a", "j"), clip("jump", "b", "j")]
    result = recognise_across_cameras(clips, clips, lambda number, rows: np.ones(len(rows)), k=1)
    assert result.queries == 8
    assert result.chance == pytest.approx(1 / 3)


def test_what_cannot_be_measured_is_refused() -> None:
    def ones(number: int, rows: Any) -> np.ndarray:
        return np.ones(len(rows))

    with pytest.raises(InputError, match="walk  x: which camera saw it"):
        recognise_across_cameras([clip("walk", "", "x")], CLIPS, ones, k=1)
    with pytest.raises(InputError, match="two labels or more"):
        recognise_across_cameras(CLIPS[:4], CLIPS[:4], ones, k=1)
    with pytest.raises(InputError, match="performed at least twice"):
        recognise_across_cameras(CLIPS[::4], CLIPS[::4], ones, k=1)
