"""Human3.6M as VideoPose3D's scripts prepare it: one npz file of 3D poses, any of 2D keypoints.

The data set is given out on request only; who has it makes ``data_3d_h36m.npz`` with
``data/prepare_data_h36m.py`` of facebookresearch/VideoPose3D, and finds the detections
(``data_2d_h36m_cpn_ft_h36m_dbb.npz`` and others) as its DATASETS.md says. The protocol is that of
section 4.1 of the paper: five subjects train, two evaluate.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError, errors_naming
from prvipe.geometry.cameras import COCO13_FROM_H36M17
from prvipe.io.human36m.cameras import CAMERA_NAMES, cameras_of
from prvipe.io.human36m.joints import (
    H36M17_FROM_RECORDED,
    RECORDED_JOINTS,
    KeypointLayout,
    layout_of,
    require_joints,
)
from prvipe.io.multi_view import MultiViewPoses, mean_camera_angles, require_finite_joints
from prvipe.io.pickled_npz import read_object
from prvipe.io.xview import KeypointKind
from prvipe.poses.poses3d import Poses3D
from prvipe.skeleton import COCO13, H36M17

TRAINING_SUBJECTS = ("S1", "S5", "S6", "S7", "S8")
EVALUATION_SUBJECTS = ("S9", "S11")

FRAMES_PER_SECOND = 50

EXTRA_FRAMES = 50
"""A video may be longer than its motion capture by this many frames (a second), which are cut."""

_EXPECTED_3D = (
    "data_3d_h36m.npz, written by data/prepare_data_h36m.py of facebookresearch/VideoPose3D"
)
_EXPECTED_2D = (
    "a data_2d_h36m_*.npz of facebookresearch/VideoPose3D, see its DATASETS.md for where they are"
)

Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class _Recording:
    """One take of one subject: `positions` (T, 17, 3) in metres, world frame."""

    subject: str
    action: str
    positions: Float32Array

    @property
    def name(self) -> str:
        return f"{self.subject}/{self.action}"


def load_human36m(
    positions: str | Path,
    detections: str | Path | None = None,
    *,
    ground_truth: str | Path | None = None,
    subjects: Sequence[str] | None = None,
) -> MultiViewPoses:
    """Read Human3.6M: every frame in 3D and in all four cameras, 50 frames per second.

    Sequences are called ``S9/Directions 1``, their activity ``Directions``; they are sorted by
    subject as given and by name, whatever their order in the file.

    Args:
        positions: VideoPose3D's data_3d_h36m.npz.
        detections: a data_2d_h36m_*.npz with a detector's keypoints; becomes "det".
        ground_truth: data_2d_h36m_gt.npz; becomes "gt". Without it the 3D poses are projected with
            the calibrated cameras, lens distortion included. That file is made so too, with a
            slightly other lens (see `prvipe.io.human36m.cameras`).
        subjects: which to read, such as `TRAINING_SUBJECTS` or `EVALUATION_SUBJECTS`; all in the
            3D file by default.

    Raises:
        InputError: a file is missing, damaged or another one, lacks a subject or an action, has a
            wrong number of joints or cameras, or 2D keypoints that are fewer than the 3D frames or
            more than `EXTRA_FRAMES` longer; NaN; and as `Poses3D` and `MultiViewPoses`.
    """
    recordings = list(_read_positions(positions, subjects))
    views: dict[KeypointKind, Float32Array] = {}
    if detections is not None:
        views["det"] = _read_keypoints(detections, recordings)
    if ground_truth is not None:
        views["gt"] = _read_keypoints(ground_truth, recordings)
    else:
        with errors_naming(positions):
            views["gt"] = np.concatenate([_project(recording) for recording in recordings])
    return _assemble(recordings, views, str(positions))


def _assemble(
    recordings: Sequence[_Recording], views: dict[KeypointKind, Float32Array], source: str
) -> MultiViewPoses:
    lengths = [len(recording.positions) for recording in recordings]
    sequence = np.repeat(np.arange(len(recordings), dtype=np.int32), lengths)
    cameras = [cameras_of(recording.subject) for recording in recordings]
    rotations = np.array([[c.rotation for c in rig] for rig in cameras], np.float32)
    hips = [
        np.stack(
            [camera.to_camera(recording.positions[:, H36M17.index("hip")]) for camera in rig],
            axis=1,
        )
        for recording, rig in zip(recordings, cameras, strict=True)
    ]
    poses = Poses3D(
        positions=np.concatenate([recording.positions for recording in recordings]),
        sequence=sequence,
        frame=np.concatenate([np.arange(length) for length in lengths]),
        sequence_names=np.array([recording.name for recording in recordings]),
        subject=np.array([recording.subject for recording in recordings]),
        activity=np.array([re.sub(r" \d+$", "", recording.action) for recording in recordings]),
        fps=np.full(len(recordings), FRAMES_PER_SECOND, np.float32),
        source=source,
    )
    return MultiViewPoses(
        poses=poses,
        keypoints=views,
        cameras=mean_camera_angles(rotations, np.concatenate(hips).astype(np.float32), sequence),
        camera_names=np.array(CAMERA_NAMES),
        view_rotations=rotations,
        source=source,
    )


def _read_positions(path: str | Path, subjects: Sequence[str] | None) -> Iterator[_Recording]:
    content = _require_mapping(read_object(path, "positions_3d", _EXPECTED_3D), path, _EXPECTED_3D)
    wanted = sorted(content, key=_subject_number) if subjects is None else list(subjects)
    if not wanted:
        have = ", ".join(content) or "none: make the file again"
        raise InputError(f"{path}: no subjects to read; name some of its subjects ({have})")
    for subject in wanted:
        actions = _require_subject(content, subject, path, _EXPECTED_3D)
        with errors_naming(path):
            cameras_of(subject)
        for action in sorted(actions):
            positions = np.asarray(actions[action])
            require_joints(positions, RECORDED_JOINTS, 3, f"{path}: {subject}, {action}")
            chosen = positions[:, H36M17_FROM_RECORDED].astype(np.float32)
            require_finite_joints(chosen, H36M17.joints, f"{path}: {subject}, {action}")
            yield _Recording(subject, action, chosen)


def _read_keypoints(path: str | Path, recordings: Sequence[_Recording]) -> Float32Array:
    """Read the keypoints (N, 4, 13, 2) of the recordings, image height 1."""
    content = _require_mapping(read_object(path, "positions_2d", _EXPECTED_2D), path, _EXPECTED_2D)
    layout = layout_of(read_object(path, "metadata", _EXPECTED_2D), str(path))
    views = []
    for recording in recordings:
        actions = _require_subject(content, recording.subject, path, _EXPECTED_2D)
        where = f"{path}: {recording.subject}, {recording.action}"
        if recording.action not in actions:
            raise InputError(f"{where}: is missing, though there are 3D poses of it")
        cameras = actions[recording.action]
        if len(cameras) != len(CAMERA_NAMES):
            raise InputError(f"{where}: has {len(cameras)} cameras, expected {len(CAMERA_NAMES)}")
        views.append(_one_recording(cameras, recording, layout, where))
    return np.concatenate(views)


def _one_recording(
    cameras: Sequence[Any], recording: _Recording, layout: KeypointLayout, where: str
) -> Float32Array:
    frames, views = len(recording.positions), []
    for camera, pixels in zip(cameras_of(recording.subject), cameras, strict=True):
        pixels, place = np.asarray(pixels), f"{where}, camera {camera.name}"
        require_joints(pixels[..., :2], layout.joints, 2, place)
        _require_length(len(pixels), frames, place)
        chosen = pixels[:frames, layout.coco13, :2] / camera.size[1]
        require_finite_joints(chosen, COCO13.joints, place)
        views.append(chosen.astype(np.float32))
    return np.stack(views, axis=1)


def _project(recording: _Recording) -> Float32Array:
    with errors_naming(recording.name):
        joints = recording.positions[:, COCO13_FROM_H36M17]
        rig = cameras_of(recording.subject)
        views = [camera.project(joints) / camera.size[1] for camera in rig]
    return np.asarray(np.stack(views, axis=1), np.float32)


def _require_mapping(content: Any, path: str | Path, expected: str) -> dict[str, dict[str, Any]]:
    if isinstance(content, dict) and all(isinstance(v, dict) for v in content.values()):
        return content
    raise InputError(f"{path}: does not hold arrays by subject and action. Expected {expected}")


def _require_subject(
    content: Mapping[str, dict[str, Any]], subject: str, path: str | Path, expected: str
) -> dict[str, Any]:
    if subject not in content:
        have = ", ".join(content) or "none"
        raise InputError(
            f"{path}: has no subject {subject}, only {have}. Make the file with all subjects, or "
            f"name those to read. Expected {expected}"
        )
    actions = content[subject]
    if not actions:
        raise InputError(f"{path}: subject {subject} has no actions. Expected {expected}")
    return actions


def _require_length(found: int, frames: int, place: str) -> None:
    if found < frames or found > frames + EXTRA_FRAMES:
        raise InputError(
            f"{place}: has {found} frames in 2D but {frames} in 3D; a few more in 2D are cut, "
            f"fewer or over {EXTRA_FRAMES} more mean that the two files do not belong together"
        )


def _subject_number(subject: str) -> tuple[int, str]:
    digits = re.sub(r"\D", "", subject)
    return int(digits) if digits else 0, subject
