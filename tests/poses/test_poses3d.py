from typing import Any

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.poses.poses3d import Poses3D
from prvipe.poses.world_frame import turn_z_up


@pytest.fixture
def make(standing_bodies):
    def make(**changes: Any) -> Poses3D:
        arrays = {
            "positions": standing_bodies(6, np.random.default_rng(0), bend=0.3),
            "sequence": [0, 0, 0, 1, 1, 1],
            "frame": [0, 4, 8, 10, 11, 12],
            "sequence_names": ["walk_1", "run_1"],
            "subject": ["a", "b"],
            "activity": ["walk", "run"],
            "fps": [120, 59.94],
            "source": "club",
        }
        return Poses3D(**{**arrays, **changes})

    return make


def test_arrays_get_their_types(make) -> None:
    poses = make()
    assert len(poses) == 6
    assert poses.positions.dtype == np.float32
    assert poses.sequence.dtype == np.int32
    assert poses.frame.dtype == np.int64
    assert poses.fps.dtype == np.float32
    assert poses.subject.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    "rows", [slice(1, 5, 2), np.array([1, 3]), np.array([0, 1, 0, 1, 0, 0], bool)]
)
def test_select_keeps_the_tables(make, rows) -> None:
    poses = make()
    part = poses.select(rows)
    assert part.frame.tolist() == [4, 10]
    np.testing.assert_array_equal(part.positions, poses.positions[[1, 3]])
    assert part.sequence.tolist() == [0, 1]
    assert part.sequence_names.tolist() == ["walk_1", "run_1"]


def test_select_refuses_to_return_nothing(make) -> None:
    with pytest.raises(InputError, match="club: holds no poses"):
        make().select(slice(0))


def test_selecting_the_part_on_the_floor_is_no_mistake(make) -> None:
    poses = make().positions.copy()
    poses[0] = turn_z_up(poses[0], "x")
    assert len(make(positions=poses).select(np.array([0]))) == 1


def test_concatenate_counts_recordings_on(make) -> None:
    both = Poses3D.concatenate([make(), make(sequence_names=["c", "d"], source="gym")])
    assert len(both) == 12
    assert both.sequence.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert both.sequence_names.tolist() == ["walk_1", "run_1", "c", "d"]
    assert both.activity.tolist() == ["walk", "run", "walk", "run"]
    assert both.fps[3] == pytest.approx(59.94)
    assert both.source == "club and 1 more"
    assert Poses3D.concatenate([make(), make()]).source == "club"


def test_concatenate_needs_parts() -> None:
    with pytest.raises(InputError, match="there are none"):
        Poses3D.concatenate([])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"positions": np.zeros((6, 13, 3))}, r"club: positions: expected an array \(6, 17, 3\)"),
        ({"positions": 1.0}, r"positions: expected an array \(17, 3\), got \(\)"),
        ({"positions": np.full((6, 17, 3), "a")}, "positions: expected numbers"),
        ({"sequence": [0, 1]}, r"sequence: expected an array \(6,\), got \(2,\)"),
        ({"sequence": [0.5] * 6}, "sequence: expected whole numbers"),
        ({"sequence": [0, 0, 0, 1, 1, 2]}, "from 0 to 2, but there are 2 recordings"),
        ({"sequence": [-1, 0, 0, 1, 1, 1]}, "from -1 to 1"),
        ({"frame": np.arange(5)}, "frame: expected an array"),
        ({"subject": ["a"]}, r"subject: expected an array \(2,\), got \(1,\)"),
        ({"activity": [1, 2]}, "activity: expected text"),
        ({"fps": [120, 0]}, "fps: recording run_1 has 0.0 frames per second"),
        ({"fps": [np.nan, 30]}, "fps: recording walk_1"),
    ],
)
def test_parts_that_do_not_belong_together_are_refused(make, changes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make(**changes)


def test_a_joint_that_is_not_known_is_named(make) -> None:
    positions = make().positions.copy()
    positions[4, 3, 1] = np.nan
    with pytest.raises(InputError, match=r"club: row 4 \(recording run_1, frame 11\).*right_ankle"):
        make(positions=positions)


def test_millimetres_are_refused(make) -> None:
    with pytest.raises(
        InputError, match=r"club: recording walk_1: .* multiply the positions by 0.001"
    ):
        make(positions=make().positions * 1000)


def test_y_up_is_refused_unless_vouched_for(make) -> None:
    lying = make().positions[..., [1, 2, 0]]
    with pytest.raises(InputError, match=r"club: recording walk_1: z should point up.*turn_z_up"):
        make(positions=lying)
    assert len(make(positions=lying, z_is_up=True)) == 6
