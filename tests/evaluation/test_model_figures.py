"""Figures of a model card: the protocol's own, and those that a kind of model lacks."""

import json

import numpy as np
import pytest
import torch

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError
from prvipe.evaluation import EmbeddingRetrieval, evaluate
from prvipe.evaluation.ambiguity import measure_ambiguity
from prvipe.evaluation.model_figures import ModelFigures, measure_whole_poses
from prvipe.model.checkpoint import ModelCard
from prvipe.model.embedder import Embedder
from prvipe.model.network import EmbeddingNetwork, NetworkConfig
from prvipe.retrieval import by_match_probability

KAPPA = 0.35


def embedder_of(**settings: object) -> Embedder:
    torch.manual_seed(0)
    config = NetworkConfig.model_validate({"width": 16, "blocks": 1, "dimension": 4, **settings})
    return Embedder(EmbeddingNetwork(config), ModelCard(network=config))


@pytest.mark.parametrize("inputs", ["keypoints", "keypoints_and_scores"])
def test_figures_are_those_of_the_protocol(inputs: str, benchmark: CrossViewBenchmark) -> None:
    embedder = embedder_of(inputs=inputs)
    steps: list[tuple[int, int]] = []
    figures = measure_whole_poses(
        embedder, benchmark, "gt", (1, 5), KAPPA, lambda *step: steps.append(step)
    )
    system = EmbeddingRetrieval(embedder.embed_keypoints, by_match_probability(embedder.matching))
    expected = evaluate(system, benchmark, "gt", KAPPA, (1, 5))
    assert figures.hits == pytest.approx(expected.hits)
    assert figures.calibration_error == pytest.approx(expected.calibration_error)
    assert abs(figures.confidence - figures.hits[1]) <= figures.calibration_error + 1e-9
    assert figures.selective.hit_rate == pytest.approx(expected.hits[1])
    assert figures.selective.queries == 6 * len(benchmark)
    ambiguity = measure_ambiguity(benchmark, embedder.embed_keypoints, keypoints="gt")
    assert figures.ambiguity_rank_correlation == ambiguity.rank_correlation
    assert steps == [(number, 6) for number in range(1, 7)]


def test_points_have_confidence_but_no_variance(benchmark: CrossViewBenchmark) -> None:
    figures = measure_whole_poses(embedder_of(head="point"), benchmark)
    assert figures.ambiguity_rank_correlation is None
    assert figures.selective.by_variance is None
    assert set(figures.selective.by_confidence.hits) == {0.05, 0.1, 0.2, 0.5}


def test_unit_vectors_have_no_confidence(benchmark: CrossViewBenchmark) -> None:
    with pytest.raises(InputError, match="no matching probability"):
        measure_whole_poses(embedder_of(head="l2"), benchmark)


def test_too_few_frames_for_a_rank(benchmark: CrossViewBenchmark) -> None:
    with pytest.raises(InputError, match="best k = 20 of a gallery of 12"):
        measure_whole_poses(embedder_of(), benchmark.select(rows=np.arange(12)))


def test_everything_goes_to_json(benchmark: CrossViewBenchmark) -> None:
    whole = measure_whole_poses(embedder_of(), benchmark)
    figures = ModelFigures("m", "d", True, (0, 3), 40, 0.1, (whole,), None)
    content = json.loads(json.dumps(figures.as_dict()))
    assert content["whole"][0]["hits"]["1"] == whole.hits[1]
    assert (content["cameras"], content["occlusion"]) == ([0, 3], None)
    assert content["prvipe"]
