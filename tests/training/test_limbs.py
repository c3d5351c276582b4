"""Limbs of other bodies, and bent joints."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe.geometry.cameras import tilt_then_turn
from prvipe.skeleton import H36M17
from prvipe.training.bones import bone_vectors, bones_to
from prvipe.training.limbs import LIMB_SHARE, TRUNK_SHARE, bend_joints, recombine_limbs

Poses = npt.NDArray[np.float32]
Bodies = Callable[..., Poses]
seeds = st.integers(0, 10_000)

LIMBS = {
    ("left", "shoulder"): bones_to("left_elbow", "left_wrist"),
    ("right", "shoulder"): bones_to("right_elbow", "right_wrist"),
    ("left", "hip"): bones_to("left_knee", "left_ankle"),
    ("right", "hip"): bones_to("right_knee", "right_ankle"),
}
TRUNK = ["hip", "spine", "thorax", "neck", "head", "left_shoulder", "right_shoulder"]


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def at(poses: Poses, *joints: str) -> Poses:
    return poses[:, [H36M17.index(joint) for joint in joints]]


def lengths(poses: Poses) -> npt.NDArray[np.float64]:
    return np.asarray(np.linalg.norm(bone_vectors(poses).astype(np.float64), axis=-1))


def unit(vectors: Poses) -> Poses:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def limb_directions(poses: Poses, side: str, girdle: str) -> Poses:
    """Directions (N, 2, 3) of a limb's bones, seen from its hips or shoulders."""
    right, left = (poses[:, H36M17.index(f"{end}_{girdle}")] for end in ("right", "left"))
    across = unit(left - right)
    forward = unit(np.cross(across, poses[:, H36M17.index("thorax")] - poses[:, 0]))
    frame = np.stack([across, forward, np.cross(across, forward)], axis=-1)
    return unit(bone_vectors(poses)[:, LIMBS[side, girdle]]) @ frame


def owners(mixed: Poses, captured: Poses, side: str, girdle: str) -> npt.NDArray[np.intp]:
    """Which captured pose (N,) each mixed one has the limb of, or -1."""
    ours, theirs = (limb_directions(poses, side, girdle) for poses in (mixed, captured))
    same = np.all(np.isclose(ours[:, None], theirs, atol=1e-3), axis=(2, 3))
    return np.where(np.any(same, axis=1), np.argmax(same, axis=1), -1)


def turned_by(before: Poses, after: Poses, child: str) -> float:
    """Standard deviation about each axis, in degrees, that turns a bone as far as it did."""
    first, second = (unit(bone_vectors(p)[:, bones_to(child)[0]]) for p in (before, after))
    chord = np.linalg.norm(first.astype(np.float64) - second, axis=-1)
    angle = np.rad2deg(2 * np.arcsin(chord / 2))
    return float(np.sqrt(np.square(angle).mean() / 2))  # a turn about the bone itself is unseen


@given(seed=seeds)
def test_every_limb_is_the_bodys_own_or_a_captured_one(random_bodies: Bodies, seed: int) -> None:
    poses, captured = random_bodies(12, seed), random_bodies(5, seed + 1)
    mixed = recombine_limbs(poses, captured, generator(seed))
    np.testing.assert_allclose(lengths(mixed), lengths(poses), rtol=1e-4)
    np.testing.assert_allclose(at(mixed, *TRUNK), at(poses, *TRUNK), atol=1e-5)
    for limb in LIMBS:
        own = np.isclose(limb_directions(mixed, *limb), limb_directions(poses, *limb), atol=1e-4)
        assert (own.all(axis=(1, 2)) | (owners(mixed, captured, *limb) >= 0)).all()


def test_limbs_come_independently_of_each_other_and_from_any_donor(random_bodies: Bodies) -> None:
    poses, captured = random_bodies(2000, 0), random_bodies(4, 1)
    mixed = recombine_limbs(poses, captured, generator())
    donors = np.stack([owners(mixed, captured, *limb) for limb in LIMBS], axis=1)
    taken = donors >= 0
    np.testing.assert_allclose(taken.mean(axis=0), LIMB_SHARE, atol=0.05)
    np.testing.assert_allclose(np.corrcoef(taken.T), np.eye(4), atol=0.1)
    for limb in range(4):
        shares = np.bincount(donors[taken[:, limb], limb], minlength=4) / taken[:, limb].sum()
        np.testing.assert_allclose(shares, 0.25, atol=0.06)
    both = taken[:, 0] & taken[:, 1]
    assert (donors[both, 0] == donors[both, 1]).mean() == pytest.approx(0.25, abs=0.08)


def test_a_donor_of_the_same_pose_in_another_place_changes_nothing(random_bodies: Bodies) -> None:
    pose = random_bodies(1, 0)
    turn = tilt_then_turn(*np.array([1.0, 0.3, -0.2])).astype(np.float32)
    donor = 2 * pose @ turn.T + np.array([1, 2, 3], np.float32)
    poses = np.repeat(pose, 30, axis=0)
    np.testing.assert_allclose(recombine_limbs(poses, donor, generator()), poses, atol=1e-5)


@given(seed=seeds, spread=st.floats(0, 60))
def test_bending_keeps_bones_hips_and_the_trunks_shape(
    random_bodies: Bodies, seed: int, spread: float
) -> None:
    poses = random_bodies(4, seed)
    bent = bend_joints(poses, spread, generator(seed))
    np.testing.assert_allclose(lengths(bent), lengths(poses), rtol=1e-4)
    for joint in ("hip", "left_hip", "right_hip"):
        np.testing.assert_allclose(at(bent, joint), at(poses, joint), atol=1e-6)
    before, after = (
        np.linalg.norm(trunk[:, :, None] - trunk[:, None], axis=-1)
        for trunk in (at(poses, *TRUNK), at(bent, *TRUNK))
    )
    np.testing.assert_allclose(after, before, atol=1e-5)


def test_the_spread_is_that_of_the_turns(random_bodies: Bodies) -> None:
    """Turns add up along a limb, in squares: lean of the trunk, root, middle joint."""
    poses = random_bodies(5000, 0)
    bent = bend_joints(poses, 4.0, generator())
    lean = TRUNK_SHARE**2
    for child, square in {
        "spine": lean,
        "head": lean,
        "left_shoulder": lean,
        "right_elbow": lean + 1,
        "left_wrist": lean + 2,
        "left_knee": 1,
        "right_ankle": 2,
    }.items():
        assert turned_by(poses, bent, child) == pytest.approx(4 * np.sqrt(square), rel=0.05), child


def test_left_and_right_turn_independently(random_bodies: Bodies) -> None:
    poses = random_bodies(5000, 0)
    moved = bone_vectors(bend_joints(poses, 4.0, generator())) - bone_vectors(poses)
    left, right = (moved[:, bones_to(joint)[0]].ravel() for joint in ("left_knee", "right_knee"))
    assert np.corrcoef(left, right)[0, 1] == pytest.approx(0, abs=0.05)


def test_no_spread_bends_nothing(random_bodies: Bodies) -> None:
    poses = random_bodies(5, 0)
    np.testing.assert_allclose(bend_joints(poses, 0.0, generator()), poses, atol=1e-6)


def test_no_bodies_are_changed_to_none(random_bodies: Bodies) -> None:
    """What a batch without recombined or bent poses asks for."""
    none, captured = random_bodies(2, 0)[:0], random_bodies(2, 1)
    assert recombine_limbs(none, captured, generator()).shape == (0, 17, 3)
    assert bend_joints(none, 5.0, generator()).shape == (0, 17, 3)


def test_inputs_are_left_alone_and_the_generator_decides(random_bodies: Bodies) -> None:
    poses, captured = random_bodies(10, 0), random_bodies(10, 1)
    before = poses.copy(), captured.copy()
    changes: list[Callable[[int], Poses]] = [
        lambda seed: recombine_limbs(poses, captured, generator(seed)),
        lambda seed: bend_joints(poses, 10.0, generator(seed)),
    ]
    for change in changes:
        first, again, other = (change(seed) for seed in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        assert (first != other).any()
        assert first.dtype == np.float32
    np.testing.assert_array_equal(poses, before[0])
    np.testing.assert_array_equal(captured, before[1])
