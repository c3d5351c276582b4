"""Infinite keypoints, refused where a file names or numbers its joints one by one."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError


def refuse_infinity(
    keypoints: npt.NDArray[np.floating],
    scores: npt.NDArray[np.floating] | None,
    joints: Sequence[str],
) -> None:
    """Refuse joints at infinity, or farther away than float32 can say.

    NaN is let through, which is how these files say that a joint is not known; so is whatever
    stands where the score is 0.

    Args:
        keypoints (N, J, 2 or 3): as the file has them.
        scores (N, J): as the file has them, or None.
        joints: the J names.

    Raises:
        InputError: naming the row and the joint.
    """
    with np.errstate(over="ignore"):
        infinite = np.isinf(keypoints.astype(np.float32, copy=False)).any(axis=-1)
    if scores is not None and scores.shape == infinite.shape:
        infinite &= scores != 0
    if infinite.any():
        row, joint = np.argwhere(infinite)[0]
        place = ", ".join(
            f"{axis} {value:g}" for axis, value in zip("xyz", keypoints[row, joint], strict=False)
        )
        raise InputError(
            f"row {row}, joint {joints[joint]} is at {place}, infinite or too large to be a place; "
            "leave it empty (in an array NaN) if the joint is not known"
        )
