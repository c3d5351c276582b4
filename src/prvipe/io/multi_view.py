"""Recordings that several calibrated cameras saw at once, as the gated data sets hold them.

`MultiViewPoses` is what the readers of Human3.6M and MPI-INF-3DHP return: motion in 3D, and 2D
keypoints of every frame in every camera.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.io.xview import KeypointKind
from prvipe.io.xview_checks import (
    check_camera_names,
    check_cameras,
    check_keypoints,
    check_view_rotations,
)
from prvipe.poses.poses3d import Poses3D

Rows = slice | npt.NDArray[np.int64] | npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class MultiViewPoses:
    """N frames in 3D and as seen by V cameras, from S sequences.

    Attributes:
        poses: the motion in 3D; every row exists in every camera.
        keypoints: "det" (detections) and "gt" (exact), either or both -> (N, V, 13, 2) float32,
            image height 1, x right, y down, joints of `COCO13`.
        cameras (V, 3): float32 azimuth and elevation (degrees) and distance (m) of each camera as
            seen from the subject, the mean over the recording (`mean_camera_angles`).
        camera_names (V,): what the data set calls the cameras.
        view_rotations (S, V, 3, 3): float32, world to camera (x right, y down, z forward) of every
            sequence.
        source: where the data came from, named in messages.

    Raises:
        InputError: shapes that disagree, NaN or infinite numbers, people of size zero in 2D, a
            matrix that is no rotation.
    """

    poses: Poses3D
    keypoints: Mapping[KeypointKind, npt.NDArray[np.float32]]
    cameras: npt.NDArray[np.float32]
    camera_names: npt.NDArray[np.str_]
    view_rotations: npt.NDArray[np.float32]
    source: str = "multi-view recording"

    def __post_init__(self) -> None:
        """Check that the parts belong together."""
        check_cameras(self.cameras, self.source)
        views = len(self.cameras)
        check_camera_names(self.camera_names, views, self.source)
        if not self.keypoints:
            raise InputError(f"{self.source}: has no 2D keypoints; give det, gt or both")
        for kind, array in self.keypoints.items():
            check_keypoints(array, self.source, kind, len(self.poses), views)
        sequences = len(self.poses.sequence_names)
        check_view_rotations(self.view_rotations, (sequences, views), self.source)

    def __len__(self) -> int:
        """Count the frames."""
        return len(self.poses)

    def select(
        self, rows: Rows | None = None, cameras: Sequence[str] | None = None
    ) -> "MultiViewPoses":
        """Return some of the frames, seen by some of the cameras.

        Args:
            rows: a slice, row numbers or a mask (N,); all by default. Sequences that lose all their
                rows keep their place in the tables.
            cameras: names of cameras in the order wanted; all by default.

        Raises:
            InputError: a camera that does not exist or is named twice, no rows.
        """
        frames = slice(None) if rows is None else rows
        views = self.camera_positions(self.camera_names.tolist() if cameras is None else cameras)
        return replace(
            self,
            poses=self.poses if rows is None else self.poses.select(frames),
            keypoints={kind: array[frames][:, views] for kind, array in self.keypoints.items()},
            cameras=self.cameras[views],
            camera_names=self.camera_names[views],
            view_rotations=self.view_rotations[:, views],
        )

    def camera_positions(self, names: Sequence[str]) -> list[int]:
        """Return where the named cameras stand in the arrays.

        Raises:
            InputError: a camera that does not exist or is named twice, no names.
        """
        position = {str(name): index for index, name in enumerate(self.camera_names)}
        if not names or len(set(names)) != len(names) or not set(names) <= set(position):
            raise InputError(
                f"{self.source}: cannot select cameras {', '.join(names) or '(none)'}; name each "
                f"camera once, from {', '.join(position)}"
            )
        return [position[name] for name in names]


def mean_camera_angles(
    view_rotations: npt.NDArray[np.float32],
    hips: npt.NDArray[np.float32],
    sequence: npt.NDArray[np.int32],
) -> npt.NDArray[np.float32]:
    """Azimuth, elevation and distance of the cameras as seen from a moving subject.

    The direction is the mean of the unit vectors from the hip to the camera. As in
    `PinholeCamera.around`, azimuth turns about the world's z axis from its x axis, and a positive
    elevation looks down.

    Args:
        view_rotations (S, V, 3, 3): world to camera.
        hips (N, V, 3): the subject's hip in the frame of every camera, metres.
        sequence (N,): the sequence of each row.

    Returns:
        (V, 3): degrees, degrees, metres.
    """
    distances = np.linalg.norm(hips, axis=-1)
    to_camera = np.einsum("nvij,nvi->nvj", view_rotations[sequence], -hips / distances[..., None])
    x, y, z = to_camera.mean(axis=0, dtype=np.float64).T
    azimuth, elevation = np.arctan2(y, x), np.arctan2(z, np.hypot(x, y))
    angles = [np.rad2deg(azimuth), np.rad2deg(elevation), distances.mean(axis=0)]
    return np.asarray(np.stack(angles, axis=1), np.float32)


def require_finite_joints(
    joints: npt.NDArray[np.floating[Any]], names: Sequence[str], where: str
) -> None:
    """Refuse coordinates (T, J, D) that are NaN or infinite.

    Args:
        joints: of T frames.
        names (J,): what the joints are called.
        where: file, subject, action and camera, for the message.

    Raises:
        InputError: naming the first frame and joint.
    """
    finite = np.isfinite(joints)
    if not finite.all():
        frame, joint, _ = np.argwhere(~finite)[0]
        raise InputError(
            f"{where}, frame {frame}: joint {names[joint]} is NaN or infinite; fill it in or leave "
            "this recording out"
        )
