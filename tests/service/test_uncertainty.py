"""What is open of a pose, and how it is said."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import numpy as np
import pytest

from prvipe.data.benchmark import load_benchmark
from prvipe.data.synthetic import synthetic_benchmark
from prvipe.errors import InputError
from prvipe.geometry.normalization import normalize_3d
from prvipe.model.embedder import Embedder
from prvipe.model.lifter import Lifter
from prvipe.model.trust import Trust
from prvipe.poses import Poses
from prvipe.service.uncertainty import (
    AMBIGUOUS_FROM,
    JointUncertainty,
    PoseUncertainty,
    describe_uncertainty,
)
from prvipe.skeleton import COCO13
from prvipe.training.lifting import poses_in_own_frame

SURE = Trust(13, 13, 1.0, ())


@pytest.fixture(scope="module")
def models() -> tuple[Embedder, Lifter]:
    return Embedder.load(), Lifter.load()


@pytest.fixture(scope="module")
def poses() -> Poses:
    benchmark = synthetic_benchmark(1, frames_per_activity=24)
    return Poses(benchmark.get_keypoints("gt")[:, 0], None, "coco13")


def judged(errors: list[float | None], trust: Trust = SURE, seen: int = 13) -> PoseUncertainty:
    return PoseUncertainty(
        trust,
        tuple(
            JointUncertainty(joint, number < seen, error)
            for joint, number, error in zip(COCO13.joints, count(), errors, strict=False)
        ),
    )


def test_hidden_joints_are_less_certain(models: tuple[Embedder, Lifter], poses: Poses) -> None:
    hidden = [COCO13.index(joint) for joint in ("left_wrist", "left_elbow")]
    scores = poses.scores.copy()
    scores[:, hidden] = 0
    whole = describe_uncertainty(poses, *models)
    part = describe_uncertainty(Poses(poses.keypoints, scores, "coco13"), *models)
    assert len(part) == len(poses)
    wrist = hidden[0]
    assert all(each.joints[wrist].visible for each in whole)
    assert not any(each.joints[wrist].visible for each in part)
    errors = [[each.joints[wrist].error for each in some] for some in (whole, part)]
    assert np.mean(errors[1]) > np.mean(errors[0])
    assert all("11 of 13 joints are seen." in each.words for each in part)


def test_other_skeletons_are_judged_by_the_joints_in_common(
    models: tuple[Embedder, Lifter], poses: Poses
) -> None:
    (judgement,) = describe_uncertainty(poses[:1].to("coco17"), *models)
    assert [joint.joint for joint in judgement.joints] == list(COCO13.joints)


def test_a_pose_that_cannot_be_judged_is_refused(models: tuple[Embedder, Lifter]) -> None:
    with pytest.raises(InputError, match="row 0"):
        describe_uncertainty(Poses(np.full((1, 13, 2), np.nan), None, "coco13"), *models)


@pytest.mark.parametrize(
    ("open_joints", "words"),
    [
        (0, "What is seen tells where each joint is in space."),
        (1, "Where the head is in space remains open."),
        (3, "Where the head, left shoulder and right shoulder are in space remains open."),
        (6, "Where 6 of the joints are in space remains open."),
    ],
)
def test_words(open_joints: int, words: str) -> None:
    errors = [AMBIGUOUS_FROM] * open_joints + [AMBIGUOUS_FROM - 0.01] * (13 - open_joints)
    assert judged(list(errors)).words == f"All 13 joints are seen. {words}"


@pytest.mark.parametrize(
    ("seen", "open_joints", "words"),
    [
        (12, 0, "12 of 13 joints are seen. Where the right ankle is in space remains open."),
        (4, 0, "4 of 13 joints are seen. Where 9 of the joints are in space remains open."),
        (4, 6, "4 of 13 joints are seen. Where 11 of the joints are in space remains open."),
    ],
)
def test_joints_that_are_not_seen_remain_open(seen: int, open_joints: int, words: str) -> None:
    errors: list[float | None] = [0.1] * 13
    errors[2 : 2 + open_joints] = [AMBIGUOUS_FROM] * open_joints
    assert judged(errors, seen=seen).words == words


def test_doubts_are_said() -> None:
    doubtful = judged([None] * 13, Trust(5, 13, 20.0, ("only 5 of 13 are visible", "x")), 5)
    assert doubtful.words == (
        "5 of 13 joints are seen. Answers about it are doubtful: only 5 of 13 are visible; x."
    )


def test_the_limit_is_where_half_of_the_joints_are_far_off(shared_data: Path) -> None:
    """On the validation data that it was chosen on, a part of it."""
    file = shared_data / "xview" / "val.npz"
    if not file.exists():
        pytest.skip(f"no {file}")
    benchmark = load_benchmark(file)
    rows = np.arange(0, len(benchmark), 10)
    lifted = Lifter.load().lift_with_errors(benchmark.get_keypoints("det")[rows, 0])
    true = poses_in_own_frame(normalize_3d(benchmark.poses3d[rows]))
    far = np.linalg.norm(lifted.poses - true, axis=-1) > 0.3
    called = lifted.errors >= AMBIGUOUS_FROM
    assert far[called].mean() > 0.5
    assert far[~called].mean() < 0.2
