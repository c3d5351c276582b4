import numpy as np
import pytest

from prvipe.data.motions import floor
from prvipe.data.motions.body import average_body
from prvipe.data.motions.joint_angles import STANDING, read_angles
from prvipe.data.motions.kinematics import joint_positions
from prvipe.skeleton import H36M17

BODY = average_body()
INDEX = {joint: number for number, joint in enumerate(H36M17.joints)}


def held(frames=20, **written):
    """A pose held still: (frames, 17, 3)."""
    angles = read_angles(written, STANDING, "test")
    return joint_positions(np.tile(angles, (frames, 1)), BODY)


def limb_lengths(poses):
    return np.stack(
        [np.linalg.norm(poses[:, a] - poses[:, b], axis=1) for a, b in H36M17.edge_indices]
    )


def test_the_lowest_point_rests_on_the_floor_or_lift_above_it():
    lift = np.linspace(0, 0.3, 20)
    poses = floor.put_on_floor(held(), lift, BODY)
    ankles = poses[:, [INDEX["left_ankle"], INDEX["right_ankle"]], 2].min(axis=1)
    assert ankles == pytest.approx(lift + 0.075, abs=1e-9)


def test_standing_upright_needs_no_help():
    poses = held()
    assert floor.stand(poses, BODY, both_feet=True) == pytest.approx(poses, abs=0.02)


def test_bending_forward_leans_the_legs_back_until_the_body_is_balanced():
    fallen = held(pelvis=70, hips=70, waist=50, knees=4)
    poses = floor.stand(fallen, BODY, both_feet=True)
    behind = poses[:, INDEX["left_ankle"], 0] - poses[:, INDEX["hip"], 0]
    assert (behind > fallen[:, INDEX["left_ankle"], 0] - fallen[:, INDEX["hip"], 0] + 0.05).all()
    assert limb_lengths(poses) == pytest.approx(limb_lengths(fallen))


def test_on_one_leg_the_body_moves_over_the_standing_foot():
    fallen = held(right_hip=90, right_knee=90)
    poses = floor.stand(fallen, BODY, both_feet=False)
    before = fallen[0, INDEX["hip"], 1] - fallen[0, INDEX["left_ankle"], 1]
    after = poses[0, INDEX["hip"], 1] - poses[0, INDEX["left_ankle"], 1]
    assert abs(after) < abs(before)
    assert poses[0, INDEX["right_ankle"], 2] > poses[0, INDEX["left_ankle"], 2] + 0.2


@pytest.mark.parametrize(
    "written",
    [
        {"left_knee": 25, "left_hip": 12},
        {"left_knee": 0, "right_knee": 30, "right_hip": 20},
        {"left_hip": [80, 5], "left_knee": 70, "right_hip": [-30, 5]},
        {"left_hip": [60, 30], "left_knee": 90, "right_hip": [10, 45]},
    ],
)
def test_two_planted_feet_end_at_one_height_with_limbs_as_long_as_before(written):
    loose = held(**written)
    poses = floor.stand(loose, BODY, both_feet=True)
    left, right = poses[:, INDEX["left_ankle"], 2], poses[:, INDEX["right_ankle"], 2]
    assert left == pytest.approx(right, abs=0.02)
    assert limb_lengths(poses) == pytest.approx(limb_lengths(loose), abs=1e-9)


def test_a_straight_leg_that_must_shorten_bends_its_knee_forward():
    poses = floor.stand(held(left_knee=0, right_knee=60, right_hip=30), BODY, both_feet=True)
    hip, knee, ankle = (poses[0, INDEX[f"left_{joint}"]] for joint in ("hip", "knee", "ankle"))
    assert knee[0] > (hip[0] + ankle[0]) / 2


@pytest.mark.parametrize(
    ("first", "second", "written"),
    [
        ("wrist", "ankle", {"pelvis": 60, "hips": 0, "shoulders": 80}),
        ("wrist", "knee", {"pelvis": 80, "hips": 70, "knees": 105, "shoulders": 70}),
        ("shoulder", "ankle", {"pelvis": -100, "hips": 0, "knees": 90, "neck": 45}),
    ],
)
def test_both_supports_rest_on_the_floor(first, second, written):
    poses = floor.rest_on(held(**written), first, second)
    poses = floor.put_on_floor(poses, np.zeros(len(poses)), BODY)
    for part in (first, second):
        assert poses[0, INDEX[f"left_{part}"], 2] < 0.1
    assert poses[..., 2].min() > 0


def test_a_foot_on_the_floor_does_not_slide_while_the_hips_move():
    hips = np.linspace(0, 60, 40)
    angles = np.stack(
        [read_angles({"hips": float(h), "knees": float(h)}, STANDING, "test") for h in hips]
    )
    poses = floor.put_on_floor(joint_positions(angles, BODY), np.zeros(40), BODY)
    ankle = INDEX["left_ankle"]
    assert np.ptp(poses[:, ankle, 0]) > 0.2
    assert np.ptp(floor.stop_sliding(poses, BODY)[:, ankle, 0]) < 0.02
