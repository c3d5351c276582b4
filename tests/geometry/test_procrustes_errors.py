"""Poses that cannot be aligned or compared."""

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.geometry import np_mpjpe, np_mpjpe_candidates, np_mpjpe_matrix
from prvipe.geometry.procrustes import procrustes_align
from prvipe.skeleton import H36M17

TRUNK = [H36M17.index(joint) for joint in ("hip", "spine", "thorax")]


class TestBadInput:
    def test_nan_names_row_and_joint(self, random_poses):
        poses, bad = random_poses(4), random_poses(4)
        bad[2, H36M17.index("left_knee"), 1] = np.nan
        with pytest.raises(InputError, match=r"second poses.*row 2, joint left_knee"):
            np_mpjpe_matrix(poses, bad)
        with pytest.raises(InputError, match=r"first poses.*row 2, joint left_knee"):
            np_mpjpe(bad, poses)

    def test_zero_trunk_names_the_row(self, random_poses):
        poses, bad = random_poses(4), random_poses(4)
        bad[3, TRUNK] = 1.0
        for a, b in ((poses, bad), (bad, poses)):
            with pytest.raises(InputError, match=r"row 3.*hip, spine and thorax coincide"):
                np_mpjpe_matrix(a, b)

    @pytest.mark.filterwarnings("error")
    def test_astronomic_coordinates(self, random_poses):
        poses = random_poses(2)
        for compare in (np_mpjpe, np_mpjpe_matrix):
            with pytest.raises(InputError, match="too large an extent; choose another") as caught:
                compare(poses * 1e200, poses)
            assert "coincide" not in str(caught.value)

    def test_shapes(self, random_poses):
        poses = random_poses(4)
        with pytest.raises(InputError, match=r"\(4, 16, 3\)"):
            np_mpjpe_matrix(poses[:, :16], poses)
        with pytest.raises(InputError, match=r"expected an array of shape \(N, 17, 3\)"):
            np_mpjpe_matrix(poses[0], poses)
        with pytest.raises(InputError, match="cannot be paired"):
            np_mpjpe(poses, poses[:3])
        with pytest.raises(InputError, match="one shape"):
            procrustes_align(poses, poses[:, :5])

    def test_candidates(self, random_poses):
        poses = random_poses(4)
        with pytest.raises(InputError, match="row 1 names 4"):
            np_mpjpe_candidates(poses[:2], poses, np.array([[0, 1], [3, 4]]))
        with pytest.raises(InputError, match="row 0 names -1"):
            np_mpjpe_candidates(poses[:2], poses, np.array([[-1], [3]]))
        with pytest.raises(InputError, match=r"shape \(2, K\)"):
            np_mpjpe_candidates(poses[:2], poses, np.array([0, 1]))
        with pytest.raises(InputError, match="integer"):
            np_mpjpe_candidates(poses[:1], poses, np.array([[0.0]]))

    def test_alignment_of_a_point(self, random_poses):
        poses = random_poses(2)
        with pytest.raises(InputError, match=r"row 1.*coincide"):
            procrustes_align(poses * [[[1]], [[0]]], poses)
        poses[0, 0, 0] = np.inf
        with pytest.raises(InputError, match="not finite"):
            procrustes_align(poses, poses)
