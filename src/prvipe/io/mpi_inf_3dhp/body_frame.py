"""Where up is and how cameras are turned, told from the people they see.

For files that hold poses in the frame of each camera and no calibration. The vertical found this
way is good to a few degrees; what is measured between cameras is exact, as they saw the same body.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.skeleton import H36M17

STRETCHED_SHARE = 0.1
"""Up is told from this share of the frames, those in which the body is stretched out most."""

OUTLIER_COSINE = np.cos(np.deg2rad(30))
"""Stretched bodies that lean further from the others than this lie or lean, and do not stand."""

Array = npt.NDArray[np.float64]


def up_from_bodies(positions: npt.NDArray[np.floating[Any]]) -> Array:
    """Find the direction in which people stand.

    It is the mean direction from the ankles to the thorax over the frames in which the two are
    furthest apart for the length of the limbs between them, leaving out those who lie.

    Args:
        positions (N, 17, 3): joints of `H36M17`, any frame and unit.

    Returns:
        (3,): a unit vector.
    """
    limbs = _limb_vectors(positions)
    reach = limbs.sum(axis=1)
    length = np.linalg.norm(reach, axis=-1)
    stretch = length / np.linalg.norm(limbs, axis=-1).sum(axis=1)
    directions = reach / length[:, None]
    standing = directions[stretch >= np.quantile(stretch, 1 - STRETCHED_SHARE)]
    middle = _unit(np.median(standing, axis=0))
    return _unit(standing[standing @ middle >= OUTLIER_COSINE].mean(axis=0))


def view_from_up(up: npt.NDArray[np.floating[Any]]) -> Array:
    """Rotation (3, 3) from a world with z up to a camera that sees `up` (3,).

    The world is turned so that the camera looks along its y axis.
    """
    z = _unit(np.asarray(up, np.float64))
    forward = np.array([0.0, 0.0, 1.0])
    y = _unit(forward - (forward @ z) * z)
    return np.stack([np.cross(y, z), y, z], axis=1)


def rotation_between(
    source: npt.NDArray[np.floating[Any]], target: npt.NDArray[np.floating[Any]]
) -> tuple[Array, float]:
    """Rotation that turns one camera's view of a body into another's (Kabsch).

    Args:
        source (N, J, 3): joints less their hip, in one camera's frame.
        target (N, J, 3): the same in the other's.

    Returns:
        The rotation (3, 3), source to target, and the mean distance that remains between joints.
    """
    a, b = (np.asarray(points, np.float64).reshape(-1, 3) for points in (source, target))
    left, _, right = np.linalg.svd(b.T @ a)
    handed = np.diag([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    rotation = left @ handed @ right
    return rotation, float(np.linalg.norm(a @ rotation.T - b, axis=-1).mean())


def require_seen_from_away(hips: npt.NDArray[np.floating[Any]], where: str) -> None:
    """Refuse poses whose hip (N, 3) lies in the camera itself.

    Raises:
        InputError: as the place of the camera cannot be told from them.
    """
    if not (np.linalg.norm(hips, axis=-1) > 0).all():
        raise InputError(
            f"{where}: the 3D poses have their pelvis at the origin, so that nothing says where "
            "the camera stands; keep them in the camera's frame"
        )


def _limb_vectors(positions: npt.NDArray[np.floating[Any]]) -> Array:
    """Shank, thigh and torso, the legs' mean: (N, 3, 3)."""
    ankle, knee, hip = (
        positions[:, [H36M17.index(f"{side}_{joint}") for side in ("left", "right")]].mean(axis=1)
        for joint in ("ankle", "knee", "hip")
    )
    thorax = positions[:, H36M17.index("thorax")]
    return np.asarray(np.stack([knee - ankle, hip - knee, thorax - hip], axis=1), np.float64)


def _unit(vector: npt.NDArray[np.floating[Any]]) -> Array:
    return np.asarray(vector / np.linalg.norm(vector), np.float64)
