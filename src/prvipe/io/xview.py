"""Cross-view benchmark files (npz): one motion in 3D and as seen by several cameras.

`CrossViewArrays` is the checked content of such a file, whoever reads it; `load_xview` makes a flat
table of its detected keypoints, one row for every frame in every camera.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.io.npz import AnyArray, npz_names, read_npz
from prvipe.io.registry import agreed_skeleton, register_loader
from prvipe.io.xview_checks import (
    check_camera_names,
    check_cameras,
    check_keypoints,
    check_poses3d,
    check_sequences,
    check_view_rotations,
)
from prvipe.poses import Poses
from prvipe.skeleton import COCO13, H36M17, Skeleton

KeypointKind = Literal["det", "gt"]

# Joint names as written in the files; the order is that of `prvipe.skeleton.H36M17`.
FILE_JOINTS = (
    *("Hip", "RHip", "RKnee", "RFoot", "LHip", "LKnee", "LFoot"),
    *("Spine", "Thorax", "Neck", "Head"),
    *("LShoulder", "LElbow", "LWrist", "RShoulder", "RElbow", "RWrist"),
)
_SEQUENCE_KEYS = ("sequence", "sequence_names", "activity", "fps")
_REQUIRED_KEYS = ("poses3d", "kp2d_det", "cameras", "joints", *_SEQUENCE_KEYS)


@dataclass(frozen=True, eq=False)
class CrossViewArrays:
    """The arrays of a cross-view benchmark file.

    Args:
        poses3d (N, 17, 3): float32, metres, right-handed world frame with z up, joints in the
            order of `H36M17`.
        keypoints: "det" (with detector errors) and, where known, "gt" (without) ->
            (N, V, 13, 2) float32, x right, y down, image height 1, joints of `COCO13`.
        cameras (V, 3): float32, azimuth and elevation in degrees, distance in metres.
        sequence (N,): int32, index into the three tables that follow.
        sequence_names (S,): name of each sequence.
        activity (S,): activity of each sequence.
        fps (S,): frames per second of each sequence.
        synthetic: whether the motion was made up rather than captured.
        source: where the data came from, named in messages.
        view_rotations (S, V, 3, 3): float32, world to camera (x right, y down, z forward) in each
            sequence, where the cameras were real ones; None: they stood as `cameras` says.
        camera_names (V,): what the data set calls its cameras; None: they have no names.

    Raises:
        InputError: shapes that disagree, NaN or infinite coordinates, people of size zero,
            matrices that are no rotations, two cameras of one name.
    """

    poses3d: npt.NDArray[np.float32]
    keypoints: dict[KeypointKind, npt.NDArray[np.float32]]
    cameras: npt.NDArray[np.float32]
    sequence: npt.NDArray[np.int32]
    sequence_names: npt.NDArray[np.str_]
    activity: npt.NDArray[np.str_]
    fps: npt.NDArray[np.float32]
    synthetic: bool = False
    source: str = "benchmark"
    view_rotations: npt.NDArray[np.float32] | None = None
    camera_names: npt.NDArray[np.str_] | None = None

    def __post_init__(self) -> None:
        """Check that the parts belong together."""
        check_cameras(self.cameras, self.source)
        check_poses3d(self.poses3d, self.source)
        for kind, array in self.keypoints.items():
            check_keypoints(
                array, self.source, f"kp2d_{kind}", len(self.poses3d), len(self.cameras)
            )
        tables = (self.sequence_names, self.activity, self.fps)
        check_sequences(self.sequence, tables, len(self.poses3d), self.source)
        if self.view_rotations is not None:
            views = (len(self.sequence_names), len(self.cameras))
            check_view_rotations(self.view_rotations, views, self.source)
        if self.camera_names is not None:
            check_camera_names(self.camera_names, len(self.cameras), self.source)

    @classmethod
    def read(cls, path: str | Path) -> Self:
        """Read a file.

        The keys are `poses3d`, `kp2d_det`, `cameras`, `sequence`, `sequence_names`, `activity`,
        `fps`, `joints` and, if known, `kp2d_gt`, `synthetic`, `view_rotations` and `camera_names`.

        Raises:
            InputError: the file is missing, empty, truncated or no npz file, keys are missing, or
                the content fails a check; the message names the place.
        """
        arrays, source = read_npz(Path(path)), str(path)
        missing = [key for key in _REQUIRED_KEYS if key not in arrays]
        if missing:
            have = ", ".join(arrays) or "none"
            raise InputError(f"{source}: keys missing: {', '.join(missing)}; it has {have}")
        _check_joints(arrays["joints"], source)
        kinds: list[KeypointKind] = ["det", "gt"]
        return cls(
            poses3d=_numbers(arrays, "poses3d", source),
            keypoints={
                kind: _numbers(arrays, f"kp2d_{kind}", source)
                for kind in kinds
                if f"kp2d_{kind}" in arrays
            },
            cameras=_numbers(arrays, "cameras", source),
            sequence=_whole_numbers(arrays, "sequence", source),
            sequence_names=np.atleast_1d(arrays["sequence_names"].astype(np.str_)),
            activity=np.atleast_1d(arrays["activity"].astype(np.str_)),
            fps=np.atleast_1d(_numbers(arrays, "fps", source)),
            synthetic=_flag(arrays, "synthetic", source),
            source=source,
            view_rotations=(
                _numbers(arrays, "view_rotations", source) if "view_rotations" in arrays else None
            ),
            camera_names=(
                np.atleast_1d(arrays["camera_names"].astype(np.str_))
                if "camera_names" in arrays
                else None
            ),
        )


def _has_views(path: Path) -> bool:
    return not {"kp2d_det", "kp2d_gt"}.isdisjoint(npz_names(path))


def _load_3d(path: Path) -> Poses:
    content = CrossViewArrays.read(path)
    views = len(content.cameras)
    return Poses(np.repeat(content.poses3d, views, axis=0), None, H36M17)


@register_loader(
    "cross-view benchmark",
    suffixes=(".npz",),
    expects="arrays kp2d_det (N, V, 13, 2) and the others of prvipe.io.xview",
    accepts=_has_views,
    unit="height",
    load_3d=_load_3d,
)
def load_xview(path: Path, skeleton: Skeleton | None = None) -> Poses:
    """Read the detected keypoints of a benchmark file, frame by frame and camera by camera.

    Args:
        path: the file.
        skeleton: None, or coco13.

    Returns:
        N x V rows in the order frame 0 camera 0, frame 0 camera 1, ...; fields ``frame`` (row of
        the file, the same for all views of an instant), ``camera``, ``sequence``, ``activity``.

    Raises:
        InputError: see `prvipe.load` and `CrossViewArrays.read`.
    """
    skeleton = agreed_skeleton(skeleton, COCO13)
    content = CrossViewArrays.read(path)
    views = content.keypoints["det"]
    frames, cameras = views.shape[:2]
    fields = {
        "frame": np.repeat(np.arange(frames), cameras),
        "camera": np.tile(np.arange(cameras), frames),
        "sequence": np.repeat(content.sequence_names[content.sequence], cameras),
        "activity": np.repeat(content.activity[content.sequence], cameras),
    }
    return Poses(views.reshape(-1, *views.shape[2:]), None, skeleton, fields)


def _check_joints(joints: AnyArray, source: str) -> None:
    names = tuple(str(name) for name in np.ravel(joints))
    if len(names) != len(FILE_JOINTS):
        raise InputError(
            f"{source}: joints names {len(names)} joints, expected these 17: "
            f"{' '.join(FILE_JOINTS)}"
        )
    for index, (name, expected) in enumerate(zip(names, FILE_JOINTS, strict=True)):
        if name != expected:
            raise InputError(
                f"{source}: joints entry {index} is {name}, expected {expected}; reorder poses3d "
                f"to {' '.join(FILE_JOINTS)}"
            )


def _numbers(arrays: dict[str, AnyArray], key: str, source: str) -> npt.NDArray[np.float32]:
    if arrays[key].dtype.kind not in "fiu":
        raise InputError(f"{source}: {key} holds {arrays[key].dtype}, expected numbers")
    with np.errstate(over="ignore"):  # too large becomes infinite, and is found as such
        return arrays[key].astype(np.float32)


def _flag(arrays: dict[str, AnyArray], key: str, source: str) -> bool:
    value = arrays.get(key, np.array(False))
    if value.size != 1 or value.dtype.kind not in "biu":
        raise InputError(f"{source}: {key} is {value.dtype} {value.shape}, expected True or False")
    return bool(value.item())


def _whole_numbers(arrays: dict[str, AnyArray], key: str, source: str) -> npt.NDArray[np.int32]:
    if arrays[key].dtype.kind not in "iu":
        raise InputError(f"{source}: {key} holds {arrays[key].dtype}, expected whole numbers")
    return arrays[key].astype(np.int32)
