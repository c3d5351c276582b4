"""NP-MPJPE of all pairs: the compiled closed form against batched singular values in torch.

    python benchmarks/np_mpjpe.py [DATA.npz] [--poses 2048] [--turns 3] [--threads 2]

DATA.npz, such as a benchmark, holds `poses3d` (N, 17, 3), h36m17; without it random articulated
bodies are used. Both sides do the whole computation, from poses as they come to the matrix of
distances, in one process with the same number of threads; they take turns, as other programs may be
running, and the median of each counts. The largest error is taken over every pair against float64
singular values, and over degenerate pairs: identical, mirrored, planar, collinear, nearly tied.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch

PAIRS_AT_ONCE = 1 << 16  # the fastest of 2^14 ... 2^20 for torch on two cores
PARENTS = np.array([0, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15])
HIP, SPINE, THORAX = 0, 7, 8


def main() -> None:
    """Time both, compare both, print the figures."""
    arguments = parse_arguments()
    os.environ["NUMBA_NUM_THREADS"] = str(arguments.threads)  # read when numba is imported
    torch.set_num_threads(arguments.threads)
    from prvipe.geometry import np_mpjpe_matrix

    a, b = load(arguments.data, arguments.poses)
    np_mpjpe_matrix(a[:16], b[:16])  # compiles
    by_svd(a[:16], b[:16], torch.float32)
    (seconds, distances), (svd_seconds, svd_distances) = take_turns(
        lambda: np_mpjpe_matrix(a, b), lambda: by_svd(a, b, torch.float32), turns=arguments.turns
    )
    ((batch_seconds, _),) = take_turns(lambda: np_mpjpe_matrix(a[:256], b[:256]), turns=15)
    exact = by_svd(a, b, torch.float64)

    shape = f"{len(a)} x {len(b)} poses, {arguments.threads} threads, {arguments.turns} turns"
    print(f"np_mpjpe_matrix    {seconds * 1e9 / exact.size:9.1f} ns a pair   {shape}")
    print(f"torch.linalg.svd   {svd_seconds * 1e9 / exact.size:9.1f} ns a pair   float32")
    print(f"ratio              {svd_seconds / seconds:9.1f}")
    print(f"256 x 256          {batch_seconds * 1e3:9.2f} ms")
    print("largest error against float64 singular values:")
    print(f"  all pairs        {np.abs(distances - exact).max():9.1e}")
    print(f"  (float32 svd)    {np.abs(svd_distances - exact).max():9.1e}")
    for name, (first, second) in degenerate_pairs(a[:256].astype(np.float64)).items():
        error = np.abs(np_mpjpe_matrix(first, second) - by_svd(first, second, torch.float64))
        print(f"  {name:<16} {error.max():9.1e}")


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Time and check np_mpjpe_matrix.")
    parser.add_argument("data", type=Path, nargs="?", help="an .npz with poses3d (N, 17, 3)")
    parser.add_argument("--poses", type=int, default=2048, help="poses on either side")
    parser.add_argument("--turns", type=int, default=3, help="of which the median counts")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def load(file: Path | None, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw `count` poses for either side, float32."""
    rng = np.random.default_rng(0)
    if file is None:
        return random_bodies(rng, count), random_bodies(rng, count)
    with np.load(file) as data:
        poses = data["poses3d"].astype(np.float32)
    chosen = rng.choice(len(poses), (2, count), replace=len(poses) < 2 * count)
    return poses[chosen[0]], poses[chosen[1]]


def random_bodies(rng: np.random.Generator, count: int) -> np.ndarray:
    """Bodies of one build with bones in random directions, upper body mostly up: (count, 17, 3)."""
    lengths = np.array([0, 13, 45, 44, 13, 45, 44, 24, 25, 11, 12, 15, 28, 25, 15, 28, 25]) / 100
    bones = rng.normal(size=(count, 17, 3))
    bones[:, [SPINE, THORAX, 9, 10], 2] += 4
    bones *= lengths[:, None] / np.linalg.norm(bones, axis=-1, keepdims=True)
    poses = np.zeros((count, 17, 3))
    for joint in range(1, 17):
        poses[:, joint] = poses[:, PARENTS[joint]] + bones[:, joint]
    return poses.astype(np.float32)


def take_turns(*calls: Callable[[], np.ndarray], turns: int) -> list[tuple[float, np.ndarray]]:
    """Call each in turn, some times over: the median seconds and the last result of each."""
    seconds: list[list[float]] = [[] for _ in calls]
    for _ in range(turns):
        results = []
        for call, kept in zip(calls, seconds, strict=True):
            start = time.perf_counter()
            results.append(call())
            kept.append(time.perf_counter() - start)
    return [(median(kept), result) for kept, result in zip(seconds, results, strict=True)]


@torch.no_grad()
def by_svd(a: np.ndarray, b: np.ndarray, dtype: torch.dtype) -> np.ndarray:
    """NP-MPJPE by batched singular values, in pieces that stay near the cache: (N, M)."""
    target, source = centered(a, dtype), centered(b, dtype)
    size = source.square().sum(dim=(1, 2))
    rows = max(1, PAIRS_AT_ONCE // len(source))
    return torch.cat([svd_rows(t, source, size) for t in target.split(rows)]).numpy()


def svd_rows(target: torch.Tensor, source: torch.Tensor, size: torch.Tensor) -> torch.Tensor:
    """Align `source` (M, 17, 3) of squared norm `size` (M,) onto `target` (n, 17, 3) -> (n, M)."""
    pairs = len(target), len(source)
    covariance = source.transpose(1, 2).reshape(-1, 17) @ target.transpose(0, 1).reshape(17, -1)
    covariance = covariance.view(pairs[1], 3, pairs[0], 3).permute(2, 0, 1, 3).contiguous()
    u, singular, vh = torch.linalg.svd(covariance)
    first, second, third = (u @ vh).unbind(dim=-2)
    sign = torch.sign((torch.linalg.cross(first, second) * third).sum(dim=-1))
    u[..., 2] *= sign[..., None]
    singular[..., 2] *= sign
    scale = singular.sum(dim=-1) / size
    aligned = torch.matmul(source, scale[..., None, None] * (u @ vh))
    return torch.linalg.vector_norm(aligned - target[:, None], dim=-1).mean(dim=-1)


def centered(poses: np.ndarray, dtype: torch.dtype) -> torch.Tensor:
    """Poses in units of hip-spine-thorax, centred on their mean joint."""
    points = torch.from_numpy(poses).to(dtype)
    trunk = (points[:, SPINE] - points[:, HIP]).norm(dim=-1)
    trunk = trunk + (points[:, THORAX] - points[:, SPINE]).norm(dim=-1)
    return (points - points.mean(dim=1, keepdim=True)) / trunk[:, None, None]


def degenerate_pairs(poses: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Pairs whose best rotation is hard to find, though it or the distance is unique."""
    other = poses[::-1]
    u, extents, axes = np.linalg.svd(poses - poses.mean(axis=1, keepdims=True), full_matrices=False)
    flat = (u * extents[:, None] * [1, 1, 0]) @ axes
    line = (u * extents[:, None] * [1, 0, 0]) @ axes
    nearly_tied = u * [2, 1 + 1e-6, 1]
    return {
        "identical": (poses, poses.copy()),
        "mirrored": (poses, poses * [1, -1, 1]),
        "planar": (flat, np.concatenate([flat, other])),
        "collinear": (line, np.concatenate([line, other])),
        "nearly tied": (nearly_tied, nearly_tied * [1, 1, -1]),
    }


if __name__ == "__main__":
    main()
