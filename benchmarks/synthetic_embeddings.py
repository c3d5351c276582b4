"""Embeddings by the million, of real 3D poses: what the benchmarks of scale search in.

    python benchmarks/synthetic_embeddings.py TRAIN.npz VAL.npz --out FOLDER [--count 10000000]

Every row is a pose drawn from TRAIN, mirrored half of the time, on a body of proportions of its
own, its joints bent a little, seen by a camera of its own (azimuth anywhere, elevation -15 to 30
degrees, roll up to 5) with a detector's errors; of a fifth of the rows joints are missing as in
COCO. All are embedded by `base` in single precision, by ONNX Runtime, from the file that
`prvipe export` writes and checks to 1e-5 against PyTorch; none is made up in the space of
embeddings. Queries are keypoints of VAL, people and recordings that are not in the library, with
its own cameras and errors, a fifth with joints missing.

FOLDER gets mean.npy (N, 16) float32, std.npy (N, 16) float16, keypoints.npy (N, 13, 2) float16
(NaN: missing) and queries.npz (keypoints, scores, mean, std). Chunks of 20,000 rows depend on
their number alone: a run that was cut short goes on where it stopped, and the first rows of a large
library are those of a small one.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import onnxruntime

from prvipe.data.benchmark import load_benchmark
from prvipe.data.detector import detect
from prvipe.data.hiding import occlude
from prvipe.files import atomic_path
from prvipe.geometry.arrays import Float32Array
from prvipe.geometry.mirrors import mirror_poses
from prvipe.geometry.normalization import normalize_3d
from prvipe.model.embedder import Embedder
from prvipe.model.export import export_onnx
from prvipe.training.augmentation import change_proportions
from prvipe.training.config import ViewConfig
from prvipe.training.limbs import bend_joints
from prvipe.training.views import random_projections

CHUNK = 20_000
_BEND, _PROPORTIONS = 4.0, 0.07  # degrees; deviation of the logarithm of a chain's scale
_HIDDEN = 0.2
_VIEWS = ViewConfig(
    rotation="turn_then_tilt", elevation=(-15, 30), roll=(-5, 5), distance=(4.5, 12)
)
_FILES: dict[str, tuple[tuple[int, ...], type[np.generic]]] = {
    "mean": ((16,), np.float32),
    "std": ((16,), np.float16),
    "keypoints": ((13, 2), np.float16),
}


class Embedded(NamedTuple):
    """Keypoints (n, 13, 2), scores (n, 13), and the mean and std (n, 16) of their embeddings."""

    keypoints: Float32Array
    scores: Float32Array
    mean: Float32Array
    std: Float32Array


Embed = Callable[[Float32Array, Float32Array], tuple[Float32Array, Float32Array]]


def main() -> None:
    """Make the files, or the rest of them."""
    parser = argparse.ArgumentParser(description="Embed synthetic views of real poses.")
    parser.add_argument("train", help="cross-view benchmark whose poses make the library")
    parser.add_argument("val", help="cross-view benchmark whose keypoints are the queries")
    parser.add_argument("--out", type=Path, required=True, help="folder")
    parser.add_argument("--count", type=int, default=10_000_000)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=1)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "base.onnx"
        export_onnx(Embedder.load("base"), model)
        make_queries(arguments.val, arguments.queries, model, arguments.out / "queries.npz")
        make_library(arguments, model)


def make_queries(val: str, count: int, model: Path, file: Path) -> None:
    """Keypoints of the cameras of the file in turn, evenly over its frames."""
    if file.exists():
        return
    seen = load_benchmark(val).get_keypoints("det")
    rows = np.linspace(0, len(seen) - 1, count).astype(int)
    rng = np.random.default_rng(1)
    made = hide_and_embed(seen[rows, np.arange(count) % seen.shape[1]], open_model(model), rng)
    with atomic_path(file) as temporary:
        np.savez(temporary, **made._asdict())


def make_library(arguments: argparse.Namespace, model: Path) -> None:
    """Make the chunks that are missing, each by one process."""
    arrays = {name: open_array(arguments.out / f"{name}.npy", arguments.count) for name in _FILES}
    done = open_array(arguments.out / "done.npy", -(-arguments.count // CHUNK), (), np.uint8)
    missing = np.flatnonzero(done == 0)
    start = time.perf_counter()
    with get_context("spawn").Pool(arguments.processes, _start, (arguments.train, model)) as pool:
        for count, (number, made) in enumerate(pool.imap_unordered(_make_chunk, missing), 1):
            rows = slice(number * CHUNK, min((number + 1) * CHUNK, arguments.count))
            made["keypoints"][made.pop("scores") == 0] = np.nan
            for name, array in arrays.items():
                array[rows] = made[name][: rows.stop - rows.start]
                array.flush()
            done[number] = 1
            rate = count * CHUNK / (time.perf_counter() - start)
            print(f"\r{int(done.sum()) * CHUNK:,} rows, {rate:,.0f} per second", end="", flush=True)
    print()


def open_array(
    path: Path, count: int, shape: tuple[int, ...] | None = None, kind: type[np.generic] = np.uint8
) -> npt.NDArray[Any]:
    """Map a file of `count` rows, made of zeros if it is not there."""
    if shape is None:
        shape, kind = _FILES[path.stem]
    if path.exists():
        return np.lib.format.open_memmap(path, mode="r+")
    return np.lib.format.open_memmap(path, mode="w+", dtype=kind, shape=(count, *shape))


def open_model(model: Path) -> Embed:
    """Run an exported model in one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(model), options)

    def embed(keypoints: Float32Array, scores: Float32Array) -> tuple[Float32Array, Float32Array]:
        parts = [
            session.run(["mean", "std"], {"keypoints": k, "scores": s})
            for k, s in zip(
                np.array_split(keypoints, max(1, len(keypoints) // 2048)),
                np.array_split(scores, max(1, len(scores) // 2048)),
                strict=True,
            )
        ]
        mean, std = (np.concatenate(each) for each in zip(*parts, strict=True))
        return mean, std

    return embed


def hide_and_embed(keypoints: Float32Array, embed: Embed, rng: np.random.Generator) -> Embedded:
    """Hide joints of some of the poses (n, 13, 2), and embed all."""
    scores = np.ones(keypoints.shape[:2], np.float32)
    hidden = rng.random(len(scores)) < _HIDDEN
    scores[hidden] *= occlude(int(hidden.sum()), rng)
    return Embedded(keypoints, scores, *embed(keypoints, scores))


def see(poses: Float32Array, rng: np.random.Generator) -> Float32Array:
    """Detected keypoints (n, 13, 2) of poses (n, 17, 3) made a little different each."""
    mirrored = rng.random(len(poses)) < 0.5
    bodies = np.where(mirrored[:, None, None], mirror_poses(poses), poses).astype(np.float32)
    bodies = change_proportions(bend_joints(bodies, _BEND, rng), _PROPORTIONS, rng)
    bodies = normalize_3d(bodies).astype(np.float32)
    return detect(random_projections(bodies, _VIEWS, rng).keypoints, rng)


_poses: Float32Array
_embed: Embed


def _start(train: str, model: Path) -> None:
    global _poses, _embed
    _poses, _embed = load_benchmark(train).poses3d, open_model(model)


def _make_chunk(number: int) -> tuple[int, dict[str, Float32Array]]:
    rng = np.random.default_rng([0, number])
    drawn = _poses[rng.integers(len(_poses), size=CHUNK)]
    return number, hide_and_embed(see(drawn, rng), _embed, rng)._asdict()


if __name__ == "__main__":
    main()
