"""Raw motion capture of any format -> `Poses3D`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from prvipe.errors import InputError, errors_naming
from prvipe.files import require_file
from prvipe.io.mocap.acclaim import read_acclaim
from prvipe.io.mocap.body import frames_seen, h36m17_positions
from prvipe.io.mocap.bvh import read_bvh
from prvipe.io.mocap.c3d import read_c3d
from prvipe.io.mocap.recording import Recording
from prvipe.io.mocap.trc import read_trc
from prvipe.poses.arrays import FloatArray
from prvipe.poses.poses3d import Poses3D
from prvipe.poses.world_frame import (
    LEG_RANGE,
    describe_wrong_unit,
    describe_wrong_up,
    guess_up,
    leg_length,
    may_be_z_up,
    metres_per_unit,
    turn_z_up,
)

READERS: dict[str, Callable[[Path], Recording]] = {
    ".bvh": read_bvh,
    ".amc": read_acclaim,
    ".c3d": read_c3d,
    ".trc": read_trc,
}
"""Readers by the ending of a file; add an entry for another format."""


def load_motion(
    path: str | Path,
    *,
    unit: str | None = None,
    up: str | None = None,
    joints: Mapping[str, str] | None = None,
    skeleton_file: str | Path | None = None,
    fps: float | None = None,
    subject: str | None = None,
    activity: str | None = None,
    skip_invalid: bool = False,
) -> Poses3D:
    """Read one recording (.bvh, .amc with its .asf, .c3d, .trc) as poses in metres, z up.

    Args:
        path: the file.
        unit: of its lengths, a name of `METRES_PER_UNIT`; by default the one it states, or metres.
        up: its vertical axis, one of `UP_AXES`; by default the one it states, or that of its
            format's custom (y; C3D: z). Naming it also vouches for it, see `Poses3D.z_is_up`.
        joints: our name of a joint (coco13) -> the file's, where the built-in table of names does
            not know it; "a+b" is the middle of two markers.
        skeleton_file: the .asf of an .amc; by default the one beside it.
        fps: frames per second; by default the file's (.amc, which has none: CMU's 120).
        subject: by default the number in a name like CMU's 05_06.amc, else "unknown".
        activity: by default the file's name without a number at its end; CMU's 05_06 stays whole.
        skip_invalid: leave out frames in which a joint was not seen, rather than refuse the file.

    Returns:
        One recording, called after the file and its folder.

    Raises:
        InputError: the file is missing, truncated or of no known format, a joint cannot be found,
            limbs are not as long as a person's in its unit, people stand along another axis.
    """
    file = require_file(path)
    recording = read_recording(file, None if skeleton_file is None else Path(skeleton_file))
    recording = replace(recording, unit=unit or recording.unit or "m", up=up or recording.up)
    with errors_naming(file):
        positions = h36m17_positions(recording, joints)
        frames = frames_seen(positions, skip_invalid)
        world = _in_our_world(positions[frames], recording, check_up=up is None)
        by_name = describe_name(file.stem)
        return Poses3D(
            positions=world.astype(np.float32),
            sequence=np.zeros(len(frames), np.int32),
            frame=frames,
            sequence_names=np.array(["/".join(file.absolute().parts[-2:])]),
            subject=np.array([by_name[0] if subject is None else subject]),
            activity=np.array([by_name[1] if activity is None else activity]),
            fps=np.array([recording.fps if fps is None else fps]),
            source=str(file),
            z_is_up=True,
        )


def describe_name(stem: str) -> tuple[str, str]:
    """Tell subject and activity by the name of a file without its ending.

    CMU's names are subject_trial, which may follow other words: cmu_05_06 is subject 05.
    """
    cmu = re.fullmatch(r"(?:.*[_-])?(\d+)_(\d+)", stem)
    if cmu:
        return cmu[1], f"{cmu[1]}_{cmu[2]}"
    return "unknown", re.sub(r"[\s_-]*\d+$", "", stem) or stem


def read_recording(file: Path, skeleton_file: Path | None = None) -> Recording:
    """Read motion as the file has it, by the ending of its name.

    Raises:
        InputError: it is missing, truncated or of no known format.
    """
    suffix = file.suffix.lower()
    if suffix == ".asf":
        raise InputError(
            f"{file}: is a skeleton without motion; name its .amc file, with this one beside it or "
            "as skeleton_file"
        )
    if suffix not in READERS:
        raise InputError(
            f"{file}: motion capture ending in {suffix!r} is not read, only {', '.join(READERS)}"
        )
    if skeleton_file is None:
        return READERS[suffix](file)
    if suffix != ".amc":
        raise InputError(f"{file}: has its skeleton inside; a skeleton file is for .amc only")
    return read_acclaim(file, skeleton_file)


def _in_our_world(positions: FloatArray, recording: Recording, check_up: bool) -> FloatArray:
    unit = recording.unit or "m"
    metres = metres_per_unit(unit)
    leg = leg_length(positions)
    if not LEG_RANGE[0] <= leg * metres <= LEG_RANGE[1]:
        raise InputError(describe_wrong_unit(leg, unit, when_reading=True))
    turned = turn_z_up(positions * metres, recording.up)
    stands_along = guess_up(turned) if check_up else None
    if stands_along is None or may_be_z_up(turned, stands_along):
        return turned
    seen = guess_up(positions) or stands_along
    raise InputError(describe_wrong_up(seen, recording.up, when_reading=True))
