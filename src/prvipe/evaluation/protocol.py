"""Cross-view retrieval as in section 4.2: every ordered camera pair, every frame a query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import permutations
from typing import Any

import numpy as np

from prvipe import __version__
from prvipe.data.benchmark import CrossViewBenchmark, KeypointKind
from prvipe.errors import InputError
from prvipe.evaluation.calibration import expected_calibration_error
from prvipe.evaluation.systems import Features, RetrievalSystem
from prvipe.geometry.arrays import BoolArray, FloatArray
from prvipe.geometry.procrustes import np_mpjpe_candidates
from prvipe.progress import Progress

KAPPA = 0.1
"""Largest NP-MPJPE at which two poses match (section 3.6)."""

HIT_RANKS = (1, 5, 10, 20)
"""The k of Hit@k that the paper reports."""


@dataclass(frozen=True)
class PairResult:
    """Hit@k of one ordered pair of cameras.

    Attributes:
        query_camera: number of the camera that the queries come from.
        gallery_camera: number of the camera searched.
        hits: k -> share of queries with a match among their top k.
    """

    query_camera: int
    gallery_camera: int
    hits: dict[int, float]


@dataclass(frozen=True)
class RecordingResult:
    """Hit@k of the frames of one recording, averaged over all pairs of cameras.

    Frames of a recording resemble each other, so it is recordings that tell how far a result would
    move with other data.

    Attributes:
        name: of the recording.
        frames: how many of the benchmark's frames are its.
        hits: k -> share of its queries with a match among their top k.
    """

    name: str
    frames: int
    hits: dict[int, float]


@dataclass(frozen=True)
class EvaluationResult:
    """Hit@k of one system on one benchmark.

    Attributes:
        system: name of the system.
        data: where the benchmark came from.
        synthetic: whether its motion was made up rather than captured.
        keypoints: "det" (with detector errors) or "gt".
        frames: queries per camera pair.
        kappa: largest NP-MPJPE that counts as a match.
        pairs: the result of every ordered pair of cameras.
        ranking: what the system ranks by.
        calibration_error: expected calibration error of the top-1 retrievals of all pairs; None
            if the system's scores are no probabilities.
        recordings: the result of every recording.
    """

    system: str
    data: str
    synthetic: bool
    keypoints: str
    frames: int
    kappa: float
    pairs: tuple[PairResult, ...]
    ranking: str
    calibration_error: float | None
    recordings: tuple[RecordingResult, ...] = ()

    @property
    def hits(self) -> dict[int, float]:
        """Hit@k averaged over the pairs, by k."""
        return {
            k: float(np.mean([pair.hits[k] for pair in self.pairs])) for k in self.pairs[0].hits
        }

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON has it, with the averages and the version of prvipe."""
        return {"prvipe": __version__, **asdict(self), "hits": self.hits}


def evaluate(
    system: RetrievalSystem[Any],
    benchmark: CrossViewBenchmark,
    keypoints: KeypointKind = "det",
    kappa: float = KAPPA,
    ranks: Sequence[int] = HIT_RANKS,
    progress: Progress | None = None,
) -> EvaluationResult:
    """Measure Hit@k over all ordered pairs of the benchmark's cameras (section 4.2).

    Every frame of the query camera is a query; the gallery is every frame of the other camera, the
    query's own instant included, so that perfect retrieval is possible.

    Args:
        system: what retrieves.
        benchmark: the frames and cameras.
        keypoints: which keypoints the system sees.
        kappa: largest NP-MPJPE to the query that counts as a match.
        ranks: the values of k.
        progress: called with the queries done and all queries, over all pairs.

    Raises:
        InputError: fewer than two cameras, no such keypoints, no ranks or some above the frames.
    """
    if not ranks:
        raise InputError("Hit@k needs at least one k; ranks is empty")
    if max(ranks) > len(benchmark):
        raise InputError(
            f"{benchmark.source}: has {len(benchmark)} frames, too few for Hit@{max(ranks)}; "
            f"give it at least {max(ranks)}"
        )
    features = describe_cameras(system, benchmark, keypoints)
    pairs = list(permutations(range(len(features)), 2))
    results, confidences, matches = [], [], []
    hits = np.zeros((len(ranks), len(benchmark)))
    for number, (query, gallery) in enumerate(pairs):
        found = system.search(
            features[query],
            features[gallery],
            max(ranks),
            _shifted(progress, number, len(pairs)),
        )
        errors = np_mpjpe_candidates(benchmark.poses3d, benchmark.poses3d, found.indices)
        confidences.append(found.scores[:, 0])
        matches.append(errors[:, 0] <= kappa)
        hits += _hits(errors, kappa, ranks)
        results.append(
            PairResult(
                query_camera=int(benchmark.camera_ids[query]),
                gallery_camera=int(benchmark.camera_ids[gallery]),
                hits=hit_rates(errors, kappa, ranks),
            )
        )
    return EvaluationResult(
        system=system.name,
        data=benchmark.source,
        synthetic=benchmark.synthetic,
        keypoints=keypoints,
        frames=len(benchmark),
        kappa=kappa,
        pairs=tuple(results),
        ranking=system.ranked_by,
        calibration_error=(
            expected_calibration_error(np.concatenate(confidences), np.concatenate(matches))
            if system.probabilistic
            else None
        ),
        recordings=_by_recording(benchmark, ranks, hits / len(pairs)),
    )


def describe_cameras(
    system: RetrievalSystem[Features], benchmark: CrossViewBenchmark, keypoints: KeypointKind
) -> list[Features]:
    """Let the system describe what each camera of the benchmark sees.

    Raises:
        InputError: fewer than two cameras, or no such keypoints.
    """
    if len(benchmark.cameras) < 2:
        raise InputError(
            f"{benchmark.source}: has one camera only; cross-view retrieval needs at least two"
        )
    views = benchmark.get_keypoints(keypoints)
    return [system.describe(views[:, view]) for view in range(len(benchmark.cameras))]


def hit_rates(errors: FloatArray, kappa: float, ranks: Sequence[int]) -> dict[int, float]:
    """Return Hit@k for every k of `ranks`: the share of rows with a match among their first k.

    Args:
        errors (Q, K): of the candidates to their query, best candidate first: NP-MPJPE, or another
            measure.
        kappa: largest error that counts as a match (equation 1).
        ranks: the values of k, each at most K.
    """
    shares = _hits(errors, kappa, ranks).mean(axis=1)
    return {k: float(share) for k, share in zip(ranks, shares, strict=True)}


def _hits(errors: FloatArray, kappa: float, ranks: Sequence[int]) -> BoolArray:
    """Whether each row of `errors` (Q, K) has a match among its first k: (ranks, Q)."""
    matches = errors <= kappa
    return np.stack([matches[:, :k].any(axis=1) for k in ranks])


def _by_recording(
    benchmark: CrossViewBenchmark, ranks: Sequence[int], hits: FloatArray
) -> tuple[RecordingResult, ...]:
    """Average the hits (ranks, N) of frames over the frames of each recording."""
    return tuple(
        RecordingResult(
            name=str(benchmark.sequence_names[number]),
            frames=int(of_recording.sum()),
            hits={
                k: float(share)
                for k, share in zip(ranks, hits[:, of_recording].mean(axis=1), strict=True)
            },
        )
        for number in np.unique(benchmark.sequence)
        for of_recording in [benchmark.sequence == number]
    )


def _shifted(progress: Progress | None, pair: int, pairs: int) -> Progress | None:
    """Make the progress within one pair the progress over all of them."""
    if progress is None:
        return None
    return lambda done, total: progress(pair * total + done, pairs * total)
