from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prvipe.errors import InputError
from prvipe.io.mocap.acclaim import find_skeleton, read_acclaim

ORDERS = st.permutations("XYZ").map("".join)
ANGLES = st.tuples(*[st.floats(-180, 180)] * 3)
STILL = np.zeros((1, 10))


def test_the_rest_pose_in_inches(write_acclaim) -> None:
    values = STILL.copy()
    values[0, :3] = 1, 2, 3
    recording = read_acclaim(write_acclaim(values, length=0.5))
    assert recording.joints == ("root", "thigh_end", "shank_end", "foot_end")
    expected = np.array([[1, 2, 3], [1, -2, 3], [4, -2, 3], [4, -2, 4]]) * 2.0
    np.testing.assert_allclose(recording.positions[0], expected)
    assert (recording.unit, recording.up, recording.fps) == ("inch", "y", 120)


# The files are written anew for each example.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(ORDERS, ORDERS, ANGLES, ANGLES, ANGLES, st.floats(-170, 170))
def test_bones_turn_about_their_own_axes(
    write_acclaim, turned, axis, root_axis, rest, root, thigh, shank
) -> None:
    # The root's numbers are RX RY RZ whatever the order in which it turns about them.
    values = np.array([[0, 0, 0, *root, *thigh, shank]])
    angles = " ".join(f"{angle:.9f}" for angle in rest)
    positions = read_acclaim(write_acclaim(values, angles, axis, root_axis)).positions[0]

    def turn(vector: np.ndarray, order: str, angles: tuple[float, ...]) -> np.ndarray:
        for name, angle in zip(order.lower(), angles, strict=True):
            vector = turned(vector, name, angle)
        return vector

    def untwist(vector: np.ndarray) -> np.ndarray:
        for name, angle in reversed(list(zip(axis.lower(), rest, strict=True))):
            vector = turned(vector, name, -angle)
        return vector

    def of_root(vector: np.ndarray) -> np.ndarray:
        return turn(vector, root_axis, [root["XYZ".index(name)] for name in root_axis])

    def of_thigh(vector: np.ndarray) -> np.ndarray:
        return of_root(turn(turn(untwist(vector), "xyz", thigh), axis, rest))

    knee = of_thigh(np.array([0, -4.0, 0]))
    ankle = knee + of_thigh(turned(np.array([3.0, 0, 0]), "z", shank))
    np.testing.assert_allclose(positions[1:3], [knee, ankle], atol=1e-6)


def test_radians_are_read_as_radians(write_acclaim) -> None:
    values = STILL.copy()
    values[0, 9] = np.pi / 2
    recording = read_acclaim(write_acclaim(values, header=":FULLY-SPECIFIED\n:RADIANS"))
    np.testing.assert_allclose(recording.positions[0, 2], [0, -1, 0], atol=1e-6)


def test_a_truncated_motion_is_refused_by_frame_and_line(write_acclaim) -> None:
    path = write_acclaim(np.zeros((3, 10)))
    lines = path.read_text().splitlines()
    path.write_text("\n".join(lines[:-1]))
    with pytest.raises(InputError, match=r"line 14: frame 3 ends without shank; .* truncated"):
        read_acclaim(path)
    path.write_text("\n".join([*lines[:-2], "thigh 0 0"]))
    with pytest.raises(InputError, match=r"09_02.amc: line 14 \(frame 3, thigh\): 2 numbers, exp"):
        read_acclaim(path)
    path.write_text("\n".join([*lines[:-2], "thi"]))
    with pytest.raises(
        InputError, match=r"\(frame 3, thi\): .* no such .* is the motion cut short"
    ):
        read_acclaim(path)
    path.write_text("\n".join(lines[:4]))
    with pytest.raises(InputError, match="frame 1 ends without root, thigh, shank"):
        read_acclaim(path)
    path.write_text("\n".join(lines[:3]))
    with pytest.raises(InputError, match="holds no frames"):
        read_acclaim(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "shank 0",
            "tail 0",
            r"line 7 \(frame 1, tail\): the skeleton has no such moving bone; .*n\?$",
        ),
        ("\n2\n", "\n7\n", "line 8: frame 1 is followed by frame 7"),
        ("1\nroot", "root", "'root' comes before any frame number"),
        ("thigh 0.0", "thigh ?.0", r"\(frame 1, thigh\): '\?.0+' is no finite number"),
    ],
)
def test_a_damaged_motion_is_refused(write_acclaim, old: str, new: str, message: str) -> None:
    path = write_acclaim(np.zeros((2, 10)))
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=message):
        read_acclaim(path)


def test_the_skeleton_is_found_beside_the_motion(write_acclaim, tmp_path: Path) -> None:
    path = write_acclaim(STILL)
    assert find_skeleton(path) == tmp_path / "09.asf"
    (tmp_path / "09.asf").rename(tmp_path / "09_02.asf")
    assert find_skeleton(path) == tmp_path / "09_02.asf"
    (tmp_path / "09_02.asf").rename(tmp_path / "other.asf")
    with pytest.raises(InputError, match=r"put 09_02.asf or 09.asf beside it or name the file"):
        read_acclaim(path)
    assert len(read_acclaim(path, tmp_path / "other.asf").positions) == 1


def test_a_real_motion_cut_short_is_refused(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "readers" / "asf_amc"
    cut = tmp_path / "05_06.amc"
    whole = (folder / "05_06.amc").read_text()
    cut.write_text(whole[: whole.index("lradius", len(whole) // 2)])
    with pytest.raises(
        InputError, match=r"05_06.amc: line \d+: frame 443 ends without .*lradius.*truncated"
    ):
        read_acclaim(cut, folder / "05.asf")


@pytest.mark.parametrize("name", ["05_06", "07_01", "07_11"])
def test_bones_of_real_files_keep_their_length(shared_data: Path, name: str) -> None:
    recording = read_acclaim(shared_data / "readers" / "asf_amc" / f"{name}.amc")
    places = dict(zip(recording.joints, np.swapaxes(recording.positions, 0, 1), strict=True))
    for start, end in (("lhipjoint", "lfemur"), ("rfemur", "rtibia"), ("lclavicle", "lhumerus")):
        lengths = np.linalg.norm(places[f"{start}_end"] - places[f"{end}_end"], axis=-1)
        assert np.ptp(lengths) < 1e-9 * lengths.mean()
