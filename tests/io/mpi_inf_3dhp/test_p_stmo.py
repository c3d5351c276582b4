import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.geometry import np_mpjpe
from prvipe.io.mpi_inf_3dhp import load_p_stmo
from prvipe.io.mpi_inf_3dhp.p_stmo import TEST_FRAMES_PER_SECOND
from prvipe.skeleton import COCO13

from .conftest import JOINT_SET, RECORDED

CAMERAS = [0, 1, 2, 4, 5, 6, 7, 8]


@pytest.fixture
def training(recordings) -> dict[str, list]:
    fps = {"S1/Seq1": 25, "S1/Seq2": 50, "S2/Seq1": 25}
    return {
        name.replace("/", " "): [
            {
                str(camera): {
                    "data_2d": recording.pixels[camera][:, JOINT_SET],
                    "data_3d": recording.joints[camera][:, JOINT_SET],
                }
                for camera in CAMERAS
            },
            fps[name],
        ]
        for name, recording in recordings.items()
    }


@pytest.fixture
def testing(recordings) -> dict[str, dict]:
    recording = recordings["S2/Seq1"]
    valid = np.arange(40) % 3 != 1
    return {
        name: {
            "data_2d": recording.pixels[0][:, JOINT_SET],
            "data_3d": recording.joints[0][:, JOINT_SET],
            "valid": valid[:, None].astype(float),
        }
        for name in ("TS1", "TS5")
    }


@pytest.fixture
def write(tmp_path: Path) -> Callable[[object], Path]:
    def write(content: object) -> Path:
        np.savez_compressed(tmp_path / "data_train_3dhp.npz", data=content)
        return tmp_path / "data_train_3dhp.npz"

    return write


def test_training_sequences(training, recordings, rig, write) -> None:
    found = load_p_stmo(write(training))
    poses = found.poses
    assert poses.sequence_names.tolist() == ["S1/Seq1", "S1/Seq2", "S2/Seq1"]
    assert poses.subject.tolist() == ["S1", "S1", "S2"]
    assert poses.fps.tolist() == [25, 50, 25]
    assert poses.frame.tolist() == [*range(6), *range(5), *range(40)]
    assert found.camera_names.tolist() == ["C0", "C1", "C2", "C4", "C5", "C6", "C7", "C8"]
    world = np.concatenate([recording.world for recording in recordings.values()])
    assert np_mpjpe(world.astype(np.float32), poses.positions).max() < 1e-4
    right_wrist = COCO13.index("right_wrist")
    np.testing.assert_allclose(
        found.keypoints["gt"][6:11, 3, right_wrist],
        recordings["S1/Seq2"].pixels[4][:, RECORDED["right_wrist"]] / 2048,
        rtol=1e-5,
    )
    assert set(found.keypoints) == {"gt"}


def test_the_world_made_from_the_bodies_is_nearly_upright_and_exact_between_cameras(
    training, recordings, rig, write
) -> None:
    found = load_p_stmo(write(training), subjects=["S2"])
    rotations = found.view_rotations[0]
    tilt = rotations[0].T @ rig[0].rotation @ [0, 0, 1]
    assert tilt[2] > np.cos(np.deg2rad(6))
    for view, camera in enumerate(CAMERAS):
        between = rig[camera].rotation @ rig[0].rotation.T
        np.testing.assert_allclose(rotations[view] @ rotations[0].T, between, atol=1e-4)
    # World points land where every camera saw them.
    body = found.poses.positions - found.poses.positions[:, :1]
    seen = recordings["S2/Seq1"].joints[7][:, list(RECORDED.values())] / 1000
    np.testing.assert_allclose(body @ rotations[CAMERAS.index(7)].T, seen - seen[:, :1], atol=1e-4)
    turns = (found.cameras[:, 0] - found.cameras[0, 0] - [25.0 * c for c in CAMERAS] + 180) % 360
    np.testing.assert_allclose(turns, 180, atol=6)
    np.testing.assert_allclose(found.cameras[:, 2], [4 + 0.1 * c for c in CAMERAS], atol=0.15)


def test_the_test_sequences_keep_their_valid_frames(testing, recordings, write) -> None:
    found = load_p_stmo(write(testing))
    valid = [frame for frame in range(40) if frame % 3 != 1]
    assert found.poses.frame.tolist() == valid * 2
    assert found.camera_names.tolist() == ["C0"]
    assert found.poses.sequence_names.tolist() == ["TS1", "TS5"]
    assert found.poses.fps.tolist() == [TEST_FRAMES_PER_SECOND] * 2
    first, fifth = found.keypoints["gt"][: len(valid)], found.keypoints["gt"][len(valid) :]
    np.testing.assert_allclose(first * 2048, fifth * 1080, rtol=1e-5)
    pixels = recordings["S2/Seq1"].pixels[0][valid, RECORDED["neck"]]
    np.testing.assert_allclose(first[:, 0, 0] * 2048, pixels, rtol=1e-5)


def shorten_camera(data) -> None:
    for key in ("data_2d", "data_3d"):
        data["S1 Seq2"][0]["5"][key] = data["S1 Seq2"][0]["5"][key][:-1]


def shift_frames(data) -> None:
    view = data["S2 Seq1"][0]["4"]
    view["data_3d"] = np.roll(view["data_3d"], 7, axis=0)


def centre_pelvis(data) -> None:
    for view in data["S1 Seq1"][0].values():
        view["data_3d"] = view["data_3d"] - view["data_3d"][:, 14:15]


def break_joint(data) -> None:
    data["S1 Seq1"][0]["8"]["data_3d"][2, 0, 1] = np.inf


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (shorten_camera, "S1 Seq2: its cameras have 4 and 5 frames"),
        (shift_frames, "S2/Seq1: the bodies of the first camera and of camera number 3 differ"),
        (centre_pelvis, "S1/Seq1: the 3D poses have their pelvis at the origin"),
        (break_joint, r"S1 Seq1, camera C8 \(3D\), frame 2: joint head is NaN or infinite"),
        (lambda d: d["S1 Seq2"][0].pop("8"), "S1 Seq2 has cameras C0, C1, C2, C4, C5, C6, C7, but"),
        (lambda d: d.update({"S9 Seq1": d["S1 Seq1"]}), "S9 Seq1: S9/Seq1 is none of MPI-INF"),
        (lambda d: d.update({"S1 Seq1": [1, 2, 3]}), "S1 Seq1: holds neither cameras with data_2d"),
        (
            lambda d: d["S1 Seq1"][0]["0"].update(data_3d=np.zeros((6, 28, 3))),
            r"S1 Seq1, camera C0: .* data_3d float64 \(6, 28, 3\), expected",
        ),
    ],
)
def test_sequences_that_do_not_fit_are_refused(training, write, spoil, message: str) -> None:
    spoiled = copy.deepcopy(training)
    spoil(spoiled)
    with pytest.raises(InputError, match=rf"data_train_3dhp.npz: {message}"):
        load_p_stmo(write(spoiled))


def test_no_valid_frames_are_refused(testing, write) -> None:
    testing["TS1"]["valid"] = np.zeros(40)
    with pytest.raises(InputError, match="TS1: valid marks 0 of 40 frames"):
        load_p_stmo(write(testing))


def test_other_files_and_missing_subjects_are_named(training, write, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no subject S3, only S1, S2. Expected data_train"):
        load_p_stmo(write(training), subjects=["S3"])
    with pytest.raises(InputError, match=r"data holds no sequences. Expected data_train_3dhp.npz"):
        load_p_stmo(write([1, 2]))
    np.savez(tmp_path / "x.npz", positions_3d=np.zeros(3))
    with pytest.raises(InputError, match=r"has no array data, only positions_3d. Expected data_tr"):
        load_p_stmo(tmp_path / "x.npz")
