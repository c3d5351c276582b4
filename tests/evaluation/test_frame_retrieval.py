from math import comb

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.evaluation import KeypointRetrieval
from prvipe.evaluation.frame_retrieval import chance_level, retrieve_frames
from prvipe.evaluation.pose_retrieval import PoseRetrieval
from prvipe.poses import Poses

FRAMES = 40
SYSTEM = PoseRetrieval.of_whole_poses(KeypointRetrieval())


def moving_person(seed: int = 0) -> np.ndarray:
    """Keypoints (40, 13, 2) that change steadily."""
    start, end = np.random.default_rng(seed).normal(size=(2, 13, 2))
    return start + np.linspace(0, 1, FRAMES)[:, None, None] * (end - start)


def view(keypoints: np.ndarray, frames: np.ndarray | None = None) -> Poses:
    frames = np.arange(len(keypoints)) if frames is None else frames
    return Poses(keypoints, None, "coco13", {"frame": frames})


def test_cameras_that_see_the_same_find_every_frame() -> None:
    person = moving_person()
    result = retrieve_frames(SYSTEM, [view(person), view(3 * person + 7), view(person)])
    assert result.hits == {1: 1.0, 10: 1.0}
    assert (result.median_error, result.queries, result.skipped) == (0.0, 6 * FRAMES, 0)
    cameras = [(pair.query_camera, pair.gallery_camera) for pair in result.pairs]
    assert cameras == [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)]


@pytest.mark.parametrize(("late", "hits"), [(5, 1.0), (6, 0.0)])
def test_frames_within_the_tolerance_are_right(late: int, hits: float) -> None:
    person = moving_person()
    # The second camera's clock is late, and it never saw the first of the frames.
    second = view(person, np.arange(FRAMES) + late)
    result = retrieve_frames(SYSTEM, [view(person), second], ranks=(1,), tolerance=5)
    assert result.hits == {1: hits}
    assert result.median_error == late


def test_unsigned_frame_numbers_do_not_wrap_around() -> None:
    person = moving_person()
    early, late = (view(person, (np.arange(FRAMES) + t).astype(np.uint32)) for t in (0, 3))
    result = retrieve_frames(SYSTEM, [early, late], ranks=(1,))
    assert result.hits == {1: 1.0}
    assert result.median_error == 3


def test_retrieval_of_another_person_is_at_chance() -> None:
    rng = np.random.default_rng(1)
    views = [view(rng.normal(size=(FRAMES, 13, 2))) for _ in range(6)]
    result = retrieve_frames(SYSTEM, views, tolerance=2)
    for k in (1, 10):
        assert result.hits[k] == pytest.approx(result.chance[k], abs=0.05)
    assert result.median_error == pytest.approx(result.chance_error, abs=2)


def test_chance_counts_the_draws_without_a_right_frame() -> None:
    right = np.array([[True, True, False, False, False], [False] * 5])
    assert chance_level(right, 1) == pytest.approx(0.2)
    assert chance_level(right, 2) == pytest.approx((1 - comb(3, 2) / comb(5, 2)) / 2)
    assert chance_level(right, 4) == pytest.approx(0.5)


def test_poses_a_system_cannot_take_are_skipped_and_counted() -> None:
    person = moving_person()
    torn = person.copy()
    torn[3:13, 4] = np.nan
    result = retrieve_frames(SYSTEM, [view(person), view(torn)], tolerance=0)
    there, back = result.pairs
    assert (there.queries, there.skipped, there.gallery) == (FRAMES, 0, FRAMES - 10)
    assert (back.queries, back.skipped, back.gallery) == (FRAMES - 10, 10, FRAMES)
    # The frames that are gone from the gallery cannot be found; frame numbers stay in step.
    assert there.hits[1] == pytest.approx(30 / 40)
    assert back.hits[1] == 1.0
    assert result.skipped == 10


@pytest.mark.parametrize(
    ("views", "message"),
    [
        ([view(moving_person())], "at least two cameras"),
        (
            [view(moving_person()), view(moving_person(), np.zeros(FRAMES, int))],
            "camera 1: has 40 poses of frame 0; choose one person",
        ),
        (
            [view(moving_person()), Poses(moving_person(), None, "coco13")],
            "camera 1: its poses do not say of which frame",
        ),
        (
            [view(moving_person()[:9]), view(moving_person())],
            "camera 0: 2D keypoints can take 9 of its poses, too few for top-10",
        ),
    ],
)
def test_what_cannot_be_measured_is_refused(views: list[Poses], message: str) -> None:
    with pytest.raises(InputError, match=message):
        retrieve_frames(SYSTEM, views)
