import copy

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.io.mpi_inf_3dhp import CAMERAS, CHEST_CAMERAS, load_mpi_inf_3dhp
from prvipe.skeleton import COCO13, H36M17

from .conftest import RECORDED, calibration_text, cells_of, write_version_5, write_version_7_3


@pytest.mark.parametrize("write_mat", [write_version_5, write_version_7_3])
def test_every_frame_in_3d_and_in_eleven_cameras(recordings, rig, write_folder, write_mat) -> None:
    found = load_mpi_inf_3dhp(write_folder(recordings, write_mat))
    poses = found.poses
    assert poses.sequence_names.tolist() == ["S1/Seq1", "S1/Seq2", "S2/Seq1"]
    assert poses.subject.tolist() == ["S1", "S1", "S2"]
    assert poses.activity.tolist() == ["Seq1", "Seq2", "Seq1"]
    assert poses.fps.tolist() == [25, 50, 25]
    assert poses.frame.tolist() == [*range(6), *range(5), *range(40)]
    expected = np.concatenate([recording.world for recording in recordings.values()])
    np.testing.assert_allclose(poses.positions, expected, atol=1e-5)
    assert tuple(found.camera_names) == CAMERAS
    assert set(found.keypoints) == {"gt"}
    pixels = recordings["S1/Seq2"].pixels[8]
    for joint, name in enumerate(COCO13.joints):
        number = 6 if name == "head" else RECORDED[name]
        np.testing.assert_allclose(
            found.keypoints["gt"][6:11, 8, joint], pixels[:, number] / 2048, rtol=1e-5
        )
    for view, camera in enumerate(rig[:11]):
        np.testing.assert_allclose(found.view_rotations[0, view], camera.rotation, atol=1e-5)


def test_cameras_are_described_as_seen_from_the_subject(recordings, write_folder) -> None:
    found = load_mpi_inf_3dhp(write_folder(recordings))
    azimuths = [25.0 * i - 90 for i in range(11)]
    apart = (found.cameras[:, 0] - azimuths + 180) % 360 - 180
    assert np.abs(apart).max() < 3
    elevations = [(0, 10, -8, 30)[i % 4] for i in range(11)]
    np.testing.assert_allclose(found.cameras[:, 1], elevations, atol=3)
    np.testing.assert_allclose(found.cameras[:, 2], 4 + 0.1 * np.arange(11), atol=0.15)


def test_chest_cameras_and_one_subject(recordings, write_folder) -> None:
    folder = write_folder(recordings)
    found = load_mpi_inf_3dhp(folder, cameras=CHEST_CAMERAS, subjects=["S2"])
    assert found.camera_names.tolist() == ["C0", "C2", "C4", "C7", "C8"]
    assert len(found) == 40
    everything = load_mpi_inf_3dhp(folder)
    np.testing.assert_array_equal(
        found.keypoints["gt"], everything.keypoints["gt"][11:, [0, 2, 4, 7, 8]]
    )


def test_annotations_after_the_end_of_the_videos_are_cut(
    recordings, write_folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prvipe.io.mpi_inf_3dhp import layout

    monkeypatch.setitem(layout.SEQUENCES, "S2/Seq1", (25, 30))
    found = load_mpi_inf_3dhp(write_folder({"S2/Seq1": recordings["S2/Seq1"]}))
    assert len(found) == 30


def test_missing_parts_are_named(recordings, write_folder, tmp_path) -> None:
    with pytest.raises(InputError, match=r"has no S\*/Seq\*/annot.mat. Expected the folder of MPI"):
        load_mpi_inf_3dhp(tmp_path)
    folder = write_folder(recordings)
    with pytest.raises(InputError, match=r"has no subject S7 with .*, only S1, S2. Expected"):
        load_mpi_inf_3dhp(folder, subjects=["S1", "S7"])
    with pytest.raises(InputError, match=r"camera.calibration: has no camera C14, only C0"):
        load_mpi_inf_3dhp(folder, cameras=["C0", "C14"])
    with pytest.raises(InputError, match="name each once"):
        load_mpi_inf_3dhp(folder, cameras=["C0", "C0"])
    (folder / "S1/Seq2/camera.calibration").unlink()
    with pytest.raises(InputError, match=r"S1/Seq2/camera.calibration: no such file"):
        load_mpi_inf_3dhp(folder)


def test_an_unknown_sequence_is_refused(recordings, write_folder) -> None:
    folder = write_folder({"S9/Seq1": recordings["S1/Seq1"]})
    with pytest.raises(InputError, match="S9/Seq1 is none of MPI-INF-3DHP's training sequences"):
        load_mpi_inf_3dhp(folder)


def test_a_calibration_of_other_cameras_is_noticed(recordings, rig, write_folder) -> None:
    folder = write_folder(recordings)
    others = calibration_text([*rig[:3], *rig[4:], rig[3]])
    (folder / "S2/Seq1/camera.calibration").write_text(others)
    with pytest.raises(InputError, match=r"S2/Seq1: camera C3 places the joints .* do not belong"):
        load_mpi_inf_3dhp(folder)


def cut_2d(cells) -> None:
    cells["annot2"][4] = cells["annot2"][4][:-1]


def keep_17_joints(cells) -> None:
    cells["annot3"][1] = cells["annot3"][1][:, :51]


def break_joint(cells) -> None:
    cells["annot2"][2] = cells["annot2"][2].copy()
    cells["annot2"][2][3, 2 * RECORDED["left_knee"]] = np.nan


def keep_ten_cameras(cells) -> None:
    cells["annot3"] = cells["annot3"][:10]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (cut_2d, "camera C4 has 5 frames in 2D and 6 in 3D, but camera C0 has 6 in 3D"),
        (keep_17_joints, r"annot3 of camera C1 holds float64 \(6, 51\), expected \(frames, 84\)"),
        (break_joint, r"camera C2 \(2D\), frame 3: joint left_knee is NaN"),
        (keep_ten_cameras, "annot3 has no camera C10, only C0 to C9"),
        (lambda cells: cells.pop("annot3"), "has no variable annot3. Expected annot.mat of an MPI"),
    ],
)
def test_annotations_that_do_not_fit_are_refused(
    recordings, write_folder, spoil, message: str
) -> None:
    folder = write_folder({"S1/Seq1": recordings["S1/Seq1"]})
    cells = copy.deepcopy(cells_of(recordings["S1/Seq1"]))
    spoil(cells)
    write_version_5(folder / "S1/Seq1/annot.mat", cells)
    with pytest.raises(InputError, match=rf"S1/Seq1/annot.mat: {message}"):
        load_mpi_inf_3dhp(folder)


def test_the_head_of_2d_is_the_middle_and_of_3d_the_top(recordings, write_folder) -> None:
    found = load_mpi_inf_3dhp(write_folder({"S1/Seq1": recordings["S1/Seq1"]}))
    world = recordings["S1/Seq1"].world
    top = found.poses.positions[:, H36M17.index("head")]
    np.testing.assert_allclose(top, world[:, H36M17.index("head")], atol=1e-5)
    seen = found.keypoints["gt"][:, 0, 0] * 2048
    camera = recordings["S1/Seq1"].cameras[0]
    np.testing.assert_allclose(seen, camera.project(world[:, H36M17.index("neck")]), atol=1e-2)
