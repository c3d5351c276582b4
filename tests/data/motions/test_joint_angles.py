import numpy as np
import pytest

from prvipe.data.motions.joint_angles import (
    ANGLE_NAMES,
    LIMITS,
    STANDING,
    clamp_to_limits,
    columns,
    mirror_angles,
    read_angles,
)
from prvipe.errors import InputError


def test_plural_sets_both_sides_and_a_named_side_wins():
    pose = read_angles({"left_knee": 30, "knees": 90, "hips": [40, 5]}, STANDING, "here")
    assert pose[columns("left_knee")] == 30
    assert pose[columns("right_knee")] == 90
    hips = pose[columns("left_hip")]
    assert list(hips[:2]) == [40, 5]
    assert hips[2] == STANDING[columns("left_hip")[2]]


def test_what_is_not_named_stays_as_it_was():
    assert np.array_equal(read_angles({}, STANDING, "here"), STANDING)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"left_toe": 3}, "here: unknown joint 'left_toe'"),
        ({"knees": [10, 20]}, "here: knees takes flexion"),
        ({"knees": -5}, "here: left_knee_flexion is -5, no joint goes beyond 0 to 155"),
        ({"right_elbow": 170}, "here: right_elbow_flexion is 170"),
    ],
)
def test_impossible_poses_are_refused(written, message):
    with pytest.raises(InputError, match=message):
        read_angles(written, STANDING, "here")


def test_knees_and_elbows_bend_one_way_only():
    for joint in ("left_knee", "right_knee", "left_elbow", "right_elbow"):
        low, high = LIMITS[columns(joint)[0]]
        assert low == 0
        assert 140 <= high < 180


def test_clamping_keeps_angles_within_limits():
    wild = np.random.default_rng(0).normal(0, 300, (50, len(ANGLE_NAMES)))
    clamped = clamp_to_limits(wild)
    assert (clamped >= LIMITS[:, 0]).all()
    assert (clamped <= LIMITS[:, 1]).all()
    assert np.array_equal(clamp_to_limits(clamped), clamped)


def test_mirroring_twice_changes_nothing():
    angles = np.random.default_rng(1).normal(size=(5, len(ANGLE_NAMES)))
    assert not np.array_equal(mirror_angles(angles), angles)
    assert np.array_equal(mirror_angles(mirror_angles(angles)), angles)
