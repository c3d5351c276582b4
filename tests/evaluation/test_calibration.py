"""Expected calibration error, by hand and by simulation."""

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.evaluation.calibration import expected_calibration_error


def test_error_by_hand() -> None:
    """Two bins of two: accuracies 1/2 and 1, mean confidences 0.15 and 0.95."""
    confidence = np.array([0.1, 0.2, 0.9, 1.0])
    correct = np.array([False, True, True, True])
    expected = 0.5 * (0.5 - 0.15) + 0.5 * (1 - 0.95)
    assert expected_calibration_error(confidence, correct, bins=2) == pytest.approx(expected)


def test_confidences_drawn_from_themselves_are_calibrated() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.random(50_000)
    correct = rng.random(50_000) < confidence
    assert expected_calibration_error(confidence, correct) < 0.01
    assert expected_calibration_error(confidence, ~correct) > 0.3


@pytest.mark.parametrize(
    ("confidence", "correct", "message"),
    [
        ([], [], "at least one"),
        ([0.5], [True, False], "as many"),
        ([1.5], [True], "between 0 and 1"),
        ([np.nan], [True], "between 0 and 1"),
    ],
)
def test_unusable_confidences_are_refused(
    confidence: list[float], correct: list[bool], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        expected_calibration_error(np.array(confidence), np.array(correct, bool))
