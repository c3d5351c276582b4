"""Frame retrieval: which instant of another camera's recording shows the pose of the query?

One person, several synchronised cameras, a real detector. Every ordered pair of cameras, every
frame a query, and every frame of the other camera the gallery; a retrieved frame is right if it is
within a few frames of the query's own instant. Not in the paper, whose measure needs exact 3D
poses, which recordings with real detectors and cameras seldom have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from math import comb
from typing import Any

import numpy as np

from prvipe.errors import InputError
from prvipe.evaluation.pose_retrieval import PoseRetrieval
from prvipe.evaluation.protocol import hit_rates
from prvipe.geometry.arrays import BoolArray, IntArray
from prvipe.poses import Poses

TOLERANCE = 5
"""Frames by which a retrieved instant may differ from the query's: 0.08 s at 60 per second."""

HIT_RANKS = (1, 10)
"""The k of top-k that are reported."""


@dataclass(frozen=True)
class FramePairResult:
    """Frame retrieval from one camera to another.

    Attributes:
        query_camera: number of the camera that the queries come from.
        gallery_camera: number of the camera searched.
        queries: poses asked for.
        skipped: poses of the query camera that the system cannot take.
        gallery: poses searched.
        hits: k -> share of queries with a frame within the tolerance among their first k.
        chance: k -> what drawing the k frames at random would give.
        median_error: of the first retrieved frame, in frames.
        chance_error: the same for a frame drawn at random.
    """

    query_camera: int
    gallery_camera: int
    queries: int
    skipped: int
    gallery: int
    hits: dict[int, float]
    chance: dict[int, float]
    median_error: float
    chance_error: float


@dataclass(frozen=True)
class FrameRetrievalResult:
    """Frame retrieval over all ordered pairs of cameras.

    Attributes:
        system: name of the system.
        tolerance: frames by which a retrieved instant may differ.
        pairs: the result of every pair.
    """

    system: str
    tolerance: int
    pairs: tuple[FramePairResult, ...]

    @property
    def hits(self) -> dict[int, float]:
        """K -> top-k averaged over the pairs."""
        return _mean([pair.hits for pair in self.pairs])

    @property
    def chance(self) -> dict[int, float]:
        """K -> top-k of random retrieval, averaged over the pairs."""
        return _mean([pair.chance for pair in self.pairs])

    @property
    def median_error(self) -> float:
        """Median error of a pair in frames, averaged over the pairs."""
        return float(np.mean([pair.median_error for pair in self.pairs]))

    @property
    def chance_error(self) -> float:
        """The same for random retrieval."""
        return float(np.mean([pair.chance_error for pair in self.pairs]))

    @property
    def queries(self) -> int:
        """Queries of all pairs."""
        return sum(pair.queries for pair in self.pairs)

    @property
    def skipped(self) -> int:
        """Queries of all pairs that the system could not take."""
        return sum(pair.skipped for pair in self.pairs)


def retrieve_frames(
    retrieval: PoseRetrieval[Any],
    views: Sequence[Poses],
    ranks: Sequence[int] = HIT_RANKS,
    tolerance: int = TOLERANCE,
) -> FrameRetrievalResult:
    """Measure how well the instant of a pose is found in another camera.

    Args:
        retrieval: what retrieves.
        views: what each camera saw of one person; 2D poses of coco13 with a field ``frame``, at
            most one per frame.
        ranks: the values of k.
        tolerance: frames by which a retrieved instant may differ from the query's.

    Raises:
        InputError: fewer than two cameras, poses without a frame or two of one frame, or a camera
            in which the system can take fewer poses than the largest k.
    """
    if len(views) < 2:
        raise InputError("frame retrieval needs at least two cameras")
    taken = [view[retrieval.takes(view)] for view in views]
    frames = [_frames(view, number) for number, view in enumerate(taken)]
    _require_gallery(retrieval.system.name, frames, max(ranks))
    features = [retrieval.describe(view) for view in taken]
    results = []
    for query, gallery in permutations(range(len(views)), 2):
        found = retrieval.system.search(features[query], features[gallery], max(ranks)).indices
        everything = np.abs(frames[gallery] - frames[query][:, None])
        errors = np.take_along_axis(everything, found, axis=1)
        results.append(
            FramePairResult(
                query_camera=query,
                gallery_camera=gallery,
                queries=len(frames[query]),
                skipped=len(views[query]) - len(frames[query]),
                gallery=len(frames[gallery]),
                hits=hit_rates(errors, tolerance, ranks),
                chance={k: chance_level(everything <= tolerance, k) for k in ranks},
                median_error=float(np.median(errors[:, 0])),
                chance_error=float(np.median(everything)),
            )
        )
    return FrameRetrievalResult(retrieval.system.name, tolerance, tuple(results))


def chance_level(right: BoolArray, k: int) -> float:
    """Top-k of k different gallery rows drawn at random: `right` (Q, M) -> mean over queries."""
    gallery = right.shape[1]
    ways = comb(gallery, k)
    wrong = gallery - right.sum(axis=1)
    return float(np.mean([1 - comb(int(count), k) / ways for count in wrong]))


def _frames(view: Poses, number: int) -> IntArray:
    if "frame" not in view.table.column_names or view.table["frame"].null_count:
        raise InputError(f"camera {number}: its poses do not say of which frame they are")
    # Of unsigned numbers the differences would wrap around.
    frames: IntArray = view.table["frame"].to_numpy().astype(np.int64)
    unique, count = np.unique(frames, return_counts=True)
    if len(unique) < len(frames):
        raise InputError(
            f"camera {number}: has {count.max()} poses of frame {unique[count.argmax()]}; choose "
            "one person"
        )
    return frames


def _require_gallery(system: str, frames: Sequence[IntArray], k: int) -> None:
    for number, known in enumerate(frames):
        if len(known) < k:
            raise InputError(
                f"camera {number}: {system} can take {len(known)} of its poses, too few for top-{k}"
            )


def _mean(by_rank: Sequence[dict[int, float]]) -> dict[int, float]:
    return {k: float(np.mean([hits[k] for hits in by_rank])) for k in by_rank[0]}
