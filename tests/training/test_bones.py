"""Poses as trees of bones."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from prvipe.skeleton import H36M17
from prvipe.training.bones import (
    BONES,
    CHAIN_OF_BONE,
    CHAINS,
    bone_vectors,
    bones_to,
    from_bone_vectors,
)

Poses = npt.NDArray[np.float32]
Bodies = Callable[..., Poses]


def test_bones_are_the_edges_of_the_skeleton_parents_first() -> None:
    assert sorted((parent, child) for parent, child, _ in BONES) == sorted(H36M17.edges)
    built = {"hip"}
    for parent, child, _ in BONES:
        assert parent in built
        built.add(child)
    assert built == set(H36M17.joints)


def test_left_and_right_bones_share_a_chain() -> None:
    chain_of = {
        child: CHAINS[number] for (_, child, _), number in zip(BONES, CHAIN_OF_BONE, strict=True)
    }
    assert chain_of == {child: chain for _, child, chain in BONES}
    for left, right in H36M17.mirror_pairs:
        assert chain_of[left] == chain_of[right]


def test_bones_point_from_parent_to_child(random_bodies: Bodies) -> None:
    poses = random_bodies(3, 0)
    for number, (parent, child, _) in enumerate(BONES):
        expected = poses[:, H36M17.index(child)] - poses[:, H36M17.index(parent)]
        np.testing.assert_array_equal(bone_vectors(poses)[:, number], expected)


def test_bones_are_numbered_by_the_joints_they_end_in() -> None:
    numbers = bones_to("left_wrist", "spine", "left_elbow")
    assert [BONES[number][1] for number in numbers] == ["left_wrist", "spine", "left_elbow"]


@given(seed=st.integers(0, 10_000))
def test_a_body_is_rebuilt_from_its_bones_wherever_its_hip_is(
    random_bodies: Bodies, seed: int
) -> None:
    poses = random_bodies(4, seed)
    shift = np.random.default_rng(seed).normal(size=(4, 3)).astype(np.float32)
    rebuilt = from_bone_vectors(poses[:, 0] + shift, bone_vectors(poses))
    np.testing.assert_allclose(rebuilt, poses + shift[:, None], atol=1e-5)
    assert rebuilt.dtype == np.float32
