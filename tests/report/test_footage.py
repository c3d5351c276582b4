"""People cut out of what they were found in."""

from pathlib import Path

import numpy as np
import pytest

from prvipe import Poses
from prvipe.report.footage import Footage, cut_out
from prvipe.report.video import write_video

pytest.importorskip("av", reason="needs the extra detect")

GREYS = [40, 90, 140, 190]
SIZE = {"width": [200] * 4, "height": [160] * 4}


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    frames = (np.full((160, 200, 3), grey, np.uint8) for grey in GREYS)
    write_video(tmp_path / "clip.mp4", frames, 10)
    return tmp_path / "clip.mp4"


@pytest.fixture
def poses() -> Poses:
    keypoints = np.random.default_rng(0).uniform(40, 120, (4, 13, 2)).astype(np.float32)
    fields = {"source": ["clip.mp4"] * 4, "frame": [0, 1, 2, 3], **SIZE}
    return Poses(keypoints, None, "coco13", fields)


def test_each_row_is_cut_out_of_its_own_frame(clip: Path, poses: Poses) -> None:
    footage = Footage(clip.parent)
    images = footage.cut_out_rows(poses, [3, -1, 1, 3], aspect=0.5)
    greys = [None if image is None else int(np.median(image)) for image in images]
    assert greys[1] is None
    np.testing.assert_allclose([greys[0], greys[2], greys[3]], [190, 90, 190], atol=6)
    assert images[0] is not None
    assert images[0].shape == (360, 180, 3)
    assert footage.problems == []


def test_rows_that_do_not_say_where_they_are_have_no_image(clip: Path, poses: Poses) -> None:
    footage = Footage(clip.parent)
    for changed in (
        Poses(poses.keypoints, None, "coco13"),
        poses.with_fields(source=["gone.mp4"] * 4),
        poses.with_fields(source=["keypoints.json"] * 4),
        poses.with_fields(width=[None] * 4),
        Poses(poses.keypoints, None, "coco13", {"source": ["clip.mp4"] * 4, **SIZE}),
    ):
        assert footage.cut_out_rows(changed, [0, 1]) == [None, None]
    assert Footage().cut_out_rows(poses, [0]) == [None]
    assert footage.problems == []


def test_what_is_there_and_cannot_be_used_is_said_once(clip: Path, poses: Poses) -> None:
    footage = Footage(clip.parent)
    doubled = poses.with_fields(width=[400] * 4, height=[320] * 4)
    assert footage.cut_out_rows(doubled, [0, 1]) == [None, None]
    clip.write_bytes(b"nothing")
    assert footage.cut_out_rows(poses, [0, 1]) == [None, None]
    other_size, broken = footage.problems
    assert "clip.mp4: is 200 x 160 pixels, the keypoints are of 400 x 320" in other_size
    assert "clip.mp4" in broken
    assert broken.endswith("drawn as stick figures instead")


def test_what_lies_outside_the_image_is_as_behind_stick_figures() -> None:
    image = np.full((100, 100, 3), 20, np.uint8)
    person = np.full((13, 2), np.nan, np.float32)
    person[:4] = [[10, 10], [-60, 10], [10, 90], [20, 50]]
    assert (cut_out(image, person)[:, :20] > 240).all(axis=-1).mean() > 0.5


def test_a_stray_joint_does_not_blow_up_the_image() -> None:
    image = np.full((100, 100, 3), 255, np.uint8)
    person = np.full((13, 2), 50, np.float32)
    person[0], person[1] = 1e9, 20
    assert (cut_out(image, person) > 200).all(axis=-1).mean() > 0.02


def test_the_whole_image_of_one_pose(clip: Path, poses: Poses) -> None:
    footage = Footage(clip.parent)
    image = footage.image_of(poses[2])
    assert image is not None
    assert image.shape == (160, 200, 3)
    np.testing.assert_allclose(np.median(image), 140, atol=6)
    assert footage.image_of(Poses(poses.keypoints[:1], None, "coco13")) is None
    assert footage.problems == []
    assert footage.image_of(poses.with_fields(width=[400] * 4, height=[320] * 4)[2]) is None
    assert len(footage.problems) == 1
    assert "is 200 x 160 pixels, the keypoints are of 400 x 320" in footage.problems[0]


def test_what_is_cut_out_stays_within_the_image_if_it_can() -> None:
    image = np.full((400, 600, 3), 120, np.uint8)
    at_the_edge = np.random.default_rng(0).uniform((2, 100), (80, 240), (13, 2))
    light = (cut_out(image, at_the_edge) == (244, 244, 242)).all(axis=-1)
    assert light.mean() < 0.01
    partly_outside = at_the_edge - (40, 0)
    light = (cut_out(image, partly_outside) == (244, 244, 242)).all(axis=-1)
    assert light[:, 0].mean() > 0.9
    assert light.mean() < 0.5
