import copy

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.geometry.cameras import COCO13_FROM_H36M17
from prvipe.io.human36m import EVALUATION_SUBJECTS, TRAINING_SUBJECTS, cameras_of, load_human36m
from prvipe.skeleton import H36M17

from .conftest import KEPT


def test_every_frame_in_3d_and_in_four_cameras(motion, pixels, write_3d, write_2d) -> None:
    found = load_human36m(write_3d(motion), write_2d(pixels), subjects=EVALUATION_SUBJECTS)
    poses = found.poses
    assert poses.sequence_names.tolist() == ["S9/Directions 1", "S9/Photo", "S11/Directions 1"]
    assert poses.subject.tolist() == ["S9", "S9", "S11"]
    assert poses.activity.tolist() == ["Directions", "Photo", "Directions"]
    assert poses.fps.tolist() == [50, 50, 50]
    assert poses.frame.tolist() == [*range(6), *range(4), *range(7)]
    np.testing.assert_array_equal(poses.positions[6:10], motion["S9"]["Photo"][:, KEPT])
    assert found.camera_names.tolist() == ["54138969", "55011271", "58860488", "60457274"]
    heights = [1002, 1000, 1000, 1002]
    for view, height in enumerate(heights):
        expected = pixels["S9"]["Photo"][view][:, COCO13_FROM_H36M17] / height
        np.testing.assert_allclose(found.keypoints["det"][6:10, view], expected, rtol=1e-6)


def test_without_a_gt_file_the_calibrated_cameras_project(
    motion, pixels, write_3d, write_2d
) -> None:
    projected = load_human36m(write_3d(motion))
    assert set(projected.keypoints) == {"gt"}
    read = load_human36m(write_3d(motion), ground_truth=write_2d(pixels, name="gt"))
    np.testing.assert_allclose(projected.keypoints["gt"], read.keypoints["gt"], atol=1e-6)


def test_people_stand_upright_in_the_image_and_facing_cameras_see_left_on_the_right(
    motion, write_3d
) -> None:
    found = load_human36m(write_3d(motion), subjects=["S1"])
    keypoints = found.keypoints["gt"]
    head, ankles = keypoints[:, :, 0, 1], keypoints[:, :, 11:, 1].mean(axis=-1)
    assert (head < ankles).all()
    # The bodies face -y: their left shoulder is on the right in the cameras that stand there.
    in_front = found.cameras[:, 0] < 0
    assert in_front.tolist() == [False, True, False, True]
    left_minus_right = (keypoints[:, :, 1, 0] - keypoints[:, :, 2, 0]).mean(axis=0)
    assert ((left_minus_right > 0) == in_front).all()


def test_cameras_are_described_as_seen_from_the_subject(motion, write_3d) -> None:
    found = load_human36m(write_3d(motion), subjects=["S11"])
    hip = np.array([0.3, 0.2, 0.95])
    for view, camera in enumerate(cameras_of("S11")):
        outward = camera.position - hip
        azimuth, elevation, distance = found.cameras[view]
        assert azimuth == pytest.approx(np.rad2deg(np.arctan2(outward[1], outward[0])), abs=1e-3)
        assert elevation == pytest.approx(
            np.rad2deg(np.arcsin(outward[2] / np.linalg.norm(outward))), abs=1e-3
        )
        assert distance == pytest.approx(np.linalg.norm(outward), abs=1e-4)
        np.testing.assert_allclose(found.view_rotations[0, view], camera.rotation, atol=1e-6)


def test_coco_keypoints_take_the_nose_for_the_head(motion, pixels, write_3d, write_2d) -> None:
    metadata = {
        "layout_name": "coco",
        "num_joints": 17,
        "keypoints_symmetry": [[1, 3, 5, 7, 9, 11, 13, 15], [2, 4, 6, 8, 10, 12, 14, 16]],
    }
    path = write_2d(pixels, metadata, "detectron_pt_coco")
    found = load_human36m(write_3d(motion), path, subjects=["S1"])
    raw = pixels["S1"]["Walking"][1]
    np.testing.assert_allclose(found.keypoints["det"][:, 1, 0], raw[:, 0] / 1000, rtol=1e-6)
    np.testing.assert_allclose(found.keypoints["det"][:, 1, 12], raw[:, 16] / 1000, rtol=1e-6)


def test_subjects_are_sorted_by_number_and_actions_by_name(motion, write_3d) -> None:
    names = load_human36m(write_3d(motion)).poses.sequence_names.tolist()
    assert names == ["S1/Walking", "S9/Directions 1", "S9/Photo", "S11/Directions 1"]


def test_the_protocol_splits_all_subjects() -> None:
    assert TRAINING_SUBJECTS == ("S1", "S5", "S6", "S7", "S8")
    assert EVALUATION_SUBJECTS == ("S9", "S11")


def test_a_few_more_frames_in_2d_are_cut(motion, pixels, write_3d, write_2d) -> None:
    longer = copy.deepcopy(pixels)
    longer["S1"]["Walking"][2] = np.concatenate([longer["S1"]["Walking"][2]] * 3)
    found = load_human36m(write_3d(motion), write_2d(longer), subjects=["S1"])
    assert len(found) == 5
    exact = load_human36m(write_3d(motion), write_2d(pixels), subjects=["S1"])
    np.testing.assert_array_equal(found.keypoints["det"], exact.keypoints["det"])


def shorten(pixels) -> None:
    pixels["S9"]["Photo"][3] = pixels["S9"]["Photo"][3][:-1]


def lengthen_too_much(pixels) -> None:
    pixels["S9"]["Photo"][3] = np.concatenate([pixels["S9"]["Photo"][3]] * 14)


def break_a_joint(pixels) -> None:
    pixels["S9"]["Photo"][3][2, H36M17.index("left_knee"), 1] = np.nan


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (shorten, "S9, Photo, camera 60457274: has 3 frames in 2D but 4 in 3D"),
        (lengthen_too_much, "S9, Photo, camera 60457274: has 56 frames in 2D but 4 in 3D"),
        (break_a_joint, "S9, Photo, camera 60457274, frame 2: joint left_knee is NaN"),
        (lambda p: p["S9"].pop("Photo"), "S9, Photo: is missing, though there are 3D poses"),
        (lambda p: p["S9"]["Photo"].pop(), "S9, Photo: has 3 cameras, expected 4"),
        (lambda p: p.pop("S9"), r"has no subject S9, only S1, S11.*Expected a data_2d_h36m"),
        (
            lambda p: p["S9"].update(Photo=[view[:, :16] for view in p["S9"]["Photo"]]),
            r"S9, Photo, camera 54138969: holds float32 \(4, 16, 2\)",
        ),
    ],
)
def test_2d_that_does_not_fit_the_3d_is_refused(
    motion, pixels, write_3d, write_2d, spoil, message: str
) -> None:
    spoiled = copy.deepcopy(pixels)
    spoil(spoiled)
    with pytest.raises(InputError, match=rf"data_2d_h36m_cpn_ft_h36m_dbb.npz: {message}"):
        load_human36m(write_3d(motion), write_2d(spoiled), subjects=["S1", "S9"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"S1": {"Walking": np.zeros((3, 17, 3))}}, r"S1, Walking: holds float64 \(3, 17, 3\)"),
        ({"S2": {"Walking": np.zeros((3, 32, 3))}}, "unknown subject 'S2'"),
        ({"S1": {}}, "subject S1 has no actions"),
        (
            {"S1": np.zeros((3, 32, 3))},
            r"subject and action. Expected data_3d_h36m.npz, written by",
        ),
        ({}, "no subjects to read; name .*make the file again"),
    ],
)
def test_other_3d_files_are_refused(write_3d, content, message: str) -> None:
    with pytest.raises(InputError, match=rf"data_3d_h36m.npz: .*{message}"):
        load_human36m(write_3d(content))


def test_a_subject_that_the_3d_file_lacks_is_named(motion, write_3d) -> None:
    with pytest.raises(InputError, match=r"data_3d_h36m.npz: has no subject S5, only S9, S1, S11"):
        load_human36m(write_3d(motion), subjects=TRAINING_SUBJECTS)


def test_files_swapped_for_each_other_are_noticed(motion, pixels, write_3d, write_2d) -> None:
    with pytest.raises(InputError, match=r"no array positions_3d, only positions_2d.*prepare_data"):
        load_human36m(write_2d(pixels), write_3d(motion))


def test_millimetres_are_noticed(motion, write_3d) -> None:
    in_mm = {"S1": {"Walking": motion["S1"]["Walking"] * 1000}}
    with pytest.raises(InputError, match=r"data_3d_h36m.npz: .*(behind camera|millimetres)"):
        load_human36m(write_3d(in_mm))
