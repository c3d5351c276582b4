"""Motion capture as a camera would see it: a file in 3D -> 2D poses.

The camera follows the person. It looks at the hip from a given azimuth (degrees, counter-clockwise
about the vertical, from the world's x axis), elevation (degrees, positive looks down) and distance
(metres); so the benchmarks' cameras do. Images have height 1, or the size that the caller names.

Lengths are in the unit and the vertical along the axis that the file states, or that its format
commonly has. Where the body says that this cannot be (legs of 80 m, people who stand along another
axis throughout), the unit in which its legs are as long as a person's is taken, and the axis along
which it stands: see `prvipe.poses.world_frame`. `load_motion` is strict about both.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.geometry.cameras import PinholeCamera
from prvipe.io.mocap.body import frames_seen, h36m17_positions
from prvipe.io.mocap.load import READERS, describe_name, read_recording
from prvipe.io.mocap.recording import Recording
from prvipe.io.reading import NAME_CAMERA, ReadingOptions
from prvipe.io.registry import register_loader_with_options
from prvipe.poses import Poses
from prvipe.poses.validity import finite_joints
from prvipe.poses.world_frame import (
    LEG_RANGE,
    describe_wrong_unit,
    guess_unit,
    guess_up,
    leg_length,
    may_be_z_up,
    metres_per_unit,
    turn_z_up,
)
from prvipe.skeleton import COCO13, H36M17, Skeleton

# From 5 m a standing adult takes two fifths of the image's height, as in the benchmarks.
_FOCAL_LENGTH = 1.15
_HIP = H36M17.index("hip")

Floats = npt.NDArray[np.float64]


def _load_3d(path: Path) -> Poses:
    recording = read_recording(path)
    return Poses(_in_our_world(h36m17_positions(recording), recording), None, H36M17)


@register_loader_with_options(
    "motion capture",
    suffixes=tuple(READERS),
    expects="a recording in 3D",
    accepts=lambda path: True,
    unit="height",
    load_3d=_load_3d,
)
def load_seen_motion(path: Path, skeleton: Skeleton | None, options: ReadingOptions) -> Poses:
    """Read a recording (.bvh, .amc with its .asf beside it, .c3d, .trc) through a camera.

    Args:
        path: the file.
        skeleton: coco13 (None) or h36m17.
        options: the camera, and the image size if pixels are wanted.

    Returns:
        One pose per frame, x right, y down; joints whose markers were not seen are missing. Fields
        ``frame``, ``time`` (seconds), ``camera`` (its three numbers), ``subject`` and ``activity``
        (by the file's name).

    Raises:
        InputError: no camera is named or it stands within the body, another skeleton, or what
            `read_recording` and `h36m17_positions` refuse.
    """
    if options.camera is None:
        raise InputError(f"is motion in 3D; say from where it is seen: {NAME_CAMERA}")
    seen = skeleton or COCO13
    if seen not in (COCO13, H36M17):
        raise InputError(f"motion is seen as coco13 or h36m17, not {seen.name}")
    recording = read_recording(path)
    positions = _in_our_world(h36m17_positions(recording), recording)
    keypoints = _project(positions, options)
    frames = np.arange(len(positions))
    subject, activity = describe_name(path.stem)
    fields = {
        "frame": frames,
        "time": frames / recording.fps,
        "camera": [",".join(f"{number:g}" for number in options.camera)] * len(frames),
        "subject": [subject] * len(frames),
        "activity": [activity] * len(frames),
    }
    return Poses(keypoints, None, H36M17, fields).to(seen)


def _in_our_world(positions: Floats, recording: Recording) -> Floats:
    """Positions (T, 17, 3) in metres with z up."""
    whole = positions[frames_seen(positions, skip_invalid=True)]
    leg = leg_length(whole)
    unit = recording.unit or "m"
    if not LEG_RANGE[0] <= leg * metres_per_unit(unit) <= LEG_RANGE[1]:
        likely = guess_unit(leg)
        if likely is None:
            raise InputError(describe_wrong_unit(leg, unit))
        unit = likely
    metres = positions * metres_per_unit(unit)
    turned = turn_z_up(whole * metres_per_unit(unit), recording.up)
    stands_along = guess_up(turned)
    if stands_along is None or may_be_z_up(turned, stands_along):
        return turn_z_up(metres, recording.up)
    return turn_z_up(metres, guess_up(whole) or recording.up)


def _project(positions: Floats, options: ReadingOptions) -> Floats:
    """Keypoints (T, 17, 2) of positions (T, 17, 3), NaN where a joint was not seen."""
    assert options.camera is not None
    width, height = options.image_size or (1, 1)
    view = PinholeCamera.around(
        np.zeros(3), *options.camera, _FOCAL_LENGTH * height, (width / 2, height / 2)
    )
    followed = positions - _hips(positions)[:, None]
    known = finite_joints(followed)
    keypoints = view.project(np.where(known[..., None], followed, 0))
    return np.where(known[..., None], keypoints, np.nan)


def _hips(positions: Floats) -> Floats:
    """Where the hip is (T, 3); where it was not seen, between the frames in which it was."""
    hips = positions[:, _HIP]
    known = np.flatnonzero(np.isfinite(hips).all(axis=1))
    frames = np.arange(len(hips))
    return np.stack([np.interp(frames, known, hips[known, axis]) for axis in range(3)], axis=1)
