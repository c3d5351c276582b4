"""Rough distances: never off by more than they say, whatever the pair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prvipe.geometry.aligned_distances import Alignments3D
from prvipe.geometry.procrustes_2d import Alignments2D

ALL = slice(None)


def largest_rough_error(alignments):
    exact = alignments.exact(ALL).astype(np.float64) / alignments.sizes[:, None]
    return np.abs(alignments.rough(ALL) - exact).max()


def stretched(points, extents):
    """The points, centred and given these singular values along their principal axes."""
    u, _, _ = np.linalg.svd(points - points.mean(axis=1, keepdims=True), full_matrices=False)
    return u * np.asarray(extents)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(-8, 1), st.floats(-8, 0.5), st.floats(-8, 0))
def test_3d_of_any_shape(seed, noise, tied, flatness):
    """From copies to unrelated points, from ties to none, from solid to flat; mirrored too."""
    rng = np.random.default_rng(seed)
    a = stretched(rng.normal(size=(40, 13, 3)), [2, 1 + 10**tied, 1]) * [1, 1, 10**flatness]
    b = a * [1, 1, rng.choice([-1, 1])] + 10**noise * rng.normal(size=a.shape)
    alignments = Alignments3D.between(a, b)
    assert largest_rough_error(alignments) < alignments.rough_error / 2


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(-8, 1), st.floats(-8, 0))
def test_2d_of_any_shape(seed, noise, flatness):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(40, 13, 2)) * [1, 10**flatness]
    b = a * [1, rng.choice([-1, 1])] + 10**noise * rng.normal(size=a.shape)
    alignments = Alignments2D.between(a, b)
    assert largest_rough_error(alignments) < alignments.rough_error / 10


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_any_unit(random_poses, scale):
    poses = random_poses(60)[:, :13] * scale
    for alignments in (
        Alignments3D.between(poses[:20], poses),
        Alignments2D.between(poses[:20, :, :2], poses[:, :, :2]),
    ):
        assert largest_rough_error(alignments) < alignments.rough_error / 10


def test_motion_capture(shared_data):
    with np.load(shared_data / "xview" / "val.npz") as file:
        poses, keypoints = file["poses3d"][::6, 4:], file["kp2d_det"][::6]
    rng = np.random.default_rng(0)
    estimated = poses + rng.normal(0, 0.05, poses.shape)
    for alignments in (
        Alignments3D.between(poses, estimated),
        Alignments2D.between(keypoints[:, 0], keypoints[:, 1]),
    ):
        assert largest_rough_error(alignments) < alignments.rough_error / 10


def test_candidates_are_entries_of_the_matrix(random_poses):
    a, b = random_poses(9, seed=1)[:, :13], random_poses(50, seed=2)[:, :13]
    candidates = np.random.default_rng(0).integers(0, 50, (9, 21))
    for alignments in (
        Alignments3D.between(a, b),
        Alignments2D.between(a[..., :2], b[..., :2]),
    ):
        expected = np.take_along_axis(alignments.exact(ALL), candidates, axis=1)
        np.testing.assert_array_equal(alignments.exact_to(candidates), expected)
