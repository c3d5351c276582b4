import numpy as np
import pytest

from prvipe.detection import FunctionDetector
from prvipe.errors import InputError

IMAGE = np.zeros((4, 6, 3), np.uint8)
KEYPOINTS = np.arange(2 * 17 * 2, dtype=float).reshape(2, 17, 2)


def returning(*result: object) -> FunctionDetector:
    return FunctionDetector(lambda image: result, "coco17", "mine")  # type: ignore[arg-type, return-value]


def test_a_function_is_a_detector() -> None:
    seen = []

    def find(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        seen.append(image)
        return KEYPOINTS, np.full((2, 17), 0.5)

    detector = FunctionDetector(find, "coco17")
    people = detector.detect(IMAGE, 0.5)
    assert seen[0] is IMAGE
    assert (detector.name, detector.skeleton.name) == ("find", "coco17")
    np.testing.assert_array_equal(people.keypoints, KEYPOINTS)
    assert people.scores.dtype == people.keypoints.dtype == np.float32


def test_missing_joints_and_people_without_any() -> None:
    keypoints = KEYPOINTS.copy()
    keypoints[0, 3] = np.nan
    scores = np.ones((2, 17))
    scores[0, 5] = 0
    scores[1] = 0
    people = returning(keypoints, scores).detect(IMAGE)
    assert people.keypoints.shape == (1, 17, 2)
    assert np.flatnonzero(np.isnan(people.keypoints[0, :, 0])).tolist() == [3, 5]
    assert np.flatnonzero(people.scores[0] == 0).tolist() == [3, 5]


@pytest.mark.parametrize("empty", [[], np.empty((0, 17, 2))])
def test_nobody(empty: object) -> None:
    people = returning(empty, []).detect(IMAGE)
    assert people.keypoints.shape == (0, 17, 2)
    assert people.scores.shape == (0, 17)


@pytest.mark.parametrize(
    ("result", "message"),
    [
        ((KEYPOINTS,), "detector mine returned tuple; expected keypoints"),
        ((KEYPOINTS[:, :13], np.ones((2, 13))), r"expected \(P, 17, 2\) and \(P, 17\) for coco17"),
        ((KEYPOINTS[0], np.ones(17)), r"keypoints \(17, 2\) and scores \(17,\)"),
        ((KEYPOINTS, np.full((2, 17), 1.5)), "scores from 1.5 to 1.5; expected numbers from 0"),
        ((KEYPOINTS, np.full((2, 17), np.nan)), "scores from nan"),
        ((KEYPOINTS, np.full((2, 17), -0.1)), "scores from -0.1"),
        ((np.full((2, 17, 2), "x"), np.ones((2, 17))), "keypoints of detector mine"),
    ],
)
def test_other_results_are_refused(result: tuple[object, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        returning(*result).detect(IMAGE)


def test_unknown_skeletons() -> None:
    with pytest.raises(InputError, match="unknown skeleton 'coco12'"):
        FunctionDetector(lambda image: ([], []), "coco12")
