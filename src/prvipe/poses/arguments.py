"""What functions that take Poses say when they get something else."""

import os

from prvipe.errors import InputError, printable
from prvipe.poses.poses import Poses


def require_poses(value: object, what: str) -> None:
    """Refuse anything but Poses, most often the path of a file.

    Args:
        value: what was given.
        what: it is for, as in "compare: the first pose".

    Raises:
        InputError: naming `prvipe.load`.
    """
    if isinstance(value, Poses):
        return
    if isinstance(value, str | os.PathLike):
        raise InputError(
            f"{what}: expected Poses, got the path {printable(value)!r}; read the file with "
            "prvipe.load(path) first"
        )
    raise InputError(
        f"{what}: expected Poses, got {type(value).__name__}; prvipe.load(path) reads them from a "
        "file, prvipe.Poses(keypoints, scores, skeleton) makes them of arrays"
    )
