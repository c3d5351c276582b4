"""From motion in 3D, or from recordings of real cameras, to a cross-view benchmark."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.data.detector import detect
from prvipe.errors import InputError
from prvipe.geometry.arrays import Float32Array
from prvipe.geometry.cameras import COCO13_FROM_H36M17, PinholeCamera
from prvipe.io.multi_view import MultiViewPoses
from prvipe.io.xview_checks import check_cameras
from prvipe.poses.poses3d import Poses3D
from prvipe.skeleton import H36M17

# Images have height 1; from 5 m a standing adult takes two fifths of it.
_FOCAL_LENGTH = 1.15
_IMAGE_CENTER = (0.5, 0.5)
_HIP = H36M17.index("hip")


def see(
    poses: Poses3D,
    cameras: npt.ArrayLike,
    seed: int = 0,
    noise: float = 1.0,
    *,
    target_height: float | None = None,
    frame_rate: float | None = None,
    synthetic: bool = False,
) -> CrossViewBenchmark:
    """See recorded motion through made-up cameras that follow the person.

    Every pose is seen by every camera, exactly ("gt") and with a detector's errors ("det", as
    `prvipe.data.detector.detect` makes them).

    Args:
        poses: N poses.
        cameras (V, 3): azimuth and elevation in degrees and distance in metres, around the hip.
        seed: of the errors.
        noise: their strength; 0: "det" is exact too, without swapped sides.
        target_height: look at this height in metres, above the hip's place on the ground. None:
            look at the hip itself.
        frame_rate: frames per second that the poses were brought to; None: their recordings'.
        synthetic: whether the motion was made up rather than captured.

    Raises:
        InputError: cameras of another shape, not finite or so near that they are among the joints;
            a noise that is negative or no number.
    """
    cameras = np.asarray(cameras, np.float32)
    check_cameras(cameras, poses.source)
    exact = _views(poses.positions, cameras, target_height)
    return CrossViewBenchmark(
        poses3d=poses.positions,
        keypoints={"det": _detected(exact, seed, noise), "gt": exact},
        cameras=cameras,
        sequence=poses.sequence,
        sequence_names=poses.sequence_names,
        activity=poses.activity,
        fps=_rates(poses, frame_rate),
        synthetic=synthetic,
        source=poses.source,
    )


def see_anew(
    benchmark: CrossViewBenchmark, cameras: npt.ArrayLike, seed: int = 0
) -> CrossViewBenchmark:
    """See the motion of a benchmark through other made-up cameras, as `see` does.

    Args:
        benchmark: N frames in metres with z up (`prvipe.data.world_frame.require_world_frame`).
        cameras (V, 3): as in `see`.
        seed: as in `see`.

    Raises:
        InputError: lengths that are not in metres, or cameras that `see` refuses.
    """
    poses = Poses3D(
        positions=benchmark.poses3d,
        sequence=benchmark.sequence,
        frame=np.arange(len(benchmark)),
        sequence_names=benchmark.sequence_names,
        subject=benchmark.sequence_names,
        activity=benchmark.activity,
        fps=benchmark.fps,
        source=benchmark.source,
        z_is_up=True,  # benchmarks do not say whether people lie throughout
    )
    return see(poses, cameras, seed, synthetic=benchmark.synthetic)


def from_real_views(
    views: MultiViewPoses, seed: int = 0, noise: float = 1.0, *, frame_rate: float | None = None
) -> CrossViewBenchmark:
    """Make a benchmark of what real cameras saw.

    Detections stay as they are. Where there are only exact keypoints, "det" is made from them with
    a detector's errors, as `see` does.

    Args:
        views: N frames in V cameras.
        seed: as in `see`.
        noise: as in `see`.
        frame_rate: as in `see`.

    Raises:
        InputError: a noise that is negative or no number.
    """
    keypoints = dict(views.keypoints)
    if "det" not in keypoints:
        keypoints["det"] = _detected(keypoints["gt"], seed, noise)
    return CrossViewBenchmark(
        poses3d=views.poses.positions,
        keypoints=keypoints,
        cameras=views.cameras,
        sequence=views.poses.sequence,
        sequence_names=views.poses.sequence_names,
        activity=views.poses.activity,
        fps=_rates(views.poses, frame_rate),
        source=views.source,
        view_rotations=views.view_rotations,
        camera_names=views.camera_names,
    )


def _views(
    poses3d: Float32Array, cameras: Float32Array, target_height: float | None
) -> Float32Array:
    """Keypoints (N, V, 13, 2) of poses (N, 17, 3), x right, y down, image height 1."""
    followed = poses3d.astype(np.float64)
    axes = slice(3) if target_height is None else slice(2)
    followed[..., axes] -= poses3d[:, [_HIP], axes]
    joints = followed[:, COCO13_FROM_H36M17]
    target = np.array([0.0, 0.0, target_height or 0.0])
    views = [
        PinholeCamera.around(target, azimuth, elevation, distance, _FOCAL_LENGTH, _IMAGE_CENTER)
        for azimuth, elevation, distance in cameras.astype(np.float64)
    ]
    return np.stack([view.project(joints).astype(np.float32) for view in views], axis=1)


def _detected(exact: Float32Array, seed: int, noise: float) -> Float32Array:
    if not (noise >= 0 and np.isfinite(noise)):
        raise InputError(f"noise of the detector is {noise}; give a strength of 0 or more")
    if noise == 0:
        return exact.copy()
    # Not the seed alone: whoever else draws from it must not draw the same numbers.
    return detect(exact, np.random.default_rng([seed, 1]), noise)


def _rates(poses: Poses3D, frame_rate: float | None) -> Float32Array:
    if frame_rate is None:
        return poses.fps
    return np.full(len(poses.fps), frame_rate, np.float32)
