"""Steps that several processes make together are those of one process on the same batches."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError
from prvipe.model.backbone import BiasedBatchNorm, SharedDropout
from prvipe.model.shares import WHOLE, Share
from prvipe.training.config import TrainingConfig
from prvipe.training.exchanged_batches import Batches
from prvipe.training.pairs import PairBatch
from prvipe.training.trainer import Trainer

from .several import Together

RecipeMaker = Callable[..., TrainingConfig]

STEPS = 6
DROPPED = {"network__dropout": "0.3", "batch_size": "24"}
OF_A_TEACHER = {
    **DROPPED,
    "distillation__teacher": '"small"',
    "network__dimension": "16",
}
BOTH = {**OF_A_TEACHER, "loss__triplet_weight": "1.0", "loss__likelihood_weight": "0.1"}
ALL_LOSSES = {
    **DROPPED,
    "loss__triplet_weight": "1.0",
    "loss__positive_weight": "0.1",
    "loss__prior_weight": "0.1",
}
CASES = {
    "sampled": ("paper", DROPPED),
    "closed form": ("paper", {**DROPPED, "loss__estimator": '"closed_form"'}),
    "unit vectors": ("l2-vipe", DROPPED),
    "points": ("vipe", DROPPED),
    "contrastive and likelihood": ("fast", DROPPED),
    "all losses": ("best", ALL_LOSSES),
    "distillation": ("small", OF_A_TEACHER),
    "distillation and losses": ("small", BOTH),
    "lifting": ("lifting", DROPPED),
    "lifting with errors": ("lift", DROPPED),
}


def steps(
    share: Share, configs: list[TrainingConfig], benchmark: CrossViewBenchmark
) -> list[tuple[list[dict[str, float]], dict[str, Tensor]]]:
    """Losses of every step, and the network and its average at the end, of each configuration."""
    torch.set_num_threads(1)
    done = []
    for config in configs:
        trainer = Trainer(config, benchmark, share=share)
        losses = [trainer.train_step(0.1).as_numbers() for _ in range(STEPS)]
        state = trainer.network.state_dict()
        averages = trainer.average.network.state_dict()
        done.append((losses, {**state, **{f"average {k}": v for k, v in averages.items()}}))
    return done


@pytest.mark.parametrize("count", [2, 3])
def test_several_processes_make_the_steps_of_one(
    count: int, benchmark: CrossViewBenchmark, small_recipe: RecipeMaker, together: Together
) -> None:
    configs = [small_recipe(name, **settings) for name, settings in CASES.values()]
    alone = steps(WHOLE, configs, benchmark)
    shared = together(count, steps, configs, benchmark)
    for number, case in enumerate(CASES):
        (losses, weights), (first, firsts) = alone[number], shared[0][number]
        for ours, theirs in zip(losses, first, strict=True):
            assert theirs == pytest.approx(ours, rel=1e-5, abs=1e-6), case
        for name, weight in weights.items():
            if is_of_consequence(name):
                torch.testing.assert_close(firsts[name], weight, rtol=1e-4, atol=2e-5, msg=case)
        for others in shared[1:]:  # to the last digit, or they would drift apart
            assert others[number][0] == first
            assert all(torch.equal(others[number][1][k], v) for k, v in firsts.items())


def is_of_consequence(name: str) -> bool:
    """Whether rounding cannot move a weight at will.

    Batch norms take away the biases before them. Their gradients are rounding alone, which AdamW
    brings to the size of every other step.
    """
    return not name.endswith(("stem.0.bias", "first.0.bias", "second.0.bias", "running_mean"))


def exact_steps(share: Share, configs: list[TrainingConfig], benchmark: CrossViewBenchmark) -> Any:
    """Losses of many steps in double precision, where rounding does not hide what is wrong."""
    torch.set_num_threads(1)
    done = []
    for config in configs:
        trainer = Trainer(config, benchmark, share=share)
        for network in (trainer.network, trainer.average.network):
            network.double()
        trainer._sampler = _InDoublePrecision(trainer._sampler)
        done.append([trainer.train_step(0.1).as_numbers()["loss"] for _ in range(20)])
    return done


class _InDoublePrecision:
    def __init__(self, batches: Batches) -> None:
        self._batches = batches

    def batch(self, step: int) -> PairBatch:
        batch = self._batches.batch(step)
        return replace(batch, features=batch.features.astype(np.float64))


def test_nothing_but_rounding_sets_shared_steps_apart(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker, together: Together
) -> None:
    """In single precision rounding grows from step to step, as between any two machines."""
    cases = (CASES["sampled"], CASES["all losses"], CASES["unit vectors"])
    adamw = {"optimizer__name": '"adamw"', "optimizer__learning_rate": "0.002"}
    configs = [small_recipe(name, **settings, **adamw) for name, settings in cases]
    alone = exact_steps(WHOLE, configs, benchmark)
    for found in together(2, exact_steps, configs, benchmark):
        for ours, theirs in zip(alone, found, strict=True):
            assert theirs == pytest.approx(ours, rel=1e-9)


def bfloat16_steps(
    share: Share, config: TrainingConfig, benchmark: CrossViewBenchmark
) -> list[float]:
    torch.set_num_threads(1)
    trainer = Trainer(config, benchmark, share=share, precision="bf16")
    return [trainer.train_step(0.1).as_numbers()["loss"] for _ in range(3)]


def test_steps_in_bfloat16_are_shared_too(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker, together: Together
) -> None:
    """Weights are rounded to three digits for each product, and so are the differences."""
    config = small_recipe("best", network__dropout="0.3")
    alone = bfloat16_steps(WHOLE, config, benchmark)
    for found in together(2, bfloat16_steps, config, benchmark):
        assert found == pytest.approx(alone, rel=1e-3)


def test_a_batch_that_cannot_be_divided_is_refused(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    with pytest.raises(InputError, match="batch_size 16 cannot be divided evenly among 3 process"):
        Trainer(small_recipe(), benchmark, share=Share(0, 3))


def layers(share: Share, views: Tensor, weight: Tensor) -> dict[str, Tensor]:
    """Batch norm, then dropout, of the own rows; gradients of what a sum over all gives."""
    torch.manual_seed(3)
    norm, dropout = BiasedBatchNorm(views.shape[1], eps=1e-3, momentum=0.1), SharedDropout(0.4)
    norm.share = dropout.share = share
    own = share.own_of_views(views).clone().requires_grad_()
    mine = share.own_of_views(weight)
    out = dropout(norm(own)) * mine
    (out.sum() * share.processes).backward()  # whose mean over the processes is the whole sum
    assert own.grad is not None
    assert norm.weight.grad is not None
    gathered: dict[str, Tensor] = {
        "out": share.gather_views(out.detach()),
        # The gradients with respect to inputs are summed over the processes, not averaged.
        "inputs": share.gather_views(own.grad) / share.processes,
        "weight": share.total(norm.weight.grad) / share.processes,
    }
    return gathered | {k: v for k, v in norm.state_dict().items() if k.startswith("running")}


def test_layers_see_the_whole_batch(together: Together) -> None:
    """Even one whose mean is far from 0, of which sums of squares would lose the variance."""
    generator = torch.Generator().manual_seed(0)
    views = torch.randn(24, 8, generator=generator) + 100 * torch.arange(8)
    weight = torch.randn(24, 8, generator=generator)
    whole = layers(WHOLE, views, weight)
    for shared in together(3, layers, views, weight):
        for name, tensor in whole.items():
            torch.testing.assert_close(shared[name], tensor, rtol=1e-4, atol=1e-3, msg=name)


def gathered(share: Share, views: Tensor) -> tuple[Tensor, Tensor]:
    own = share.own_of_views(views).clone().requires_grad_()
    whole = share.gather_views(own)
    ((share.rank + 1) * whole * torch.arange(len(views))[:, None]).sum().backward()
    assert own.grad is not None
    return whole.detach(), own.grad


def test_gradients_come_back_from_all_processes(together: Together) -> None:
    views = torch.randn(8, 3)
    outcomes = together(2, gathered, views)
    for rank, (whole, gradient) in enumerate(outcomes):
        assert torch.equal(whole, views)
        rows = torch.tensor([[0, 1, 4, 5], [2, 3, 6, 7]][rank], dtype=torch.float32)
        assert torch.equal(gradient, (1 + 2) * rows[:, None].expand(4, 3))


def test_bfloat16_is_for_matrix_products_alone(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    """Losses are near those of float32; weights, batch norms and embeddings stay in float32."""
    config = small_recipe("best", network__width="64")
    exact, coarse = Trainer(config, benchmark), Trainer(config, benchmark, precision="bf16")
    seen: dict[str, set[torch.dtype]] = {}

    def remember(module: torch.nn.Module, inputs: Any, output: Tensor) -> None:
        seen.setdefault(type(module).__name__, set()).add(output.dtype)

    for module in (*coarse.network.stem, *coarse.network.blocks[0].first):  # type: ignore[misc]
        module.register_forward_hook(remember)
    for _ in range(3):
        ours, theirs = exact.train_step(0.1).as_numbers(), coarse.train_step(0.1).as_numbers()
        assert theirs["loss"] == pytest.approx(ours["loss"], rel=0.02)
        assert theirs["loss"] != ours["loss"]
    assert seen["Linear"] == {torch.bfloat16}
    assert seen["BiasedBatchNorm"] == {torch.float32}
    assert {w.dtype for w in coarse.network.parameters()} == {torch.float32}
    assert coarse.average.network.mean(torch.zeros(1, 64)).dtype == torch.float32


@pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler (g++) for torch.compile")
def test_compiled_layers_make_the_same_steps(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    """Dropout included."""
    config = small_recipe("paper", network__dropout="0.3", network__blocks="0")
    plain, compiled = Trainer(config, benchmark), Trainer(config, benchmark, compiled=True)
    for _ in range(3):
        losses = compiled.train_step(0.1).as_numbers()
        assert losses == pytest.approx(plain.train_step(0.1).as_numbers(), rel=1e-5, abs=1e-6)
    assert compiled.network.state_dict().keys() == plain.network.state_dict().keys()
