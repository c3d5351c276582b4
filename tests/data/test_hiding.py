"""Joints hidden by group, by number and at random as in photographs."""

from pathlib import Path

import numpy as np
import pytest

from prvipe.data.hiding import (
    JOINT_GROUPS,
    RANDOM_JOINTS,
    hide,
    hide_random,
    occlude,
)
from prvipe.errors import InputError
from prvipe.geometry.normalization import LEAST_VISIBLE
from prvipe.poses.arrays import BoolArray
from prvipe.skeleton import COCO13, COCO17


@pytest.fixture
def without_random_joints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prvipe.data.hiding.RANDOM_SHARE", 0.0)


@pytest.fixture
def only_random_joints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prvipe.data.hiding.RANDOM_SHARE", 1.0)


def test_hide_zeroes_the_groups_joints_and_no_others() -> None:
    scores = np.random.default_rng(0).uniform(0.1, 1, (2, 3, 13)).astype(np.float32)
    before = scores.copy()
    for group, joints in JOINT_GROUPS.items():
        hidden = hide(scores, group)
        of_group = np.isin(COCO13.joints, joints)
        assert not hidden[..., of_group].any()
        np.testing.assert_array_equal(hidden[..., ~of_group], scores[..., ~of_group])
    np.testing.assert_array_equal(scores, before)


def test_groups_name_joints_of_the_skeleton_and_leave_enough_of_them() -> None:
    for joints in JOINT_GROUPS.values():
        assert set(joints) <= set(COCO13.joints)
        assert len(COCO13.joints) - len(set(joints)) >= LEAST_VISIBLE


def test_groups_of_the_left_mirror_those_of_the_right() -> None:
    for group in ("arm", "leg", "side"):
        mirrored = {
            COCO13.joints[COCO13.mirror_indices[COCO13.index(joint)]]
            for joint in JOINT_GROUPS[f"left_{group}"]
        }
        assert mirrored == set(JOINT_GROUPS[f"right_{group}"])


def test_hide_names_the_groups_there_are() -> None:
    with pytest.raises(InputError, match="no joint group 'tail'; there are head, left_arm"):
        hide(np.ones((1, 13), np.float32), "tail")


@pytest.mark.parametrize("shape", [(17,), (13, 2)])
def test_scores_of_other_skeletons_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"scores \(coco13\): expected an array of shape"):
        hide(np.ones(shape, np.float32), "head")


@pytest.mark.parametrize("shape", [(13,), (13, 2), (5, 5, 13)])
def test_hide_random_takes_one_row_per_pose(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"expected an array of shape \(N, 13\)"):
        hide_random(np.ones(shape, np.float32), 1, np.random.default_rng(0))


@pytest.mark.parametrize("count", [0, 1, 2, 4, 9])
def test_hide_random_hides_exactly_that_many_joints(count: int) -> None:
    scores = np.random.default_rng(1).uniform(0.1, 1, (200, 13)).astype(np.float32)
    hidden = hide_random(scores, count, np.random.default_rng(2))
    np.testing.assert_array_equal((hidden == 0).sum(axis=1), count)
    np.testing.assert_array_equal(hidden[hidden > 0], scores[hidden > 0])


def test_hide_random_hides_every_joint_alike() -> None:
    hidden = hide_random(np.ones((13_000, 13), np.float32), 3, np.random.default_rng(3))
    # The standard deviation of a share of 3/13 among 13,000 is 0.0037.
    np.testing.assert_allclose((hidden == 0).mean(axis=0), 3 / 13, atol=0.017)


def test_hide_random_chooses_among_the_joints_that_are_not_missing_yet() -> None:
    scores = hide(np.ones((50, 13), np.float32), "lower_body")
    hidden = hide_random(scores, 2, np.random.default_rng(4))
    np.testing.assert_array_equal((hidden == 0).sum(axis=1), 6 + 2)


def test_hide_random_names_the_row_that_has_too_few_joints() -> None:
    scores = np.ones((3, 13), np.float32)
    scores[1:, :8] = 0
    with pytest.raises(InputError, match="row 1: with 2 joints hidden 3 of its joints are left"):
        hide_random(scores, 2, np.random.default_rng(5))


def test_hide_random_refuses_a_negative_count() -> None:
    with pytest.raises(InputError, match="cannot hide -1 joints"):
        hide_random(np.ones((1, 13), np.float32), -1, np.random.default_rng(0))


def test_occlude_repeats_with_the_seed_and_takes_any_count() -> None:
    one, same, other = (occlude(64, np.random.default_rng(seed)) for seed in (6, 6, 7))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
    assert occlude(0, np.random.default_rng(0)).shape == (0, 13)


def test_occlude_leaves_enough_joints() -> None:
    visible = occlude(50_000, np.random.default_rng(8))
    assert visible.shape == (50_000, 13)
    assert visible.dtype == bool
    assert visible.sum(axis=1).min() == LEAST_VISIBLE


@pytest.mark.usefixtures("only_random_joints")
def test_occlude_hides_random_joints_evenly() -> None:
    hidden = ~occlude(20_000, np.random.default_rng(9))
    least, most = RANDOM_JOINTS
    shares = np.bincount(hidden.sum(axis=1), minlength=14) / len(hidden)
    np.testing.assert_allclose(shares[least : most + 1], 1 / (most - least + 1), atol=0.01)
    np.testing.assert_allclose(hidden.mean(axis=0), 2.5 / 13, atol=0.01)


@pytest.mark.usefixtures("without_random_joints")
def test_occlude_treats_left_and_right_alike() -> None:
    hidden = ~occlude(50_000, np.random.default_rng(10))
    shares = hidden.mean(axis=0)
    np.testing.assert_allclose(shares, shares[list(COCO13.mirror_indices)], atol=0.012)


@pytest.mark.usefixtures("without_random_joints")
def test_occlude_hides_joints_as_often_as_coco_lacks_them(shared_data: Path) -> None:
    in_coco = _hidden_in_coco(shared_data)
    drawn = ~occlude(len(in_coco), np.random.default_rng(11))
    np.testing.assert_allclose(drawn.mean(axis=0), in_coco.mean(axis=0), atol=0.03)
    for joints in (
        (),
        *JOINT_GROUPS.values(),
        ("left_knee", "right_knee", *JOINT_GROUPS["ankles"]),
    ):
        shares = [_share_lacking_exactly(joints, hidden) for hidden in (drawn, in_coco)]
        assert shares[0] == pytest.approx(shares[1], abs=0.05), joints


def _hidden_in_coco(shared_data: Path) -> BoolArray:
    """Missing joints (N, 13) of the people with at least 6 labelled, the nose for the head."""
    with np.load(shared_data / "coco" / "coco17_train2017.npz") as file:
        known_size = (file["wh"] > 0).all(axis=1)
        labels = file["keypoints"][known_size][..., 2] > 0
    of_coco13 = [COCO17.index("nose" if j == "head" else j) for j in COCO13.joints]
    labelled = labels[:, of_coco13]
    return np.asarray(~labelled[labelled.sum(axis=1) >= 6])


def _share_lacking_exactly(joints: tuple[str, ...], hidden: BoolArray) -> float:
    return float((hidden == np.isin(COCO13.joints, joints)).all(axis=1).mean())
