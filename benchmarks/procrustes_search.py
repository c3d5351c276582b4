"""The two baselines that align every query with every pose: the search against batched SVD.

    python benchmarks/procrustes_search.py [DATA.npz] [--poses 10910] [--queries 256] [--threads 2]

Both find the 20 gallery poses of another camera that fit each query best by a similarity: 2D
keypoints, and 13-joint 3D poses such as a lifting network estimates. The plain way aligns by
batched singular values in torch and takes its top k. They take turns at the same queries, and the
best turn of each counts, as other programs may be running. Seconds of wall and of processor are
printed per million alignments, and scaled up to the paper's evaluation: 10,910 queries by 10,910
poses by 12 camera pairs.

DATA.npz is a benchmark; without it the built-in motions are used. Poses are repeated with small
changes up to the number asked for. In place of a trained network, estimates are the recorded poses
in the frame of each camera, with errors of 5 cm.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import torch

if TYPE_CHECKING:
    from prvipe.data.benchmark import CrossViewBenchmark
    from prvipe.retrieval import Neighbors

K = 20
PAPER = 10910 * 10910 * 12
ESTIMATE_ERROR = 0.05  # metres
PAIRS_AT_ONCE = 1 << 16

Result = TypeVar("Result")
Views = tuple[np.ndarray, np.ndarray]
Search = Callable[[np.ndarray, np.ndarray, int], "Neighbors"]


def main() -> None:
    """Time both ways for both baselines, check that they agree, print the figures."""
    arguments = parse_arguments()
    os.environ["NUMBA_NUM_THREADS"] = str(arguments.threads)  # read when numba is imported
    torch.set_num_threads(arguments.threads)
    from prvipe.memory import keep_freed_memory
    from prvipe.retrieval import top_k_keypoints, top_k_poses

    keep_freed_memory()
    benchmark = load(arguments.data)
    rows = np.arange(arguments.poses) % len(benchmark)
    print(
        f"{arguments.queries} queries, {arguments.poses} poses, {arguments.threads} threads, best "
        f"of {arguments.turns} turns; seconds per million alignments"
    )
    compare("2D keypoints", top_k_keypoints, keypoint_views(benchmark, rows), arguments)
    compare("3D poses", top_k_poses, pose_views(benchmark, rows), arguments)


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Time search by Procrustes alignment.")
    parser.add_argument("data", type=Path, nargs="?", help="a benchmark .npz")
    parser.add_argument("--poses", type=int, default=10910, help="in the gallery")
    parser.add_argument("--queries", type=int, default=256)
    parser.add_argument("--plain-queries", type=int, default=16, help="of them by SVD")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def load(path: Path | None) -> CrossViewBenchmark:
    """Read the benchmark, or build the built-in one; its first two cameras."""
    from prvipe.data.benchmark import load_benchmark
    from prvipe.data.synthetic import synthetic_benchmark

    benchmark = synthetic_benchmark() if path is None else load_benchmark(path)
    return benchmark.select(cameras=benchmark.camera_ids[:2].tolist())


def keypoint_views(benchmark: CrossViewBenchmark, rows: np.ndarray) -> Views:
    """Detected keypoints (N, 13, 2) of these rows in two cameras, normalised."""
    from prvipe.geometry import normalize_2d

    rng = np.random.default_rng(0)
    keypoints = normalize_2d(benchmark.get_keypoints("det")[rows])
    keypoints += rng.normal(0, 0.005, keypoints.shape).astype(np.float32)
    return keypoints[:, 0], keypoints[:, 1]


def pose_views(benchmark: CrossViewBenchmark, rows: np.ndarray) -> Views:
    """Poses (N, 13, 3) as if estimated in two cameras a quarter turn apart."""
    from prvipe.skeleton import COCO13, H36M17

    rng = np.random.default_rng(0)
    joints = [H36M17.index(joint) for joint in COCO13.joints]
    poses = benchmark.poses3d[rows][:, joints]
    first, second = (poses + rng.normal(0, ESTIMATE_ERROR, poses.shape) for _ in range(2))
    return first, second @ np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]])


def compare(name: str, search: Search, views: Views, arguments: argparse.Namespace) -> None:
    """Time the search and the plain way on queries spread over the rows, and print.

    Raises:
        AssertionError: the two ways found different poses or distances.
    """
    gallery = views[1]
    chosen = np.linspace(0, len(gallery) - 1, arguments.queries).astype(int)
    query = views[0][chosen]
    some = slice(None, None, max(1, len(query) // arguments.plain_queries))
    search(query[:8], gallery[:100], K)  # compiles
    ours, plain = Clock(len(query) * len(gallery)), Clock(len(query[some]) * len(gallery))
    for _ in range(arguments.turns):
        found = ours.time(lambda: search(query, gallery, K))
        indices, distances = plain.time(lambda: search_plainly(query[some], gallery))
    assert (found.indices[some] == indices).mean() > 0.99  # the rest: equal but for rounding
    assert np.abs(-found.scores[some] - distances).max() < 1e-5

    print(f"{name:<14} ours    {ours}")
    print(f"{'':<14} by SVD  {plain}")
    wall, cpu = (there / here for here, there in zip(ours.best(), plain.best(), strict=True))
    print(f"{'':<14} ratio   {wall:8.1f} x wall {cpu:8.1f} x CPU")


class Clock:
    """The best turn at so many alignments: seconds of wall and of all processors."""

    def __init__(self, alignments: int) -> None:
        self.alignments = alignments
        self.wall = self.cpu = np.inf

    def time(self, call: Callable[[], Result]) -> Result:
        """Call once, and keep the time if it is the best."""
        wall, cpu = time.perf_counter(), time.process_time()
        result = call()
        self.wall = min(self.wall, time.perf_counter() - wall)
        self.cpu = min(self.cpu, time.process_time() - cpu)
        return result

    def best(self) -> tuple[float, float]:
        """Seconds of wall and of all processors per million alignments."""
        return 1e6 * self.wall / self.alignments, 1e6 * self.cpu / self.alignments

    def __str__(self) -> str:
        """Both, and the minutes of the paper's evaluation at this pace."""
        wall, cpu = self.best()
        minutes = wall * PAPER / 1e6 / 60
        return f"{wall:8.4f} s wall {cpu:8.4f} s CPU {minutes:8.1f} minutes for {PAPER:,}"


@torch.no_grad()
def search_plainly(query: np.ndarray, gallery: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows (Q, K) of the gallery and their distances, by batched singular values in float32."""
    target, source = centered(query), centered(gallery)
    rows = max(1, PAIRS_AT_ONCE // len(source))
    distances = torch.cat([align_by_svd(part, source) for part in target.split(rows)])
    best = distances.sort(dim=1, stable=True)
    return best.indices[:, :K].numpy(), best.values[:, :K].numpy()


def centered(poses: np.ndarray) -> torch.Tensor:
    """Poses (N, J, D) about their mean joint, float32."""
    points = torch.from_numpy(np.asarray(poses, np.float64))
    return (points - points.mean(dim=1, keepdim=True)).float()


def align_by_svd(target: torch.Tensor, source: torch.Tensor) -> torch.Tensor:
    """Mean joint distances of `source` (M, J, D) moved onto `target` (n, J, D) -> (n, M)."""
    covariance = torch.einsum("mjp,njq->nmpq", source, target)
    u, singular, vh = torch.linalg.svd(covariance)
    sign = torch.sign(torch.linalg.det(u @ vh))
    u[..., -1] *= sign[..., None]
    singular[..., -1] *= sign
    scale = singular.sum(dim=-1) / source.square().sum(dim=(1, 2))
    aligned = torch.matmul(source, scale[..., None, None] * (u @ vh))
    return torch.linalg.vector_norm(aligned - target[:, None], dim=-1).mean(dim=-1)


if __name__ == "__main__":
    main()
