"""Abrupt exchanges of left and right are found where they are, and nowhere else."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prvipe import load
from prvipe.people import find_side_exchanges, select_person, swap_sides, track_people
from prvipe.poses import Poses

STEP = np.float32([2, 0])


def walk(standing: np.ndarray, frames: np.ndarray, **fields: object) -> Poses:
    keypoints = standing * np.float32(200) + frames[:, None, None] * STEP + np.float32(300)
    return Poses(keypoints, None, "coco17", {"frame": frames, "person": 0 * frames, **fields})


def exchange(poses: Poses, rows: slice) -> Poses:
    keypoints, swapped = poses.keypoints.copy(), swap_sides(poses).keypoints
    keypoints[rows] = swapped[rows]
    return Poses(keypoints, poses.scores, poses.skeleton, poses.table)


def test_a_stretch_is_told_by_its_first_and_last_exchange(standing: np.ndarray) -> None:
    poses = walk(standing, np.arange(100, 160))
    assert find_side_exchanges(poses) is None
    found = find_side_exchanges(exchange(poses, slice(20, 31)))
    assert found is not None
    assert found.rows == (20, 31)
    assert found.stretches == ((120, 131),)
    assert "exchanged abruptly, 2 times, in frames 120 to 131; do not trust" in str(found)


def test_an_exchange_for_good_is_one_frame(standing: np.ndarray) -> None:
    found = find_side_exchanges(exchange(walk(standing, np.arange(60)), slice(20, None)))
    assert found is not None
    assert found.stretches == ((20, 20),)
    assert "1 times, in frame 20;" not in str(found)
    assert "once, in frame 20;" in str(found)


@settings(max_examples=30, deadline=None)
@given(first=st.integers(1, 40), length=st.integers(1, 9), seed=st.integers(0, 9))
def test_both_ends_are_found_and_the_order_of_rows_does_not_matter(
    first: int, length: int, seed: int
) -> None:
    body = np.random.default_rng(seed).uniform(-0.5, 0.5, (17, 2)).astype(np.float32)
    body[5:17:2, 0] = np.abs(body[5:17:2, 0]) + 0.1
    body[6:17:2, 0] = -np.abs(body[6:17:2, 0]) - 0.1
    poses = exchange(walk(body, np.arange(60)), slice(first, first + length))
    order = np.random.default_rng(seed).permutation(60)
    found = find_side_exchanges(poses[order])
    assert found is not None
    assert sorted(order[list(found.rows)]) == [first, first + length]


def test_people_and_recordings_are_kept_apart(standing: np.ndarray) -> None:
    one = walk(standing, np.arange(30), source=["a.mp4"] * 30)
    other = exchange(one, slice(None)).with_fields(source=["b.mp4"] * 30)
    second = exchange(one, slice(None)).with_fields(person=np.ones(30, np.int64))
    assert find_side_exchanges(Poses.concatenate([one, other])) is None
    assert find_side_exchanges(Poses.concatenate([one, second])) is None


def test_long_gaps_tell_nothing(standing: np.ndarray) -> None:
    apart = walk(standing, np.array([0, 6]))
    assert find_side_exchanges(exchange(apart, slice(1, 2))) is None
    near = walk(standing, np.array([0, 5]))
    assert find_side_exchanges(exchange(near, slice(1, 2))) is not None
    slow = near.with_fields(time=[0.0, 0.3])
    assert find_side_exchanges(exchange(slow, slice(1, 2))) is None
    fast = apart.with_fields(time=[0.0, 0.1])
    assert find_side_exchanges(exchange(fast, slice(1, 2))) is not None


def test_legs_alone_may_truly_cross(standing: np.ndarray) -> None:
    poses = walk(standing, np.arange(20))
    keypoints = poses.keypoints.copy()
    keypoints[10:, 13:17] = keypoints[10:, [14, 13, 16, 15]]
    assert find_side_exchanges(Poses(keypoints, None, "coco17", poses.table)) is None


def test_missing_joints_and_nothing_at_all_tell_nothing(standing: np.ndarray) -> None:
    poses = exchange(walk(standing, np.arange(20)), slice(5, 9))
    hidden = poses.keypoints.copy()
    hidden[:, 5:13] = np.nan
    assert find_side_exchanges(Poses(hidden, None, "coco17", poses.table)) is None
    assert find_side_exchanges(poses[:0]) is None
    assert find_side_exchanges(Poses(np.ones((5, 17, 3)), None, "coco17")) is None


@pytest.mark.parametrize("camera", [1, 2, 3, 4])
def test_openpose_has_none_and_those_planted_are_found(shared_data: Path, camera: int) -> None:
    poses = load(shared_data / "pose2sim_demo" / "pose" / f"cam0{camera}_json")
    assert find_side_exchanges(track_people(poses)) is None
    one = select_person(poses, "largest")
    assert find_side_exchanges(one) is None
    found = find_side_exchanges(exchange(one, slice(45, 70)))
    assert found is not None
    assert found.rows == (45, 70)
