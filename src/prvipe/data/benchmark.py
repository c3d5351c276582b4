"""The cross-view retrieval benchmark: one motion seen by several cameras, as an npz file.

Every row is one instant; it exists in 3D and in every camera, as in section 4.2 of the paper, so
that perfect retrieval is possible.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from prvipe.data.benchmark_checks import check_keypoints, check_poses3d
from prvipe.errors import InputError
from prvipe.files import atomic_path
from prvipe.io.npz import read_npz

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
class CrossViewBenchmark:
    """Frames in 3D and as seen by V cameras.

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
        camera_ids (V,): the number of each camera in the file; all of them in order by default.
        synthetic: whether the motion was made up rather than captured.
        source: where the data came from, named in messages.

    Raises:
        InputError: shapes that disagree, NaN or infinite coordinates, people of size zero.
    """

    poses3d: npt.NDArray[np.float32]
    keypoints: dict[KeypointKind, npt.NDArray[np.float32]]
    cameras: npt.NDArray[np.float32]
    sequence: npt.NDArray[np.int32]
    sequence_names: npt.NDArray[np.str_]
    activity: npt.NDArray[np.str_]
    fps: npt.NDArray[np.float32]
    camera_ids: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    synthetic: bool = False
    source: str = "benchmark"

    def __post_init__(self) -> None:
        """Check that the parts belong together."""
        if self.cameras.ndim != 2 or self.cameras.shape[1] != 3 or len(self.cameras) == 0:
            raise InputError(
                f"{self.source}: cameras has shape {self.cameras.shape}, expected (V, 3): "
                "azimuth, elevation and distance of each camera"
            )
        for view in np.flatnonzero(~np.isfinite(self.cameras).all(axis=1)):
            raise InputError(
                f"{self.source}: cameras row {view} is NaN or infinite; give this camera an "
                "azimuth, elevation and distance"
            )
        if len(self.camera_ids) == 0:
            object.__setattr__(self, "camera_ids", np.arange(len(self.cameras)))
        check_poses3d(self.poses3d, self.source)
        for kind, array in self.keypoints.items():
            check_keypoints(
                array, self.source, f"kp2d_{kind}", len(self.poses3d), len(self.cameras)
            )
        self._check_sequences()

    def __len__(self) -> int:
        """Count the frames."""
        return len(self.poses3d)

    def get_keypoints(self, kind: KeypointKind) -> npt.NDArray[np.float32]:
        """Return the keypoints (N, V, 13, 2) of one kind.

        Raises:
            InputError: the file holds no keypoints of this kind.
        """
        if kind not in self.keypoints:
            have = " and ".join(self.keypoints)
            raise InputError(
                f"{self.source}: has no kp2d_{kind} keypoints, only {have}; ask for those, or "
                f"add the key kp2d_{kind} to the file"
            )
        return self.keypoints[kind]

    def select(
        self,
        cameras: Sequence[int] | None = None,
        rows: slice | npt.NDArray[np.int64] | npt.NDArray[np.bool_] | None = None,
    ) -> "CrossViewBenchmark":
        """Return the benchmark seen by some of its cameras, or some of its rows.

        Args:
            cameras: camera numbers as in the file (`camera_ids`), in the order wanted.
            rows: a slice, row numbers or a mask (N,).

        Raises:
            InputError: a camera that does not exist or is named twice, no rows.
        """
        position = {int(number): index for index, number in enumerate(self.camera_ids)}
        numbers = list(position) if cameras is None else list(cameras)
        unknown = [number for number in numbers if number not in position]
        if unknown or len(set(numbers)) != len(numbers) or not numbers:
            raise InputError(
                f"{self.source}: cannot select cameras {numbers}; name each camera once, from "
                f"{list(position)}"
            )
        views = [position[number] for number in numbers]
        frames = slice(None) if rows is None else rows
        return replace(
            self,
            poses3d=self.poses3d[frames],
            keypoints={kind: array[frames][:, views] for kind, array in self.keypoints.items()},
            cameras=self.cameras[views],
            sequence=self.sequence[frames],
            camera_ids=self.camera_ids[views],
        )

    def fingerprint(self) -> int:
        """Checksum of 3D poses and detections: the same for a copy of the file, however named."""
        checksum = 0
        for array in (self.poses3d, self.get_keypoints("det")):
            checksum = zlib.crc32(np.ascontiguousarray(array).data, checksum)
        return checksum

    def _check_sequences(self) -> None:
        if self.sequence.shape != (len(self),):
            raise InputError(
                f"{self.source}: sequence has shape {self.sequence.shape}, expected "
                f"({len(self)},): one number for every row of poses3d"
            )
        tables = (self.sequence_names, self.activity, self.fps)
        count = len(self.sequence_names)
        if any(table.shape != (count,) for table in tables):
            shapes = " and ".join(str(table.shape) for table in tables)
            raise InputError(
                f"{self.source}: sequence_names, activity and fps have shapes {shapes}; give one "
                "entry each per sequence"
            )
        for number in np.flatnonzero(~(np.isfinite(self.fps) & (self.fps > 0))):
            raise InputError(
                f"{self.source}: fps of sequence {number} is {self.fps[number]}; give the frames "
                "per second"
            )
        bad = np.flatnonzero((self.sequence < 0) | (self.sequence >= count))
        if len(bad):
            raise InputError(
                f"{self.source}: sequence row {bad[0]} is {self.sequence[bad[0]]}, but there are "
                f"{count} sequence_names; number the sequences from 0"
            )


def load_benchmark(path: str | Path) -> CrossViewBenchmark:
    """Read a benchmark file (npz).

    The keys are `poses3d`, `kp2d_det`, `cameras`, `sequence`, `sequence_names`, `activity`,
    `fps`, `joints` and, if known, `kp2d_gt` and `synthetic`; `CrossViewBenchmark` gives shapes and
    units.

    Raises:
        InputError: the file is missing, empty, truncated or no npz file, keys are missing, or the
            content fails a check; the message names the place.
    """
    arrays = read_npz(Path(path))
    source = str(path)
    missing = [key for key in _REQUIRED_KEYS if key not in arrays]
    if missing:
        raise InputError(
            f"{source}: keys missing: {', '.join(missing)}; it has {', '.join(arrays) or 'none'}"
        )
    _check_joints(arrays["joints"], source)
    kinds: list[KeypointKind] = ["det", "gt"]
    return CrossViewBenchmark(
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
    )


def save_benchmark(benchmark: CrossViewBenchmark, path: str | Path) -> None:
    """Write a benchmark file that `load_benchmark` reads; cameras are numbered anew from 0.

    Raises:
        InputError: the folder is missing or cannot be written.
    """
    arrays: dict[str, Any] = {f"kp2d_{kind}": array for kind, array in benchmark.keypoints.items()}
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file,
            poses3d=benchmark.poses3d,
            cameras=benchmark.cameras,
            sequence=benchmark.sequence,
            sequence_names=benchmark.sequence_names,
            activity=benchmark.activity,
            fps=benchmark.fps,
            joints=np.array(FILE_JOINTS),
            synthetic=np.array(benchmark.synthetic),
            **arrays,
        )


def _check_joints(joints: npt.NDArray[np.generic], source: str) -> None:
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


def _numbers(
    arrays: dict[str, npt.NDArray[np.generic]], key: str, source: str
) -> npt.NDArray[np.float32]:
    if arrays[key].dtype.kind not in "fiu":
        raise InputError(f"{source}: {key} holds {arrays[key].dtype}, expected numbers")
    with np.errstate(over="ignore"):  # too large becomes infinite, and is found as such
        return arrays[key].astype(np.float32)


def _flag(arrays: dict[str, npt.NDArray[np.generic]], key: str, source: str) -> bool:
    value = arrays.get(key, np.array(False))
    if value.size != 1 or value.dtype.kind not in "biu":
        raise InputError(f"{source}: {key} is {value.dtype} {value.shape}, expected True or False")
    return bool(value.item())


def _whole_numbers(
    arrays: dict[str, npt.NDArray[np.generic]], key: str, source: str
) -> npt.NDArray[np.int32]:
    if arrays[key].dtype.kind not in "iu":
        raise InputError(f"{source}: {key} holds {arrays[key].dtype}, expected whole numbers")
    return arrays[key].astype(np.int32)
