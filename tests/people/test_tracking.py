"""People keep their number over the frames of a recording."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe import load
from prvipe.errors import InputError
from prvipe.people import track_people
from prvipe.people.tracking import (
    LEAST_SIMILARITY,
    LONGEST_ABSENCE,
    TOLERANCE,
    keypoint_similarity,
    person_sizes,
)
from prvipe.poses import Poses


def numbers(poses: Poses, field: str = "person") -> np.ndarray:
    return np.array(poses.table[field].to_pylist())


def test_two_people_who_pass_each_other_keep_their_numbers(crossing: Poses) -> None:
    assert (numbers(crossing) != numbers(crossing, "truth")).any()
    np.testing.assert_array_equal(numbers(track_people(crossing)), numbers(crossing, "truth"))


def test_rows_stay_where_they_are_in_any_order(crossing: Poses) -> None:
    shuffled = crossing[np.random.default_rng(0).permutation(len(crossing))]
    tracked = track_people(shuffled)
    np.testing.assert_array_equal(tracked.keypoints, shuffled.keypoints)
    np.testing.assert_array_equal(numbers(tracked), numbers(shuffled, "truth"))


@given(seed=st.integers(0, 10_000), share=st.floats(0, 0.4))
def test_missing_joints_do_not_matter(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    walk = np.arange(20)[:, None, None] * np.float32([5, 0])
    body = rng.normal(size=(1, 17, 2)).astype(np.float32) * 40
    people = np.concatenate([body + walk, body + walk + np.float32([400, 30])])
    people[rng.random(people.shape[:2]) < share] = np.nan
    poses = Poses(people, None, "coco17", {"frame": np.tile(np.arange(20), 2)})
    np.testing.assert_array_equal(numbers(track_people(poses)), np.repeat([0, 1], 20))


def test_those_who_are_unlike_draw_nobody_away(standing: np.ndarray) -> None:
    """One of two moves on just far enough to be known; two unlike pairs are together more alike."""
    reach = TOLERANCE * float(person_sizes(standing[None])[0])
    people = standing + np.float32([[[0, 0]], [[3.95, 0]], [[1.9, 0]], [[-1.97, 0]]]) * reach
    known, behind = keypoint_similarity(people[0], people[2:], reach / TOLERANCE)
    (ahead,) = keypoint_similarity(people[1], people[2:3], reach / TOLERANCE)
    assert ahead < behind < LEAST_SIMILARITY < known < ahead + behind
    poses = Poses(people.astype(np.float32), None, "coco17", {"frame": [0, 0, 1, 1]})
    assert numbers(track_people(poses)).tolist() == [0, 1, 0, 2]


def test_somebody_who_returns_soon_is_the_same(crossing: Poses) -> None:
    alone = crossing[numbers(crossing, "truth") == 0]
    frames = numbers(alone, "frame")
    assert set(numbers(track_people(alone[(frames < 10) | (frames > 14)]))) == {0}


def test_somebody_who_returns_late_is_another(crossing: Poses) -> None:
    alone = crossing[numbers(crossing, "truth") == 0][:2]
    later = alone.with_fields(frame=[0, LONGEST_ABSENCE + 1])
    assert numbers(track_people(later)).tolist() == [0, 1]


def test_recordings_are_followed_apart(crossing: Poses) -> None:
    other = crossing.with_fields(source=["other.mp4"] * len(crossing))
    both = track_people(Poses.concatenate([crossing, other]))
    assert numbers(both).tolist() == numbers(crossing, "truth").tolist() * 2


def test_rows_without_a_joint_follow_nobody(crossing: Poses) -> None:
    alone = crossing[numbers(crossing, "truth") == 0]
    scores = alone.scores.copy()
    scores[[3, 7]] = 0
    tracked = numbers(track_people(Poses(alone.keypoints, scores, "coco17", alone.table)))
    assert Counter(tracked) == {0: 38, 1: 1, 2: 1}


def test_tracking_what_is_tracked_changes_nothing(crossing: Poses) -> None:
    once = track_people(crossing)
    assert numbers(track_people(once)).tolist() == numbers(once).tolist()


def test_frames_without_numbers_start_where_the_places_do(crossing: Poses) -> None:
    bare = Poses(crossing.keypoints, None, "coco17", {"person": numbers(crossing)})
    np.testing.assert_array_equal(numbers(track_people(bare)), numbers(crossing, "truth"))


def test_poses_in_space_are_refused() -> None:
    with pytest.raises(InputError, match="3D"):
        track_people(Poses(np.zeros((1, 17, 3)), None, "coco17"))


def test_a_frame_that_is_no_number_is_refused(crossing: Poses) -> None:
    with pytest.raises(InputError, match=r"two\.mp4.*row 0.*frame is 'a'"):
        track_people(crossing.with_fields(frame=["a"] * len(crossing)))


def test_similarity_of_oneself_is_1_and_falls_with_distance(standing: np.ndarray) -> None:
    away = standing + np.float32([[[0, 0]], [[0.1, 0]], [[0.3, 0]], [[3, 0]]])
    alike = keypoint_similarity(standing, away, 1.0)
    assert alike[0] == 1
    assert (np.diff(alike) < 0).all()
    assert alike[3] < 1e-6
    nobody = np.full((1, 17, 2), np.nan, np.float32)
    assert keypoint_similarity(standing, nobody, 1.0)[0] == 0
    assert person_sizes(nobody)[0] == 0


@pytest.mark.parametrize(("camera", "people"), [(1, 2), (2, 2), (3, 1), (4, 1)])
def test_openpose_in_real_cameras(shared_data: Path, camera: int, people: int) -> None:
    poses = load(shared_data / "pose2sim_demo" / "pose" / f"cam0{camera}_json")
    counts = Counter(numbers(track_people(poses)).tolist())
    assert [counts[number] for number in range(people)] == [100] * people
    assert sum(counts.values()) - 100 * people <= 1
