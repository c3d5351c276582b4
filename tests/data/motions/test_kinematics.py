import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe.data.motions.body import average_body
from prvipe.data.motions.joint_angles import ANGLE_NAMES, LIMITS, mirror_angles, read_angles
from prvipe.data.motions.kinematics import joint_positions
from prvipe.skeleton import H36M17

BODY = average_body()
STRAIGHT = np.zeros(len(ANGLE_NAMES))


def joints_of(**written):
    positions = joint_positions(read_angles(written, STRAIGHT, "test")[None], BODY)[0]
    return dict(zip(H36M17.joints, positions, strict=True))


def test_a_straight_body_hangs_from_head_to_ankles():
    joints = joints_of()
    leg = BODY.thigh + BODY.shin
    assert joints["left_ankle"] == pytest.approx([0, BODY.half_hips, -leg])
    assert joints["right_ankle"] == pytest.approx([0, -BODY.half_hips, -leg])
    assert joints["thorax"] == pytest.approx([0, 0, BODY.trunk])
    assert joints["head"] == pytest.approx([0, 0, BODY.trunk + BODY.neck])
    arm = BODY.upper_arm + BODY.forearm
    assert joints["left_wrist"] == pytest.approx([0, BODY.half_shoulders, BODY.trunk - arm])


def test_every_angle_moves_its_limb_the_way_its_name_says():
    assert joints_of(right_shoulder=90)["right_wrist"][0] > 0.5  # flexion: forward
    assert joints_of(right_shoulder=[0, 90])["right_wrist"][1] < -0.6  # abduction: away
    assert joints_of(left_shoulder=[0, 90])["left_wrist"][1] > 0.6
    bent = joints_of(left_shoulder=[0, 0, 60], left_elbow=90)  # rotation: outward
    assert bent["left_wrist"][1] > bent["left_elbow"][1] + 0.1
    assert joints_of(pelvis=30)["head"][0] > 0.3  # pitch: forward
    assert joints_of(pelvis=[0, 30])["head"][1] > 0.3  # roll: to the left
    assert joints_of(pelvis=[0, 0, 90])["left_hip"][0] < -0.05  # yaw: to the left
    assert joints_of(waist=[0, 30])["head"][1] > 0.1
    assert joints_of(waist=[0, 0, 40])["left_shoulder"][0] < -0.05
    assert joints_of(neck=40)["head"][0] > 0.05


@given(hip=st.floats(-35, 130), knee=st.floats(5, 155))
def test_knees_bend_backward(hip, knee):
    joints = joints_of(left_hip=hip, left_knee=knee)
    thigh = joints["left_knee"] - joints["left_hip"]
    shin = joints["left_ankle"] - joints["left_knee"]
    assert np.cross(thigh, shin)[1] > 0
    assert np.dot(thigh, shin) == pytest.approx(
        BODY.thigh * BODY.shin * np.cos(np.deg2rad(knee)), abs=1e-9
    )


@given(shoulder=st.floats(-60, 180), elbow=st.floats(5, 150))
def test_elbows_bend_forward(shoulder, elbow):
    joints = joints_of(right_shoulder=shoulder, right_elbow=elbow)
    upper = joints["right_elbow"] - joints["right_shoulder"]
    lower = joints["right_wrist"] - joints["right_elbow"]
    assert np.cross(upper, lower)[1] < 0


@given(seed=st.integers(0, 10_000))
def test_any_angles_keep_segments_long_and_derived_joints_derived(seed):
    low, high = np.clip(LIMITS, -360, 360).T
    angles = np.random.default_rng(seed).uniform(low, high, (4, len(low)))
    positions = joint_positions(angles, BODY)
    joints = dict(zip(H36M17.joints, positions.transpose(1, 0, 2), strict=True))
    for a, b, length in (
        ("left_hip", "left_knee", BODY.thigh),
        ("right_knee", "right_ankle", BODY.shin),
        ("left_shoulder", "left_elbow", BODY.upper_arm),
        ("right_elbow", "right_wrist", BODY.forearm),
        ("thorax", "head", BODY.neck),
    ):
        assert np.linalg.norm(joints[a] - joints[b], axis=1) == pytest.approx(length)
    assert joints["hip"] == pytest.approx((joints["left_hip"] + joints["right_hip"]) / 2)
    assert joints["thorax"] == pytest.approx(
        (joints["left_shoulder"] + joints["right_shoulder"]) / 2
    )
    assert joints["spine"] == pytest.approx((joints["hip"] + joints["thorax"]) / 2)
    assert joints["neck"] == pytest.approx((joints["thorax"] + joints["head"]) / 2)


@given(seed=st.integers(0, 10_000))
def test_mirrored_angles_give_mirrored_joints(seed):
    low, high = np.clip(LIMITS, -360, 360).T
    angles = np.random.default_rng(seed).uniform(low, high, (3, len(low)))
    positions = joint_positions(angles, BODY)
    mirrored = positions[:, H36M17.mirror_indices] * [1, -1, 1]
    assert joint_positions(mirror_angles(angles), BODY) == pytest.approx(mirrored)
