"""The errors of a real detector, in the units of our model of them (`prvipe.data.detector`).

    python benchmarks/detector_errors.py FOLDER [--coco COCO17.npz]

FOLDER is a recording of one person by calibrated cameras as Pose2Sim lays it out. Errors are
distances of detections from a reference, per coordinate and divided by 2 sigma_OKS sqrt(box area),
so that the model's are 0.30. Two references bracket the truth:

- the recording's markers. They are triangulated from the same detections (and smoothed in time), so
  errors come out too small;
- joints triangulated from all other cameras. They are independent of the detection but have errors
  of their own, so errors come out too large.

A bias that all cameras share (a hip taken too high from everywhere) is in neither, nor does it
harm retrieval. The median shift of the whole person in a view is taken out, as normalising does,
and with it most of what an inexact calibration adds. "sd" is the median error / 1.177, as of a
Gaussian without its tails; "gross" is an error above 1, where the OKS of a joint is below 0.61.
"""

from __future__ import annotations

import argparse
import warnings
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from prvipe.data.detector import OKS_SHARE, OKS_SIGMA
from prvipe.io.coco import read_coco_npz
from prvipe.io.pose2sim import Pose2SimRecording, read_pose2sim
from prvipe.skeleton import COCO13

SCORE_EDGES = (0, 0.1, 0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 1)
GROSS = 1.0
LEAST_SCORE = 0.3  # of detections that are triangulated
RAYLEIGH_MEDIAN = np.sqrt(2 * np.log(2))
SEPARATED = 0.05  # sqrt(box area) between left and right joint, for a swap to be visible
SIDES = ("left", "right")
LIMB_PAIRS = [(COCO13.index(a), COCO13.index(b)) for a, b in COCO13.mirror_pairs]
NEIGHBOURS = [edge for edge in COCO13.edge_indices if 0 not in edge]

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Detections:
    """What V cameras saw of one person at T instants, and what they should have seen.

    Attributes:
        keypoints (V, T, 13, 2): pixels, NaN where missing.
        scores (V, T, 13): confidences, 0 where missing.
        markers (V, T, 13, 2): reprojected markers.
        others (V, T, 13, 2): reprojected triangulation of the other cameras' detections.
    """

    keypoints: Array
    scores: Array
    markers: Array
    others: Array

    @property
    def unit(self) -> Array:
        """2 sigma_OKS sqrt(box area) in pixels, (V, T, 13, 1)."""
        return 2 * OKS_SIGMA[:, None] * self.size[..., None, None]

    @property
    def size(self) -> Array:
        """Square root of the area of the box around the markers, pixels (V, T)."""
        extent = self.markers.max(axis=2) - self.markers.min(axis=2)
        return np.asarray(np.sqrt(extent.prod(axis=-1)))

    def errors(self, reference: Array) -> Array:
        """Errors (V, T, 13, 2) in units, the median shift of the person taken out."""
        offsets = self.keypoints - reference
        return (offsets - np.nanmedian(offsets, axis=2, keepdims=True)) / self.unit


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Errors of a real detector.")
    parser.add_argument("folder")
    parser.add_argument("--coco", help="people of COCO (npz), for how often joints are occluded")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", "(All-NaN|Mean of empty|invalid value)", RuntimeWarning)
    recording = read_pose2sim(arguments.folder)
    found = detections(recording)
    errors = found.errors(found.markers)
    print(f"sd and rms in units of 2 sigma_OKS sqrt(area); the model's is {OKS_SHARE:.2f}\n")
    report_cameras(recording, found)
    report_joints(found, errors)
    report_scores(found, errors)
    report_correlation(errors)
    report_swaps(found)
    if arguments.coco:
        report_coco(arguments.coco)


def detections(recording: Pose2SimRecording) -> Detections:
    """Collect detections and references, aligned by frame."""
    shape = (len(recording.cameras), len(recording.markers), 13)
    keypoints, scores = np.full((*shape, 2), np.nan), np.zeros(shape)
    for view in range(len(recording.cameras)):
        people = recording.nearest_people(view)
        frames = people.table["frame"].to_numpy()
        keypoints[view, frames], scores[view, frames] = people.keypoints, people.scores
    markers = np.stack([recording.reprojected(view) for view in range(shape[0])])
    others = np.stack(
        [
            camera.project(triangulate(recording, keypoints, scores, without=view))
            for view, camera in enumerate(recording.cameras)
        ]
    )
    return Detections(keypoints, scores, markers, others)


def triangulate(
    recording: Pose2SimRecording, keypoints: Array, scores: Array, without: int
) -> Array:
    """Joints (T, 13, 3) from all cameras but one, linear least squares weighted by the scores."""
    rows = []
    for view, camera in enumerate(recording.cameras):
        if view == without:
            continue
        matrix = camera.intrinsics @ np.column_stack([camera.rotation, camera.translation])
        weight = np.where(scores[view] >= LEAST_SCORE, scores[view], 0)[..., None]
        seen = np.nan_to_num(keypoints[view])
        rows += [weight * (seen[..., [axis]] * matrix[2] - matrix[axis]) for axis in (0, 1)]
    system = np.stack(rows, axis=-2)
    point = np.linalg.svd(system)[2][..., -1, :]
    enough = (np.abs(system).sum(axis=-1) > 0).sum(axis=-1) >= 4
    return np.asarray(np.where(enough[..., None], point[..., :3] / point[..., 3:], np.nan))


def report_cameras(recording: Pose2SimRecording, found: Detections) -> None:
    """Print what each camera's errors are against both references."""
    print("camera     shift of the person (px)   sd: markers  others   rms: markers  others")
    shift = np.nanmedian(found.keypoints - found.markers, axis=(1, 2))
    both = [found.errors(reference) for reference in (found.markers, found.others)]
    for view, camera in enumerate(recording.cameras):
        sd = [deviation(errors[view]) for errors in both]
        rms = [root_mean_square(errors[view]) for errors in both]
        print(
            f"{camera.name:<10} {shift[view, 0]:>12.1f} {shift[view, 1]:>6.1f} {sd[0]:>20.2f} "
            f"{sd[1]:>7.2f} {rms[0]:>14.2f} {rms[1]:>7.2f}"
        )
    print(
        f"{'all':<10} {'':>19} {deviation(both[0]):>20.2f} {deviation(both[1]):>7.2f} "
        f"{root_mean_square(both[0]):>14.2f} {root_mean_square(both[1]):>7.2f}"
    )


def report_joints(found: Detections, errors: Array) -> None:
    """Print every joint's errors, tails and scores."""
    others = found.errors(found.others)
    print("\njoint            sd  sd(others)  95 %   gross  missing   score: 5 %  50 %  95 %")
    for joint, name in enumerate(COCO13.joints):
        size = np.linalg.norm(errors[:, :, joint], axis=-1)
        scores = found.scores[:, :, joint]
        low, middle, high = np.percentile(scores[scores > 0], [5, 50, 95])
        print(
            f"{name:<14} {deviation(errors[:, :, joint]):>5.2f} "
            f"{deviation(others[:, :, joint]):>10.2f} {np.nanpercentile(size, 95):>6.2f} "
            f"{np.nanmean(size > GROSS):>7.3f} {np.mean(scores == 0):>8.3f} {low:>12.2f} "
            f"{middle:>5.2f} {high:>5.2f}"
        )


def report_scores(found: Detections, errors: Array) -> None:
    """Print the errors by score, of the head and of the other joints."""
    columns = f"{'n':>6} {'sd':>5} {'rms but gross':>14} {'gross':>6} {'rms of gross':>13}"
    for name, part in (("head", slice(0, 1)), ("limbs", slice(1, 13))):
        print(f"\n{name + ', score':<14} {columns}")
        for low, high in pairwise(SCORE_EDGES):
            scores = found.scores[:, :, part]
            chosen = errors[:, :, part][(scores > low) & (scores <= high)]
            print(f"{low:.2f} to {high:.2f}   {describe(chosen)}")
    left, right = (found.markers[:, :, COCO13.index(f"{side}_shoulder"), 0] for side in SIDES)
    for name, views in (("towards", left > right), ("away from", left <= right)):
        scores = found.scores[:, :, 0][views]
        low, middle, high = np.percentile(scores[scores > 0], [5, 50, 95])
        print(
            f"head of people turned {name} the camera: {len(scores)}, missing "
            f"{np.mean(scores == 0):.2f}, score {low:.2f} {middle:.2f} {high:.2f} (5, 50, 95 %)"
        )


def describe(errors: Array) -> str:
    """Count, sd, rms of the errors that are not gross, share of the gross and their rms."""
    gross = np.linalg.norm(errors, axis=-1) > GROSS
    parts = [root_mean_square(errors[some]) for some in (~gross, gross)]
    return (
        f"{len(errors):>6} {deviation(errors):>5.2f} {parts[0]:>14.2f} {gross.mean():>6.3f} "
        f"{parts[1]:>13.2f}"
    )


def report_correlation(errors: Array) -> None:
    """Print the correlation of errors in time and between joints, without the gross ones."""
    small = np.linalg.norm(errors, axis=-1, keepdims=True) < GROSS
    errors = np.where(small, errors, np.nan)
    static = np.nanmean(errors, axis=1, keepdims=True)
    moving = errors - static
    print(f"\nshare of the variance that lasts all the time: {variance_share(static, errors):.2f}")
    for lag in (1, 2, 5, 10):
        print(f"correlation of the rest after {lag} frames: {correlation(moving, lag):.2f}")
    for name, pairs in (("left and right joint", LIMB_PAIRS), ("neighbouring joints", NEIGHBOURS)):
        a, b = np.array(pairs).T
        both = np.isfinite(errors[:, :, a] * errors[:, :, b])
        first, second = errors[:, :, a][both], errors[:, :, b][both]
        print(f"correlation of {name}: {np.corrcoef(first, second)[0, 1]:.2f}")


def variance_share(static: Array, errors: Array) -> float:
    """Share of the mean square that the mean over time has."""
    return float(
        np.nanmean(np.square(np.broadcast_to(static, errors.shape))) / np.nanmean(np.square(errors))
    )


def correlation(moving: Array, lag: int) -> float:
    """Correlation with the same error `lag` frames later."""
    return float(np.nanmean(moving[:, lag:] * moving[:, :-lag]) / np.nanmean(np.square(moving)))


def report_swaps(found: Detections) -> None:
    """Print how often left and right fit better exchanged."""
    left, right = np.array(LIMB_PAIRS).T
    seen, meant = found.keypoints, found.markers
    straight = distance(seen[:, :, left], meant[:, :, left])
    straight += distance(seen[:, :, right], meant[:, :, right])
    crossed = distance(seen[:, :, left], meant[:, :, right])
    crossed += distance(seen[:, :, right], meant[:, :, left])
    apart = distance(meant[:, :, left], meant[:, :, right]) > SEPARATED * found.size[..., None]
    swapped = (crossed < straight) & apart & np.isfinite(straight)
    print(f"left and right swapped: {swapped.sum()} of {apart.sum()} pairs of joints")


def report_coco(path: str) -> None:
    """Print how often COCO's annotators saw, guessed or left out each joint of a person."""
    with np.load(path) as file:
        visibility = file["keypoints"][..., 2]
    people = read_coco_npz(path).poses
    visibility = visibility[people.table["annotation"].to_numpy()]
    enough = (visibility[:, 5:] > 0).sum(axis=1) >= 8
    visibility = visibility[enough]
    print(f"\nCOCO, {enough.sum()} people with 8 of the 12 joints of the limbs labelled")
    print("joint          seen (v 2)  occluded (v 1)  not labelled (v 0)")
    for joint in ("nose", *COCO13.joints[1:]):
        of_joint = visibility[:, people.skeleton.index(joint)]
        shares = [np.mean(of_joint == value) for value in (2, 1, 0)]
        print(f"{joint:<14} {shares[0]:>10.3f} {shares[1]:>15.3f} {shares[2]:>19.3f}")


def distance(a: Array, b: Array) -> Array:
    """Distances between points (..., 2)."""
    return np.asarray(np.linalg.norm(a - b, axis=-1))


def deviation(errors: Array) -> float:
    """Standard deviation per coordinate of a Gaussian with the median length of these (..., 2)."""
    return float(np.nanmedian(np.linalg.norm(errors, axis=-1)) / RAYLEIGH_MEDIAN)


def root_mean_square(errors: Array) -> float:
    """Root mean square per coordinate of errors (..., 2)."""
    return float(np.sqrt(np.nanmean(np.square(errors))))


if __name__ == "__main__":
    main()
