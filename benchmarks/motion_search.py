"""How well a short motion is found in long recordings of other cameras.

    python benchmarks/motion_search.py DATA [MODEL ...]

DATA is a cross-view benchmark file, or ``built-in`` for the built-in motions. Clips of one to two
seconds are cut from continuous pieces of its recordings in one camera and sought in all pieces of
another camera, one after the other, each a recording. recall@1: the best occurrence overlaps the
true one by half or more of what both cover. "pose": or its poses are the clip's: mean NP-MPJPE of
the matched frames up to 0.1 (motions that repeat themselves occur more than once). Localisation
error: of start and end, in frames, of occurrences that overlap. Precision at a score: of all
occurrences with at least that score, how many overlap the true place or have the clip's poses.

2D keypoints: the same search, by the distance of keypoints aligned in the image. Its scores have no
scale, so it has no precision at a score; its precision is given for as many occurrences as matching
probability has at the default least score.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sequence_data import Motion, keypoint_costs, load_motions

from prvipe.geometry.arrays import Float32Array
from prvipe.geometry.procrustes import np_mpjpe
from prvipe.model.embedder import Embedder
from prvipe.sequences.alignment import LARGEST_RATIO
from prvipe.sequences.motion_search import LEAST_SCORE, find
from prvipe.sequences.occurrences import best_apart, find_path_ends
from prvipe.sequences.timeline import EmbeddedRecording, embed_recording
from prvipe.sequences.warping import warp

KAPPA = 0.1
OVERLAP = 0.5
SCORES = (0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
LISTED = 10


@dataclass(frozen=True)
class Found:
    """One occurrence: its score, and how it compares with the true place."""

    score: float
    overlap: float
    same_poses: bool
    start_error: int
    end_error: int

    @property
    def right(self) -> bool:
        """Whether it is at the true place or shows the clip's poses."""
        return self.overlap >= OVERLAP or self.same_poses


@dataclass(frozen=True, eq=False)
class Clip:
    """Frames first to last of a motion, as a camera saw them."""

    motion: int
    first: int
    last: int
    camera: int
    searched_camera: int


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Motion search across cameras.")
    parser.add_argument("data")
    parser.add_argument("models", nargs="*", metavar="MODEL", default=["base"])
    parser.add_argument("--clips", type=int, default=150)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_intermixed_args()
    torch.set_num_threads(arguments.threads)
    motions = load_motions(arguments.data, 45)
    if arguments.data == "built-in":
        motions = motions[::3]
    clips = choose_clips(motions, arguments.clips, np.random.default_rng(0))
    frames = sum(map(len, motions))
    print(f"{len(clips)} clips, {len(motions)} recordings of {frames} frames in each camera")
    ours: list[list[Found]] = []
    for model in arguments.models or ["base"]:
        embedder = Embedder.load(model)
        libraries = [
            [embed_recording(motion.view(camera), embedder) for motion in motions]
            for camera in range(len(motions[0].cameras))
        ]
        start = time.perf_counter()
        ours = [search_by_model(clip, motions, libraries, embedder) for clip in clips]
        print_line(model, ours)
        print(f"    {(time.perf_counter() - start) / len(clips):.2f} s a clip")
        print_precision(ours)
    wanted = sum(found.score >= LEAST_SCORE for each in ours for found in each)
    theirs = [search_by_keypoints(clip, motions) for clip in clips]
    print_line("2D keypoints", theirs)
    best = sorted((found for each in theirs for found in each), key=lambda f: -f.score)[:wanted]
    print(f"    precision of the best {wanted}: {np.mean([found.right for found in best]):.3f}")


def choose_clips(motions: Sequence[Motion], count: int, rng: np.random.Generator) -> list[Clip]:
    """Clips of one to two seconds."""
    clips = []
    for _ in range(count):
        number = int(rng.integers(len(motions)))
        motion = motions[number]
        length = min(int(rng.uniform(1, 2) * motion.fps), len(motion))
        first = int(rng.integers(len(motion) - length + 1))
        cameras = rng.choice(len(motion.cameras), 2, replace=False)
        clips.append(Clip(number, first, first + length - 1, *map(int, cameras)))
    return clips


def search_by_model(
    clip: Clip,
    motions: Sequence[Motion],
    libraries: Sequence[Sequence[EmbeddedRecording]],
    embedder: Embedder,
) -> list[Found]:
    """The best occurrences by matching probability."""
    own = motions[clip.motion].cut(clip.first, clip.last + 1).view(clip.camera)
    recordings = libraries[clip.searched_camera]
    found = find(embed_recording(own, embedder), recordings, embedder, k=LISTED, least_score=0)
    return [
        judge(clip, motions, each.recording, each.first, each.last, each.score, each.pairs)
        for each in found
    ]


def search_by_keypoints(clip: Clip, motions: Sequence[Motion]) -> list[Found]:
    """The best occurrences by 2D keypoints; the score is the distance, negated."""
    own = motions[clip.motion].cut(clip.first, clip.last + 1).view(clip.camera)
    found = []
    for number, motion in enumerate(motions):
        costs = keypoint_costs(own, motion.view(clip.searched_camera))
        ends = find_path_ends([costs], most=LARGEST_RATIO)
        for last in best_apart(ends, np.inf, LISTED):
            found.append(
                (float(ends.costs[last]), number, int(ends.starts[last]), int(last), costs)
            )
    found.sort(key=lambda each: each[0])
    return [
        judge(clip, motions, number, first, last, -cost, pairs_within(costs, first, last))
        for cost, number, first, last, costs in found[:LISTED]
    ]


def pairs_within(costs: Float32Array, first: int, last: int) -> np.ndarray:
    """Pairs (P, 2) of the path through a part of a recording."""
    path = warp(costs[:, first : last + 1], np.inf, most=LARGEST_RATIO)
    return path.pairs + np.array([0, first])


def judge(
    clip: Clip,
    motions: Sequence[Motion],
    recording: int,
    first: int,
    last: int,
    score: float,
    pairs: np.ndarray,
) -> Found:
    """Compare an occurrence with the true place and its poses with the clip's."""
    common = min(clip.last, last) - max(clip.first, first) + 1
    union = max(clip.last, last) - min(clip.first, first) + 1
    mine = motions[clip.motion].poses3d[clip.first + pairs[:, 0]]
    theirs = motions[recording].poses3d[pairs[:, 1]]
    error = np_mpjpe(mine, theirs).mean()
    return Found(
        score=score,
        overlap=max(0, common) / union if recording == clip.motion else 0.0,
        same_poses=bool(error <= KAPPA),
        start_error=abs(first - clip.first),
        end_error=abs(last - clip.last),
    )


def print_line(name: str, results: Sequence[Sequence[Found]]) -> None:
    """Print recall and errors of the best occurrence of each clip."""
    best = [found[0] for found in results]
    placed = [found for found in best if found.overlap >= OVERLAP]
    errors = [error for found in placed for error in (found.start_error, found.end_error)]
    print(
        f"{name:<14} recall@1 {len(placed) / len(best):.3f}, pose "
        f"{np.mean([found.right for found in best]):.3f}; localisation error: median "
        f"{np.median(errors) if errors else np.nan:.1f}, 90 % within "
        f"{np.quantile(errors, 0.9) if errors else np.nan:.1f} frames"
    )


def print_precision(results: Sequence[Sequence[Found]]) -> None:
    """Print how many occurrences are right, by least score."""
    for least in SCORES:
        kept = [found for each in results for found in each if found.score >= least]
        recalled = np.mean(
            [any(f.overlap >= OVERLAP and f.score >= least for f in r) for r in results]
        )
        right = np.mean([found.right for found in kept]) if kept else np.nan
        print(
            f"    score >= {least:.2f}: {len(kept):5d} occurrences, precision {right:.3f}, true "
            f"place among them for {recalled:.3f} of the clips"
        )


if __name__ == "__main__":
    main()
