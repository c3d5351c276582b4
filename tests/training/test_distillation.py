"""Distillation of a trained network into a small one."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError
from prvipe.model.checkpoint import ModelCard, load_checkpoint, save_checkpoint
from prvipe.model.gaussian import Gaussian
from prvipe.model.lifting import build_network
from prvipe.model.network import EmbeddingNetwork, NetworkConfig
from prvipe.training.config import TrainingConfig
from prvipe.training.distillation import DistillationTask, load_teacher, mean_error, std_error
from prvipe.training.limits import Limits
from prvipe.training.loop import train
from prvipe.training.pairs import PairBatch, PairSampler
from prvipe.training.recipe_files import load_recipe
from prvipe.training.tasks import EmbeddingTask, make_task
from prvipe.training.trainer import Trainer

BenchmarkMaker = Callable[..., CrossViewBenchmark]
RecipeMaker = Callable[..., TrainingConfig]
NO_OWN_LOSSES = {
    f"loss__{name}_weight": "0.0" for name in ("triplet", "positive", "prior", "contrastive")
}
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def benchmark(make_benchmark: BenchmarkMaker) -> CrossViewBenchmark:
    return make_benchmark(64)


@pytest.fixture
def save_teacher(tmp_path: Path) -> Callable[..., Path]:
    """`save_teacher(**shape)`: the checkpoint of a random network of the tests' dimension."""

    def save(**shape: Any) -> Path:
        config = NetworkConfig(**{"width": 24, "dimension": 4, "dropout": 0.0} | shape)
        torch.manual_seed(1)
        network = build_network(config).eval()
        if isinstance(network, EmbeddingNetwork):
            with torch.no_grad():
                network.matching.raw_a.fill_(0.25)
                network.matching.b.fill_(3.0)
        path = tmp_path / "teacher.safetensors"
        save_checkpoint(path, network, ModelCard(network=config))
        return path

    return save


@pytest.fixture
def recipe(small_recipe: RecipeMaker, save_teacher: Callable[..., Path]) -> RecipeMaker:
    """`recipe(**settings)`: a small recipe with a saved teacher."""
    teacher = save_teacher()

    def load(**settings: str) -> TrainingConfig:
        return small_recipe(**{"distillation__teacher": f'"{teacher}"'} | settings)

    return load


def distillation_task(config: TrainingConfig) -> DistillationTask:
    task = make_task(config)
    assert isinstance(task, DistillationTask)
    return task


def gaussian(mean: list[list[float]], std: float) -> Gaussian:
    return Gaussian(torch.tensor(mean), torch.full((len(mean), len(mean[0])), std))


@torch.no_grad()
def embedding_of(network: EmbeddingNetwork, batch: PairBatch) -> Gaussian:
    embedding = network(torch.from_numpy(batch.features).flatten(0, 1))
    assert isinstance(embedding, Gaussian)
    return embedding


def test_a_section_of_the_recipe_chooses_the_task(
    recipe: RecipeMaker, small_recipe: RecipeMaker
) -> None:
    assert type(make_task(recipe())) is DistillationTask
    assert type(make_task(small_recipe())) is EmbeddingTask


def test_small_sees_what_its_teacher_saw() -> None:
    small, best = load_recipe("small"), load_recipe("best")
    for name in ("batch_size", "rarity", "group_size", "views", "augmentation"):
        assert getattr(small, name) == getattr(best, name), name
    for name in ("inputs", "dimension"):
        assert getattr(small.network, name) == getattr(best.network, name), name


def test_small_takes_a_step_by_its_teacher_alone(
    small_recipe: RecipeMaker, benchmark: CrossViewBenchmark, save_teacher: Callable[..., Path]
) -> None:
    teacher = save_teacher(inputs="keypoints_and_scores")
    trainer = Trainer(small_recipe("small", distillation__teacher=f'"{teacher}"'), benchmark)
    before = {k: p.detach().clone() for k, p in trainer.network.named_parameters()}
    numbers = trainer.train_step(0.0).as_numbers()
    assert min(numbers["mean"], numbers["std"]) > 0
    assert numbers["pairs"] == 0
    for key, parameter in trainer.network.named_parameters():
        if not key.endswith("bias"):
            assert torch.equal(parameter, before[key]) == key.startswith("matching"), key


def test_mean_error_is_the_share_of_the_spread_left_unexplained() -> None:
    teacher = gaussian([[1.0, 0.0], [-1.0, 0.0], [0.0, 2.0], [0.0, -2.0]], 0.5)
    center = Gaussian(torch.zeros(4, 2), teacher.std)
    assert mean_error(teacher, teacher) == 0
    assert mean_error(center, teacher) == pytest.approx(1.0)
    shifted = Gaussian(teacher.mean + torch.tensor([0.5, 0.0]), teacher.std)
    assert mean_error(shifted, teacher) == pytest.approx(0.25 / 2.5)


def test_std_error_counts_factors() -> None:
    narrow, wide = (gaussian([[0.0, 0.0]], std) for std in (0.25, 0.5))
    assert std_error(narrow, wide) == pytest.approx(math.log(2) ** 2)
    assert std_error(narrow, wide) == std_error(wide, narrow)
    assert std_error(wide, wide) == 0


def test_a_student_that_is_the_teacher_has_no_loss(
    recipe: RecipeMaker, benchmark: CrossViewBenchmark
) -> None:
    config = recipe(**NO_OWN_LOSSES)
    task = distillation_task(config)
    losses = task.losses(task.teacher, PairSampler(benchmark, config).batch(0), CPU)
    assert losses.as_numbers() == {"loss": 0, "mean": 0, "std": 0, "pairs": 0}


def test_losses_are_weighted_and_the_recipes_own_are_added(
    recipe: RecipeMaker, benchmark: CrossViewBenchmark
) -> None:
    """The recipe's own losses judge by the teacher's sigmoid."""
    config = recipe(
        loss__estimator='"closed_form"',
        distillation__mean_weight="3.0",
        distillation__std_weight="0.5",
    )
    task, batch = distillation_task(config), PairSampler(benchmark, config).batch(0)
    torch.manual_seed(0)
    student = EmbeddingNetwork(config.network).eval()
    numbers = task.losses(student, batch, CPU).detach().as_numbers()
    embedding, wanted = embedding_of(student, batch), embedding_of(task.teacher, batch)
    assert numbers["mean"] == pytest.approx(3 * float(mean_error(embedding, wanted)))
    assert numbers["std"] == pytest.approx(float(std_error(embedding, wanted)) / 2)
    student.matching.load_state_dict(task.teacher.matching.state_dict())
    own = EmbeddingTask(config).losses(student, batch, CPU).detach()
    assert numbers["pairs"] == pytest.approx(float(own.total))


def test_training_steps_towards_the_teacher_and_leaves_it_as_it_is(
    recipe: RecipeMaker, benchmark: CrossViewBenchmark
) -> None:
    config = recipe(
        **NO_OWN_LOSSES, network__dropout="0.0", optimizer__name='"adamw"',
        optimizer__learning_rate="0.01",
    )  # fmt: skip
    trainer = Trainer(config, benchmark)
    assert isinstance(trainer.task, DistillationTask)
    before = {name: t.clone() for name, t in trainer.task.teacher.state_dict().items()}
    numbers = [trainer.train_step(0.0).as_numbers() for _ in range(30)]
    assert numbers[-1]["mean"] < 0.5 * numbers[0]["mean"]
    assert numbers[-1]["std"] < 0.5 * numbers[0]["std"]
    for name, tensor in trainer.task.teacher.state_dict().items():
        assert torch.equal(tensor, before[name])


def test_the_student_takes_over_the_teachers_sigmoid(
    recipe: RecipeMaker, benchmark: CrossViewBenchmark
) -> None:
    task = distillation_task(recipe())
    student = EmbeddingNetwork(recipe().network).eval()
    before = student.matching().detached()
    finished = task.finish(student, benchmark)
    assert finished.matching().detached() == task.teacher.matching().detached()
    assert student.matching().detached() == before
    assert torch.equal(finished.mean.weight, student.mean.weight)


def test_calibration_fits_what_the_teacher_gave(
    recipe: RecipeMaker, benchmark: CrossViewBenchmark
) -> None:
    student = EmbeddingNetwork(recipe().network).eval()
    finished = distillation_task(recipe(calibrate="true")).finish(student, benchmark)
    expected = EmbeddingNetwork(recipe().network)
    expected.load_state_dict(student.state_dict())
    task = distillation_task(recipe())
    expected.matching.load_state_dict(task.teacher.matching.state_dict())
    expected = EmbeddingTask(recipe(calibrate="true")).finish(expected.eval(), benchmark)
    assert finished.matching().detached() == expected.matching().detached()
    assert finished.matching().detached() != task.teacher.matching().detached()


def test_the_card_names_the_teacher_but_not_its_folder(
    recipe: RecipeMaker,
    benchmark: CrossViewBenchmark,
    make_benchmark: BenchmarkMaker,
    tmp_path: Path,
) -> None:
    card = train(recipe(), benchmark, make_benchmark(40), tmp_path / "run", Limits(steps=1))
    assert card.training["recipe"]["distillation"] == {
        "teacher": "teacher.safetensors",
        "mean_weight": 1.0,
        "std_weight": 1.0,
    }
    network, _ = load_checkpoint(tmp_path / "run" / "best.safetensors")
    assert isinstance(network, EmbeddingNetwork)
    assert network.matching().detached().b == 3.0


@pytest.mark.parametrize(
    ("shape", "fault"),
    [
        (
            {"dimension": 8},
            "has network.dimension 8, the student has 4; set network.dimension to 8",
        ),
        ({"inputs": "keypoints_and_scores"}, "has network.inputs keypoints_and_scores"),
        ({"head": "point"}, "has network.head point, the student has gaussian"),
        ({"head": "lifting", "dimension": 39}, "has network.head lifting"),
    ],
)
def test_a_teacher_of_another_kind_is_refused(
    shape: dict[str, Any], fault: str, save_teacher: Callable[..., Path]
) -> None:
    teacher = save_teacher(**shape)
    with pytest.raises(InputError, match=rf"^distillation.teacher: .*teacher.safetensors {fault}"):
        load_teacher(str(teacher), NetworkConfig(width=8, dimension=4))


def test_a_missing_teacher_ends_the_run_before_it_begins(
    small_recipe: RecipeMaker, benchmark: CrossViewBenchmark, make_benchmark: BenchmarkMaker,
    tmp_path: Path,
) -> None:  # fmt: skip
    config = small_recipe(distillation__teacher='"nobody"')
    with pytest.raises(InputError, match=r"^distillation\.teacher: nobody: no such checkpoint"):
        train(config, benchmark, make_benchmark(40), tmp_path / "run", Limits(steps=1))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("recipe_name", ["vipe", "l2-vipe", "lifting"])
def test_only_gaussians_are_distilled(recipe_name: str, small_recipe: RecipeMaker) -> None:
    with pytest.raises(InputError, match="leave out distillation"):
        small_recipe(recipe_name, distillation__teacher='"base"')


def test_a_run_is_not_resumed_with_a_changed_teacher(
    recipe: RecipeMaker, benchmark: CrossViewBenchmark, tmp_path: Path
) -> None:
    config = recipe(**NO_OWN_LOSSES)
    assert config.distillation is not None
    train(config, benchmark, benchmark, tmp_path / "run", Limits(steps=1))
    train(config, benchmark, benchmark, tmp_path / "run", Limits(steps=2), resume=True)
    network, card = load_checkpoint(config.distillation.teacher)
    with torch.no_grad():
        next(network.parameters()).flatten()[0] += 1e-3
    save_checkpoint(config.distillation.teacher, network, card)
    with pytest.raises(InputError, match="teacher's weights have changed"):
        train(config, benchmark, benchmark, tmp_path / "run", Limits(steps=3), resume=True)
