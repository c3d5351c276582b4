"""Checks that a cross-view benchmark is whole: shapes, finite numbers, people with a size.

Every failure is an `InputError` that says where (file, key, row, camera, joint) and what to do.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.geometry.normalization import trunk_length_3d
from prvipe.poses.validity import has_large_coordinates, has_size, torso_size
from prvipe.skeleton import COCO13, H36M17, Skeleton

_ROTATION_TOLERANCE = 1e-3


def check_poses3d(array: npt.NDArray[np.float32], source: str, key: str = "poses3d") -> None:
    """Check 3D poses.

    Args:
        array (N, 17, 3): poses in the joint order of `H36M17`.
        source: the file named in messages.
        key: the array's name in the file.

    Raises:
        InputError: wrong shape, no rows, NaN or infinite coordinates, hip, spine and thorax in
            one point.
    """
    _check_shape(array, source, key, "(N, 17, 3)", 3, (len(H36M17.joints), 3))
    _check_finite(array, source, key, H36M17)
    _check_size(array, trunk_length_3d(array), source, key, "hip, spine and thorax")


def check_keypoints(
    array: npt.NDArray[np.float32], source: str, key: str, rows: int, cameras: int
) -> None:
    """Check the 2D keypoints of all cameras.

    Args:
        array (N, V, 13, 2): keypoints in the joint order of `COCO13`.
        source: the file named in messages.
        key: the array's name in the file.
        rows: N, the number of 3D poses.
        cameras: V, the number of cameras.

    Raises:
        InputError: wrong shape, NaN or infinite coordinates, hips and shoulders in one point.
    """
    _check_shape(array, source, key, "(N, V, 13, 2)", 4, (len(COCO13.joints), 2))
    if array.shape[:2] != (rows, cameras):
        raise InputError(
            f"{source}: {key} has {array.shape[0]} rows and {array.shape[1]} cameras, but "
            f"poses3d has {rows} rows and cameras has {cameras}; every row must be one frame "
            "seen by every camera"
        )
    _check_finite(array, source, key, COCO13)
    _check_size(array, torso_size(array, COCO13), source, key, "hips and shoulders")


def check_cameras(cameras: npt.NDArray[np.float32], source: str) -> None:
    """Check the cameras (V, 3).

    Raises:
        InputError: wrong shape, no rows, NaN or infinite numbers.
    """
    if cameras.ndim != 2 or cameras.shape[1] != 3 or len(cameras) == 0:
        raise InputError(
            f"{source}: cameras has shape {cameras.shape}, expected (V, 3): azimuth, elevation "
            "and distance of each camera"
        )
    for view in np.flatnonzero(~np.isfinite(cameras).all(axis=1)):
        raise InputError(
            f"{source}: cameras row {view} is NaN or infinite; give this camera an azimuth, "
            "elevation and distance"
        )


def check_camera_names(names: npt.NDArray[np.str_], views: int, source: str) -> None:
    """Check the names (V,) of cameras.

    Raises:
        InputError: not one name for each of the `views` cameras, or two alike.
    """
    if names.shape != (views,) or len(set(names.tolist())) != views:
        raise InputError(
            f"{source}: camera_names are {', '.join(map(str, np.ravel(names)))}, expected a "
            f"different name for each of the {views} cameras"
        )


def check_sequences(
    sequence: npt.NDArray[np.int32],
    tables: tuple[npt.NDArray[np.str_], npt.NDArray[np.str_], npt.NDArray[np.float32]],
    rows: int,
    source: str,
) -> None:
    """Check which sequence each frame is of.

    Args:
        sequence (N,): index into the tables.
        tables: names, activities and frames per second, each (S,).
        rows: N, the number of 3D poses.
        source: the file named in messages.

    Raises:
        InputError: shapes that disagree, a sequence that is not there, no frames per second.
    """
    if sequence.shape != (rows,):
        raise InputError(
            f"{source}: sequence has shape {sequence.shape}, expected ({rows},): one number for "
            "every row of poses3d"
        )
    names, _, fps = tables
    count = len(names)
    if any(table.shape != (count,) for table in tables):
        shapes = " and ".join(str(table.shape) for table in tables)
        raise InputError(
            f"{source}: sequence_names, activity and fps have shapes {shapes}; give one entry "
            "each per sequence"
        )
    for number in np.flatnonzero(~(np.isfinite(fps) & (fps > 0))):
        raise InputError(
            f"{source}: fps of sequence {number} is {fps[number]}; give the frames per second"
        )
    bad = np.flatnonzero((sequence < 0) | (sequence >= count))
    if len(bad):
        raise InputError(
            f"{source}: sequence row {bad[0]} is {sequence[bad[0]]}, but there are {count} "
            "sequence_names; number the sequences from 0"
        )


def check_view_rotations(
    rotations: npt.NDArray[np.float32], views: tuple[int, int], source: str
) -> None:
    """Check the rotations from world to camera.

    Args:
        rotations (S, V, 3, 3): of every camera in every sequence.
        views: S, the number of sequences, and V, the number of cameras.
        source: the file named in messages.

    Raises:
        InputError: wrong shape, or a matrix that is no rotation.
    """
    if rotations.shape != (*views, 3, 3):
        raise InputError(
            f"{source}: view_rotations has shape {rotations.shape}, expected {(*views, 3, 3)}: "
            "one rotation per sequence and camera"
        )
    first, second, third = (rotations[..., row, :] for row in range(3))
    right_handed = (np.cross(first, second) * third).sum(axis=-1) > 0
    off = np.abs(rotations @ np.swapaxes(rotations, -1, -2) - np.eye(3)).max(axis=(-2, -1))
    for sequence, view in np.argwhere(~(right_handed & (off < _ROTATION_TOLERANCE))):
        raise InputError(
            f"{source}: view_rotations of sequence {sequence}, camera {view} is no rotation "
            "(orthogonal with determinant 1); give world-to-camera matrices without scale or mirror"
        )


def _check_shape(
    array: npt.NDArray[np.float32],
    source: str,
    key: str,
    expected: str,
    ndim: int,
    ending: tuple[int, int],
) -> None:
    if array.ndim != ndim or array.shape[-2:] != ending:
        raise InputError(
            f"{source}: {key} has shape {array.shape}, expected {expected}: {ending[0]} joints "
            f"of {ending[1]} coordinates; map your skeleton to these joints first"
        )
    if array.size == 0:
        raise InputError(f"{source}: {key} has no rows; write at least one frame")


def _check_finite(
    array: npt.NDArray[np.float32], source: str, key: str, skeleton: Skeleton
) -> None:
    bad = np.asarray(~np.isfinite(array).all(axis=-1))
    if not bad.any():
        return
    place = np.argwhere(bad)[0]
    rows = int(bad.reshape(len(bad), -1).any(axis=1).sum())
    raise InputError(
        f"{source}: {key} {_place(place[:-1])}, joint {skeleton.joints[place[-1]]} is NaN or "
        f"infinite ({rows} such rows); drop these rows or fill the missing joints before use"
    )


def _check_size(
    array: npt.NDArray[np.float32],
    size: npt.NDArray[np.floating[Any]],
    source: str,
    key: str,
    names: str,
) -> None:
    bad = ~has_size(size, array)
    if not bad.any():
        return
    first = tuple(np.argwhere(bad)[0])
    fault, remedy = f"is a person of size zero: {names} are in one point", "they have no pose"
    if has_large_coordinates(array[first]):
        fault, remedy = "has coordinates too large for float32", "or choose another unit"
    rows = int(bad.reshape(len(bad), -1).any(axis=1).sum())
    raise InputError(
        f"{source}: {key} {_place(first)} {fault} ({rows} such rows); drop these rows, {remedy}"
    )


def _place(index: Sequence[np.intp]) -> str:
    return ", camera ".join([f"row {index[0]}", *(str(camera) for camera in index[1:])])
