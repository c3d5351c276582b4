"""Cross-view benchmark files (npz) as a flat table: one row for every frame in every camera.

``kp2d_det`` and ``kp2d_gt`` (N, V, 13, 2) hold coco13 keypoints (x right, y down, image height 1)
with and without a detector's errors; ``sequence`` (N,) points into ``sequence_names`` and
``activity``.
"""

from pathlib import Path
from typing import Literal

import numpy as np

from prvipe.errors import InputError, errors_naming
from prvipe.io.npz import AnyArray, npz_names, read_npz
from prvipe.io.registry import agreed_skeleton, register_loader
from prvipe.poses import Poses
from prvipe.skeleton import COCO13, Skeleton

_KEYS = ("sequence", "sequence_names", "activity")


def _has_views(path: Path) -> bool:
    return not {"kp2d_det", "kp2d_gt"}.isdisjoint(npz_names(path))


@register_loader(
    "cross-view benchmark",
    suffixes=(".npz",),
    expects="arrays kp2d_det (N, V, 13, 2), sequence (N,), sequence_names and activity",
    accepts=_has_views,
)
def load_xview(
    path: Path, skeleton: Skeleton | None = None, keypoints: Literal["det", "gt"] = "det"
) -> Poses:
    """Read the keypoints of a benchmark file, frame by frame and camera by camera.

    Args:
        path: the file.
        skeleton: None, or coco13.
        keypoints: "det" with a detector's errors (what `load_poses` reads), or "gt" without.

    Returns:
        N x V rows in the order frame 0 camera 0, frame 0 camera 1, ...; fields ``frame`` (row of
        the file, the same for all views of an instant), ``camera``, ``sequence``, ``activity``.

    Raises:
        InputError: see `prvipe.load_poses`; also if the file lacks these keypoints.
    """
    with errors_naming(path):
        name = f"kp2d_{keypoints}"
        arrays = read_npz(path, only=(name, *_KEYS))
        missing = [key for key in (name, *_KEYS) if key not in arrays]
        if missing:
            raise InputError(f"has no array {', '.join(missing)}")
        views = arrays[name]
        if views.ndim != 4:
            raise InputError(f"{name} has shape {views.shape}, expected (N, V, 13, 2)")
        flat = views.reshape(-1, *views.shape[2:])
        fields = _describe_rows(arrays, frames=views.shape[0], cameras=views.shape[1])
        return Poses(flat, None, agreed_skeleton(skeleton, COCO13), fields)


def _describe_rows(arrays: dict[str, AnyArray], frames: int, cameras: int) -> dict[str, AnyArray]:
    sequence, names, activity = (arrays[key] for key in _KEYS)
    if sequence.shape != (frames,) or sequence.dtype.kind not in "iu":
        raise InputError(f"sequence must be whole numbers ({frames},), one per frame")
    if names.ndim != 1 or activity.shape != names.shape:
        raise InputError("sequence_names and activity must be lists of one length")
    unknown = np.flatnonzero((sequence < 0) | (sequence >= len(names)))
    if len(unknown):
        raise InputError(
            f"row {unknown[0]} is of sequence {sequence[unknown[0]]}, but only "
            f"{len(names)} sequences are named"
        )
    return {
        "frame": np.repeat(np.arange(frames), cameras),
        "camera": np.tile(np.arange(cameras), frames),
        "sequence": np.repeat(names[sequence], cameras),
        "activity": np.repeat(activity[sequence], cameras),
    }
