import numpy as np
import pytest

from prvipe.data.motions.activity import load_activities, read_activities
from prvipe.data.motions.joint_angles import STANDING, clamp_to_limits, columns
from prvipe.errors import InputError


def test_at_least_forty_activities_each_named_once():
    activities = load_activities()
    names = [activity.name for activity in activities]
    assert len(set(names)) == len(names) >= 40
    for wanted in ("standing", "walking", "running", "sitting", "squatting", "bowing"):
        assert wanted in names
    for wanted in ("lying_on_back", "waving", "throwing", "kicking_ball", "disco", "tree_pose"):
        assert wanted in names


def test_all_keyframes_are_within_limits_and_in_order():
    for activity in load_activities():
        assert np.array_equal(activity.angles, clamp_to_limits(activity.angles)), activity.name
        assert activity.times[0] == 0, activity.name
        assert (np.diff(activity.times) > 0).all(), activity.name
        assert activity.times[-1] < 1, activity.name
        assert activity.seconds > 0.5, activity.name


def test_keys_name_only_what_differs_from_base_and_base_from_standing():
    (activity,) = read_activities(
        "[nod]\nseconds = 2\nbase = { knees = 20 }\nkeys = [{ at = 0 }, { at = 0.5, neck = 30 }]",
        "test",
    )
    assert activity.angles[:, columns("left_knee")[0]] == pytest.approx([20, 20])
    assert activity.angles[:, columns("neck")[0]] == pytest.approx([0, 30])
    shoulder = columns("left_shoulder")
    assert activity.angles[0, shoulder] == pytest.approx(STANDING[shoulder])
    assert activity.support == "feet"


def test_alternate_appends_the_mirror_image():
    (activity,) = read_activities(
        "[step]\nseconds = 1\nalternate = true\n"
        "keys = [{ at = 0, left_knee = 40 }, { at = 0.5, left_knee = 10 }]",
        "test",
    )
    assert activity.times == pytest.approx([0, 0.25, 0.5, 0.75])
    assert list(activity.angles[:2, columns("left_knee")[0]]) == [40, 10]
    assert list(activity.angles[2:, columns("right_knee")[0]]) == [40, 10]


def test_a_last_key_at_one_says_what_a_repetition_adds():
    (activity,) = read_activities(
        "[spin]\nseconds = 1\nkeys = [{ at = 0 }, { at = 1, pelvis = [0, 0, 360] }]", "test"
    )
    assert len(activity.times) == 1
    assert activity.turn[columns("pelvis")[2]] == 360
    assert np.count_nonzero(activity.turn) == 1


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("seconds = ", "test.toml: not valid TOML"),
        ("[a]\nkeys = [{ at = 0 }]", r"test.toml, a: unknown fields \[\], missing \['seconds'\]"),
        ("[a]\nseconds = 1\nkeys = [{ at = 0 }]\ncolor = 1", r"unknown fields \['color'\]"),
        ("[a]\nseconds = 1\nkeys = [{ knees = 3 }]", "test.toml, a, key 0: has no time"),
        ("[a]\nseconds = 1\nkeys = [{ at = 0.5 }]", "times must rise from 0"),
        ("[a]\nseconds = 1\nkeys = []", "times must rise from 0"),
        ("[a]\nseconds = 1\nkeys = [{ at = 0, toes = 3 }]", "a, key 0: unknown joint 'toes'"),
        ("[a]\nseconds = 1\nkeys = [{ at = 0, knees = 190 }]", "a, key 0: left_knee_flexion"),
        ('[a]\nseconds = 1\nkeys = [{ at = 0 }]\nsupport = "wings"', "support is wings"),
        ('[a]\nseconds = 1\nkeys = [{ at = 0 }]\nsupport = ["wrist"]', "support is"),
    ],
)
def test_malformed_tables_are_refused_by_place(table, message):
    with pytest.raises(InputError, match=message):
        read_activities(table, "test")
