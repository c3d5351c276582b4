from itertools import pairwise, permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe.errors import InputError
from prvipe.io.mocap.bvh import BvhJoint, pose_joints, read_bvh

ORDERS = list(permutations("xyz"))
ANGLES = st.tuples(*[st.floats(-360, 360)] * 3)


def rotations(order: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{axis.upper()}rotation" for axis in order)


@given(st.sampled_from(ORDERS), st.sampled_from(ORDERS), ANGLES, ANGLES)
def test_channels_turn_in_the_order_of_the_file(turned, order, inner_order, angles, inner) -> None:
    offset = np.array([1.0, 2.0, 3.0])
    joints = [
        BvhJoint("a", -1, np.zeros(3), rotations(order)),
        BvhJoint("b", 0, offset, rotations(inner_order)),
        BvhJoint("c", 1, offset, ()),
    ]
    positions = pose_joints(joints, np.array([[*angles, *inner]]))[0]

    def turn(vector: np.ndarray, order: tuple[str, ...], angles: tuple[float, ...]) -> np.ndarray:
        # The channel listed last is nearest to the vector.
        for axis, angle in reversed(list(zip(order, angles, strict=True))):
            vector = turned(vector, axis, angle)
        return vector

    elbow = turn(offset, order, angles)
    hand = elbow + turn(turn(offset, inner_order, inner), order, angles)
    np.testing.assert_allclose(positions, [np.zeros(3), elbow, hand], atol=1e-9)


def test_position_channels_stand_in_the_place_of_the_offset() -> None:
    joints = [
        BvhJoint("root", -1, np.array([9.0, 9.0, 9.0]), ("Zposition", "Xposition")),
        BvhJoint("child", 0, np.array([1.0, 2.0, 3.0]), ("Yposition", "Zrotation")),
    ]
    positions = pose_joints(joints, np.array([[5.0, 4.0, 7.0, 90.0]]))[0]
    np.testing.assert_allclose(positions, [[4, 9, 5], [5, 16, 8]])


def test_joints_rate_and_places_are_read(write_bvh, body) -> None:
    recording = read_bvh(write_bvh(names={"root": "Bip 01"}))
    assert recording.joints[:5] == (
        "Bip 01",
        "left_hip",
        "left_knee",
        "left_ankle",
        "left_ankle_end",
    )
    assert recording.fps == 30
    assert recording.unit is None
    assert recording.up == "y"
    assert recording.positions.shape == (3, 19, 3)
    for joint, place in body.items():
        at = recording.positions[2, recording.joints.index(joint)]
        np.testing.assert_allclose(at, place + np.array([0.02, 0, 0]), atol=1e-12)


def test_windows_line_ends_tabs_and_odd_case_are_read(write_bvh) -> None:
    path = write_bvh()
    expected = read_bvh(path).positions
    text = path.read_text().replace("Frames: ", "Frames:\t").replace("Zrotation", "ZROTATION")
    path.write_bytes(text.replace("\n", "\r\n").replace("\r\n{", " {").encode())
    np.testing.assert_array_equal(read_bvh(path).positions, expected)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Frames: 3", "Frames: 5", r"announces 5 frames \(line \d+\), but 3 follow, up to line"),
        ("Frames: 3", "Frames: 2", "announces 2 frames"),
        ("Frames: 3", "Frames: many", r"\(Frames\): 'many' is no finite number"),
        ("0.02 0.93", "0.02", r"line \d+ \(frame 2\): 44 numbers, expected 45"),
        ("0.02 0.93", "0.02 x.93", r"\(frame 2\): 'x.93' is no finite number"),
        ("0.02 0.93", "0.02 nan", r"\(frame 2\): 'nan' is no finite number"),
        ("Frame Time: 0.0333333", "Frame Time: 0", "frame time must be above 0"),
        ("Frame Time: 0.0333333", "Time 0.0333333", "not followed by the lines Frames: and Frame"),
        ("MOTION", "", "no line MOTION"),
        ("HIERARCHY", "SKELETON", "does not begin with HIERARCHY"),
        ("ROOT pelvis", "JOINT pelvis", "line 2: 'JOINT pelvis', expected ROOT name"),
        ("JOINT left_knee", "BONE left_knee", "'BONE left_knee', expected OFFSET, CHANNELS"),
        (
            "CHANNELS 6",
            "CHANNELS 5",
            r"line 5 \(channels of pelvis\): says '5' channels and names 6",
        ),
        ("CHANNELS 3 Zrotation", "CHANNELS 3 Wrotation", "unknown channel 'Wrotation'"),
        ("OFFSET 0 0 0\n", "OFFSET 0 0\n", r"line 4 \(offset of pelvis\): 2 numbers, expected 3"),
        ("}\nMOTION", "\nMOTION", r"joint pelvis \(line 2\) is never closed"),
    ],
)
def test_a_damaged_file_is_refused_by_line(write_bvh, old: str, new: str, message: str) -> None:
    path = write_bvh()
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=message) as error:
        read_bvh(path)
    assert str(error.value).startswith(str(path))


def test_a_hierarchy_without_joints_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "empty.bvh"
    path.write_text("HIERARCHY\nMOTION\nFrames: 0\nFrame Time: 0.02\n")
    with pytest.raises(InputError, match="no joints; give a BVH file with a ROOT"):
        read_bvh(path)


def test_a_file_cut_anywhere_is_refused(write_bvh) -> None:
    path = write_bvh()
    lines = path.read_text().splitlines()
    for length in range(1, len(lines)):
        path.write_text("\n".join(lines[:length]))
        with pytest.raises(InputError):
            read_bvh(path)


@pytest.mark.parametrize("name", ["cmu_10_01", "cmu_131_01", "cmu_martial_04"])
def test_bones_of_real_files_keep_their_length(shared_data: Path, name: str) -> None:
    recording = read_bvh(shared_data / "readers" / "bvh" / f"{name}.bvh")
    bones = ["rFoot", "rShin", "rThigh"] if name != "cmu_131_01" else ["RightAnkle", "RightKnee"]
    for bone, above in pairwise(bones):
        ends = recording.positions[:, [recording.joints.index(bone), recording.joints.index(above)]]
        lengths = np.linalg.norm(ends[:, 0] - ends[:, 1], axis=-1)
        assert np.ptp(lengths) < 1e-9 * lengths.mean()
