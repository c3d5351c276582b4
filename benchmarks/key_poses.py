"""How well distances between embeddings stand for NP-MPJPE within a recording.

    python benchmarks/key_poses.py val.npz

Frames of one recording, one camera, detected keypoints; embeddings smoothed in time as
`prvipe.sequences.denoise` does.
"""

from __future__ import annotations

import argparse

import numpy as np
import sequence_data
from scipy.stats import spearmanr

from prvipe.geometry.procrustes import np_mpjpe_matrix
from prvipe.model.embedder import Embedder
from prvipe.sequences.denoised import denoise
from prvipe.sequences.keyframes import find_key_poses
from prvipe.sequences.timeline import embed_recording

PAIRS = 800
"""Of each recording and camera."""


def main() -> None:
    """Print rank correlation, medians, precision and recall, and what key poses come to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--model", default="base")
    arguments = parser.parse_args()
    embedder = Embedder.load(arguments.model)
    rng = np.random.default_rng(0)
    distances, truth, to_key, counts, alone = [], [], [], [], []
    for motion in sequence_data.load_motions(arguments.data, 30):
        differences = np_mpjpe_matrix(motion.poses3d, motion.poses3d)
        first, second = np.triu_indices(len(motion), 1)
        some = rng.permutation(len(first))[:PAIRS]
        for camera in range(motion.detected.shape[1]):
            recording = embed_recording(motion.view(camera), embedder)
            frames = denoise(recording, motion.fps, around_seconds=(0.0,))
            everything = slice(0, len(motion))
            distances.append(frames.distances(everything, everything)[first, second][some])
            truth.append(differences[first, second][some])
            keys = find_key_poses(recording)
            to_key.append(differences[np.arange(len(motion)), keys.places[keys.assignment]])
            counts.append(len(keys))
            alone.append(_needed(differences, 0.1))
    distance, difference = np.concatenate(distances), np.concatenate(truth)
    print(f"{len(distance):,} pairs, rank correlation {spearmanr(distance, difference)[0]:.3f}")
    print("NP-MPJPE  median distance  precision  recall")
    for wanted in (0.05, 0.075, 0.1, 0.15, 0.2, 0.3):
        median = np.median(distance[np.abs(difference - wanted) < 0.1 * wanted])
        near, taken = difference <= wanted, distance <= median
        precision, recall = near[taken].mean(), taken[near].mean()
        print(f"{wanted:8.3f}  {median:15.2f}  {precision:9.2f}  {recall:6.2f}")
    reached = np.concatenate(to_key)
    print(
        f"key poses at 0.1: {np.mean(counts):.1f} per recording ({np.mean(alone):.1f} by the 3D "
        f"poses themselves); frames within 0.1 of theirs: {(reached <= 0.1).mean():.2f}, within "
        f"0.15: {(reached <= 0.15).mean():.2f}; median {np.median(reached):.3f}"
    )


def _needed(differences: np.ndarray, threshold: float) -> int:
    """How many poses farthest-point selection takes on the true differences (T, T)."""
    nearest = differences[int(differences.mean(axis=1).argmin())].copy()
    count = 1
    while nearest.max() > threshold:
        nearest = np.minimum(nearest, differences[int(nearest.argmax())])
        count += 1
    return count


if __name__ == "__main__":
    main()
