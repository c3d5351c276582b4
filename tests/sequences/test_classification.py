"""What is done in a clip, told by labelled ones."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses
from prvipe.sequences import LabelledClip, classify, embed_recording
from prvipe.sequences.alignment import LEAVE_OUT
from prvipe.sequences.classification import (
    classify_by_distance,
    clip_distances,
    cut_to_length,
    nearest_piece,
    sequence_distance,
)

Views = dict[str, np.ndarray]
MakePoses = Callable[..., Poses]


@pytest.fixture(scope="session")
def labelled(views: Views, as_poses: MakePoses, embedder: Embedder) -> list[LabelledClip]:
    """All motions in the second camera, the label is the activity."""
    clips = []
    for name, seen in views.items():
        poses = as_poses(seen[:, 1])
        recording = embed_recording(poses, embedder)
        activity, body = name.rsplit("_", 1)
        clips.append(LabelledClip(activity, name, recording, poses, "1", body))
    return clips


@pytest.mark.parametrize("activity", ["macarena", "waltz", "jumping_jacks", "getting_up"])
def test_a_clip_has_the_label_of_its_motion_in_another_camera(
    activity: str,
    views: Views,
    as_poses: MakePoses,
    labelled: list[LabelledClip],
    embedder: Embedder,
) -> None:
    found = classify(as_poses(views[f"{activity}_0"][60:180, 0]), labelled, embedder, k=3)
    assert found.label == activity
    assert [each.distance for each in found.neighbours] == sorted(
        each.distance for each in found.neighbours
    )
    assert sum(share for _, share in found.scores) == pytest.approx(1)
    assert found.scores[0] == (activity, max(share for _, share in found.scores))


def test_votes_weigh_less_the_farther_they_are(labelled: list[LabelledClip]) -> None:
    distances = np.full(len(labelled), np.inf)
    distances[[0, 1, 2]] = [1.0, 1.25, 1.0]
    found = classify_by_distance(distances, labelled, k=8)
    assert [each.clip for each in found.neighbours] == [0, 2, 1]
    weights = np.array([1, np.exp(-1), 1])
    expected: dict[str, float] = {}
    for clip, weight in zip(labelled, weights / weights.sum(), strict=False):
        expected[clip.label] = expected.get(clip.label, 0) + weight
    assert dict(found.scores) == pytest.approx(expected)


def test_a_long_recording_is_cut_to_the_length_of_the_clip(
    views: Views, as_poses: MakePoses, embedder: Embedder
) -> None:
    recording = embed_recording(as_poses(views["waltz_0"][:, 1]), embedder)
    pieces = list(cut_to_length(recording, 60))
    assert [start for start, _ in pieces] == [0, 30, 60, 90, 120, 150, 180]
    assert {len(piece) for _, piece in pieces} == {60}
    assert [start for start, _ in cut_to_length(recording, 160)] == [0]


def test_the_nearest_piece_is_where_the_clip_is(
    views: Views, as_poses: MakePoses, embedder: Embedder
) -> None:
    recording = embed_recording(as_poses(views["macarena_0"][:, 1]), embedder)
    clip = embed_recording(as_poses(views["macarena_0"][118:182, 0]), embedder)
    start, piece = nearest_piece(clip, recording, embedder.matching)
    assert abs(start - 118) <= 20
    assert len(piece) == 64


def test_distances_are_bounded_and_small_for_the_same(
    views: Views, as_poses: MakePoses, labelled: list[LabelledClip], embedder: Embedder
) -> None:
    clip = embed_recording(as_poses(views["waltz_0"][:, 0]), embedder)
    progress: list[tuple[int, int]] = []
    distances = clip_distances(
        clip, labelled, embedder.matching, lambda *done: progress.append(done)
    )
    assert progress[-1] == (len(labelled), len(labelled))
    assert labelled[int(distances.argmin())].label == "waltz"
    assert distances.max() <= LEAVE_OUT
    assert sequence_distance(clip, clip, embedder.matching) < 0.6 * distances.min()


def test_no_votes_are_refused(labelled: list[LabelledClip]) -> None:
    distances: Any = np.full(len(labelled), np.inf)
    with pytest.raises(InputError, match="k is 0"):
        classify_by_distance(distances, labelled, 0)
    with pytest.raises(InputError, match="no labelled clip"):
        classify_by_distance(distances, labelled, 3)
    with pytest.raises(InputError, match="no labelled clip"):
        classify_by_distance(np.zeros(0), [], 3)
