from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe.data.motions.library import build_motion_library
from prvipe.errors import InputError
from prvipe.geometry.rotations import rotation_about
from prvipe.poses.world_frame import (
    METRES_PER_UNIT,
    UP_AXES,
    guess_unit,
    guess_up,
    leg_length,
    metres_per_unit,
    require_metres,
    require_z_up,
    turn_z_up,
)

# Takes a world with z up to one in which that axis is up.
FROM_Z_UP = {up: np.linalg.inv(turn_z_up(np.eye(3), up).T) for up in UP_AXES}


def one_recording(poses: np.ndarray) -> np.ndarray:
    return np.zeros(len(poses), np.int32)


def require_all(poses: np.ndarray) -> None:
    require_metres(poses, one_recording(poses))
    require_z_up(poses, one_recording(poses))


def refused(poses: np.ndarray, require: Callable[..., None]) -> bool:
    try:
        require(poses, one_recording(poses))
    except InputError:
        return True
    return False


@pytest.fixture
def standing(standing_bodies) -> np.ndarray:
    return standing_bodies(40, np.random.default_rng(0), bend=0.4) + np.array([0.3, 2.0, 0.95])


@pytest.mark.parametrize("up", UP_AXES)
def test_turning_brings_the_axis_up_and_never_mirrors(up: str) -> None:
    sign, axis = (-1, up[1]) if up[0] == "-" else (1, up)
    vector = sign * np.eye(3)["xyz".index(axis)]
    np.testing.assert_array_equal(turn_z_up(vector, up), [0, 0, 1])
    turn = turn_z_up(np.eye(3), up)
    assert np.linalg.det(turn) == pytest.approx(1)
    np.testing.assert_array_equal(turn @ turn.T, np.eye(3))


def test_from_y_up_axes_change_places_without_a_sign() -> None:
    np.testing.assert_array_equal(turn_z_up(np.array([[1.0, 2.0, 3.0]]), "y"), [[3, 1, 2]])


def test_unknown_names_are_refused() -> None:
    with pytest.raises(InputError, match="unknown axis up 'w'; choose one of x, y, z"):
        turn_z_up(np.zeros(3), "w")
    with pytest.raises(InputError, match="unknown unit 'feet'; choose one of m, cm, mm, inch"):
        metres_per_unit("feet")


def test_leg_length_is_thigh_and_shank(standing) -> None:
    assert leg_length(standing) == pytest.approx(0.45 + 0.44)


@given(st.floats(0.6, 1.05), st.sampled_from(sorted(METRES_PER_UNIT)))
def test_the_unit_of_any_grown_leg_is_told(leg: float, unit: str) -> None:
    assert guess_unit(leg / METRES_PER_UNIT[unit]) == unit


def test_no_unit_makes_a_leg_of_three_metres() -> None:
    assert guess_unit(3.0) is None


@pytest.mark.parametrize(
    ("unit", "word"), [("mm", "millimetres"), ("cm", "centimetres"), ("inch", "inches")]
)
def test_lengths_in_another_unit_are_named(standing, unit: str, word: str) -> None:
    with pytest.raises(InputError) as error:
        require_metres(standing / METRES_PER_UNIT[unit], one_recording(standing))
    message = str(error.value)
    assert "recording 0" in message
    assert f"seem to be in {word}" in message
    assert "--unit" not in message  # nothing is read here
    assert f"multiply the positions by {METRES_PER_UNIT[unit]:g}" in message


def test_lengths_in_no_unit_at_all_are_refused(standing) -> None:
    with pytest.raises(InputError, match=r"no person's length in any of m, cm, mm, inch"):
        require_metres(standing * 3.5, one_recording(standing))


def test_the_one_recording_that_is_wrong_is_named(standing) -> None:
    poses = np.concatenate([standing, standing * 1000, standing])
    sequence = np.repeat([0, 1, 2], len(standing))
    with pytest.raises(InputError, match=r"recording walk_2: .*millimetres"):
        require_metres(poses, sequence, np.array(["walk_1", "walk_2", "walk_3"]))
    poses[len(standing) : 2 * len(standing)] = standing @ FROM_Z_UP["y"].T
    with pytest.raises(InputError, match=r"recording walk_2: z should point up"):
        require_z_up(poses, sequence, np.array(["walk_1", "walk_2", "walk_3"]))


@pytest.mark.parametrize("up", ["x", "y", "-x", "-y"])
def test_people_who_stand_along_another_axis_are_refused(standing, up: str) -> None:
    turned = standing @ FROM_Z_UP[up].T
    assert guess_up(turned) == up
    with pytest.raises(InputError, match=rf"turn_z_up\(positions, '{up}'\)") as error:
        require_z_up(turned, one_recording(turned))
    assert "--up" not in str(error.value)  # data sets have no such option
    require_z_up(turn_z_up(turned, up), one_recording(turned))


@pytest.mark.parametrize("degrees", range(0, 360, 45))
def test_standing_is_accepted_whichever_way_people_face(standing, degrees: int) -> None:
    require_all(standing @ rotation_about("z", np.deg2rad(degrees)).T)


def test_a_handstand_on_the_floor_is_accepted(standing) -> None:
    upside_down = standing * [1, -1, -1]
    assert guess_up(upside_down) == "-z"
    require_all(upside_down - [0, 0, upside_down[..., 2].min() - 0.08])


@pytest.mark.parametrize("floor", [0.0, -0.95, 2.5])
def test_people_upside_down_without_a_floor_are_refused(standing, floor: float) -> None:
    upside_down = standing * [1, -1, -1] + [0, 0, floor]
    message = "points down; turn .*'-z'.* If they do stand on their hands throughout.*z_is_up=True"
    with pytest.raises(InputError, match=message):
        require_z_up(upside_down, one_recording(upside_down))
    require_z_up(turn_z_up(upside_down, "-z"), one_recording(upside_down))


def test_a_part_of_the_time_on_the_floor_does_not_matter(standing) -> None:
    lying = standing @ FROM_Z_UP["y"].T
    require_all(np.concatenate([standing, lying[: len(lying) // 2]]))


def test_no_motion_of_the_library_is_refused() -> None:
    # Among them planks, push-ups, lying, crawling and a headstand, in every heading.
    library = build_motion_library(frames_per_activity=24, bodies_per_activity=2)
    require_metres(library.poses3d, library.sequence)
    require_z_up(library.poses3d, library.sequence, library.sequence_names)
    floor = [n for n in library.sequence_names if "plank" in n or "lying" in n]
    assert len(floor) >= 8


@pytest.mark.parametrize("name", ["train", "val"])
def test_no_recorded_motion_is_refused_and_nearly_all_are_once_turned(
    shared_data: Path, name: str
) -> None:
    with np.load(shared_data / "xview" / f"{name}.npz") as file:
        poses, sequence = file["poses3d"], file["sequence"]
    require_metres(poses, sequence)
    require_z_up(poses, sequence)
    parts = [poses[sequence == number] for number in np.unique(sequence)]
    for up in ("x", "y"):
        turned = [part @ FROM_Z_UP[up].T.astype(np.float32) for part in parts]
        assert np.mean([refused(part, require_z_up) for part in turned]) > 0.99
    assert all(refused(part * 1000, require_metres) for part in parts)
