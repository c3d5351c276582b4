"""What the benchmarks of sequences share: continuous recordings, seen anew, as 2D poses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from prvipe.data.benchmark import CrossViewBenchmark, load_benchmark
from prvipe.data.cross_view import see
from prvipe.data.motions.library import build_motion_library
from prvipe.geometry.arrays import Float32Array, FloatArray
from prvipe.geometry.normalization import normalize_2d
from prvipe.geometry.procrustes_2d import pa_mpjpe_2d_matrix
from prvipe.poses import Poses
from prvipe.poses.poses3d import Poses3D

CAMERAS = np.array([[45, 8, 5], [135, 8, 5.2], [225, 8, 5], [315, 8, 5.3]], np.float32)
"""The four chest-level cameras of xview, for built-in motions."""

_JUMP_FACTOR, _JUMP_METRES = 2.2, 0.01


@dataclass(frozen=True, eq=False)
class Motion:
    """One continuous piece of a recording.

    Attributes:
        name: of the recording.
        activity: what is done in it.
        fps: frames per second.
        poses3d (T, 17, 3): metres, z up.
        detected (T, V, 13, 2): keypoints with a detector's errors.
        cameras (V, 3): as in `CrossViewBenchmark`.
    """

    name: str
    activity: str
    fps: float
    poses3d: Float32Array
    detected: Float32Array
    cameras: Float32Array

    def __len__(self) -> int:
        return len(self.poses3d)

    def cut(self, start: int, stop: int) -> Motion:
        """Return the frames from start to stop."""
        part = slice(start, stop)
        return replace(self, poses3d=self.poses3d[part], detected=self.detected[part])

    def view(self, camera: int) -> Poses:
        """What one camera saw, with times."""
        return as_recording(self.detected[:, camera], self.fps)


def as_recording(keypoints: Float32Array, fps: float) -> Poses:
    """Keypoints (T, 13, 2) as a recording with frame numbers and times."""
    frames = np.arange(len(keypoints))
    return Poses(keypoints, None, "coco13", {"frame": frames, "time": frames / fps})


def load_motions(path: str, least: int) -> list[Motion]:
    """Continuous pieces of at least so many frames of a benchmark file, or of ``built-in``.

    Recordings of the files for validation and testing are thinned: poses too like others are left
    out. They are cut wherever the body moves more in one frame than 2.2 times the median of its
    neighbours and a centimetre.
    """
    benchmark = see_built_in() if path == "built-in" else load_benchmark(path)
    detected = benchmark.get_keypoints("det")
    motions = []
    for number, name in enumerate(benchmark.sequence_names):
        rows = np.flatnonzero(benchmark.sequence == number)
        motion = Motion(
            str(name),
            str(benchmark.activity[number]),
            float(benchmark.fps[number]),
            benchmark.poses3d[rows],
            detected[rows],
            benchmark.cameras,
        )
        bounds = [0, *(find_jumps(motion.poses3d) + 1), len(motion)]
        parts = [motion.cut(start, stop) for start, stop in pairwise(bounds)]
        motions += [part for part in parts if len(part) >= least]
    return motions


def see_built_in(seed: int = 0) -> CrossViewBenchmark:
    """Built-in motions, 8 seconds of each of three bodies, in four cameras."""
    made = build_motion_library(seed=seed, frames_per_activity=720, bodies_per_activity=3)
    poses = Poses3D(
        positions=made.poses3d,
        sequence=made.sequence,
        frame=np.arange(len(made.poses3d)),
        sequence_names=made.sequence_names,
        subject=made.sequence_names,
        activity=made.activity,
        fps=made.fps,
        source="built-in motions",
        z_is_up=True,
    )
    return see(poses, CAMERAS, seed, synthetic=True)


def find_jumps(poses3d: Float32Array) -> np.ndarray:
    """Frames (K,) after which frames are missing."""
    if len(poses3d) < 2:
        return np.zeros(0, np.int64)
    steps = np.linalg.norm(np.diff(poses3d, axis=0), axis=-1).mean(axis=1)
    usual = [np.median(steps[max(0, i - 5) : i + 6]) for i in range(len(steps))]
    return np.flatnonzero(steps > _JUMP_FACTOR * np.array(usual) + _JUMP_METRES)


def see_at(motion: Motion, times: FloatArray, camera: int, seed: int) -> Float32Array:
    """See a motion anew at times in frames (T,), between frames too -> keypoints (T, 13, 2).

    The detector's errors are new ones.
    """
    before = np.clip(np.floor(times).astype(int), 0, len(motion) - 2)
    share = (times - before)[:, None, None]
    between = (1 - share) * motion.poses3d[before] + share * motion.poses3d[before + 1]
    poses = Poses3D(
        positions=between.astype(np.float32),
        sequence=np.zeros(len(times), np.int32),
        frame=np.arange(len(times)),
        sequence_names=np.array([motion.name]),
        subject=np.array([motion.name]),
        activity=np.array([motion.activity]),
        fps=np.array([motion.fps], np.float32),
        source=motion.name,
        z_is_up=True,
    )
    return see(poses, motion.cameras[[camera]], seed).get_keypoints("det")[:, 0]


def keypoint_costs(a: Poses, b: Poses) -> Float32Array:
    """The baseline: distances (N, M) of 2D keypoints after alignment in the image.

    A frame with a missing joint is NaN: there is nothing to be aligned.
    """
    costs = np.full((len(a), len(b)), np.nan, np.float32)
    known_a, known_b = a.valid(), b.valid()
    if known_a.any() and known_b.any():
        costs[np.ix_(known_a, known_b)] = pa_mpjpe_2d_matrix(
            normalize_2d(a.keypoints[known_a]), normalize_2d(b.keypoints[known_b])
        )
    return costs
