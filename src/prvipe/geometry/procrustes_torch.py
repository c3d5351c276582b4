"""NP-MPJPE of tensors, where they are: the closed form of `procrustes_kernels` in torch.

On the CPU `prvipe.geometry.np_mpjpe_matrix` is many times faster; this form spares a GPU training
step the way to the host.
"""

from __future__ import annotations

import torch

from prvipe.errors import InputError
from prvipe.geometry.procrustes_kernels import NEWTON_STEPS, TIE
from prvipe.poses.validity import SMALLEST_RELATIVE_SIZE, SMALLEST_SIZE
from prvipe.skeleton import H36M17

_HIP, _SPINE, _THORAX = (H36M17.index(joint) for joint in ("hip", "spine", "thorax"))


@torch.no_grad()
def np_mpjpe_matrix_torch(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """NP-MPJPE of every pose of `a` to every pose of `b`, without gradients.

    Takes about 2.5 kB per pair: split `a` for more than some thousand poses. Definition, units and
    the meaning of ties as `prvipe.geometry.procrustes`.

    Args:
        a (N, 17, 3): anchors, h36m17 joints in any unit and frame, on any device.
        b (M, 17, 3): the poses aligned onto them, on the same device.

    Returns:
        (N, M): float32 distances in units of the normalised anchors.

    Raises:
        InputError: wrong shape, a non-finite joint, or hip, spine and thorax in one point.
    """
    targets = _centered(a, "NP-MPJPE, first poses")
    sources = _centered(b, "NP-MPJPE, second poses")
    sources = sources / torch.linalg.matrix_norm(sources, keepdim=True)
    covariance = torch.einsum("njp,mjq->nmpq", targets, sources)
    transform = _scaled_rotations(covariance)
    aligned = sources @ transform.mT  # (N, M, 17, 3)
    distances: torch.Tensor = torch.linalg.vector_norm(aligned - targets[:, None], dim=-1)
    return distances.mean(dim=-1).to(torch.float32)


def _centered(poses: torch.Tensor, what: str) -> torch.Tensor:
    """Normalised as `normalize_3d`, then centred on the mean joint, float64."""
    if poses.ndim != 3 or poses.shape[1:] != (17, 3):
        raise InputError(f"{what}: expected shape (N, 17, 3), got {tuple(poses.shape)}")
    poses = poses.to(torch.float64)
    lower, upper = poses[:, _SPINE] - poses[:, _HIP], poses[:, _THORAX] - poses[:, _SPINE]
    trunk: torch.Tensor = torch.linalg.vector_norm(lower, dim=-1)
    trunk = trunk + torch.linalg.vector_norm(upper, dim=-1)
    finite = poses.isfinite().all(dim=-1)
    sized = _has_size(trunk, poses)
    if not (finite.all() & sized.all()):  # one wait for the device, not two
        _explain(finite, sized, what)
    return (poses - poses.mean(dim=1, keepdim=True)) / trunk[:, None, None]


def _has_size(trunk: torch.Tensor, poses: torch.Tensor) -> torch.Tensor:
    """As `prvipe.poses.validity.has_size`: trunks (N,) of poses (N, 17, 3) -> mask (N,)."""
    floor = (SMALLEST_RELATIVE_SIZE * poses.abs().amax(dim=(1, 2))).clamp(min=SMALLEST_SIZE)
    return (trunk > floor) & trunk.isfinite()


def _explain(finite: torch.Tensor, sized: torch.Tensor, what: str) -> None:
    if not finite.all():
        row, joint = (~finite).nonzero()[0].tolist()
        raise InputError(
            f"{what}: row {row}, joint {H36M17.joints[joint]} is not finite; drop the row or fill "
            "the joint in"
        )
    row = int((~sized).nonzero()[0])
    raise InputError(f"{what}: row {row}: hip, spine and thorax coincide; drop the row")


def _scaled_rotations(covariance: torch.Tensor) -> torch.Tensor:
    """Best rotation times best scale of `covariance` (..., 3, 3) with sources of norm 1.

    The formulas are explained in `procrustes_kernels`; near ties singular values decide.
    """
    cofactors = _cofactors(covariance)
    determinant = (covariance[..., 0, :] * cofactors[..., 0, :]).sum(dim=-1)
    squared = covariance.square().sum(dim=(-2, -1))
    x, step = _largest_root(squared, determinant, cofactors.square().sum(dim=(-2, -1)))
    kappa = 0.5 * (x * x - squared)
    zeta = kappa * x - determinant
    unique = (step.abs() < 1e-8 * x) & (zeta > TIE * x**3)
    gram = covariance @ covariance.mT
    gram.diagonal(dim1=-2, dim2=-1).sub_((kappa + squared)[..., None])
    weight = (x / zeta)[..., None, None]
    transform = weight * (x[..., None, None] * cofactors - gram @ covariance)
    transform[~unique] = _scaled_rotations_by_svd(covariance[~unique])
    return transform


def _cofactors(matrix: torch.Tensor) -> torch.Tensor:
    first, second, third = matrix.unbind(dim=-2)
    cross = torch.linalg.cross
    return torch.stack([cross(second, third), cross(third, first), cross(first, second)], dim=-2)


def _largest_root(
    squared: torch.Tensor, determinant: torch.Tensor, cofactors_squared: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Largest root of the characteristic polynomial by Newton's method, and the last step."""
    x = (squared + 2.0 * (3.0 * cofactors_squared).sqrt()).sqrt()
    step = torch.zeros_like(x)
    for _ in range(NEWTON_STEPS):
        gap = x * x - squared
        value = gap * gap - 8.0 * x * determinant - 4.0 * cofactors_squared
        step = value / (4.0 * x * gap - 8.0 * determinant)
        x = x - step
    return x, step


def _scaled_rotations_by_svd(covariance: torch.Tensor) -> torch.Tensor:
    u, singular, vh = torch.linalg.svd(covariance)
    sign = torch.sign(torch.linalg.det(u) * torch.linalg.det(vh))
    u[..., -1] *= sign[..., None]
    singular[..., -1] *= sign
    scaled: torch.Tensor = singular.sum(dim=-1)[..., None, None] * (u @ vh)
    return scaled
