"""Exchanged sides are noticed, and nothing is noticed where there is nothing."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from prvipe import load
from prvipe.errors import InputError
from prvipe.people import find_side_swap, swap_sides
from prvipe.poses import Poses
from prvipe.skeleton import COCO17

EYES_AND_NOSE = [0, 1, 2]


@pytest.fixture
def people(standing: np.ndarray) -> Poses:
    """Twelve people: eight face the camera, four turn their back."""
    front = np.stack([standing * size for size in range(40, 120, 10)])
    back = front[:4] * np.float32([-1, 1])
    back[:, EYES_AND_NOSE] = np.nan
    return Poses(np.concatenate([front, back]), None, "coco17")


def flip(poses: Poses, x: int, y: int) -> Poses:
    return Poses(poses.keypoints * np.float32([x, y]), poses.scores, poses.skeleton, poses.table)


CHANGES: dict[str, Callable[[Poses], Poses]] = {
    "all": swap_sides,
    "body": lambda poses: swap_sides(poses, "body"),
    "face": lambda poses: swap_sides(poses, "face"),
    "upside_down": lambda poses: flip(poses, 1, -1),
}


def test_nothing_is_found_where_all_is_right(people: Poses) -> None:
    assert find_side_swap(people) is None
    assert find_side_swap(flip(people, -1, -1)) is None  # handstands


@pytest.mark.parametrize("kind", CHANGES)
def test_every_kind_is_told(people: Poses, kind: str) -> None:
    found = find_side_swap(CHANGES[kind](people))
    assert found is not None
    assert (found.kind, found.opposite, found.told) == (kind, 12, 12)


def test_mirrored_keypoints_look_like_exchanged_names(people: Poses) -> None:
    found = find_side_swap(flip(people, -1, 1))
    assert found is not None
    assert found.kind == "all"
    assert find_side_swap(swap_sides(flip(people, -1, 1))) is None


def test_the_message_says_what_to_do(people: Poses) -> None:
    message = str(find_side_swap(swap_sides(people, "body")))
    assert "of the body" in message
    assert "12 of the 12" in message
    assert "swap_sides(poses, 'body')" in message


def test_people_seen_from_behind_are_right(people: Poses) -> None:
    assert find_side_swap(people[[8, 9, 10, 11] * 5]) is None
    found = find_side_swap(swap_sides(people[[8, 9, 10, 11] * 5]))
    assert found is not None
    assert found.kind == "all"


def test_four_who_face_the_camera_are_too_few(people: Poses) -> None:
    some = swap_sides(people[[0, 1, 2, 3]])
    hidden = some.keypoints.copy()
    hidden[3, EYES_AND_NOSE] = np.nan
    assert find_side_swap(Poses(hidden, None, "coco17")) is None


def test_made_up_faces_tell_nothing_but_contradictions(standing: np.ndarray) -> None:
    behind = np.stack([standing * np.float32([-1, 1])] * 30)
    poses = Poses(behind, None, "coco17")
    assert find_side_swap(poses) is None
    found = find_side_swap(swap_sides(poses, "face"))
    assert found is not None
    assert found.kind == "body_or_face"


@pytest.mark.parametrize("skeleton", ["coco13", "h36m17", "mpii16"])
def test_skeletons_without_a_face_tell_nothing(people: Poses, skeleton: str) -> None:
    assert find_side_swap(swap_sides(people).to(skeleton)) is None


def test_poses_in_space_tell_nothing() -> None:
    assert find_side_swap(Poses(np.ones((20, 17, 3)), None, "coco17")) is None


def test_people_without_a_size_tell_nothing() -> None:
    assert find_side_swap(Poses(np.zeros((30, 17, 2)), None, "coco17")) is None


def test_swapping_twice_is_nothing(people: Poses) -> None:
    twice = swap_sides(swap_sides(people))
    np.testing.assert_array_equal(twice.keypoints, people.keypoints)
    parts = swap_sides(swap_sides(people, "body"), "face")
    np.testing.assert_array_equal(parts.keypoints, swap_sides(people).keypoints)


def test_swapping_the_body_leaves_the_face(people: Poses) -> None:
    body = swap_sides(people, "body").keypoints
    np.testing.assert_array_equal(body[:, :5], people.keypoints[:, :5])
    left, right = (COCO17.index(f"{side}_knee") for side in ("left", "right"))
    np.testing.assert_array_equal(body[:, left], people.keypoints[:, right])


def test_the_mouth_of_mediapipe_is_its_face(standing: np.ndarray) -> None:
    keypoints = np.arange(66, dtype=np.float32).reshape(1, 33, 2)
    face = swap_sides(Poses(keypoints, None, "mediapipe33"), "face").keypoints[0]
    np.testing.assert_array_equal(face[[9, 10]], keypoints[0, [10, 9]])
    np.testing.assert_array_equal(face[11:], keypoints[0, 11:])


def test_an_unknown_part_is_refused(people: Poses) -> None:
    with pytest.raises(InputError, match="choose all, body or face"):
        swap_sides(people, "legs")  # type: ignore[arg-type]


def test_people_of_coco(shared_data: Path) -> None:
    poses = load(shared_data / "coco" / "coco17_val2017.npz")
    rng = np.random.default_rng(0)
    for _ in range(20):
        some = poses[rng.choice(len(poses), 100, replace=False)]
        assert find_side_swap(some) is None
        for kind, change in CHANGES.items():
            found = find_side_swap(change(some))
            assert found is not None
            assert found.kind == kind


@pytest.mark.parametrize("camera", [1, 2, 3, 4])
def test_openpose_from_the_front_and_from_behind(shared_data: Path, camera: int) -> None:
    poses = load(shared_data / "pose2sim_demo" / "pose" / f"cam0{camera}_json")
    assert find_side_swap(poses) is None
    found = find_side_swap(swap_sides(poses))
    assert found is not None
    assert found.kind == "all"
