"""A trained model as one self-describing ONNX file, which runs without prvipe."""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from prvipe import __version__
from prvipe.errors import InputError, PrvipeError
from prvipe.files import atomic_path
from prvipe.geometry.arrays import Float32Array
from prvipe.model.embedder import Embedder
from prvipe.model.onnx_constants import FIXED, weights
from prvipe.model.onnx_graph import graph_text
from prvipe.poses.validity import LEAST_VISIBLE
from prvipe.skeleton import COCO13, get_skeleton

if TYPE_CHECKING:
    from onnx import ModelProto

_OPSET = 18
_IR_VERSION = 8
"""Both are of 2022, so that older runtimes can read the file."""

TOLERANCE = 1e-5
"""Absolute and relative tolerance of the comparison with the `Embedder`."""

INT8_TOLERANCE = 0.05
"""Tolerance in 8 bits: mean difference, as a share of the embeddings' standard deviation."""

_POSES = 256


def export_onnx(embedder: Embedder, path: str | os.PathLike[str], int8: bool = False) -> float:
    """Write a model to one ONNX file, atomically, after checking it against the `Embedder`.

    The file reads `keypoints` (N, 13, 2) float32, coco13, x right and y down, in any unit, and if
    the model reads scores also `scores` (N, 13) float32, 0 for a missing joint, whose keypoint may
    hold anything. It gives `mean` (N, d) and `std` (N, d), for any N; NaN in rows that the
    `Embedder` refuses. Its metadata are the model's card, the names of the joints and, where there
    is one, the sigmoid of the matching probability (`describe`).

    Args:
        embedder: the model.
        path: of the file.
        int8: multiply the network's large matrices in 8 bits: faster and smaller, less exact, and
            all rows share one rounding step, so each result depends a little on the other rows.

    Returns:
        Largest difference from the `Embedder` on random poses.

    Raises:
        InputError: onnx or onnxruntime is not installed, the file cannot be written, or int8 is
            asked of a model without residual blocks or one that loses more than
            `INT8_TOLERANCE`.
        PrvipeError: the file differs from the `Embedder` by more than `TOLERANCE`.
    """
    _import_extra("onnxruntime")
    model = onnx_model(embedder, int8)
    with atomic_path(path) as temporary:
        temporary.write_bytes(model.SerializeToString())
        return _require_equal(embedder, temporary, int8, os.fspath(path))


def onnx_model(embedder: Embedder, int8: bool = False) -> ModelProto:
    """The computation of `export_onnx` as an onnx.ModelProto."""
    onnx = _import_extra("onnx")
    if int8 and embedder.card.network.blocks == 0:
        raise InputError(
            "int8: a network without residual blocks gains nothing from 8 bits; export it without "
            "--int8"
        )
    graph = onnx.parser.parse_graph(graph_text(embedder.card.network, int8))
    names = {name for node in graph.node for name in node.input}
    for name, array in (FIXED | weights(embedder.network, int8)).items():
        if name in names:
            graph.initializer.append(onnx.numpy_helper.from_array(array, name))
    model = onnx.helper.make_model(
        graph,
        ir_version=_IR_VERSION,
        opset_imports=[onnx.helper.make_opsetid("", _OPSET)],
        producer_name="prvipe",
        producer_version=__version__,
        doc_string=embedder.card.description,
    )
    onnx.helper.set_model_props(model, describe(embedder, int8))
    onnx.checker.check_model(model, full_check=True)
    return model  # type: ignore[no-any-return]


def describe(embedder: Embedder, int8: bool = False) -> dict[str, str]:
    """Metadata of an exported file.

    Returns:
        `inputs`, `outputs` and `arithmetic` in words, `joints` (JSON list, in the order of the
        keypoints), `prvipe_card` (JSON, see `ModelCard`), and unless the model has none
        `matching_a`, `matching_b` and `matching`: equation 5.
    """
    card = embedder.card
    about_scores = "; scores: 0 to 1, 0 for a missing joint, 1 if seen and nothing more is known"
    described = {
        "inputs": "keypoints: x right, y down, in pixels or any other unit, joints as in joints"
        + (about_scores if card.network.reads_scores else "; no joint may be missing"),
        "outputs": "mean and std of one Gaussian per pose; NaN for poses that cannot be embedded",
        "arithmetic": "8-bit products in the residual blocks, else float32" if int8 else "float32",
        "joints": json.dumps(get_skeleton(card.skeleton).joints),
        "prvipe_card": card.model_dump_json(),
    }
    if card.network.head == "l2":
        return described
    return described | {
        "matching": "probability that samples z1, z2 match: sigmoid(b - a * |z1 - z2|)",
        "matching_a": repr(embedder.matching.a),
        "matching_b": repr(embedder.matching.b),
    }


def _require_equal(embedder: Embedder, file: Path, int8: bool, name: str) -> float:
    """Largest difference between file and `embedder` on random poses, if it is small enough.

    `file` lies under a temporary name; `name` is what the user calls it.
    """
    inputs = _random_poses(embedder.card.network.reads_scores)
    reference = embedder.embed_keypoints(**inputs)
    expected = [tensor.cpu().numpy() for tensor in (reference.mean, reference.std)]
    found = _run(file, inputs)
    differences = [np.abs(ours - theirs) for ours, theirs in zip(found, expected, strict=True)]
    largest = max(float(difference.max()) for difference in differences)
    if int8:
        share = float(differences[0].mean() / expected[0].std(axis=0).mean())
        if not share <= INT8_TOLERANCE:
            raise InputError(
                "int8: this model loses too much in 8 bits, its means move by "
                f"{share:.2g} of their deviation; export it without --int8"
            )
    elif not all(map(_is_close, found, expected)):
        raise PrvipeError(
            f"{name}: what was exported differs from the model by {largest:.2g}, more than "
            f"{TOLERANCE:g}: no file was written; please report this"
        )
    return largest


def _is_close(found: Float32Array, expected: Float32Array) -> bool:
    return np.allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE)


def _random_poses(with_scores: bool) -> dict[str, Float32Array]:
    """People of all sizes anywhere in a large image; with scores, up to nine joints missing."""
    rng = np.random.default_rng(0)
    place = rng.uniform(0, 4000, size=(_POSES, 1, 2))
    size = rng.uniform(30, 600, size=(_POSES, 1, 1))
    shape = (_POSES, len(COCO13.joints))
    keypoints = (place + size * rng.normal(size=(*shape, 2))).astype(np.float32)
    if not with_scores:
        return {"keypoints": keypoints}
    scores = rng.uniform(size=shape).astype(np.float32)
    scores[:, LEAST_VISIBLE:][rng.uniform(size=scores[:, LEAST_VISIBLE:].shape) < 0.2] = 0
    keypoints[scores == 0] = np.nan
    return {"keypoints": keypoints, "scores": scores}


def _run(file: Path, inputs: dict[str, Float32Array]) -> list[Float32Array]:
    runtime = _import_extra("onnxruntime")
    session = runtime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    return session.run(["mean", "std"], inputs)  # type: ignore[no-any-return]


def _import_extra(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(
            f'exporting needs {name}; install it with pip install "prvipe[onnx]"'
        ) from error
