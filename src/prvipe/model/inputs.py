"""What can be embedded, and what can be compared."""

from __future__ import annotations

from prvipe.errors import InputError
from prvipe.geometry.arrays import FloatArray
from prvipe.model.gaussian import Gaussian, require_one_model
from prvipe.poses import Poses
from prvipe.skeleton import Skeleton, get_skeleton


def as_poses_of(
    model_skeleton: str, poses: Poses | FloatArray, skeleton: str | Skeleton = "coco13"
) -> Poses:
    """Bring what is to be embedded to the skeleton that a model reads.

    Args:
        model_skeleton: name of that skeleton.
        poses: Poses, or keypoints (N, J, 2).
        skeleton: of keypoints.

    Raises:
        InputError: wrong shape, or the poses are 3D.
    """
    if not isinstance(poses, Poses):
        poses = Poses(poses, None, skeleton)
    if poses.dimensions != 2:
        raise InputError(
            "embed: poses are 3D; a model reads 2D keypoints: project them, or, if the third "
            "column is a score, hand over Poses(array[..., :2], array[..., 2], skeleton)"
        )
    return poses.to(get_skeleton(model_skeleton))


def require_comparable(z1: Gaussian, z2: Gaussian) -> None:
    """Refuse what cannot be compared.

    Raises:
        InputError: no embeddings, or of different dimension or models.
    """
    for z in (z1, z2):
        if not isinstance(z, Gaussian):
            raise InputError(
                f"expected embeddings (Gaussian), got {type(z).__name__}; embed poses first, or "
                "make one of arrays with Gaussian(mean, std), both tensors (N, d)"
            )
    if z1.dimension != z2.dimension:
        raise InputError(
            f"embeddings of {z1.dimension} and {z2.dimension} dimensions cannot be compared; embed "
            "both with one model"
        )
    require_one_model((z1.fingerprint, z2.fingerprint))


def require_pairs(z1: Gaussian, z2: Gaussian) -> None:
    """Refuse what cannot be compared pair by pair.

    Raises:
        InputError: no embeddings, or of different number, dimension or models.
    """
    require_comparable(z1, z2)
    if len(z1) != len(z2):
        raise InputError(
            f"match_probability: pairs of embeddings, but there are {len(z1)} and {len(z2)}; "
            "similarity compares all with all"
        )
