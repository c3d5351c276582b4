"""Settings of a recipe, joints and cameras as typed on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prvipe.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def parse_settings(settings: list[str]) -> dict[str, str]:
    """Split KEY=VALUE settings.

    Raises:
        InputError: one has no "=".
    """
    for setting in settings:
        if "=" not in setting:
            raise InputError(f"--set {setting}: expected KEY=VALUE, such as network.width=512")
    return dict(setting.split("=", 1) for setting in settings)


def parse_joints(joints: list[str]) -> dict[str, str]:
    """Split names of joints at their "=".

    Raises:
        InputError: one has no "=", or a joint is named twice.
    """
    names: dict[str, str] = {}
    for entry in joints:
        ours, equals, theirs = entry.partition("=")
        if not (ours and equals and theirs):
            raise InputError(f"--joint {entry}: expected OURS=THEIRS, such as left_hip=LHipJoint")
        if ours in names:
            raise InputError(f"--joint {entry}: {ours} is {names[ours]} already")
        names[ours] = theirs
    return names


def parse_subjects(subjects: str) -> list[str]:
    """Split names of subjects at commas.

    Raises:
        InputError: one is empty.
    """
    names = [name.strip() for name in subjects.split(",")]
    if not all(names):
        raise InputError(f"--subjects {subjects!r}: expected names such as S9,S11")
    return names


def parse_cameras(cameras: str) -> npt.NDArray[np.float32]:
    """Read cameras (V, 3) such as "45,8,5;135,8,5": azimuth, elevation, distance.

    Raises:
        InputError: one is not three finite numbers, its elevation is beyond 90 degrees, its
            distance is not above 0, or two are the same.
    """
    import numpy as np

    rig: list[list[float]] = []
    for camera in cameras.strip().rstrip(";").split(";"):
        try:
            numbers = [float(number) for number in camera.split(",")]
        except ValueError:
            numbers = []
        if len(numbers) != 3 or not np.isfinite(numbers).all() or numbers[2] <= 0:
            raise InputError(
                f"--cameras: {camera.strip()!r} is no camera; give azimuth, elevation (degrees) "
                'and distance (m) of each, such as "45,8,5;135,8,5"'
            )
        if abs(numbers[1]) > 90:
            raise InputError(
                f"--cameras: {camera.strip()!r} has an elevation of {numbers[1]:g} degrees; give "
                "-90 (from below) to 90 (from above)"
            )
        if any(known[1:] == numbers[1:] and (known[0] - numbers[0]) % 360 == 0 for known in rig):
            raise InputError(f"--cameras: {camera.strip()!r} is there twice; give each camera once")
        rig.append(numbers)
    return np.array(rig, np.float32)
