"""A recording of several calibrated cameras with OpenPose's detections, as Pose2Sim lays it out.

    FOLDER/calibration.toml         the cameras (see `prvipe.io.calibration_toml`)
    FOLDER/pose/<camera>_json/      OpenPose's files, a folder for every camera, in their order
    FOLDER/<name>.trc               markers triangulated from the detections, y up

The world of the calibration has z up. Row i of the markers is frame i of every camera.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError, errors_naming
from prvipe.io.calibration_toml import CalibratedCamera, read_calibration_toml
from prvipe.io.mocap.joint_names import find_joints, require_joints
from prvipe.io.mocap.trc import read_trc
from prvipe.io.openpose import load_openpose
from prvipe.poses import Poses
from prvipe.poses.world_frame import metres_per_unit, turn_z_up
from prvipe.skeleton import COCO13

NOSE = {"head": "Nose"}
"""coco13's head is the nose, as in the paper; a marker called Head is the top of it."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Pose2SimRecording:
    """T instants of one person as V cameras and a detector saw them.

    Attributes:
        cameras: the V cameras.
        detections: for each camera everyone the detector found, coco13, pixels, with the fields of
            `load_openpose`.
        markers (T, 13, 3): triangulated joints of coco13 in the world of the cameras, metres.
        fps: instants per second.
        source: the folder.
    """

    cameras: tuple[CalibratedCamera, ...]
    detections: tuple[Poses, ...]
    markers: Array
    fps: float
    source: str

    def reprojected(self, view: int) -> Array:
        """Markers as camera number `view` should see them, pixels (T, 13, 2)."""
        return self.cameras[view].project(self.markers)

    def nearest_people(self, view: int) -> Poses:
        """The person nearest to the reprojected markers, in every frame.

        Nearest by the median distance over joints that were found and whose markers are known;
        people without any such joint come last. This uses the triangulated markers, since the
        detector does not track who is who.

        Returns:
            One row per frame in which anyone was found, in order.
        """
        people = self.detections[view]
        frames = people.table["frame"].to_numpy()
        errors = np.linalg.norm(people.keypoints - self.reprojected(view)[frames], axis=-1)
        found = (people.scores > 0) & np.isfinite(errors)
        distance = np.full(len(people), np.inf)
        for row in np.flatnonzero(found.any(axis=1)):
            distance[row] = np.median(errors[row, found[row]])
        order = np.lexsort((distance, frames))
        first = np.unique(frames[order], return_index=True)[1]
        return people[order[first]]


def read_pose2sim(folder: str | Path) -> Pose2SimRecording:
    """Read a recording (layout above).

    Raises:
        InputError: a file or folder is missing, unreadable or there twice, cameras and folders of
            detections differ in number, a joint has no marker, the markers have no unit, or a frame
            lies beyond the markers.
    """
    folder = Path(folder)
    with errors_naming(folder):
        cameras = tuple(read_calibration_toml(folder / "calibration.toml").values())
        folders = sorted(path for path in folder.glob("pose/*_json") if path.is_dir())
        if len(folders) != len(cameras):
            raise InputError(
                f"calibration.toml describes {len(cameras)} cameras, but pose/ has {len(folders)} "
                "folders *_json; there should be one for each, in the same order"
            )
        markers, fps = _read_markers(folder)
        detections = tuple(_read_detections(path, len(markers)) for path in folders)
    return Pose2SimRecording(cameras, detections, markers, fps, str(folder))


def _read_markers(folder: Path) -> tuple[Array, float]:
    files = sorted(folder.glob("*.trc"))
    if len(files) != 1:
        raise InputError(f"has {len(files)} files *.trc, expected one, of the triangulated markers")
    recording = read_trc(files[0])
    with errors_naming(files[0]):
        found = find_joints(recording.joints, NOSE)
        require_joints(found, recording.joints)
        if recording.unit is None:
            raise InputError("does not say its unit; write m, cm or mm under Units in line 3")
    positions: npt.NDArray[Any] = np.stack(
        [recording.positions[:, list(found[joint])].mean(axis=1) for joint in COCO13.joints], axis=1
    )
    metres = metres_per_unit(recording.unit)
    return turn_z_up(positions * metres, recording.up).astype(np.float64), recording.fps


def _read_detections(folder: Path, frames: int) -> Poses:
    with errors_naming(folder):
        people = load_openpose(folder, None)
        numbers = people.table["frame"]
        if numbers.null_count or not 0 <= max(numbers.to_pylist()) < frames:
            raise InputError(
                f"its files should end in the number of their frame, 0 to {frames - 1} as there "
                f"are {frames} rows of markers"
            )
        return people.to(COCO13)
