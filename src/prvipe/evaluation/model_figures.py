"""All figures of a model card on one benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from prvipe import __version__
from prvipe.data.benchmark import CrossViewBenchmark, KeypointKind
from prvipe.evaluation.ambiguity import measure_ambiguity
from prvipe.evaluation.best_retrievals import choose_pairs, retrieve_best
from prvipe.evaluation.occlusion import Occlusion
from prvipe.evaluation.protocol import HIT_RANKS, KAPPA
from prvipe.evaluation.selective import SelectiveRetrieval, select_by_uncertainty
from prvipe.model.embedder import Embedder
from prvipe.progress import Progress
from prvipe.retrieval.ranking import by_match_probability


@dataclass(frozen=True)
class WholePoseFigures:
    """Figures for one kind of keypoints, no joint missing.

    Attributes:
        keypoints: "det" (with detector errors) or "gt".
        hits: k -> Hit@k, averaged over the pairs of cameras (section 4.2).
        confidence: mean matching probability of the best retrievals.
        calibration_error: expected calibration error of that probability.
        selective: Hit@1 without the most uncertain queries.
        ambiguity_rank_correlation: of figure 6, negative if ambiguous poses have a large variance;
            None for points, which have no variance; NaN where all variances or errors are equal.
    """

    keypoints: str
    hits: dict[int, float]
    confidence: float
    calibration_error: float
    selective: SelectiveRetrieval
    ambiguity_rank_correlation: float | None


@dataclass(frozen=True)
class ModelFigures:
    """What a model card says of accuracy and uncertainty on one benchmark.

    Attributes:
        model: what was measured, as it was named.
        data: where the benchmark came from.
        synthetic: whether its motion was made up rather than captured.
        cameras: numbers of the cameras.
        frames: frames of the benchmark.
        kappa: largest NP-MPJPE that counts as a match.
        whole: figures by kind of keypoints.
        occlusion: figures with joints hidden; None for a model that takes no missing joints.
    """

    model: str
    data: str
    synthetic: bool
    cameras: tuple[int, ...]
    frames: int
    kappa: float
    whole: tuple[WholePoseFigures, ...]
    occlusion: Occlusion | None

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON has it, with the version of prvipe."""
        return {"prvipe": __version__, **asdict(self)}


def measure_whole_poses(
    embedder: Embedder,
    benchmark: CrossViewBenchmark,
    keypoints: KeypointKind = "det",
    ranks: Sequence[int] = HIT_RANKS,
    kappa: float = KAPPA,
    progress: Progress | None = None,
) -> WholePoseFigures:
    """Measure one kind of keypoints: every frame a query, all ordered pairs of cameras.

    Args:
        embedder: a model with matching probability.
        benchmark: the frames and cameras.
        keypoints: which keypoints the model sees.
        ranks: the k of Hit@k.
        kappa: largest NP-MPJPE to the query that counts as a match.
        progress: called with the pairs of cameras done and all of them.

    Raises:
        InputError: a model without matching probability, fewer than two cameras, no such
            keypoints, fewer frames than a k, or too few poses that differ for figure 6.
    """
    views = benchmark.get_keypoints(keypoints)
    pairs = choose_pairs(views.shape[1])
    cameras = [embedder.embed_keypoints(views[:, view]) for view in range(views.shape[1])]
    found = retrieve_best(
        cameras,
        cameras,
        benchmark,
        by_match_probability(embedder.matching),
        pairs,
        np.arange(len(benchmark)),
        ranks,
        kappa,
        progress,
    )
    return WholePoseFigures(
        keypoints=keypoints,
        hits=found.hits,
        confidence=float(found.confidence.mean()),
        calibration_error=found.calibration_error,
        selective=select_by_uncertainty(found),
        ambiguity_rank_correlation=_ambiguity(embedder, benchmark, keypoints),
    )


def _ambiguity(
    embedder: Embedder, benchmark: CrossViewBenchmark, keypoints: KeypointKind
) -> float | None:
    if embedder.card.network.head != "gaussian":
        return None
    measured = measure_ambiguity(benchmark, embedder.embed_keypoints, keypoints=keypoints)
    return measured.rank_correlation
