"""The torch form against the compiled one."""

import numpy as np
import pytest
import torch

from prvipe.errors import InputError
from prvipe.geometry import np_mpjpe_matrix
from prvipe.geometry.procrustes_torch import np_mpjpe_matrix_torch
from prvipe.skeleton import H36M17

DEVICES = [
    "cpu",
    pytest.param(
        "cuda",
        marks=[
            pytest.mark.cuda,
            pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
        ],
    ),
]


@pytest.mark.parametrize("device", DEVICES)
def test_agrees_with_the_kernels(random_poses, device):
    poses = random_poses(60).astype(np.float32)
    degenerate = np.concatenate([poses[:5] * axes for axes in ([1, 1, -1], [1, 1, 0], [0, 0, 1])])
    a = np.concatenate([poses[:31], degenerate], dtype=np.float32)
    b = np.concatenate([poses, degenerate], dtype=np.float32)
    found = np_mpjpe_matrix_torch(
        torch.from_numpy(a).to(device), torch.from_numpy(b).to(device).requires_grad_()
    )
    assert found.device.type == device
    assert not found.requires_grad
    np.testing.assert_allclose(found.cpu().numpy(), np_mpjpe_matrix(a, b), atol=1e-6)


def test_bad_input(random_poses):
    poses, bad = torch.from_numpy(random_poses(4)), torch.from_numpy(random_poses(4))
    with pytest.raises(InputError, match=r"\(4, 16, 3\)"):
        np_mpjpe_matrix_torch(poses[:, :16], poses)
    bad[1, [H36M17.index(joint) for joint in ("hip", "spine", "thorax")]] = 0.5
    with pytest.raises(InputError, match="second poses: row 1: hip, spine and thorax coincide"):
        np_mpjpe_matrix_torch(poses, bad)
    bad[1, H36M17.index("spine")] += 1e-7  # as of float32's rounding
    with pytest.raises(InputError, match="second poses: row 1: hip, spine and thorax coincide"):
        np_mpjpe_matrix_torch(poses, bad)
    bad[2, H36M17.index("head"), 0] = torch.inf
    with pytest.raises(InputError, match="first poses: row 2, joint head is not finite"):
        np_mpjpe_matrix_torch(bad, poses)
