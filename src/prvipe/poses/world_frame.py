"""Is a recorded motion in metres, and does z point up? Told from the bodies themselves.

Nothing in an array of positions says its unit or its vertical axis, and a mistake in either ruins
a benchmark without any sign: cameras would look at the wrong side of a body of the wrong size. A
grown person's leg, however, has about the same length everywhere, and people keep their legs and
torso upright most of the time.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.poses.arrays import FloatArray, IntArray
from prvipe.skeleton import H36M17

Names = npt.NDArray[np.str_]

METRES_PER_UNIT = {"m": 1.0, "cm": 0.01, "mm": 0.001, "inch": 0.0254, "cmu": 0.0254 / 0.45}
"""Units by name. "cmu" is the unit of CMU's motion capture files, an inch divided by 0.45."""

UNIT_NAMES = {
    "m": "metres",
    "cm": "centimetres",
    "mm": "millimetres",
    "inch": "inches",
    "cmu": "CMU's unit of 1/0.45 inch",
}
"""The same units in words."""

UP_AXES = ("x", "y", "z", "-x", "-y", "-z")
"""Names of the axes that may point up; "-y" means that y points down."""

TYPICAL_LEG = 0.83
"""Thigh and shank of a grown person in metres."""

LEG_RANGE = (0.35, 1.4)
"""Thigh and shank in metres, from a small child to a giant."""

UPRIGHT_SHARE = 0.7
"""A mean direction this close to an axis (as a cosine) points along it, and not along another."""

LYING_HIP_RANGE = (0.05, 1.0)
"""Height of the hip (metres) above the floor of someone who lies, planks or turns over on it."""

FLOOR_RANGE = (-0.05, 0.3)
"""Lowest height (metres) that joints reach on a floor at 0; they lie inside the body."""

LEAP = 0.5
"""Height (metres) of the lowest joint that only a leap or a dive reaches."""

_LEGS = tuple(
    tuple(H36M17.index(f"{side}_{joint}") for joint in ("hip", "knee", "ankle"))
    for side in ("left", "right")
)
_HIP, _THORAX = H36M17.index("hip"), H36M17.index("thorax")
_TO_Z_UP = {
    "x": ((0, 1, 0), (0, 0, 1), (1, 0, 0)),
    "y": ((0, 0, 1), (1, 0, 0), (0, 1, 0)),
    "z": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "-x": ((0, 0, 1), (0, 1, 0), (-1, 0, 0)),
    "-y": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "-z": ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
}


def turn_z_up(positions: FloatArray, up: str) -> FloatArray:
    """Turn positions (..., 3) so that their axis `up` becomes z; a rotation, never a mirror.

    From y up, (x, y, z) becomes (z, x, y).

    Raises:
        InputError: `up` is none of `UP_AXES`.
    """
    if up not in _TO_Z_UP:
        raise InputError(f"unknown axis up {up!r}; choose one of {', '.join(UP_AXES)}")
    return np.asarray(positions @ np.array(_TO_Z_UP[up], positions.dtype).T)


def metres_per_unit(unit: str) -> float:
    """Return the length of a unit of `METRES_PER_UNIT` in metres.

    Raises:
        InputError: there is no unit of that name.
    """
    if unit not in METRES_PER_UNIT:
        raise InputError(f"unknown unit {unit!r}; choose one of {', '.join(METRES_PER_UNIT)}")
    return METRES_PER_UNIT[unit]


def leg_length(positions: FloatArray) -> float:
    """Median length of thigh and shank together: `positions` (N, 17, 3) of h36m17, any unit."""
    lengths = [
        np.linalg.norm(positions[:, hip] - positions[:, knee], axis=-1)
        + np.linalg.norm(positions[:, knee] - positions[:, ankle], axis=-1)
        for hip, knee, ankle in _LEGS
    ]
    return float(np.median(lengths))


def guess_unit(leg: float) -> str | None:
    """Name the unit in which a leg of this length is nearest to a person's; None if none fits."""
    fitting = {
        unit: abs(np.log(leg * metres / TYPICAL_LEG))
        for unit, metres in METRES_PER_UNIT.items()
        if LEG_RANGE[0] <= leg * metres <= LEG_RANGE[1]
    }
    return min(fitting, key=lambda unit: fitting[unit]) if fitting else None


def guess_up(positions: FloatArray) -> str | None:
    """Name the axis along which people stand: `positions` (N, 17, 3) of h36m17, any frame.

    Shank, thigh and torso must agree on it over the whole recording, so that crawling, sitting or
    bending along a horizontal axis is not taken for standing. A handstand gives the axis that
    points down.

    Returns:
        One of `UP_AXES`, or None where no axis clearly dominates.
    """
    directions = _mean_body_directions(positions)
    overall = directions.mean(axis=0)
    axis = int(np.argmax(np.abs(overall)))
    if min(abs(overall[axis]), abs(directions[-1, axis])) < UPRIGHT_SHARE:
        return None
    return ("" if overall[axis] > 0 else "-") + "xyz"[axis]


def require_metres(positions: FloatArray, sequence: IntArray, names: Names | None = None) -> None:
    """Refuse recordings whose legs are not as long as a person's in metres.

    Args:
        positions (N, 17, 3): h36m17.
        sequence (N,): which recording each pose is from.
        names (S,): what to call the recordings in the message.

    Raises:
        InputError: naming the recording, the unit it seems to be in and the remedy.
    """
    for number, rows in _rows_by_sequence(sequence):
        leg = leg_length(positions[rows])
        if not LEG_RANGE[0] <= leg <= LEG_RANGE[1]:
            raise InputError(f"{_call(number, names)}: {describe_wrong_unit(leg, 'm')}")


def require_z_up(positions: FloatArray, sequence: IntArray, names: Names | None = None) -> None:
    """Refuse recordings in which people stand along x or y, or on their heads.

    A recording is judged as a whole, and let through unless another axis clearly dominates and
    no floor at z = 0 explains it (`may_be_z_up`).

    Args:
        positions (N, 17, 3): h36m17, metres.
        sequence (N,): which recording each pose is from.
        names (S,): what to call the recordings in the message.

    Raises:
        InputError: naming the recording, the axis that seems to be up and the remedy.
    """
    for number, rows in _rows_by_sequence(sequence):
        up = guess_up(positions[rows])
        if up is not None and not may_be_z_up(positions[rows], up):
            raise InputError(
                f"{_call(number, names)}: {describe_wrong_up(up, 'z')}; turn the positions with "
                f"prvipe.poses.world_frame.turn_z_up(positions, {up!r}), or make the file of a "
                f"data set again. If they do {_unusual(up)} throughout, say so with z_is_up=True"
            )


def may_be_z_up(positions: FloatArray, stands_along: str) -> bool:
    """Whether z may point up although people seem to stand along that axis.

    They may lie on a floor at z = 0, or stand on their hands or heads on it. In data that is upside
    down heads reach far below its floor.

    Args:
        positions (N, 17, 3): metres.
        stands_along: the axis that `guess_up` named.
    """
    if stands_along == "z":
        return True
    if stands_along == "-z":
        return _within(positions[..., 2].min(), FLOOR_RANGE)
    hip, lowest = positions[:, _HIP, 2], positions[..., 2].min(axis=1)
    along = positions[..., "xyz".index(stands_along[-1])] * (-1 if stands_along[0] == "-" else 1)
    stays_low = _within(hip, LYING_HIP_RANGE) and _within(lowest, (FLOOR_RANGE[0], LEAP))
    return stays_low and not _within(along.min(), FLOOR_RANGE)


def describe_wrong_unit(leg: float, unit: str, when_reading: bool = False) -> str:
    """Say that a leg of this length is not in `unit`, which unit is likely, and what to do.

    Args:
        leg: thigh and shank.
        unit: what it was taken to be in.
        when_reading: whether the reader can be told another unit.
    """
    seen = f"taken as {UNIT_NAMES[unit]}, thigh and shank together are {leg:.4g} {unit} long"
    likely = guess_unit(leg)
    if likely is None:
        known = ", ".join(METRES_PER_UNIT)
        return f"{seen}, no person's length in any of {known}; scale the positions to metres"
    remedies = []
    if when_reading:
        remedies.append(f"name the unit when reading (unit={likely!r}, --unit {likely})")
    if likely != "m":
        remedies.append(f"multiply the positions by {METRES_PER_UNIT[likely]:.4g}")
    return f"{seen}: they seem to be in {UNIT_NAMES[likely]}; {' or '.join(remedies)}"


def describe_wrong_up(up: str, expected: str, when_reading: bool = False) -> str:
    """Say that people stand along `up` where `expected` should be up, and what to do.

    Args:
        up: the axis they stand along.
        expected: the one that should point up.
        when_reading: whether the reader can be told another axis; otherwise it is left to the
            caller to say what to do.
    """
    seen = f"along {up}" if len(up) == 1 else f"along {up[-1]}, which points down"
    wrong = f"{expected} should point up, but people stand {seen}"
    if not when_reading:
        return wrong
    return (
        f"{wrong}; name the axis when reading (up={up!r}, --up {up}). If they do "
        f"{_unusual(up, expected)} throughout, say so (up={expected!r}, --up {expected})"
    )


def _unusual(up: str, expected: str = "z") -> str:
    return "stand on their hands" if up[-1] == expected[-1] else "lie on the floor"


def _mean_body_directions(positions: FloatArray) -> FloatArray:
    # Mean unit vectors (3, 3): ankle -> knee, knee -> hip, hip -> thorax.
    hips, knees, ankles = (positions[:, joints] for joints in zip(*_LEGS, strict=True))
    torso = positions[:, _THORAX] - positions[:, _HIP]
    return np.array(
        [
            _unit(knees - ankles).mean(axis=(0, 1)),
            _unit(hips - knees).mean(axis=(0, 1)),
            _unit(torso).mean(axis=0),
        ]
    )


def _unit(vectors: FloatArray) -> FloatArray:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1))


def _within(values: FloatArray, limits: tuple[float, float]) -> bool:
    return bool(np.all((limits[0] <= values) & (values <= limits[1])))


def _rows_by_sequence(sequence: IntArray) -> Iterator[tuple[int, IntArray]]:
    order = np.argsort(sequence, kind="stable")
    numbers, starts = np.unique(sequence[order], return_index=True)
    yield from zip(numbers.tolist(), np.split(order, starts[1:]), strict=True)


def _call(number: int, names: Names | None) -> str:
    return f"recording {number if names is None else names[number]}"
