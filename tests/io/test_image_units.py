import numpy as np
import pytest

from prvipe import Poses
from prvipe.errors import InputError
from prvipe.io.image_units import check_image_units, look_divided, with_image_size
from prvipe.skeleton import COCO13


def rows(*reaches: float) -> Poses:
    body = np.random.default_rng(0).uniform(0.1, 1, (13, 2))
    people = np.stack([body / body.max() * reach for reach in reaches])
    return Poses(people, None, COCO13, {"frame": np.arange(len(people)) + 10})


def test_divided_coordinates_among_pixels_are_named() -> None:
    mixed = rows(300, 0.9, 1.2)
    with pytest.raises(InputError, match=r"row 1 \(frame 11\): .* has other rows in pixels; 2"):
        check_image_units(mixed, in_pixels=False)


def test_divided_coordinates_are_refused_where_pixels_are_meant() -> None:
    with pytest.raises(InputError, match=r"row 0 .* file is in pixels; 1 of 1 .* Multiply x by"):
        check_image_units(rows(0.9), in_pixels=True)
    sized = rows(0.9).with_fields(width=[640], height=[480])
    with pytest.raises(InputError, match="file is in pixels"):
        check_image_units(sized, in_pixels=False)


@pytest.mark.parametrize(
    "poses",
    [rows(300, 500), rows(0.9, 1.2), rows(3, 12, 0.9), Poses(np.zeros((1, 13, 3)), None, COCO13)],
    ids=["pixels", "divided", "another unit", "3D"],
)
def test_one_unit_is_well_whatever_it_is(poses: Poses) -> None:
    check_image_units(poses, in_pixels=False)


def test_a_person_of_few_joints_is_not_judged() -> None:
    scores = np.zeros((2, 13))
    scores[0] = scores[1, :3] = 1
    people = rows(300, 0.9)
    check_image_units(Poses(people.keypoints, scores, COCO13), in_pixels=True)


def test_a_size_that_the_caller_names_becomes_two_fields() -> None:
    sized = with_image_size(rows(300, 400), (640, 480))
    assert sized.table["width"].to_pylist() == [640, 640]
    assert sized.table["height"].to_pylist() == [480, 480]
    assert with_image_size(sized, (640, 480)) is sized
    with pytest.raises(InputError, match="image has 640 x 480 pixels, not 480 x 640"):
        with_image_size(sized, (480, 640))
    with pytest.raises(InputError, match="most joints lie outside of an image of 64 x 48 pixels"):
        with_image_size(rows(300), (64, 48))


def test_coordinates_within_0_and_1_look_divided() -> None:
    assert look_divided(rows(0.9, 1))
    three = Poses(np.full((1, 13, 3), 0.5), None, COCO13)
    negative = Poses(rows(0.9).keypoints - 0.5, None, COCO13)
    hidden = np.zeros((1, 13))
    hidden[0, :3] = 1
    few = Poses(rows(0.9).keypoints, hidden, COCO13)
    sized = rows(0.9).with_fields(width=[640], height=[480])
    for poses in (rows(0.9, 1.01), rows(300), three, negative, few, sized):
        assert not look_divided(poses)


def test_joints_that_are_not_known_tell_nothing_of_the_unit() -> None:
    scores = np.ones((1, 13))
    scores[0, 4] = 0
    keypoints = rows(0.9).keypoints.copy()
    keypoints[0, 4] = 300
    assert look_divided(Poses(keypoints, scores, COCO13))
