"""Keypoints as plain numpy arrays: ``.npz`` with named arrays, ``.npy`` with one.

The name of an array says what its last axis is, so nothing is guessed from its length:

- ``keypoints`` (N, J, 2): x, y; with ``scores`` (N, J) if there are any.
- ``keypoints`` (N, J, 3): x, y, v as COCO writes it. The score is v, at most 1 (COCO's 1 and 2
  both mean a labelled joint).
- ``poses3d`` (N, J, 3): x, y, z; with ``scores`` if there are any.
- ``wh`` (N, 2), beside ``keypoints``: width and height of the image, kept as fields. A size of 0
  marks a row whose coordinates were divided by a size nobody noted: the person's proportions are
  lost, so all its joints become NaN with score 0.
- any other one-dimensional array of length N becomes a field of its name.

A joint with score 0 is not known and becomes NaN, as in every format. These files do not name
their joints: the caller says which skeleton it is.
"""

from pathlib import Path

import numpy as np

from prvipe.errors import InputError
from prvipe.io.infinity import refuse_infinity
from prvipe.io.npz import AnyArray, npz_names, read_npy, read_npz
from prvipe.io.registry import needed_skeleton, register_loader
from prvipe.poses import Poses
from prvipe.skeleton import Skeleton

FIELDS = ("frame", "camera", "sequence", "subject", "activity", "source")
"""Names that can only mean per-row fields: with another length they are an error."""

_KEYPOINT_NAMES = ("keypoints", "poses3d")


def _has_keypoints(path: Path) -> bool:
    return not set(_KEYPOINT_NAMES).isdisjoint(npz_names(path))


@register_loader(
    "arrays",
    suffixes=(".npz",),
    expects="arrays keypoints (N, J, 2 or 3) or poses3d (N, J, 3)",
    accepts=_has_keypoints,
)
def load_npz(path: Path, skeleton: Skeleton | None) -> Poses:
    """Read an npz file of named arrays (layout above).

    Raises:
        InputError: see `prvipe.load`.
    """
    arrays = read_npz(path)
    present = [name for name in _KEYPOINT_NAMES if name in arrays]
    if len(present) == 2:
        raise InputError("holds both keypoints and poses3d; keep them in a file each")
    name = present[0]
    keypoints = _require_numbers(arrays.pop(name), name, dimensions=3 if name == "poses3d" else 2)
    scores = arrays.pop("scores", None)
    if name == "keypoints" and keypoints.shape[-1] == 3:
        if scores is not None:
            raise InputError("keypoints has scores as its third column, and there is scores too")
        keypoints, scores = _split_visibility(keypoints)
    sizes = arrays.pop("wh", None)
    fields = _pick_fields(arrays, len(keypoints))
    if sizes is not None:
        keypoints, scores = _blank_unknown_sizes(keypoints, scores, sizes)
        fields |= {"width": sizes[:, 0], "height": sizes[:, 1]}
    return _as_poses(keypoints, scores, skeleton, fields)


@register_loader(
    "array", suffixes=(".npy",), expects="an array (N, J, 2)", accepts=lambda path: True
)
def load_npy(path: Path, skeleton: Skeleton | None) -> Poses:
    """Read an npy file (N, J, 2).

    Raises:
        InputError: see `prvipe.load`; also for (N, J, 3), as a file with one nameless array
            cannot say whether the third column is z or a score.
    """
    keypoints = _require_numbers(read_npy(path), "the array", dimensions=2)
    if keypoints.shape[-1] == 3:
        raise InputError(
            f"an array {keypoints.shape} does not say whether its third column is z or a score; "
            "save it as npz under the name poses3d or keypoints"
        )
    return _as_poses(keypoints, None, skeleton)


def _as_poses(
    keypoints: AnyArray,
    scores: AnyArray | None,
    named: Skeleton | None,
    fields: dict[str, AnyArray] | None = None,
) -> Poses:
    skeleton = needed_skeleton(named, keypoints.shape[1])
    poses = Poses(keypoints, scores, skeleton, fields)  # which checks the shapes
    refuse_infinity(keypoints, scores, skeleton.joints)
    return poses


def _require_numbers(array: AnyArray, name: str, dimensions: int) -> AnyArray:
    if array.dtype.kind not in "fiu":
        raise InputError(f"{name} is an array of {array.dtype}, expected numbers")
    allowed = (3,) if dimensions == 3 else (2, 3)
    if array.ndim != 3 or array.shape[-1] not in allowed:
        sizes = " or ".join(str(size) for size in allowed)
        raise InputError(f"{name} has shape {array.shape}, expected (N, J, {sizes})")
    # Integers have no NaN to mark a joint that is not known.
    return array.astype(np.float32) if array.dtype.kind in "iu" else array


def _split_visibility(keypoints: AnyArray) -> tuple[AnyArray, AnyArray]:
    visibility = keypoints[..., 2]
    broken = np.argwhere(~(visibility >= 0))
    if len(broken):
        row, joint = broken[0]
        raise InputError(
            f"keypoints: row {row}, joint number {joint} has visibility {visibility[row, joint]}; "
            "x, y, v has v = 0 for a joint that is not known, else v > 0; 3D belongs in poses3d"
        )
    return keypoints[..., :2], np.minimum(visibility, 1)


def _blank_unknown_sizes(
    keypoints: AnyArray, scores: AnyArray | None, sizes: AnyArray
) -> tuple[AnyArray, AnyArray | None]:
    if sizes.shape != (len(keypoints), 2) or sizes.dtype.kind not in "fiu":
        raise InputError(
            f"wh is {sizes.dtype} {sizes.shape}, expected numbers ({len(keypoints)}, 2)"
        )
    unknown = np.logical_not((sizes > 0).all(axis=1))
    blanked = np.where(unknown[:, None, None], np.nan, keypoints)
    return blanked, None if scores is None else np.where(unknown[:, None], 0, scores)


def _pick_fields(arrays: dict[str, AnyArray], rows: int) -> dict[str, AnyArray]:
    for name in FIELDS:
        if name in arrays and arrays[name].shape != (rows,):
            raise InputError(f"{name} has shape {arrays[name].shape}, expected ({rows},)")
    return {name: array for name, array in arrays.items() if array.shape == (rows,)}
