"""Activities: keyframed motions, read from the readable tables in `activities/*.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np

from prvipe.data.motions.joint_angles import STANDING, mirror_angles, read_angles
from prvipe.errors import InputError
from prvipe.geometry.arrays import FloatArray

_PARTS = ("wrist", "elbow", "shoulder", "hip", "knee", "ankle")


@dataclass(frozen=True, eq=False)
class Activity:
    """One repetition of a motion; it ends in the pose it starts from.

    Attributes:
        name: what is done, as in "sitting_down".
        family: the table it stands in, as in "everyday".
        seconds: how long a repetition takes.
        times (K,): when each keyframe is reached, in shares of the repetition, from 0 to below 1.
        angles (K, D): the keyframes, columns as in `joint_angles.ANGLE_NAMES`.
        turn (D,): what a repetition adds to the angles (a pirouette: 360 degrees of yaw).
        support: "both_feet" or "feet" (stands and keeps its balance; with "feet" one may leave the
            floor), "free" (no help: steps, leaps, lies), or two parts that rest on the floor, as
            in ("wrist", "ankle").
    """

    name: str
    family: str
    seconds: float
    times: FloatArray
    angles: FloatArray
    turn: FloatArray
    support: str | tuple[str, str]


def load_activities() -> list[Activity]:
    """Read all activities that come with the package, in the order of their tables.

    Raises:
        InputError: a table is malformed; the message names table, activity and keyframe.
    """
    activities = []
    folder = resources.files("prvipe.data.motions") / "activities"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            activities += read_activities(file.read_text("utf-8"), file.name.removesuffix(".toml"))
    return activities


def read_activities(text: str, family: str) -> list[Activity]:
    """Read the activities of one table (TOML).

    Every activity has `seconds` and `keys`, a list of keyframes: `at`, and the joints that differ
    from `base`, which itself says what differs from standing. With `alternate`, the keys are the
    first half of the repetition and the second half is their mirror image. A last key at 1 says
    where a motion ends that turns on and on.

    Raises:
        InputError: as `load_activities`.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{family}.toml: not valid TOML ({error})") from error
    return [_read_activity(name, family, table) for name, table in tables.items()]


def _read_activity(name: str, family: str, table: dict[str, Any]) -> Activity:
    where = f"{family}.toml, {name}"
    unknown = set(table) - {"seconds", "support", "alternate", "base", "keys"}
    missing = {"seconds", "keys"} - set(table)
    if unknown or missing:
        raise InputError(f"{where}: unknown fields {sorted(unknown)}, missing {sorted(missing)}")
    base = read_angles(table.get("base", {}), STANDING, f"{where}, base")
    times, angles = _read_keys(table["keys"], base, where)
    turn = np.zeros_like(base)
    if times[-1] == 1:
        turn = angles[-1] - angles[0]
        times, angles = times[:-1], angles[:-1]
    if table.get("alternate", False):
        times = np.concatenate([times, times + 1]) / 2
        angles = np.concatenate([angles, mirror_angles(angles)])
    return Activity(
        name, family, float(table["seconds"]), times, angles, turn, _read_support(table, where)
    )


def _read_keys(
    keys: list[dict[str, Any]], base: FloatArray, where: str
) -> tuple[FloatArray, FloatArray]:
    times, angles = [], []
    for number, key in enumerate(keys):
        written = dict(key)
        if "at" not in written:
            raise InputError(f"{where}, key {number}: has no time, add `at`")
        times.append(float(written.pop("at")))
        angles.append(read_angles(written, base, f"{where}, key {number}"))
    if not times or times[0] != 0 or times[-1] > 1 or (np.diff(times) <= 0).any():
        raise InputError(f"{where}: times must rise from 0 to at most 1, got {times}")
    return np.array(times), np.array(angles)


def _read_support(table: dict[str, Any], where: str) -> str | tuple[str, str]:
    support = table.get("support", "feet")
    if support in ("feet", "both_feet", "free"):
        return str(support)
    if isinstance(support, list) and len(support) == 2 and set(support) <= set(_PARTS):
        return support[0], support[1]
    raise InputError(
        f'{where}: support is {support}; use "feet", "both_feet", "free" or two of '
        f"{', '.join(_PARTS)}"
    )
