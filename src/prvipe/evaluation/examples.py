"""Single retrievals to look at (figures 4 and 13): a query, its top-1 and how good it is."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from prvipe.data.benchmark import CrossViewBenchmark, KeypointKind
from prvipe.errors import InputError
from prvipe.evaluation.protocol import KAPPA, describe_cameras
from prvipe.evaluation.systems import RetrievalSystem
from prvipe.geometry.arrays import FloatArray, IntArray
from prvipe.geometry.procrustes import np_mpjpe
from prvipe.poses import Poses
from prvipe.skeleton import COCO13


@dataclass(frozen=True, eq=False)
class RetrievalExample:
    """A query and its top-1 retrieval.

    Attributes:
        query (13, 2): keypoints of the query, x right, y down.
        retrieved (13, 2): keypoints of the retrieved pose.
        query_label: where the query comes from: what and, after a comma, in which camera or data.
        retrieved_label: where the retrieved pose comes from, likewise.
        confidence: probability that the retrieved pose matches; None if the system has none.
        np_mpjpe: error of the retrieved 3D pose to the query's; None if it is known in 2D only.
        kappa: largest error that counts as a hit.
        synthetic: whether the motion was made up rather than captured.
    """

    query: FloatArray
    retrieved: FloatArray
    query_label: str
    retrieved_label: str
    confidence: float | None
    np_mpjpe: float | None
    kappa: float = KAPPA
    synthetic: bool = False

    @property
    def hit(self) -> bool | None:
        """Whether the retrieval matches the query (equation 1); None if that is not known."""
        return None if self.np_mpjpe is None else self.np_mpjpe <= self.kappa


def top_1_examples(
    system: RetrievalSystem[Any],
    benchmark: CrossViewBenchmark,
    count: int,
    keypoints: KeypointKind = "det",
    seed: int = 0,
) -> list[RetrievalExample]:
    """Retrieve random queries from random other cameras, hits and misses as they fall.

    Args:
        system: what retrieves.
        benchmark: the frames and cameras.
        count: number of examples; each is of another sequence as long as there are enough.
        keypoints: which keypoints the system sees.
        seed: chooses the queries and cameras.

    Raises:
        InputError: fewer than two cameras, or no such keypoints.
    """
    features = describe_cameras(system, benchmark, keypoints)
    views = benchmark.get_keypoints(keypoints)
    rng = np.random.default_rng(seed)
    pairs = rng.permutation(list(permutations(range(len(features)), 2)))
    examples = []
    for number, row in enumerate(_rows_of_many_sequences(benchmark.sequence, count, rng)):
        query, gallery = pairs[number % len(pairs)]
        found = system.search(features[query][row : row + 1], features[gallery], k=1)
        match = int(found.indices[0, 0])
        examples.append(
            RetrievalExample(
                query=views[row, query],
                retrieved=views[match, gallery],
                query_label=_label(benchmark, row, query),
                retrieved_label=_label(benchmark, match, gallery),
                confidence=float(found.scores[0, 0]) if system.probabilistic else None,
                np_mpjpe=float(np_mpjpe(benchmark.poses3d[row], benchmark.poses3d[match])),
                synthetic=benchmark.synthetic,
            )
        )
    return examples


def top_1_examples_in(
    system: RetrievalSystem[Any],
    benchmark: CrossViewBenchmark,
    gallery: Poses,
    count: int,
    gallery_name: str,
    keypoints: KeypointKind = "det",
    seed: int = 0,
) -> list[RetrievalExample]:
    """Retrieve random queries of a benchmark from people known in 2D only, as in the wild.

    The last rows of figures 4 and 13. There is no NP-MPJPE, for want of the people's 3D poses.

    Args:
        system: what retrieves.
        benchmark: where the queries come from, seen by random cameras.
        gallery: the people searched, in a skeleton that becomes coco13; rows that are not valid,
            such as people with joints out of the picture, are left out.
        count: number of examples; each query is of another sequence as long as there are enough.
        gallery_name: what captions call the gallery.
        keypoints: which keypoints of the benchmark the system sees.
        seed: chooses the queries and cameras, whatever the system and the gallery.

    Raises:
        InputError: the gallery has no valid row or cannot become coco13, or the benchmark has no
            such keypoints.
    """
    people = gallery.to(COCO13)
    (rows,) = np.nonzero(people.valid())
    if len(rows) == 0:
        raise InputError(
            f"{gallery_name}: none of {len(people)} people has all joints of coco13; give a "
            "gallery with whole people"
        )
    views = benchmark.get_keypoints(keypoints)
    rng = np.random.default_rng(seed)
    cameras = rng.integers(views.shape[1], size=count)
    frames = _rows_of_many_sequences(benchmark.sequence, count, rng)
    places = list(zip(frames, cameras.tolist(), strict=False))
    queries = np.stack([views[place] for place in places])
    whole = people.keypoints[rows]
    found = system.search(system.describe(queries), system.describe(whole), k=1)
    return [
        RetrievalExample(
            query=query,
            retrieved=whole[match],
            query_label=_label(benchmark, *place),
            retrieved_label=f"person {rows[match]}, {gallery_name}",
            confidence=float(score) if system.probabilistic else None,
            np_mpjpe=None,
            synthetic=benchmark.synthetic,
        )
        for place, query, match, score in zip(
            places, queries, found.indices[:, 0], found.scores[:, 0], strict=True
        )
    ]


def _rows_of_many_sequences(sequence: IntArray, count: int, rng: np.random.Generator) -> list[int]:
    """Draw `count` rows at random, first one of each sequence, then a second of each, ..."""
    order = rng.permutation(len(sequence))
    seen: dict[int, int] = {}
    turn = []
    for row in order:
        number = int(sequence[row])
        seen[number] = seen.get(number, 0) + 1
        turn.append(seen[number])
    return [int(row) for row in order[np.argsort(turn, kind="stable")][:count]]


def _label(benchmark: CrossViewBenchmark, row: int, view: int) -> str:
    activity = str(benchmark.activity[benchmark.sequence[row]]).replace("_", " ")
    return f"{activity}, camera {benchmark.camera_ids[view]}"
