import numpy as np
import pytest

from prvipe.cli.settings import parse_cameras, parse_joints, parse_settings, parse_subjects
from prvipe.errors import InputError


def test_settings_are_split_at_the_first_equals_sign() -> None:
    assert parse_settings(["a.b=1", 'c="x=y"']) == {"a.b": "1", "c": '"x=y"'}
    with pytest.raises(InputError, match="KEY=VALUE"):
        parse_settings(["a"])


def test_cameras_and_joints_are_parsed() -> None:
    rig = parse_cameras(" 45, 8,5 ;135,-8,5.5; ")
    np.testing.assert_array_equal(rig, np.array([[45, 8, 5], [135, -8, 5.5]], np.float32))
    assert parse_joints(["left_hip=L=Hip", "head=Top"]) == {"left_hip": "L=Hip", "head": "Top"}
    for wrong in ("", "a,b,c", "1,2,nan", "1,2,0", "1,2,3,4", "1,2,3;;4,5,6"):
        with pytest.raises(InputError, match="is no camera"):
            parse_cameras(wrong)
    with pytest.raises(InputError, match="head is Top already"):
        parse_joints(["head=Top", "head=Nose"])


@pytest.mark.parametrize(
    ("cameras", "message"),
    [
        ("45,8,5;135,8,5;45.0,8,5", "'45.0,8,5' is there twice"),
        ("45,8,5;405,8,5", "'405,8,5' is there twice"),
        ("45,91,5", "elevation of 91 degrees; give -90"),
        ("45,-90.5,5", "elevation of -90.5 degrees"),
    ],
)
def test_cameras_that_make_no_sense_are_refused(cameras: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_cameras(cameras)


def test_cameras_may_look_straight_down_and_differ_in_distance_alone() -> None:
    assert len(parse_cameras("0,90,5;0,8,5;0,8,6;0,-90,5")) == 4


def test_subjects_are_split_at_commas() -> None:
    assert parse_subjects(" S9, S11") == ["S9", "S11"]
    for empty in ("", " ", "S9,", "S9,,S11"):
        with pytest.raises(InputError, match="expected names such as S9,S11"):
            parse_subjects(empty)
