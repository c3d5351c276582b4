"""Single retrievals to look at: a query, its top-1 from another camera and how good it is."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from prvipe.data.benchmark import CrossViewBenchmark, KeypointKind
from prvipe.evaluation.protocol import KAPPA, describe_cameras
from prvipe.evaluation.systems import RetrievalSystem
from prvipe.geometry.arrays import FloatArray, IntArray
from prvipe.geometry.procrustes import np_mpjpe


@dataclass(frozen=True, eq=False)
class RetrievalExample:
    """A query and its top-1 retrieval.

    Attributes:
        query (13, 2): keypoints of the query, x right, y down.
        retrieved (13, 2): keypoints of the retrieved pose.
        query_label: where the query comes from.
        retrieved_label: where the retrieved pose comes from.
        confidence: probability that the retrieved pose matches; None if the system has none.
        np_mpjpe: error of the retrieved 3D pose to the query's.
        kappa: largest error that counts as a hit.
        synthetic: whether the motion was made up rather than captured.
    """

    query: FloatArray
    retrieved: FloatArray
    query_label: str
    retrieved_label: str
    confidence: float | None
    np_mpjpe: float
    kappa: float = KAPPA
    synthetic: bool = False

    @property
    def hit(self) -> bool:
        """Whether the retrieval matches the query (equation 1)."""
        return self.np_mpjpe <= self.kappa


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
