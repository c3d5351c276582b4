"""Hit@1 on the validation benchmark."""

from collections.abc import Callable

import pytest
import torch

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError
from prvipe.evaluation import EmbeddingRetrieval, evaluate
from prvipe.model.checkpoint import ModelCard
from prvipe.model.embedder import Embedder
from prvipe.model.network import EmbeddingNetwork, Head, NetworkConfig
from prvipe.retrieval.ranking import by_match_probability, by_mean_distance
from prvipe.training.validation import SMALLEST_VALIDATION, hit_at_1, require_retrieval

BenchmarkMaker = Callable[..., CrossViewBenchmark]


def network_with(head: Head) -> EmbeddingNetwork:
    torch.manual_seed(0)
    return EmbeddingNetwork(NetworkConfig(width=16, dimension=4, head=head)).eval()


@pytest.mark.parametrize("head", ["gaussian", "point", "l2"])
def test_it_is_the_hit_at_1_of_the_evaluation(head: Head, make_benchmark: BenchmarkMaker) -> None:
    network, benchmark = network_with(head), make_benchmark(40)
    embedder = Embedder(network, ModelCard(network=network.config))
    by_probability = head == "gaussian"
    ranking = by_match_probability(embedder.matching) if by_probability else by_mean_distance()
    expected = evaluate(EmbeddingRetrieval(embedder.embed_keypoints, ranking), benchmark).hits[1]
    assert hit_at_1(network, benchmark) == expected


def test_views_that_do_not_differ_are_retrieved(make_benchmark: BenchmarkMaker) -> None:
    """The ceiling of the measure, which other views stay below."""
    benchmark = make_benchmark(40)
    network = network_with("point")
    before = hit_at_1(network, benchmark)
    benchmark.keypoints["det"][:] = benchmark.keypoints["det"][:, :1]
    assert before < hit_at_1(network, benchmark) == 1


def test_it_leaves_the_network_as_it_was(make_benchmark: BenchmarkMaker) -> None:
    network = network_with("gaussian")
    before = {name: value.clone() for name, value in network.state_dict().items()}
    hit_at_1(network, make_benchmark(20))
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])


def test_one_camera_is_refused(make_benchmark: BenchmarkMaker) -> None:
    require_retrieval(make_benchmark(10, cameras=2))
    with pytest.raises(InputError, match=r"bodies-0\.npz: .* needs two cameras"):
        require_retrieval(make_benchmark(10, cameras=1))


@pytest.mark.parametrize("frames", [1, SMALLEST_VALIDATION - 1])
def test_too_few_frames_are_refused(frames: int, make_benchmark: BenchmarkMaker) -> None:
    """Among one frame any model has a Hit@1 of 1."""
    with pytest.raises(InputError, match=rf"needs at least 10, this benchmark has {frames}; give"):
        require_retrieval(make_benchmark(frames))
