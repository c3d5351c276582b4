"""Infinite keypoints, refused where a file names or numbers its joints one by one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

from prvipe.errors import InputError
from prvipe.poses.arrays import FloatArray

_left_in: ContextVar[bool] = ContextVar("infinity_left_in", default=False)


@contextmanager
def infinity_left_in() -> Iterator[None]:
    """Let `refuse_infinity` pass everything in the block, for callers who leave out such rows."""
    token = _left_in.set(True)
    try:
        yield
    finally:
        _left_in.reset(token)


def refuse_infinity(
    keypoints: FloatArray,
    scores: FloatArray | None,
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
    if infinite.any() and not _left_in.get():
        row, joint = np.argwhere(infinite)[0]
        place = ", ".join(
            f"{axis} {value:g}" for axis, value in zip("xyz", keypoints[row, joint], strict=False)
        )
        raise InputError(
            f"row {row}, joint {joints[joint]} is at {place}, infinite or too large to be a place; "
            "leave it empty (in an array NaN) if the joint is not known, or leave out such rows "
            "with --skip-invalid"
        )
