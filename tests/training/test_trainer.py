"""One training step and the state from which the next follows."""

import copy
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError
from prvipe.geometry import np_mpjpe_matrix
from prvipe.model.checkpoint import ModelCard, save_checkpoint
from prvipe.model.network import EmbeddingNetwork
from prvipe.training.config import TrainingConfig
from prvipe.training.objective import LossParts, pair_losses
from prvipe.training.recipe_files import load_recipe, recipe_names
from prvipe.training.trainer import Trainer

BenchmarkMaker = Callable[..., CrossViewBenchmark]
RecipeMaker = Callable[..., TrainingConfig]


@pytest.fixture(scope="module")
def benchmark(make_benchmark: BenchmarkMaker) -> CrossViewBenchmark:
    return make_benchmark(64)


@pytest.mark.parametrize("name", [n for n in recipe_names() if not load_recipe(n).distillation])
def test_every_recipe_without_a_teacher_takes_a_step(
    name: str, benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    """All weights move, and so do a and b where a probability is taken."""
    config = small_recipe(name)
    trainer = Trainer(config, benchmark)
    before = {k: p.detach().clone() for k, p in trainer.network.named_parameters()}
    losses = trainer.train_step(0.0).as_numbers()
    assert trainer.step == 1
    assert all(np.isfinite(value) for value in losses.values())
    assert losses["loss"] > 0
    idle = ("matching",) if config.loss.kernel == "squared_distance" else ()
    for key, parameter in trainer.network.named_parameters():
        if not key.endswith("bias") and not key.startswith(idle):
            assert not torch.equal(parameter, before[key]), key


def test_parts_of_the_loss_are_those_of_the_recipe(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    paper = Trainer(small_recipe("paper"), benchmark).train_step(0.0).as_numbers()
    assert paper["contrastive"] == 0
    assert min(paper[part] for part in ("triplet", "positive", "prior")) > 0
    vipe = Trainer(small_recipe("vipe"), benchmark).train_step(0.0).as_numbers()
    assert vipe["prior"] == 0


def test_the_average_trails_by_one_step(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    """It is updated before the weights (as POEM); without decay it holds the weights before."""
    trainer = Trainer(small_recipe(optimizer__average_decay="0.0"), benchmark)
    for _ in range(3):
        before = {k: p.detach().clone() for k, p in trainer.network.named_parameters()}
        trainer.train_step(0.0)
        for key, averaged in trainer.average.network.named_parameters():
            assert torch.equal(averaged, before[key])


def test_the_learning_rate_follows_the_progress(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    """At the end of the cosine nothing moves any more."""
    trainer = Trainer(
        small_recipe("fast", optimizer__schedule='"cosine"', optimizer__warmup_steps="0"),
        benchmark,
    )
    before = {k: p.detach().clone() for k, p in trainer.network.named_parameters()}
    trainer.train_step(1.0)
    for key, parameter in trainer.network.named_parameters():
        assert torch.equal(parameter, before[key])


def test_steps_do_not_depend_on_other_random_numbers(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    first, second = (Trainer(small_recipe(), benchmark) for _ in range(2))
    for _ in range(2):
        losses = first.train_step(0.0).as_numbers()
        torch.rand(5)
        np.random.default_rng(0).random(5)
        assert second.train_step(0.0).as_numbers() == losses


@pytest.mark.parametrize("recipe", ["paper", "fast"])
def test_state_survives_the_disk(
    recipe: str, benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    config = small_recipe(recipe)
    trainer = Trainer(config, benchmark)
    for _ in range(3):
        trainer.train_step(0.1)
    file = io.BytesIO()
    torch.save(trainer.state(), file)
    file.seek(0)
    expected = [trainer.train_step(0.2).as_numbers() for _ in range(3)]

    other = Trainer(config, benchmark)
    other.restore(torch.load(file, weights_only=True))
    assert other.step == 3
    assert [other.train_step(0.2).as_numbers() for _ in range(3)] == expected
    for name, weight in trainer.average.network.state_dict().items():
        assert torch.equal(weight, other.average.network.state_dict()[name])


@pytest.mark.parametrize("recipe", ["paper", "fast"])
def test_a_run_goes_on_with_the_kernels_of_its_device(
    recipe: str, benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    """Not with those of where its state was saved, which this device may not have."""
    config = small_recipe(recipe)
    trainer = Trainer(config, benchmark)
    trainer.train_step(0.1)
    state = copy.deepcopy(trainer.state())
    for group in state["optimizer"]["param_groups"]:
        group["fused"] = None
    other = Trainer(config, benchmark)
    other.restore(state)
    assert [group["fused"] for group in other._optimizer.param_groups] == [
        group["fused"] for group in trainer._optimizer.param_groups
    ]
    assert other.train_step(0.2).as_numbers() == trainer.train_step(0.2).as_numbers()


def test_anchors_and_positives_are_normalised_together(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One pass of all 2N instances (as POEM), and the NP-MPJPE of the batch's own poses."""
    seen: list[tuple[Any, ...]] = []

    def watched(*arguments: Any, **more: Any) -> LossParts:
        seen.append(arguments)
        return pair_losses(*arguments, **more)

    monkeypatch.setattr("prvipe.training.tasks.pair_losses", watched)
    trainer = Trainer(small_recipe(network__dropout="0.0"), benchmark)
    batch = trainer._sampler.batch(0)
    with torch.no_grad():
        output = trainer.network(torch.from_numpy(batch.features).flatten(0, 1))
    trainer.train_step(0.0)
    anchors, positives, distance = seen[0][:3]
    torch.testing.assert_close(anchors.mean, output.mean[:16])
    torch.testing.assert_close(positives.std, output.std[16:])
    np.testing.assert_array_equal(distance, np_mpjpe_matrix(batch.poses, batch.poses))


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("recipe", ["paper", "fast"])
def test_steps_on_a_gpu_are_those_on_the_cpu(
    recipe: str, benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    config = small_recipe(recipe, network__dropout="0.0", loss__estimator='"closed_form"')
    cpu, gpu = Trainer(config, benchmark), Trainer(config, benchmark, "cuda")
    for _ in range(3):
        expected, losses = cpu.train_step(0.0).as_numbers(), gpu.train_step(0.0).as_numbers()
        assert losses == pytest.approx(expected, rel=1e-3)


def test_a_network_starts_as_another_one(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker, tmp_path: Path
) -> None:
    """The backbone is that of an embedding network, the head a new one."""
    torch.manual_seed(5)
    config = small_recipe("fast").network
    start = EmbeddingNetwork(config)
    save_checkpoint(tmp_path / "start.safetensors", start, ModelCard(network=config))
    initial = f"'{tmp_path / 'start.safetensors'}'"
    recipe = small_recipe("lift", initial=initial)
    trainer = Trainer(recipe, benchmark)
    theirs = start.state_dict()
    backbone = {k: v for k, v in trainer.network.state_dict().items() if not k.startswith("pose")}
    assert backbone
    for name, tensor in backbone.items():
        assert torch.equal(tensor, theirs[name]), name
    assert recipe.for_card()["initial"] == "start.safetensors"
    with pytest.raises(InputError, match=r"has network\.width 16, not 8; set network\.width"):
        Trainer(small_recipe("lift", initial=initial, network__width="8"), benchmark)
    with pytest.raises(InputError, match="no such checkpoint"):
        Trainer(small_recipe("lift", initial="'nowhere'"), benchmark)
