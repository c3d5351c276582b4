"""2D Procrustes distances against singular values and their own invariances."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prvipe.errors import InputError
from prvipe.geometry.procrustes_2d import pa_mpjpe_2d_matrix


@pytest.fixture
def flat_poses(random_poses):
    return random_poses(40)[:, :13, :2]


def by_svd(a, b):
    """The distances (N, M) in float64 by singular values, sharing no code with the package."""
    target, source = (p.astype(np.float64) - p.mean(axis=1, keepdims=True) for p in (a, b))
    target, source = target[:, None], source[None]
    u, singular, vh = np.linalg.svd(source.swapaxes(-1, -2) @ target)
    sign = np.where(np.linalg.det(u) * np.linalg.det(vh) < 0, -1.0, 1.0)
    u[..., 1] *= sign[..., None]  # a reflection becomes the next best rotation
    singular[..., 1] *= sign
    scale = singular.sum(axis=-1) / np.square(source).sum(axis=(-1, -2))
    aligned = scale[..., None, None] * source @ (u @ vh)
    return np.linalg.norm(aligned - target, axis=-1).mean(axis=-1)


@pytest.mark.parametrize("joints", [2, 13, 17])
def test_agrees_with_singular_values(random_poses, joints):
    a = random_poses(30, seed=1)[:, -joints:, :2]
    b = random_poses(1100, seed=2)[:, -joints:, 1:]  # more than two blocks
    np.testing.assert_allclose(pa_mpjpe_2d_matrix(a, b), by_svd(a, b), atol=1e-6)


def test_real_detections(shared_data):
    with np.load(shared_data / "xview" / "val.npz") as file:
        keypoints = file["kp2d_det"][::50]
    a, b = keypoints[:, 0], keypoints[:, 1]
    np.testing.assert_allclose(pa_mpjpe_2d_matrix(a, b), by_svd(a, b), atol=1e-6)


def test_mirrored_and_collinear(flat_poses):
    mirrored, line = flat_poses * [-1, 1], flat_poses * [1, 0]
    for a, b in ((flat_poses, mirrored), (flat_poses, line), (line, flat_poses), (line, line)):
        np.testing.assert_allclose(pa_mpjpe_2d_matrix(a, b), by_svd(a, b), atol=1e-6)
    assert np.diag(pa_mpjpe_2d_matrix(flat_poses, mirrored)).min() > 0.01


@settings(max_examples=50, deadline=None)
@given(
    st.floats(-4, 4),
    st.floats(1e-3, 1e3),
    st.tuples(st.floats(-99, 99), st.floats(-99, 99)),
    st.integers(0, 999),
)
def test_similarity_transforms_change_nothing(random_poses, angle, scale, shift, seed):
    a, b = random_poses(12, seed=seed)[:, :13, :2].reshape(2, 6, 13, 2)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    expected = pa_mpjpe_2d_matrix(a, b)
    np.testing.assert_allclose(pa_mpjpe_2d_matrix(a, scale * b @ turn + shift), expected, atol=1e-6)
    scaled = pa_mpjpe_2d_matrix(scale * a @ turn + shift, b)
    np.testing.assert_allclose(scaled, scale * expected, rtol=1e-5, atol=1e-6)


def test_bad_input(flat_poses):
    bad = flat_poses.copy()
    bad[7, 0, 1] = np.nan
    with pytest.raises(InputError, match="2D poses b: row 7, joint head is not finite"):
        pa_mpjpe_2d_matrix(flat_poses, bad)
    with pytest.raises(InputError, match="2D poses a: row 7, joint 0 is not finite"):
        pa_mpjpe_2d_matrix(bad[:, :5], flat_poses[:, :5])
    bad[7] = 3.0
    with pytest.raises(InputError, match=r"row 7.*joints coincide"):
        pa_mpjpe_2d_matrix(flat_poses, bad)
    with pytest.raises(InputError, match="a has 13 joints, b has 12"):
        pa_mpjpe_2d_matrix(flat_poses, flat_poses[:, :12])
    with pytest.raises(InputError, match=r"\(13, 2\)"):
        pa_mpjpe_2d_matrix(flat_poses[0], flat_poses)
