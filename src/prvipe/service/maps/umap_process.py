"""UMAP in a process of its own, which can be stopped, and leaves its memory behind."""

from __future__ import annotations

import asyncio
import io
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable

import numpy as np

from prvipe.errors import PrvipeError
from prvipe.geometry.arrays import Float32Array
from prvipe.service.decoding.environment import library_folders
from prvipe.service.maps.layout import fit_square, project_by_pca

LEAST = 50
"""Embeddings from which on UMAP has something to say; fewer are laid out by PCA."""


async def project_by_umap(
    means: Float32Array, seconds: float, report: Callable[[float], None]
) -> Float32Array:
    """Lay out embeddings (n, d) by UMAP; cancelling it ends the process.

    Args:
        means: of n poses.
        seconds: that it may take.
        report: told the share that is done, 0 to 1.

    Returns:
        (n, 2): float32, from -1 to 1.

    Raises:
        PrvipeError: it was not done in time, or failed.
    """
    if len(means) < LEAST:
        return project_by_pca(means)
    process = await asyncio.create_subprocess_exec(
        # -P: what lies in the current folder is not found as if it were a library.
        *(sys.executable, "-P", "-m", "prvipe.service.maps.umap_child", str(os.getpid())),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env={**os.environ, "PYTHONPATH": library_folders()},
    )
    try:
        async with asyncio.timeout(seconds):
            points = await _exchange(process, means, report)
    except TimeoutError:
        raise PrvipeError(f"the map was not done within {seconds:.0f} s") from None
    except (asyncio.IncompleteReadError, ConnectionError, ValueError):
        raise PrvipeError("the process that computes the map ended in the middle of it") from None
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    return fit_square(points)


async def _exchange(
    process: asyncio.subprocess.Process, means: Float32Array, report: Callable[[float], None]
) -> Float32Array:
    assert process.stdin is not None
    assert process.stdout is not None
    encoded = io.BytesIO()
    np.save(encoded, means, allow_pickle=False)
    process.stdin.write(encoded.getvalue())
    await process.stdin.drain()
    process.stdin.close()
    while True:
        kind, _, value = (await process.stdout.readuntil(b"\n")).partition(b" ")
        if kind == b"points":
            break
        report(float(value))
    found = await process.stdout.readexactly(int(value))
    points = np.load(io.BytesIO(found), allow_pickle=False)
    if points.shape != (len(means), 2) or not np.isfinite(points).all():
        raise ValueError(points.shape)
    return np.asarray(points, np.float32)
