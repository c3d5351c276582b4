from pathlib import Path

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.io.mocap import load_motion
from prvipe.io.mocap.load import READERS, describe_name
from prvipe.poses.world_frame import METRES_PER_UNIT, turn_z_up
from prvipe.skeleton import COCO13, H36M17

# File -> the unit it does not state, and its name in the open benchmark (every fourth frame).
REAL = {
    "bvh/cmu_10_01.bvh": ("cm", "cmu_bvh_misc/10_01.bvh"),
    "bvh/cmu_131_01.bvh": ("cmu", "cmu_bvh_misc/131_01.bvh"),
    "bvh/cmu_martial_04.bvh": ("cm", "cmu_bvh_dance/martial/04.bvh"),
    "asf_amc/07_01.amc": (None, "cmu_amc_gait/07_01.amc"),
    "asf_amc/07_11.amc": (None, "cmu_amc_gait/07_11.amc"),
    "asf_amc/05_06.amc": (None, None),
}
TOES = {
    "left": ("lFoot_end", "LeftToe", "lfoot_end"),
    "right": ("rFoot_end", "RightToe", "rfoot_end"),
}


def joint(positions: np.ndarray, name: str) -> np.ndarray:
    return positions[:, H36M17.index(name)]


def knee_bend(positions: np.ndarray, side: str) -> np.ndarray:
    """How far (metres) the knee is in front of the line from hip to ankle."""
    hip, knee, ankle = (joint(positions, f"{side}_{part}") for part in ("hip", "knee", "ankle"))
    along = (ankle - hip) / np.linalg.norm(ankle - hip, axis=-1, keepdims=True)
    off_line = knee - hip - ((knee - hip) * along).sum(axis=-1, keepdims=True) * along
    return (off_line * forward(positions)).sum(axis=-1)


def forward(positions: np.ndarray) -> np.ndarray:
    leftward = joint(positions, "left_hip") - joint(positions, "right_hip")
    ahead = np.cross(leftward, joint(positions, "thorax") - joint(positions, "hip"))
    return ahead / np.linalg.norm(ahead, axis=-1, keepdims=True)


@pytest.mark.parametrize("unit", METRES_PER_UNIT)
def test_any_unit_becomes_metres_with_z_up(write_bvh, body, unit: str) -> None:
    path = write_bvh(scale=1 / METRES_PER_UNIT[unit], name="walking_04.bvh")
    poses = load_motion(path, unit=unit)
    assert len(poses) == 3
    assert poses.frame.tolist() == [0, 1, 2]
    assert poses.fps.tolist() == [30]
    assert poses.activity.tolist() == ["walking"]
    assert poses.sequence_names.tolist() == [f"{path.parent.name}/walking_04.bvh"]
    for name in COCO13.joints:
        expected = turn_z_up(body[name] + [0.01, 0, 0], "y")
        np.testing.assert_allclose(joint(poses.positions, name)[1], expected, atol=1e-6)


def test_arguments_go_before_what_the_file_says(write_bvh) -> None:
    poses = load_motion(write_bvh(), subject="S1", activity="pose", fps=50)
    assert (poses.subject[0], poses.activity[0], poses.fps[0]) == ("S1", "pose", 50)


@pytest.mark.parametrize(("unit", "word"), [("mm", "millimetres"), ("cm", "centimetres")])
def test_a_wrong_unit_is_named_with_the_remedy(write_bvh, unit: str, word: str) -> None:
    path = write_bvh(scale=1 / METRES_PER_UNIT[unit])
    with pytest.raises(InputError, match=rf"taken as metres.* in {word}.*--unit {unit}") as error:
        load_motion(path)
    assert str(error.value).startswith(str(path))


def test_a_wrong_unit_in_a_header_is_found(write_trc, body) -> None:
    path = write_trc(list(body), np.tile(list(body.values()), (2, 1, 1)), units="mm")
    with pytest.raises(InputError, match=r"taken as millimetres, .* 0.8\d+ mm long.*--unit m\)"):
        load_motion(path)
    assert len(load_motion(path, unit="m")) == 2


@pytest.mark.parametrize("up", ["x", "z", "-y"])
def test_a_wrong_vertical_axis_is_named_with_the_remedy(write_trc, body, up: str) -> None:
    # Rows of turn_z_up say where the axes of the file go, its columns where z up came from.
    from_y_up = turn_z_up(np.eye(3), up) @ turn_z_up(np.eye(3), "y").T
    places = np.array(list(body.values())) @ from_y_up.T + [3.0, 2.0, 1.0]
    path = write_trc(list(body), np.tile(places, (2, 1, 1)), units="m")
    with pytest.raises(InputError, match=rf"y should point up, .* along {up[-1]}.*--up {up}\)"):
        load_motion(path)
    poses = load_motion(path, up=up)
    assert np.all(joint(poses.positions, "head")[:, 2] > joint(poses.positions, "hip")[:, 2])


def test_naming_the_vertical_axis_vouches_for_it(write_trc, body) -> None:
    places = np.tile(np.array(list(body.values()))[:, [0, 2, 1]] + 2.0, (2, 1, 1))
    path = write_trc(list(body), places, units="m")
    assert len(load_motion(path, up="y")) == 2


def test_a_handstand_without_a_floor_is_vouched_for_by_naming_the_axis(write_trc, body) -> None:
    places = np.tile(np.array(list(body.values())) * [1, -1, -1], (2, 1, 1))
    path = write_trc(list(body), places, units="m")
    with pytest.raises(InputError, match=r"hands throughout, say so \(up='y', --up y\)"):
        load_motion(path)
    assert len(load_motion(path, up="y")) == 2


def test_an_unknown_joint_name_is_refused_with_the_names_of_the_file(write_bvh) -> None:
    path = write_bvh(names={"left_knee": "bone_7"})
    with pytest.raises(InputError, match=r"is left_knee; it has pelvis.*bone_7.*--joint left_knee"):
        load_motion(path)
    assert len(load_motion(path, joints={"left_knee": "bone_7"})) == 3


def test_markers_of_a_laboratory(write_c3d, body) -> None:
    places = {name: place for name, place in body.items() if "wrist" not in name}
    for side in ("left", "right"):
        for marker, shift in (("WRA", 0.03), ("WRB", -0.03)):
            name = f"{side[0].upper()}{marker}"
            places[name] = body[f"{side}_wrist"] + np.array([0, 0, shift])
    z_up = turn_z_up(np.array(list(places.values())), "y") * 1000
    track = np.tile(z_up, (5, 1, 1))
    track[3, list(places).index("LWRA")] = np.nan
    path = write_c3d(list(places), track)
    with pytest.raises(InputError, match="frame 3: left_wrist not seen; 1 of 5"):
        load_motion(path)
    poses = load_motion(path, skip_invalid=True)
    assert poses.frame.tolist() == [0, 1, 2, 4]
    expected = turn_z_up(body["left_wrist"], "y")
    np.testing.assert_allclose(joint(poses.positions, "left_wrist")[0], expected, atol=1e-6)


def test_files_of_other_kinds_are_refused(write_bvh, tmp_path: Path) -> None:
    for name, message in (
        ("a.fbx", "ending in '.fbx' is not read, only .bvh, .amc"),
        ("a.asf", "is a skeleton without motion"),
    ):
        (tmp_path / name).write_text("x")
        with pytest.raises(InputError, match=message):
            load_motion(tmp_path / name)
    with pytest.raises(InputError, match="no such file"):
        load_motion(tmp_path / "missing.bvh")
    with pytest.raises(InputError, match=r"a skeleton file is for .amc only"):
        load_motion(write_bvh(), skeleton_file=tmp_path / "a.asf")
    with pytest.raises(InputError, match="unknown unit 'feet'"):
        load_motion(write_bvh(), unit="feet")
    with pytest.raises(InputError, match="unknown axis up 'w'"):
        load_motion(write_bvh(), up="w")
    assert all(suffix == suffix.lower() for suffix in READERS)


@pytest.mark.parametrize(
    ("stem", "subject", "activity"),
    [
        ("05_06", "05", "05_06"),
        ("cmu_10_01", "10", "10_01"),
        ("walking_4", "unknown", "walking"),
        ("Jump 03", "unknown", "Jump"),
        ("balancing", "unknown", "balancing"),
        ("42", "unknown", "42"),
    ],
)
def test_names_of_files_tell_subject_and_activity(stem: str, subject: str, activity: str) -> None:
    assert describe_name(stem) == (subject, activity)


@pytest.mark.parametrize("name", REAL)
def test_real_bodies_are_rigid_upright_and_not_mirrored(shared_data: Path, name: str) -> None:
    path = shared_data / "readers" / name
    unit, _ = REAL[name]
    poses = load_motion(path, unit=unit).positions.astype(float)
    for first, second in H36M17.edges:
        if "_" in first and "_" in second:
            lengths = np.linalg.norm(joint(poses, first) - joint(poses, second), axis=-1)
            assert np.ptp(lengths) < 1e-4 * lengths.mean()
    upright = joint(poses, "head") - joint(poses, "hip")
    assert np.median(upright[:, 2]) > 0.4
    assert -0.1 < poses[..., 2].min() < 0.2
    ahead = forward(poses)
    recording = READERS[path.suffix](path)
    for side in ("left", "right"):
        bend = knee_bend(poses, side)
        assert np.mean(bend > -0.01) > 0.9  # a straight knee is on the line
        assert np.median(bend) > 0.05
        toe = next(toe for toe in TOES[side] if toe in recording.joints)
        scale = METRES_PER_UNIT[unit or recording.unit]
        toes = turn_z_up(recording.positions[:, recording.joints.index(toe)] * scale, "y")
        assert np.mean(((toes - joint(poses, f"{side}_ankle")) * ahead).sum(axis=-1) > 0) > 0.9


@pytest.mark.parametrize("name", [name for name, (_, ours) in REAL.items() if ours])
def test_real_motions_equal_the_open_benchmark(shared_data: Path, name: str) -> None:
    unit, ours = REAL[name]
    poses = load_motion(shared_data / "readers" / name, unit=unit).positions[::4]
    with np.load(shared_data / "xview" / "train.npz") as file:
        number = file["sequence_names"].tolist().index(ours)
        expected = file["poses3d"][file["sequence"] == number]
    # The benchmark turns y up to z up about x alone, a quarter turn about z away from ours.
    quarter_turn = np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]])
    np.testing.assert_allclose(poses @ quarter_turn.T, expected, atol=2e-5)


def test_a_real_file_of_markers(shared_data: Path) -> None:
    poses = load_motion(shared_data / "pose2sim_demo" / "balancing.trc").positions
    for side in ("left", "right"):
        bend = knee_bend(poses.astype(float), side)
        assert np.mean(bend > -0.01) > 0.9
        assert np.median(bend) > 0.05
