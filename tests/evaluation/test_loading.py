from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from prvipe.data.synthetic import synthetic_benchmark
from prvipe.errors import InputError
from prvipe.evaluation.baselines import LiftingRetrieval
from prvipe.evaluation.loading import load_system
from prvipe.evaluation.systems import EmbeddingRetrieval
from prvipe.model.checkpoint import ModelCard, save_checkpoint
from prvipe.model.embedder import Embedder
from prvipe.model.lifter import Lifter
from prvipe.model.lifting import build_network
from prvipe.model.network import NetworkConfig

MakeModel = Callable[..., Path]


@pytest.fixture
def make_model(tmp_path: Path) -> MakeModel:
    """`make_model(head)` -> checkpoint of a small network always the same."""

    def make(head: str) -> Path:
        dimension = 39 if head == "lifting" else 4
        config = NetworkConfig.model_validate({"width": 8, "dimension": dimension, "head": head})
        path = tmp_path / f"{head}.safetensors"
        torch.manual_seed(0)
        save_checkpoint(path, build_network(config), ModelCard(network=config))
        return path

    return make


@pytest.mark.parametrize(
    ("head", "ranking", "ranked_by"),
    [
        ("gaussian", None, "closed-form matching probability"),
        ("gaussian", "sampled", "sampled matching probability"),
        ("point", None, "closed-form matching probability"),
        ("point", "mean", "mean distance"),
        ("l2", None, "mean distance"),
        ("lifting", None, "3D Procrustes distance"),
    ],
)
def test_a_model_is_ranked_by_what_fits_it(
    make_model: MakeModel, head: str, ranking: str | None, ranked_by: str
) -> None:
    system = load_system(make_model(head), ranking, "its name")  # type: ignore[arg-type]
    assert (system.name, system.ranked_by) == ("its name", ranked_by)


def test_the_system_embeds_or_lifts_as_its_model(make_model: MakeModel) -> None:
    keypoints = synthetic_benchmark(0, 4, 1).get_keypoints("det")[:8, 0]
    embedding, lifting = load_system(make_model("gaussian")), load_system(make_model("lifting"))
    assert isinstance(embedding, EmbeddingRetrieval)
    assert isinstance(lifting, LiftingRetrieval)
    model = Embedder.load(make_model("gaussian"))
    np.testing.assert_array_equal(
        embedding.describe(keypoints).mean, model.embed_keypoints(keypoints).mean
    )
    lifter = Lifter.load(make_model("lifting"))
    np.testing.assert_array_equal(lifting.lift(keypoints), lifter.lift_keypoints(keypoints))


def test_rankings_that_do_not_fit_are_refused(make_model: MakeModel) -> None:
    with pytest.raises(InputError, match=r"unit vectors .* use the ranking mean"):
        load_system(make_model("l2"), "closed-form")
    with pytest.raises(InputError, match=r"lifts to 3D poses.* name no ranking"):
        load_system(make_model("lifting"), "mean")


def test_a_shipped_model_is_named_after_itself() -> None:
    assert load_system("base").name == "base"
