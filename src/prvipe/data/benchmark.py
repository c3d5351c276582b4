"""The cross-view retrieval benchmark: one motion seen by several cameras, as an npz file.

Every row is one instant; it exists in 3D and in every camera, as in section 4.2 of the paper, so
that perfect retrieval is possible.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.files import atomic_path
from prvipe.geometry.cameras import PinholeCamera
from prvipe.io.xview import FILE_JOINTS, CrossViewArrays, KeypointKind

__all__ = ["CrossViewBenchmark", "KeypointKind", "load_benchmark", "save_benchmark"]


@dataclass(frozen=True, eq=False)
class CrossViewBenchmark(CrossViewArrays):
    """Frames in 3D and as seen by V cameras: the arrays of a file, and a choice among them.

    Args:
        camera_ids (V,): the number of each camera in the file; all of them in order by default.

    The other arguments and the errors are those of `CrossViewArrays`.
    """

    camera_ids: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def __post_init__(self) -> None:
        """Check that the parts belong together, and number the cameras."""
        super().__post_init__()
        if len(self.camera_ids) == 0:
            object.__setattr__(self, "camera_ids", np.arange(len(self.cameras)))

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
            view_rotations=(None if self.view_rotations is None else self.view_rotations[:, views]),
            camera_names=None if self.camera_names is None else self.camera_names[views],
        )

    def camera_rotations(self) -> npt.NDArray[np.float32]:
        """Rotations (S, V, 3, 3) from world to camera (x right, y down, z forward).

        Those of `view_rotations`; without them, of cameras that look at the subject from where
        `cameras` says, in every sequence alike.
        """
        if self.view_rotations is not None:
            return self.view_rotations
        views = [PinholeCamera.around(np.zeros(3), *view).rotation for view in self.cameras]
        shape = (len(self.sequence_names), len(self.cameras), 3, 3)
        return np.broadcast_to(np.array(views, np.float32), shape)

    def fingerprint(self) -> int:
        """Checksum of what is trained on: the same for a copy of the file, however named.

        It covers 3D poses, detections, cameras and which sequence each frame belongs to.
        """
        arrays = [self.poses3d, self.get_keypoints("det"), self.cameras, self.sequence]
        if self.view_rotations is not None:
            arrays.append(self.view_rotations)
        checksum = 0
        for array in arrays:
            checksum = zlib.crc32(repr(array.shape).encode(), checksum)
            checksum = zlib.crc32(np.ascontiguousarray(array).data, checksum)
        return checksum


def load_benchmark(path: str | Path) -> CrossViewBenchmark:
    """Read a benchmark file (npz).

    Its keys are those of `CrossViewArrays.read`.

    Raises:
        InputError: as `CrossViewArrays.read`.
    """
    return CrossViewBenchmark.read(path)


def save_benchmark(benchmark: CrossViewBenchmark, path: str | Path) -> None:
    """Write a benchmark file that `load_benchmark` reads; cameras are numbered anew from 0.

    Raises:
        InputError: the folder is missing or cannot be written.
    """
    arrays: dict[str, Any] = {f"kp2d_{kind}": array for kind, array in benchmark.keypoints.items()}
    if benchmark.view_rotations is not None:
        arrays["view_rotations"] = benchmark.view_rotations
    if benchmark.camera_names is not None:
        arrays["camera_names"] = benchmark.camera_names
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
