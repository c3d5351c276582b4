from typing import Any

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.io.detected_people import (
    check_person,
    people_as_poses,
    places_among,
    read_numbers,
    read_points,
)
from prvipe.skeleton import COCO13

JOINTS = COCO13.joints


def person(**changes: tuple[float, float, float]) -> np.ndarray:
    found = np.tile([100.0, 200.0, 0.5], (13, 1))
    for joint, values in changes.items():
        found[COCO13.index(joint)] = values
    return found


def test_scores_end_at_one_and_nothing_is_found_at_zero_and_below() -> None:
    changes = {"head": (1, 2, 5.9), "left_hip": (3, 4, -0.02), "left_knee": (np.nan, 4, 0)}
    found = check_person(person(**changes), JOINTS, "person 3")
    assert found[0].tolist() == [1, 2, 1]
    for joint in ("left_hip", "left_knee"):
        missing = found[COCO13.index(joint)]
        assert np.isnan(missing[:2]).all()
        assert missing[2] == 0
    assert found[1].tolist() == [100, 200, 0.5]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((1, 2, -1), "person 3: joint right_wrist has the score -1; scores are 0"),
        ((1, 2, 101), "joint right_wrist has the score 101; .*in the order x, y, score"),
        ((1, 2, np.nan), "joint right_wrist has the score nan"),
        ((np.nan, 2, 0.5), "joint right_wrist is at x nan, y 2; give a joint .* the score 0"),
        ((1, np.inf, 0.5), "joint right_wrist is at x 1, y inf"),
        ((1, 2e6, 0.5), "joint right_wrist is at x 1, y 2e\\+06"),
    ],
)
def test_the_joint_that_cannot_be_is_named(values: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_person(person(right_wrist=values), JOINTS, "person 3")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1, "2"], r"a\[1\] is '2', no number"),
        ([1, None], r"a\[1\] is None, no number"),
        ([True], r"a\[0\] is True, no number"),
        (None, "a should be a list of numbers, not None"),
        ({"x": 1}, "a should be a list of numbers"),
        ([10**400], "a holds a number that is too large"),
    ],
)
def test_what_is_no_list_of_numbers_is_refused(values: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_numbers(values, "a")


@pytest.mark.parametrize("values", [[], [1], [[1, 2], [3]], [[1, None]], "ab", [[1, [2]]]])
def test_what_is_no_list_of_points_is_refused(values: Any) -> None:
    with pytest.raises(InputError, match="a"):
        read_points(values, "a")


def test_nobody_and_scores_left_out_are_told_apart() -> None:
    with pytest.raises(InputError, match="the detector found nobody"):
        people_as_poses([], COCO13, {})
    unscored = person()
    unscored[:, 2] = 0
    with pytest.raises(InputError, match=r"every score of its 1 people is 0, as if .* left out"):
        people_as_poses([check_person(unscored, JOINTS, "")], COCO13, {})


def test_fields_without_a_value_are_left_out_but_for_the_frame() -> None:
    fields = {"frame": [None], "person": [0], "person_score": [None]}
    poses = people_as_poses([check_person(person(), JOINTS, "")], COCO13, fields)
    assert poses.table.to_pydict() == {"frame": [None], "person": [0]}
    assert str(poses.table.schema.field("frame").type) == "int64"


def test_people_are_counted_within_their_image() -> None:
    assert places_among(["a", "b", "a", "a", "b"]) == [0, 0, 1, 2, 1]
