"""What each kind of network is trained for."""

from collections.abc import Callable

import pytest
import torch

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.model.lifting import build_network
from prvipe.training.config import TrainingConfig
from prvipe.training.lifting import LiftingTask
from prvipe.training.tasks import EmbeddingTask, make_task
from prvipe.training.validation import hit_at_1

BenchmarkMaker = Callable[..., CrossViewBenchmark]
RecipeMaker = Callable[..., TrainingConfig]


@pytest.mark.parametrize(
    ("recipe", "kind"),
    [("paper", EmbeddingTask), ("l2-vipe", EmbeddingTask), ("lifting", LiftingTask)],
)
def test_the_head_chooses_the_task(recipe: str, kind: type, small_recipe: RecipeMaker) -> None:
    assert type(make_task(small_recipe(recipe))) is kind


@pytest.mark.parametrize("recipe", ["paper", "fast", "lifting"])
def test_only_what_is_to_be_calibrated_is_changed_at_the_end(
    recipe: str, small_recipe: RecipeMaker, make_benchmark: BenchmarkMaker
) -> None:
    config = small_recipe(recipe)
    torch.manual_seed(0)
    network = build_network(config.network).eval()
    finished = make_task(config).finish(network, make_benchmark(40))
    assert (finished is network) == (not config.calibrate)
    before = network.state_dict()
    changed = {
        name
        for name, value in finished.state_dict().items()
        if not torch.equal(value, before[name])
    }
    assert changed == ({"matching.raw_a", "matching.b"} if config.calibrate else set())


def test_embeddings_are_measured_by_hit_at_1(
    small_recipe: RecipeMaker, make_benchmark: BenchmarkMaker
) -> None:
    config = small_recipe("vipe", loss__matching_threshold="0.05")
    network, benchmark = build_network(config.network).eval(), make_benchmark(40)
    measured = make_task(config).measure(network, benchmark)
    assert measured == {"hit_at_1": hit_at_1(network, benchmark, 0.05)}
