"""PA-MPJPE of all pairs: the same alignment, in the unit of the poses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prvipe.errors import InputError
from prvipe.geometry import normalize_3d, np_mpjpe_matrix
from prvipe.geometry.procrustes import pa_mpjpe_3d_matrix, procrustes_align

MIRROR = np.array([1.0, 1.0, -1.0])


class TestPaMpjpe:
    @settings(max_examples=25, deadline=None)
    @given(st.sampled_from([3, 13]), st.integers(0, 2**32 - 1))
    def test_agrees_with_alignment_by_singular_values(self, joints, seed):
        rng = np.random.default_rng(seed)
        a, b = rng.normal(size=(2, 7, joints, 3)) * 10.0 ** rng.integers(-6, 7)
        if joints > 3:  # three points are planar: several rotations may be equally good
            b[1], b[2] = a[2], a[3] * [1, 1, -1]
        aligned = procrustes_align(np.broadcast_to(b, (7, 7, joints, 3)), a[:, None].repeat(7, 1))
        expected = np.linalg.norm(aligned.aligned - a[:, None], axis=-1).mean(axis=-1)
        unit = np.linalg.norm(a - a.mean(axis=1, keepdims=True), axis=(1, 2))[:, None]
        np.testing.assert_allclose(pa_mpjpe_3d_matrix(a, b) / unit, expected / unit, atol=1e-6)

    def test_is_np_mpjpe_but_for_the_unit(self, random_poses):
        a, b = random_poses(20, seed=1), random_poses(30, seed=2)
        expected = np_mpjpe_matrix(a, b)
        np.testing.assert_array_equal(pa_mpjpe_3d_matrix(normalize_3d(a), b), expected)
        hundredfold = pa_mpjpe_3d_matrix(100 * normalize_3d(a), b)
        np.testing.assert_allclose(hundredfold, 100 * expected, rtol=1e-6)

    def test_degenerate(self, random_poses):
        poses = random_poses(30)[:, 4:]
        for axes in ([1, 1, 0], [0, 0, 1], MIRROR):
            flat = poses * axes
            expected = procrustes_align(flat, poses)
            expected = np.linalg.norm(expected.aligned - poses, axis=-1).mean(axis=-1)
            np.testing.assert_allclose(
                np.diag(pa_mpjpe_3d_matrix(poses, flat)), expected, atol=1e-6
            )

    def test_bad_input(self, random_poses):
        poses = random_poses(4)[:, :13]
        bad = poses.copy()
        bad[2, 3, 1] = np.nan
        with pytest.raises(InputError, match="3D poses b: row 2, joint left_elbow is not finite"):
            pa_mpjpe_3d_matrix(poses, bad)
        bad[2] = 0.1
        with pytest.raises(InputError, match=r"3D poses a: row 2 .*joints coincide"):
            pa_mpjpe_3d_matrix(bad, poses)
        with pytest.raises(InputError, match="a has 13 joints, b has 12"):
            pa_mpjpe_3d_matrix(poses, poses[:, :12])
        with pytest.raises(InputError, match=r"\(N, J, 3\)"):
            pa_mpjpe_3d_matrix(poses[..., :2], poses)
        with pytest.raises(InputError, match=r"row 0 .*too large or small"):
            pa_mpjpe_3d_matrix(poses, poses * 1e-200)

    @pytest.mark.filterwarnings("error")
    def test_astronomic_coordinates_give_no_warning(self, random_poses):
        poses = random_poses(2)
        with pytest.raises(InputError, match="too large"):
            pa_mpjpe_3d_matrix(poses * 1e200, poses)
