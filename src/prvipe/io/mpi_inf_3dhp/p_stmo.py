"""MPI-INF-3DHP as P-STMO's scripts prepare it, in two npz files that many projects share.

``data_train_3dhp.npz`` holds eight of the eleven cameras of every training sequence,
``data_test_3dhp.npz`` six sequences with one camera each. Their 3D poses are ``univ_annot3``: in
millimetres, in the frame of each camera, and scaled to one body height for all people.

There is no calibration in either, so the world is made from the people in it: up is where they
stand (`up_from_bodies`, good to a few degrees), the first camera looks along y, and the others are
turned as the bodies show. NP-MPJPE does not depend on it, the cameras' elevations do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.io.mpi_inf_3dhp.body_frame import (
    require_seen_from_away,
    rotation_between,
    up_from_bodies,
    view_from_up,
)
from prvipe.io.mpi_inf_3dhp.layout import (
    IMAGE_HEIGHT,
    RELEVANT_JOINTS,
    coco13_from,
    h36m17_from,
    require_published,
)
from prvipe.io.multi_view import MultiViewPoses, mean_camera_angles, require_finite_joints
from prvipe.io.pickled_npz import read_object
from prvipe.poses.poses3d import Poses3D
from prvipe.skeleton import COCO13, H36M17

TEST_IMAGE_HEIGHTS = {"TS5": 1080, "TS6": 1080}
"""Pixels; the other test sequences are as high as the training videos."""

TEST_FRAMES_PER_SECOND = 25
"""Assumed: neither the file nor the data set's utilities say it for the test sequences."""

DISAGREEMENT = 0.05
"""Mean distance (m) at which two cameras' bodies, turned onto each other, are not the same."""

_EXPECTED = (
    "data_train_3dhp.npz or data_test_3dhp.npz, written by the scripts of paTRICK-swk/P-STMO "
    "(section MPI-INF-3DHP of its README)"
)
_HIP = H36M17.index("hip")

Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class _Sequence:
    """One sequence: `in_camera` (T, V, 17, 3) metres, `keypoints` (T, V, 13, 2), `frame` (T,)."""

    name: str
    fps: float
    in_camera: Float32Array
    keypoints: Float32Array
    frame: npt.NDArray[np.int64]


def load_p_stmo(path: str | Path, *, subjects: Sequence[str] | None = None) -> MultiViewPoses:
    """Read data_train_3dhp.npz or data_test_3dhp.npz (see the module).

    Training sequences are called ``S1/Seq1`` and have cameras C0, C1, C2, C4 to C8; test sequences
    ``TS1`` and one camera ``C0``, of which only the valid frames are kept, with their numbers.

    Args:
        path: the file.
        subjects: such as ("S1", "S2") or ("TS1",); all in the file by default.

    Returns:
        The poses, with exact ("gt") keypoints.

    Raises:
        InputError: the file is missing, damaged or another one, lacks a subject, has sequences with
            different cameras, cameras with different frames or different bodies, wrong shapes; and
            as `Poses3D` and `MultiViewPoses`.
    """
    content = read_object(path, "data", _EXPECTED)
    if not isinstance(content, dict) or not content:
        raise InputError(f"{path}: data holds no sequences. Expected {_EXPECTED}")
    wanted = _choose(content, subjects, str(path))
    names, sequences = [], []
    for key in wanted:
        cameras, sequence = _read(key, content[key], f"{path}: {key}")
        names.append(cameras)
        sequences.append(sequence)
        if cameras != names[0]:
            raise InputError(
                f"{path}: {key} has cameras {', '.join(cameras)}, but {wanted[0]} has "
                f"{', '.join(names[0])}; every sequence must be seen by the same"
            )
    return _assemble(sequences, names[0], str(path))


def _assemble(sequences: list[_Sequence], cameras: list[str], source: str) -> MultiViewPoses:
    rotations = np.array(
        [_rotations(sequence, f"{source}: {sequence.name}") for sequence in sequences], np.float32
    )
    number = np.repeat(np.arange(len(sequences), dtype=np.int32), [len(s.frame) for s in sequences])
    first = [
        sequence.in_camera[:, 0] @ turned[0]
        for sequence, turned in zip(sequences, rotations, strict=True)
    ]
    names = [sequence.name for sequence in sequences]
    poses = Poses3D(
        positions=np.concatenate(first),
        sequence=number,
        frame=np.concatenate([sequence.frame for sequence in sequences]),
        sequence_names=np.array(names),
        subject=np.array([name.split("/")[0] for name in names]),
        activity=np.array([name.split("/")[-1] for name in names]),
        fps=np.array([sequence.fps for sequence in sequences], np.float32),
        source=source,
        z_is_up=True,  # the world was made so
    )
    hips = np.concatenate([sequence.in_camera[:, :, _HIP] for sequence in sequences])
    return MultiViewPoses(
        poses=poses,
        keypoints={"gt": np.concatenate([sequence.keypoints for sequence in sequences])},
        cameras=mean_camera_angles(rotations, hips, number),
        camera_names=np.array(cameras),
        view_rotations=rotations,
        source=source,
    )


def _rotations(sequence: _Sequence, where: str) -> npt.NDArray[np.float64]:
    """Turns (V, 3, 3) from the world to every camera."""
    bodies = sequence.in_camera - sequence.in_camera[:, :, _HIP, None]
    require_seen_from_away(sequence.in_camera[:, :, _HIP].reshape(-1, 3), where)
    first = view_from_up(up_from_bodies(bodies[:, 0]))
    turned = [first]
    for view in range(1, bodies.shape[1]):
        between, apart = rotation_between(bodies[:, 0], bodies[:, view])
        if not apart <= DISAGREEMENT:
            raise InputError(
                f"{where}: the bodies of the first camera and of camera number {view} differ by "
                f"{apart:.2f} m when turned onto each other; they are not of the same frames"
            )
        turned.append(between @ first)
    return np.array(turned)


def _choose(content: dict[str, Any], subjects: Sequence[str] | None, source: str) -> list[str]:
    keys = sorted(content)
    known = {key.split(" ")[0] for key in keys}
    for subject in subjects or ():
        if subject not in known:
            raise InputError(
                f"{source}: has no subject {subject}, only {', '.join(sorted(known))}. Expected "
                f"{_EXPECTED}"
            )
    return [key for key in keys if subjects is None or key.split(" ")[0] in subjects]


def _read(key: str, content: Any, where: str) -> tuple[list[str], _Sequence]:
    """Return the names of the cameras and the sequence."""
    if isinstance(content, dict) and {"data_2d", "data_3d", "valid"} <= set(content):
        return ["C0"], _read_test(key, content, where)
    try:
        views, fps = content
        parts = {int(name): (view["data_2d"], view["data_3d"]) for name, view in views.items()}
    except (TypeError, ValueError, KeyError, AttributeError, IndexError) as error:
        raise InputError(
            f"{where}: holds neither cameras with data_2d and data_3d, nor a test sequence. "
            f"Expected {_EXPECTED}"
        ) from error
    name = key.replace(" ", "/")
    require_published(name, where)
    numbers = sorted(parts)
    arrays = [_view(*parts[n], IMAGE_HEIGHT, f"{where}, camera C{n}") for n in numbers]
    lengths = {len(keypoints) for keypoints, _ in arrays}
    if len(lengths) != 1:
        raise InputError(
            f"{where}: its cameras have {' and '.join(map(str, sorted(lengths)))} frames; every "
            "frame must exist in every camera"
        )
    keypoints, in_camera = (np.stack(part, axis=1) for part in zip(*arrays, strict=True))
    sequence = _Sequence(name, float(fps), in_camera, keypoints, np.arange(lengths.pop()))
    return [f"C{number}" for number in numbers], sequence


def _read_test(name: str, content: dict[str, Any], where: str) -> _Sequence:
    height = TEST_IMAGE_HEIGHTS.get(name, IMAGE_HEIGHT)
    keypoints, in_camera = _view(content["data_2d"], content["data_3d"], height, where)
    valid = np.asarray(content["valid"]).ravel().astype(bool)
    if len(valid) != len(keypoints) or not valid.any():
        raise InputError(
            f"{where}: valid marks {valid.sum()} of {len(valid)} frames, expected some of "
            f"{len(keypoints)}"
        )
    return _Sequence(
        name,
        TEST_FRAMES_PER_SECOND,
        in_camera[valid, None],
        keypoints[valid, None],
        np.flatnonzero(valid),
    )


def _view(pixels: Any, joints: Any, height: int, where: str) -> tuple[Float32Array, Float32Array]:
    """Return keypoints (T, 13, 2), image height 1, and joints (T, 17, 3) in metres."""
    pixels, joints = np.asarray(pixels), np.asarray(joints)
    count = len(RELEVANT_JOINTS)
    if (
        pixels.shape[1:] != (count, 2)
        or joints.shape != (len(pixels), count, 3)
        or {pixels.dtype.kind, joints.dtype.kind} - set("fiu")
    ):
        raise InputError(
            f"{where}: data_2d is {pixels.dtype} {pixels.shape} and data_3d {joints.dtype} "
            f"{joints.shape}, expected numbers (frames, {count}, 2) and (frames, {count}, 3)"
        )
    keypoints = pixels[:, coco13_from(RELEVANT_JOINTS)] / height
    in_camera = joints[:, h36m17_from(RELEVANT_JOINTS)] / 1000
    require_finite_joints(keypoints, COCO13.joints, f"{where} (2D)")
    require_finite_joints(in_camera, H36M17.joints, f"{where} (3D)")
    return keypoints.astype(np.float32), in_camera.astype(np.float32)
