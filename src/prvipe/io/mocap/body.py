"""The joints of a recording -> the 17 of h36m17.

Thirteen are looked up by name. The other four are derived as in the open benchmark: the hip is the
middle of both hips, the thorax that of both shoulders, the spine that of hip and thorax, the neck
that of thorax and head.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.io.mocap.joint_names import PelvisMarkers, find_joints, find_pelvis, require_joints
from prvipe.io.mocap.recording import Recording
from prvipe.poses.validity import finite_joints
from prvipe.skeleton import H36M17

Floats = npt.NDArray[np.float64]

DERIVED = {
    "hip": ("left_hip", "right_hip"),
    "thorax": ("left_shoulder", "right_shoulder"),
    "spine": ("hip", "thorax"),
    "neck": ("thorax", "head"),
}
"""Joints that are the middle of two others, in the order in which they can be had."""

HIP_JOINT = {"outward": 0.36, "backward": 0.19, "downward": 0.30}
"""Where a hip joint is from the middle of the front pelvis markers, in distances between these
two (Bell, Pedersen and Brand, 1990)."""


def h36m17_positions(recording: Recording, joints: Mapping[str, str] | None = None) -> Floats:
    """Return the positions (T, 17, 3) of h36m17, in the recording's unit and axes.

    Args:
        recording: what a reader returned.
        joints: our name of a joint -> the file's, where the table of synonyms does not know it.

    Raises:
        InputError: a joint cannot be found, or a name given for it is not in the file.
    """
    found = find_joints(recording.joints, joints)
    seen = {
        joint: recording.positions[:, list(sources)].mean(axis=1)
        for joint, sources in found.items()
    }
    pelvis = find_pelvis(recording.joints)
    if pelvis is not None:
        seen = hip_joints(recording.positions, pelvis) | seen
    require_joints(seen, recording.joints)
    for joint, (first, second) in DERIVED.items():
        seen[joint] = (seen[first] + seen[second]) / 2
    return np.stack([seen[joint] for joint in H36M17.joints], axis=1)


def hip_joints(positions: Floats, pelvis: PelvisMarkers) -> dict[str, Floats]:
    """Derive both hip joints (T, 3) from the markers on the pelvis, by Bell's regression."""
    left, right = positions[:, pelvis.left_front], positions[:, pelvis.right_front]
    middle = (left + right) / 2
    width = np.linalg.norm(left - right, axis=-1, keepdims=True)
    leftward = _unit(left - right)
    forward = middle - positions[:, list(pelvis.back)].mean(axis=1)
    forward = _unit(forward - (forward * leftward).sum(axis=-1, keepdims=True) * leftward)
    upward = np.cross(forward, leftward)
    centre = middle - width * (HIP_JOINT["backward"] * forward + HIP_JOINT["downward"] * upward)
    outward = width * HIP_JOINT["outward"] * leftward
    return {"left_hip": centre + outward, "right_hip": centre - outward}


def frames_seen(positions: Floats, skip_invalid: bool) -> npt.NDArray[np.intp]:
    """Return the frames in which every joint was seen.

    Args:
        positions (T, 17, 3): NaN where a joint was not seen.
        skip_invalid: leave out the others, rather than refuse the recording.

    Raises:
        InputError: a joint was not seen in some frame, or no frame is left.
    """
    seen = finite_joints(positions)
    whole = np.asarray(seen.all(axis=1))
    if not whole.any() or not (whole.all() or skip_invalid):
        frame = int(np.argmin(whole))
        lost = ", ".join(j for j, ok in zip(H36M17.joints, seen[frame], strict=True) if not ok)
        remedy = "leave them out with skip_invalid=True or --skip-invalid" if whole.any() else ""
        raise InputError(
            f"frame {frame}: {lost} not seen; {(~whole).sum()} of "
            f"{len(whole)} frames are like this, {remedy or 'name other markers for these joints'}"
        )
    return np.flatnonzero(whole)


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))
