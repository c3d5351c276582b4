"""Exported files give what the `Embedder` gives."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from prvipe.errors import InputError, PrvipeError
from prvipe.model import export
from prvipe.model.checkpoint import ModelCard
from prvipe.model.embedder import Embedder
from prvipe.model.export import export_onnx, onnx_model
from prvipe.model.network import EmbeddingNetwork, NetworkConfig
from prvipe.skeleton import COCO13

from .conftest import randomize_batch_norms

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

Array = npt.NDArray[np.float32]
MakeEmbedder = Callable[..., Embedder]

BOTH_INPUTS = pytest.mark.parametrize("inputs", ["keypoints", "keypoints_and_scores"])


@pytest.fixture
def make_embedder() -> MakeEmbedder:
    """`make_embedder(inputs, ...)`: small network, its batch norms as after training."""

    def make(inputs: str = "keypoints", **settings: Any) -> Embedder:
        shape = {"width": 48, "blocks": 2, "inputs": inputs, **settings}
        config = NetworkConfig.model_validate(shape)
        torch.manual_seed(0)
        network = EmbeddingNetwork(config)
        randomize_batch_norms(network)
        return Embedder(network, ModelCard(network=config, description="a test's"))

    return make


def people(count: int, pixels: float = 100, place: float = 1000, seed: int = 0) -> Array:
    rng = np.random.default_rng(seed)
    return (place + pixels * rng.normal(size=(count, 13, 2))).astype(np.float32)


def scores_of(count: int, seed: int = 1) -> Array:
    """Random scores, about a third of them 0, at least four above."""
    rng = np.random.default_rng(seed)
    scores = rng.uniform(size=(count, 13)).astype(np.float32)
    scores[:, 4:][rng.uniform(size=(count, 9)) < 0.4] = 0
    return scores


def inputs_for(embedder: Embedder, keypoints: Array) -> dict[str, Array]:
    scores = {"scores": scores_of(len(keypoints))} if embedder.reads_scores else {}
    return {"keypoints": keypoints, **scores}


def run(model: Any, inputs: dict[str, Array]) -> tuple[Array, Array]:
    session = onnxruntime.InferenceSession(model.SerializeToString())
    mean, std = session.run(["mean", "std"], inputs)
    return mean, std


def assert_equal(embedder: Embedder, inputs: dict[str, Array]) -> None:
    mean, std = run(onnx_model(embedder), inputs)
    expected = embedder.embed_keypoints(**inputs)
    np.testing.assert_allclose(mean, expected.mean.numpy(), rtol=0, atol=1e-5)
    np.testing.assert_allclose(std, expected.std.numpy(), rtol=0, atol=1e-5)
    assert (mean.dtype, std.dtype) == (np.float32, np.float32)


@BOTH_INPUTS
@pytest.mark.parametrize("head", ["gaussian", "point", "l2"])
@pytest.mark.parametrize("blocks", [0, 2])
def test_a_file_gives_what_the_embedder_gives(
    inputs: str, head: str, blocks: int, make_embedder: MakeEmbedder
) -> None:
    embedder = make_embedder(inputs, head=head, blocks=blocks, dimension=5)
    assert_equal(embedder, inputs_for(embedder, people(40)))


@BOTH_INPUTS
@pytest.mark.parametrize("count", [0, 1, 7])
def test_any_number_of_poses(count: int, inputs: str, make_embedder: MakeEmbedder) -> None:
    embedder = make_embedder(inputs)
    assert_equal(embedder, inputs_for(embedder, people(count)))


@BOTH_INPUTS
@pytest.mark.parametrize("pixels", [1e-3, 30, 500])
@pytest.mark.parametrize("place", [0, 4000])
def test_small_people_far_from_the_origin(
    pixels: float, place: float, inputs: str, make_embedder: MakeEmbedder
) -> None:
    """Both lose the same digits of keypoints in large images."""
    embedder = make_embedder(inputs)
    if place > 0 and pixels < 1:
        pixels = 5
    assert_equal(embedder, inputs_for(embedder, people(200, pixels, place)))


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30, 0])
def test_what_missing_joints_hold_does_not_matter(
    value: float, make_embedder: MakeEmbedder
) -> None:
    embedder = make_embedder("keypoints_and_scores")
    keypoints, scores = people(40), scores_of(40)
    keypoints[scores == 0] = value
    assert_equal(embedder, {"keypoints": keypoints, "scores": scores})


@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_a_joint_that_is_not_finite_is_missing_whatever_its_score(
    value: float, make_embedder: MakeEmbedder
) -> None:
    embedder = make_embedder("keypoints_and_scores")
    keypoints, scores = people(3), np.ones((3, 13), np.float32)
    keypoints[1, 5, 0] = value
    scores[1, 5] = 0.7
    assert_equal(embedder, {"keypoints": keypoints, "scores": scores})


def spoil(keypoints: Array, scores: Array, fault: str) -> None:
    """Spoil the second row."""
    if fault == "in one point":
        keypoints[1] = keypoints[1, 0]
    elif fault == "tiny and far away":
        keypoints[1] = 1e-4 * keypoints[1] + 40_000
    elif fault == "too large":
        keypoints[1] *= np.float32(1e30)
    elif fault == "not a number":
        keypoints[1, 9] = np.nan
    elif fault == "infinite":
        keypoints[1, 9, 1] = np.inf
    elif fault == "torso in one point":
        keypoints[1, [1, 2, 7, 8]] = keypoints[1, 1]
    elif fault == "three joints":
        scores[1, 3:] = 0
    else:
        scores[1, 6] = float(fault)


@pytest.mark.parametrize(
    ("inputs", "fault"),
    [
        *[("keypoints", fault) for fault in ("not a number", "infinite", "torso in one point")],
        *[("keypoints_and_scores", fault) for fault in ("three joints", "nan", "1.001", "-1e-6")],
        *[
            (inputs, fault)
            for inputs in ("keypoints", "keypoints_and_scores")
            for fault in ("in one point", "tiny and far away", "too large")
        ],
    ],
)
@pytest.mark.parametrize("int8", [False, True])
def test_rows_that_the_embedder_refuses_are_nan_and_spoil_no_others(
    inputs: str, fault: str, int8: bool, make_embedder: MakeEmbedder
) -> None:
    embedder = make_embedder(inputs)
    given = {"keypoints": people(4), "scores": np.ones((4, 13), np.float32)}
    model = onnx_model(embedder, int8)
    if not embedder.reads_scores:
        del given["scores"]
    before = run(model, given)
    spoil(given["keypoints"], given.get("scores", np.empty(0, np.float32)), fault)
    with pytest.raises(InputError, match="row 1"):
        embedder.embed_keypoints(**given)
    others = [0, 2, 3]
    for clean, found in zip(before, run(model, given), strict=True):
        assert np.isnan(found[1]).all()
        np.testing.assert_allclose(found[others], clean[others], atol=0.1 if int8 else 0, rtol=0)


@BOTH_INPUTS
def test_the_file_says_what_it_is(inputs: str, make_embedder: MakeEmbedder, tmp_path: Path) -> None:
    embedder = make_embedder(inputs)
    file = tmp_path / "model.onnx"
    difference = export_onnx(embedder, file)
    assert 0 < difference <= 1e-5
    session = onnxruntime.InferenceSession(str(file))
    told = session.get_modelmeta().custom_metadata_map
    assert json.loads(told["joints"]) == list(COCO13.joints)
    assert ModelCard.model_validate_json(told["prvipe_card"]) == embedder.card
    assert float(told["matching_a"]) == embedder.matching.a
    assert float(told["matching_b"]) == embedder.matching.b
    shapes = {each.name: each.shape for each in session.get_inputs() + session.get_outputs()}
    scores = {"scores": ["N", 13]} if embedder.reads_scores else {}
    expected = {"keypoints": ["N", 13, 2], **scores, "mean": ["N", 16], "std": ["N", 16]}
    assert shapes == expected


def test_unit_vectors_have_no_matching_probability(make_embedder: MakeEmbedder) -> None:
    told = {entry.key for entry in onnx_model(make_embedder(head="l2")).metadata_props}
    assert told == {"inputs", "outputs", "arithmetic", "joints", "prvipe_card"}


def test_older_runtimes_read_it(make_embedder: MakeEmbedder) -> None:
    model = onnx_model(make_embedder())
    assert (model.ir_version, [(each.domain, each.version) for each in model.opset_import]) == (
        8,
        [("", 18)],
    )


@BOTH_INPUTS
def test_eight_bits_are_close_and_small(
    inputs: str, make_embedder: MakeEmbedder, tmp_path: Path
) -> None:
    embedder = make_embedder(inputs, width=256)
    file, small = tmp_path / "model.onnx", tmp_path / "int8.onnx"
    exact, rounded = export_onnx(embedder, file), export_onnx(embedder, small, int8=True)
    assert 100 * exact < rounded
    assert small.stat().st_size < 0.4 * file.stat().st_size
    weights = {each.name: each for each in onnx.load(small).graph.initializer}
    in_bytes = onnx.numpy_helper.to_array(weights["block_1_second_weight_bytes"])
    assert np.abs(in_bytes.astype(int)).max(axis=0).tolist() == [64] * 256


def test_eight_bits_are_refused_where_they_do_not_serve(
    make_embedder: MakeEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "model.onnx"
    with pytest.raises(InputError, match="without residual blocks"):
        export_onnx(make_embedder(blocks=0), file, int8=True)
    monkeypatch.setattr(export, "INT8_TOLERANCE", 1e-9)
    with pytest.raises(InputError, match="loses too much in 8 bits"):
        export_onnx(make_embedder(), file, int8=True)
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_reads_nothing_in_eight_bits(make_embedder: MakeEmbedder) -> None:
    embedder = make_embedder(width=256)
    with torch.no_grad():
        embedder.network.blocks[0].first[0].weight[3] = 0
    mean, _ = run(onnx_model(embedder, int8=True), {"keypoints": people(5)})
    exact = embedder.embed_keypoints(people(5)).mean.numpy()
    assert np.abs(mean - exact).mean() < 0.05 * exact.std()


def test_a_file_that_differs_is_not_written(
    make_embedder: MakeEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(b"what was here before")
    right = export.weights

    def wrong(network: EmbeddingNetwork, int8: bool) -> dict[str, Array]:
        found = right(network, int8)
        return {**found, "heads_bias": found["heads_bias"] + np.float32(1e-3)}

    monkeypatch.setattr(export, "weights", wrong)
    with pytest.raises(PrvipeError, match=rf"^{file}: .* differs from the model by 0\.001"):
        export_onnx(make_embedder(), file)
    assert file.read_bytes() == b"what was here before"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_without_the_extra(
    package: str, make_embedder: MakeEmbedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=rf'needs {package}; .* pip install "prvipe\[onnx\]"'):
        export_onnx(make_embedder(), tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_the_shipped_model_on_real_motion(shared_data: Path, tmp_path: Path) -> None:
    embedder = Embedder.load("base")
    with np.load(shared_data / "xview" / "val.npz") as file:
        keypoints = file["kp2d_det"][::40].reshape(-1, 13, 2)
    pixels = (3000 + 500 * keypoints).astype(np.float32)
    assert_equal(embedder, inputs_for(embedder, pixels))
