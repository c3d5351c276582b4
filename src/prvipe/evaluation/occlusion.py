"""Retrieval when joints of the query are hidden: what is lost, and whether the model notices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from prvipe.data.benchmark import CrossViewBenchmark, KeypointKind
from prvipe.data.hiding import JOINT_GROUPS, hide, hide_random
from prvipe.errors import InputError
from prvipe.evaluation.best_retrievals import (
    BestRetrievals,
    choose_evenly,
    choose_pairs,
    retrieve_best,
)
from prvipe.evaluation.protocol import KAPPA
from prvipe.geometry.arrays import Float32Array, FloatArray
from prvipe.model.embedder import Embedder
from prvipe.model.gaussian import Gaussian
from prvipe.progress import Progress
from prvipe.retrieval.ranking import by_match_probability

HIDDEN_GROUPS = ("left_arm", "right_arm", "left_leg", "right_leg", "ankles", "head")
"""Groups of joints that are hidden in turn (`prvipe.data.hiding.JOINT_GROUPS`)."""

RANDOM_COUNTS = (1, 2, 3, 4)
"""How many random joints are hidden in turn."""

NOTHING = "nothing"
"""Name of the case in which no joint is hidden."""

Hiding = Callable[[Float32Array, np.random.Generator], Float32Array]
"""Scores (N, 13) of whole poses -> the same with joints missing."""


@dataclass(frozen=True)
class HiddenJoints:
    """Retrieval with certain joints hidden.

    Attributes:
        hidden: what is hidden, such as "left_arm" or "2 random joints".
        joints: how many joints that is.
        hit_rate: Hit@1 over all queries of all pairs of cameras.
        kept: that as a share of Hit@1 with whole queries; None where that is 0.
        confidence: mean matching probability of the best retrieval.
        calibration_error: expected calibration error of that probability.
        deviation: mean standard deviation of the queries' embeddings, over their dimensions.
        variance: mean total variance of the queries' embeddings, summed over their dimensions.
        variance_rises: share of queries whose total variance is larger than with all joints; None
            for whole queries.
    """

    hidden: str
    joints: int
    hit_rate: float
    kept: float | None
    confidence: float
    calibration_error: float
    deviation: float
    variance: float
    variance_rises: float | None


@dataclass(frozen=True)
class Occlusion:
    """Retrieval with whole queries and with joints hidden, of one model on one benchmark.

    Attributes:
        data: where the benchmark came from.
        keypoints: "det" or "gt".
        in_gallery: whether the same joints are hidden in the gallery too (random ones anew).
        frames: poses in the gallery.
        queries: queries per pair of cameras.
        pairs: number of ordered pairs of cameras.
        kappa: largest NP-MPJPE that counts as a match.
        whole: nothing hidden.
        cases: each hiding of joints.
    """

    data: str
    keypoints: str
    in_gallery: bool
    frames: int
    queries: int
    pairs: int
    kappa: float
    whole: HiddenJoints
    cases: tuple[HiddenJoints, ...]


def measure_occlusion(
    embedder: Embedder,
    benchmark: CrossViewBenchmark,
    keypoints: KeypointKind = "det",
    *,
    groups: Sequence[str] = HIDDEN_GROUPS,
    random_counts: Sequence[int] = RANDOM_COUNTS,
    in_gallery: bool = False,
    queries: int | None = None,
    pairs: int | None = None,
    kappa: float = KAPPA,
    seed: int = 0,
    progress: Progress | None = None,
) -> Occlusion:
    """Measure Hit@1, confidence and variance with joints hidden, against whole queries.

    The gallery is every frame of the other camera; its poses are whole unless `in_gallery`. Joints
    are hidden by a score of 0; random joints are drawn independently for every view.

    Args:
        embedder: a model that reads scores.
        benchmark: the frames and cameras.
        keypoints: which keypoints the model sees.
        groups: names of `JOINT_GROUPS` to hide in turn.
        random_counts: numbers of random joints to hide in turn.
        in_gallery: hide in the gallery too.
        queries: evenly spaced frames that are queries; None: every frame.
        pairs: evenly spaced ordered pairs of cameras; None: all of them.
        kappa: largest NP-MPJPE to the query that counts as a match.
        seed: of the random joints.
        progress: called with the searches done and all of them, over pairs and hidings.

    Raises:
        InputError: a model that does not read scores or has no matching probability, fewer than
            two cameras, no such keypoints or group, or too many joints to hide.
    """
    _require_scores_model(embedder)
    views = benchmark.get_keypoints(keypoints)
    chosen = choose_pairs(views.shape[1], pairs)
    rows = choose_evenly(len(benchmark), queries)
    hidings = _hidings(groups, random_counts)
    gallery = _embed_cameras(embedder, views, _all_seen, seed)
    search = partial(
        retrieve_best,
        benchmark=benchmark,
        ranking=by_match_probability(embedder.matching),
        pairs=chosen,
        rows=rows,
        kappa=kappa,
    )
    whole = search(_rows_of(gallery, rows), gallery, progress=_part(progress, 0, len(hidings)))
    cases = []
    for number, (name, (joints, hiding)) in enumerate(hidings.items(), 1):
        seen = _embed_cameras(embedder, views if in_gallery else views[rows], hiding, seed)
        found = search(
            _rows_of(seen, rows) if in_gallery else seen,
            seen if in_gallery else gallery,
            progress=_part(progress, number, len(hidings)),
        )
        cases.append(_compare(name, joints, found, whole))
    return Occlusion(
        data=benchmark.source,
        keypoints=keypoints,
        in_gallery=in_gallery,
        frames=len(benchmark),
        queries=len(rows),
        pairs=len(chosen),
        kappa=kappa,
        whole=_compare(NOTHING, 0, whole, None),
        cases=tuple(cases),
    )


def _require_scores_model(embedder: Embedder) -> None:
    if not embedder.reads_scores:
        raise InputError(
            "hidden joints: this model reads keypoints without scores and takes no missing joint; "
            "measure one trained with network.inputs keypoints_and_scores"
        )


def _hidings(groups: Sequence[str], random_counts: Sequence[int]) -> dict[str, tuple[int, Hiding]]:
    """What is hidden -> number of joints, and how they are hidden."""

    def group(name: str) -> tuple[int, Hiding]:
        if name not in JOINT_GROUPS:
            raise InputError(f"no joint group {name!r}; there are {', '.join(JOINT_GROUPS)}")
        return len(JOINT_GROUPS[name]), lambda scores, _: hide(scores, name)

    def random(count: int) -> tuple[int, Hiding]:
        return count, lambda scores, rng: hide_random(scores, count, rng)

    return {
        **{name: group(name) for name in groups},
        **{f"{n} random joint{'s' * (n != 1)}": random(n) for n in random_counts},
    }


def _all_seen(scores: Float32Array, rng: np.random.Generator) -> Float32Array:
    return scores


def _embed_cameras(
    embedder: Embedder, views: FloatArray, hiding: Hiding, seed: int
) -> list[Gaussian]:
    """Embed views (N, V, 13, 2) of every camera with joints hidden: V Gaussians of N rows."""
    rng = np.random.default_rng(seed)
    scores = np.ones((len(views), views.shape[2]), np.float32)
    return [
        embedder.embed_keypoints(views[:, view], hiding(scores, rng))
        for view in range(views.shape[1])
    ]


def _rows_of(cameras: Sequence[Gaussian], rows: npt.NDArray[np.int64]) -> list[Gaussian]:
    return [camera[rows] for camera in cameras]


def _compare(
    name: str, joints: int, found: BestRetrievals, whole: BestRetrievals | None
) -> HiddenJoints:
    before = found.hit_rate if whole is None else whole.hit_rate
    return HiddenJoints(
        hidden=name,
        joints=joints,
        hit_rate=found.hit_rate,
        kept=found.hit_rate / before if before > 0 else None,
        confidence=float(found.confidence.mean()),
        calibration_error=found.calibration_error,
        deviation=float(found.deviation.mean()),
        variance=float(found.variance.mean()),
        variance_rises=(None if whole is None else float((found.variance > whole.variance).mean())),
    )


def _part(progress: Progress | None, number: int, hidings: int) -> Progress | None:
    """Make the progress within one hiding the progress over all of them and the whole queries."""
    if progress is None:
        return None
    return lambda done, total: progress(number * total + done, (hidings + 1) * total)
