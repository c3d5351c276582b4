"""From poses to Gaussians with a model."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

import prvipe
from prvipe.errors import InputError
from prvipe.model import features
from prvipe.model.checkpoint import save_checkpoint
from prvipe.model.embedder import Embedder, find_model, shipped_models
from prvipe.model.features import keypoints_to_features
from prvipe.model.gaussian import Gaussian
from prvipe.model.matching import match_probability, match_probability_matrix
from prvipe.poses import Poses
from prvipe.skeleton import COCO13, COCO17

Array = npt.NDArray[np.float32]


def people(count: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(size=(count, 13, 2)).astype(np.float32)


def test_it_is_the_network_on_the_features(embedder: Embedder) -> None:
    keypoints = people(5)
    with torch.no_grad():
        expected = embedder.network(torch.from_numpy(keypoints_to_features(keypoints)))
    for embeddings in (
        embedder.embed(keypoints),
        embedder.embed(Poses(keypoints, None, COCO13)),
        embedder.embed_keypoints(keypoints),
    ):
        torch.testing.assert_close(embeddings.mean, expected.mean)
        torch.testing.assert_close(embeddings.std, expected.std)


def test_the_network_is_put_to_evaluation(embedder: Embedder) -> None:
    """A pose's embedding does not depend on the poses embedded with it."""
    assert not embedder.network.training
    keypoints = people(5)
    alone = embedder.embed(keypoints[[3]])
    torch.testing.assert_close(embedder.embed(keypoints)[3].mean, alone.mean)


def test_place_and_size_do_not_matter(embedder: Embedder) -> None:
    keypoints = people(5)
    moved = embedder.embed(100 * keypoints + np.array([30, -700], np.float32))
    torch.testing.assert_close(moved.mean, embedder.embed(keypoints).mean, atol=1e-3, rtol=0)


def test_batches_do_not_show(embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    keypoints = people(25)
    whole = embedder.embed_keypoints(keypoints)
    monkeypatch.setattr(features, "_BATCH", 10)
    parts = embedder.embed_keypoints(keypoints)
    torch.testing.assert_close(parts.mean, whole.mean)
    torch.testing.assert_close(parts.std, whole.std)


def test_no_poses_give_no_embeddings(embedder: Embedder) -> None:
    for embeddings in (embedder.embed(people(0)), embedder.embed_keypoints(people(0))):
        assert (len(embeddings), embeddings.dimension) == (0, 3)


def test_another_skeleton_is_mapped_by_name(embedder: Embedder) -> None:
    wanted = people(4)
    keypoints = np.full((4, 17, 2), 5.0, np.float32)
    for joint in COCO13.joints:
        source = "nose" if joint == "head" else joint
        keypoints[:, COCO17.index(source)] = wanted[:, COCO13.index(joint)]
    expected = embedder.embed(wanted)
    for embeddings in (
        embedder.embed(keypoints, skeleton="coco17"),
        embedder.embed(Poses(keypoints, None, COCO17)),
    ):
        torch.testing.assert_close(embeddings.mean, expected.mean)


def test_unusable_poses_are_refused(embedder: Embedder) -> None:
    broken = people(4)
    broken[2, COCO13.index("left_elbow")] = np.nan
    with pytest.raises(InputError, match=r"row 2.*left_elbow"):
        embedder.embed(broken)
    with pytest.raises(InputError, match=r"project them, or, if the third column is a score"):
        embedder.embed(np.ones((3, 13, 3), np.float32))
    with pytest.raises(InputError, match="17"):
        embedder.embed(np.ones((3, 17, 2), np.float32))
    for embed in (embedder.embed, embedder.embed_keypoints):
        with pytest.raises(InputError, match="expected numbers, got an array of <U1"):
            embed(np.full((3, 13, 2), "1"))  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(13, 2), (2, 3, 13, 2), (5, 26), (5, 13, 3)])
def test_keypoints_of_another_shape_are_refused(shape: tuple[int, ...], embedder: Embedder) -> None:
    with pytest.raises(InputError, match="13, 2"):
        embedder.embed_keypoints(np.random.default_rng(0).normal(size=shape))


def test_probabilities_are_those_of_the_closed_form(embedder: Embedder) -> None:
    z1, z2 = embedder.embed(people(4, 0)), embedder.embed(people(4, 1))
    matching = embedder.matching
    assert matching.smoothing == 0
    assert isinstance(matching.a, float)
    paired, matrix = embedder.match_probability(z1, z2), embedder.similarity(z1, z2)
    torch.testing.assert_close(paired, match_probability(z1, z2, matching))
    torch.testing.assert_close(matrix, match_probability_matrix(z1, z2, matching))
    torch.testing.assert_close(matrix.diagonal(), paired, atol=1e-4, rtol=0)


def test_embeddings_can_be_trained_upon(embedder: Embedder) -> None:
    """Autograd takes them as constants, as it takes any tensor."""
    embeddings = embedder.embed(people(6))
    assert not embeddings.mean.requires_grad
    probe = torch.nn.Linear(3, 2)
    probe(embeddings.mean).square().sum().backward()
    assert probe.weight.grad is not None
    assert (probe.weight.grad != 0).any()


def test_loading_from_a_path(embedder: Embedder, tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    save_checkpoint(path, embedder.network, embedder.card)
    keypoints = people(5)
    for source in (path, str(path)):
        loaded = prvipe.Embedder.load(source)
        assert loaded.card == embedder.card
        torch.testing.assert_close(loaded.embed(keypoints).mean, embedder.embed(keypoints).mean)


def test_loading_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing: no such checkpoint.* shipped: "):
        Embedder.load("nothing")
    with pytest.raises(InputError, match="is a folder"):
        Embedder.load(tmp_path)


@pytest.mark.parametrize("name", shipped_models())
def test_shipped_models_load_and_embed(name: str) -> None:
    assert find_model(name).stat().st_size <= 20 * 2**20
    model = Embedder.load(name)
    embeddings = model.embed(people(3))
    assert embeddings.mean.isfinite().all()
    assert model.card.data["trained_on"]


def test_what_cannot_be_compared_is_refused(embedder: Embedder) -> None:
    z = embedder.embed(people(4))
    with pytest.raises(InputError, match="there are 4 and 3; similarity compares all with all"):
        embedder.match_probability(z, z[:3])
    for compare in (embedder.match_probability, embedder.similarity):
        with pytest.raises(InputError, match="got ndarray; embed poses first"):
            compare(z, z.mean.numpy())  # type: ignore[arg-type]
        with pytest.raises(InputError, match="of 3 and 2 dimensions"):
            compare(z, Gaussian(z.mean[:, :2], z.std[:, :2]))


def test_tensors_that_need_a_gradient_are_refused(embedder: Embedder) -> None:
    keypoints = torch.from_numpy(people(4))
    torch.testing.assert_close(
        embedder.embed(keypoints).mean,  # type: ignore[arg-type]
        embedder.embed(keypoints.numpy()).mean,
    )
    for embed in (embedder.embed, embedder.embed_keypoints):
        with pytest.raises(InputError, match="detach"):
            embed(keypoints.clone().requires_grad_())  # type: ignore[arg-type]


def test_masked_joints_are_missing(embedder: Embedder) -> None:
    mask = np.zeros((4, 13, 2), bool)
    mask[2, COCO13.index("left_elbow")] = True
    for embed in (embedder.embed, embedder.embed_keypoints):
        with pytest.raises(InputError, match=r"row 2.*left_elbow"):
            embed(np.ma.array(people(4), mask=mask))


def test_what_is_no_path_is_refused() -> None:
    with pytest.raises(InputError, match=r"3: expected the name of a shipped model \(.*got int"):
        Embedder.load(3)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="5: expected the path of a file, got int"):
        prvipe.load(5)  # type: ignore[arg-type]
