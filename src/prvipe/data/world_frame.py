"""Are the 3D poses of a benchmark file in metres, with z up?

Files made here are; the check is for those that others wrote.
"""

import numpy as np

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError, errors_naming
from prvipe.geometry.arrays import FloatArray, IntArray
from prvipe.geometry.cameras import COCO13_FROM_H36M17
from prvipe.poses.world_frame import describe_wrong_up, guess_up, may_be_z_up, require_metres

_SEEN_ALIKE = 0.8
"""Correlation of keypoints with the poses behind them; those of a turned world have about 0."""


def require_world_frame(benchmark: CrossViewBenchmark) -> None:
    """Refuse sequences in other units than metres, or in which people stand along x or y.

    People who lie throughout a sequence are let through where they lie on a floor at z = 0, or
    where the cameras see them lie.

    Raises:
        InputError: naming file, sequence, the unit or axis that it seems to have and the remedy.
    """
    poses, sequence, names = benchmark.poses3d, benchmark.sequence, benchmark.sequence_names
    with errors_naming(benchmark.source):
        require_metres(poses, sequence, names)
        for number in np.unique(sequence):
            rows = np.flatnonzero(sequence == number)
            up = guess_up(poses[rows])
            if up is None or may_be_z_up(poses[rows], up) or _is_as_seen(benchmark, rows):
                continue
            raise InputError(
                f"recording {names[number]}: {describe_wrong_up(up, 'z')}; turn the poses3d of the "
                f"file with prvipe.poses.world_frame.turn_z_up(poses3d, {up!r})"
            )


def _is_as_seen(benchmark: CrossViewBenchmark, rows: IntArray) -> bool:
    rotations = benchmark.camera_rotations()[benchmark.sequence[rows]]
    joints = benchmark.poses3d[rows][:, None, COCO13_FROM_H36M17]
    expected = _unit_spread((joints @ rotations.swapaxes(-1, -2))[..., :2])
    seen = _unit_spread(benchmark.get_keypoints("det")[rows])
    return bool((expected * seen).sum(axis=(-2, -1)).mean() > _SEEN_ALIKE)


def _unit_spread(points: FloatArray) -> FloatArray:
    centred = points - points.mean(axis=-2, keepdims=True)
    return np.asarray(centred / np.linalg.norm(centred, axis=(-2, -1), keepdims=True))
