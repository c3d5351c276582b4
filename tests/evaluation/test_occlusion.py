"""Hidden joints: against retrievals made by hand, and with a model that counts what is missing."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pytest
import torch

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.data.hiding import hide
from prvipe.errors import InputError
from prvipe.evaluation.best_retrievals import choose_pairs, retrieve_best
from prvipe.evaluation.occlusion import HIDDEN_GROUPS, measure_occlusion
from prvipe.geometry.arrays import FloatArray
from prvipe.model.checkpoint import ModelCard
from prvipe.model.embedder import Embedder
from prvipe.model.gaussian import Gaussian
from prvipe.model.network import EmbeddingNetwork, NetworkConfig
from prvipe.retrieval import by_match_probability
from prvipe.skeleton import COCO13

KAPPA = 0.35


def embedder_of(kind: type[Embedder] = Embedder, **settings: object) -> Embedder:
    torch.manual_seed(0)
    config = NetworkConfig.model_validate(
        {"width": 16, "blocks": 1, "dimension": 4, "inputs": "keypoints_and_scores", **settings}
    )
    return kind(EmbeddingNetwork(config), ModelCard(network=config))


class CountingEmbedder(Embedder):
    """Means are the joints seen; the variance is 0.1 per missing joint and a little of the pose."""

    def embed_keypoints(
        self, keypoints: FloatArray, scores: npt.ArrayLike | None = None
    ) -> Gaussian:
        seen = np.asarray(scores)[..., None] > 0
        mean = np.where(seen, keypoints, 0).reshape(len(keypoints), -1)
        variance = 0.1 * (~seen).sum(axis=(1, 2)) + 0.01 * np.abs(keypoints[:, 0, 0])
        std = np.sqrt(variance / mean.shape[1])[:, None] + np.zeros_like(mean)
        return Gaussian(torch.from_numpy(mean), torch.from_numpy(std.astype(np.float32)))


@pytest.fixture
def same_views(benchmark: CrossViewBenchmark) -> CrossViewBenchmark:
    """All cameras see the same, so that whole queries are found."""
    for views in benchmark.keypoints.values():
        views[:] = views[:, :1]
    return benchmark


@pytest.mark.parametrize("in_gallery", [False, True])
def test_a_hidden_arm_by_hand(benchmark: CrossViewBenchmark, in_gallery: bool) -> None:
    embedder = embedder_of()
    views, whole = benchmark.keypoints["det"], np.ones((len(benchmark), 13), np.float32)

    def embed(scores: FloatArray) -> list[Gaussian]:
        return [embedder.embed_keypoints(views[:, view], scores) for view in range(3)]

    seen, hidden = embed(whole), embed(hide(whole, "left_arm"))
    expected = retrieve_best(
        hidden,
        hidden if in_gallery else seen,
        benchmark,
        by_match_probability(embedder.matching),
        choose_pairs(3),
        np.arange(len(benchmark)),
        kappa=KAPPA,
    )
    measured = measure_occlusion(
        embedder,
        benchmark,
        groups=["left_arm"],
        random_counts=[],
        in_gallery=in_gallery,
        kappa=KAPPA,
    )
    (case,) = measured.cases
    assert (case.hidden, case.joints) == ("left_arm", 2)
    assert case.hit_rate == expected.hit_rate
    assert case.confidence == pytest.approx(expected.confidence.mean())
    assert case.variance == pytest.approx(expected.variance.mean())
    assert case.deviation == pytest.approx(expected.deviation.mean())
    assert case.kept == pytest.approx(case.hit_rate / measured.whole.hit_rate)
    before = np.stack([seen[q].variance.sum(1).numpy() for q, _ in choose_pairs(3)])
    assert case.variance_rises == pytest.approx((expected.variance > before).mean())
    assert 0 < case.variance_rises < 1  # an untrained network knows nothing


def test_every_case_and_what_a_model_that_counts_says(same_views: CrossViewBenchmark) -> None:
    steps: list[tuple[int, int]] = []
    measured = measure_occlusion(
        embedder_of(CountingEmbedder),
        same_views,
        queries=9,
        pairs=2,
        kappa=KAPPA,
        progress=lambda *step: steps.append(step),
    )
    assert measured.whole.hit_rate == 1.0
    assert (measured.whole.kept, measured.whole.variance_rises) == (1.0, None)
    names = [case.hidden for case in measured.cases]
    assert names[:6] == list(HIDDEN_GROUPS)
    assert names[6:] == ["1 random joint", *(f"{n} random joints" for n in (2, 3, 4))]
    for case in measured.cases:
        assert case.variance_rises == 1.0
        assert case.variance - measured.whole.variance == pytest.approx(0.1 * case.joints, 1e-3)
    assert (measured.queries, measured.pairs, measured.frames) == (9, 2, 40)
    assert steps == [(number, 22) for number in range(1, 23)]
    assert json.loads(json.dumps(asdict(measured)))["cases"][0]["hidden"] == "left_arm"


def test_the_gallery_is_embedded_once_per_camera(benchmark: CrossViewBenchmark) -> None:
    class Recording(CountingEmbedder):
        lengths: ClassVar[list[int]] = []

        def embed_keypoints(
            self, keypoints: FloatArray, scores: npt.ArrayLike | None = None
        ) -> Gaussian:
            self.lengths.append(len(keypoints))
            return super().embed_keypoints(keypoints, scores)

    measure_occlusion(
        embedder_of(Recording), benchmark, queries=5, groups=["head"], random_counts=[1, 2]
    )
    assert Recording.lengths == [40] * 3 + [5] * 9


def test_random_joints_are_drawn_anew_by_seed(benchmark: CrossViewBenchmark) -> None:
    hidden = []

    class Watching(CountingEmbedder):
        def embed_keypoints(
            self, keypoints: FloatArray, scores: npt.ArrayLike | None = None
        ) -> Gaussian:
            hidden.append(np.asarray(scores) == 0)
            return super().embed_keypoints(keypoints, scores)

    for seed in (0, 0, 1):
        measure_occlusion(embedder_of(Watching), benchmark, groups=[], random_counts=[2], seed=seed)
    first, again, other = (np.stack(hidden[start + 3 : start + 6]) for start in (0, 6, 12))
    assert (first.sum(axis=-1) == 2).all()
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert (first[0] != first[1]).any()  # other joints in other views


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda: embedder_of(inputs="keypoints"), "takes no missing joint"),
        (lambda: embedder_of(head="l2"), "no matching probability"),
    ],
)
def test_models_that_cannot_be_measured(
    change: Callable[[], Embedder], message: str, benchmark: CrossViewBenchmark
) -> None:
    with pytest.raises(InputError, match=message):
        measure_occlusion(change(), benchmark)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"groups": ["tail"]}, "no joint group 'tail'; there are head, left_arm"),
        ({"groups": [], "random_counts": [len(COCO13.joints)]}, "hide fewer"),
        ({"queries": 0}, "give 1 or more"),
    ],
)
def test_what_cannot_be_hidden(
    settings: dict[str, object], message: str, benchmark: CrossViewBenchmark
) -> None:
    with pytest.raises(InputError, match=message):
        measure_occlusion(embedder_of(), benchmark, **settings)  # type: ignore[arg-type]
