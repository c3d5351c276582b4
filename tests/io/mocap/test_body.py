import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.io.mocap.body import frames_seen, h36m17_positions, hip_joints
from prvipe.io.mocap.joint_names import PelvisMarkers
from prvipe.io.mocap.recording import Recording
from prvipe.skeleton import COCO13, H36M17


def record(places: dict[str, np.ndarray], frames: int = 2) -> Recording:
    positions = np.tile(np.array(list(places.values()), float), (frames, 1, 1))
    return Recording(positions, tuple(places), 30.0, "m", "y", "made up")


def test_joints_are_taken_over_and_the_middle_ones_derived(body) -> None:
    found = h36m17_positions(record(body))
    assert found.shape == (2, 17, 3)
    at = dict(zip(H36M17.joints, found[1], strict=True))
    for joint in COCO13.joints:
        np.testing.assert_array_equal(at[joint], body[joint])
    np.testing.assert_allclose(at["hip"], [0, 0.93, 0])
    np.testing.assert_allclose(at["thorax"], [0, 1.42, 0])
    np.testing.assert_allclose(at["spine"], [0, (0.93 + 1.42) / 2, 0])
    np.testing.assert_allclose(at["neck"], [0, (1.42 + 1.7) / 2, 0])


def test_a_missing_joint_is_named(body) -> None:
    del body["right_wrist"]
    with pytest.raises(InputError, match="cannot tell which of its joints is right_wrist"):
        h36m17_positions(record(body))


def test_overrides_say_which_joint_it_is(body) -> None:
    body["tool"] = body.pop("right_wrist")
    found = h36m17_positions(record(body), {"right_wrist": "tool"})
    np.testing.assert_array_equal(found[0, H36M17.index("right_wrist")], body["tool"])


def test_hips_are_derived_inside_the_pelvis_from_its_markers(body) -> None:
    places = {name: place for name, place in body.items() if "hip" not in name}
    # 0.24 m between the front markers; facing +z with y up, so that the left is +x.
    places["LASI"], places["RASI"] = np.array([0.12, 1.0, 0.1]), np.array([-0.12, 1.0, 0.1])
    places["LPSI"], places["RPSI"] = np.array([0.05, 1.0, -0.1]), np.array([-0.05, 1.0, -0.1])
    found = h36m17_positions(record(places))[0]
    left, right = found[H36M17.index("left_hip")], found[H36M17.index("right_hip")]
    np.testing.assert_allclose(left, [0.36 * 0.24, 1 - 0.3 * 0.24, 0.1 - 0.19 * 0.24])
    np.testing.assert_allclose(right, left * [-1, 1, 1])


def test_derived_hips_turn_and_grow_with_the_pelvis() -> None:
    rng = np.random.default_rng(0)
    markers = rng.normal(size=(5, 4, 3))
    pelvis = PelvisMarkers(0, 1, (2, 3))
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    turn *= np.sign(np.linalg.det(turn))
    before = hip_joints(markers, pelvis)
    after = hip_joints(2.5 * markers @ turn.T + [1, 2, 3], pelvis)
    for joint, places in before.items():
        np.testing.assert_allclose(after[joint], 2.5 * places @ turn.T + [1, 2, 3])


def test_a_hip_joint_in_the_file_goes_before_a_derived_one(body) -> None:
    places = {**body, "LASI": [0.2, 1, 0.1], "RASI": [-0.2, 1, 0.1], "SACR": [0, 1, -0.1]}
    found = h36m17_positions(record(places))
    np.testing.assert_array_equal(found[0, H36M17.index("left_hip")], body["left_hip"])


def test_frames_that_lack_a_joint_are_refused_or_left_out(body) -> None:
    positions = h36m17_positions(record(body, frames=4))
    assert frames_seen(positions, skip_invalid=False).tolist() == [0, 1, 2, 3]
    positions[1, H36M17.index("left_wrist")] = np.nan
    positions[3] = np.nan
    with pytest.raises(InputError, match=r"frame 1: left_wrist not seen; 2 of 4 .*--skip-invalid"):
        frames_seen(positions, skip_invalid=False)
    assert frames_seen(positions, skip_invalid=True).tolist() == [0, 2]


def test_a_joint_that_is_never_seen_cannot_be_skipped(body) -> None:
    positions = h36m17_positions(record(body))
    positions[:, 3] = np.nan
    with pytest.raises(InputError, match=r"right_ankle not seen; 2 of 2 .*name other markers"):
        frames_seen(positions, skip_invalid=True)
