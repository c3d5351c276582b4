"""A process that lays out embeddings by UMAP: `python -m prvipe.service.maps.umap_child SERVER`.

Reads means as .npy from its input, and writes to its output lines of the share that is done, then
one of the number of bytes that follow: the points, as .npy.
"""

from __future__ import annotations

import io
import os
import sys
from typing import IO

import faiss
import numpy as np

from prvipe.geometry.arrays import Float32Array
from prvipe.service.decoding.confinement import confine
from prvipe.service.maps.layout import project_by_pca

_MEMORY_BYTES = 6 * 2**30
_NEIGHBOURS = 15
_EPOCHS = 200
_PREPARED = 0.3
"""Share of the time that finding neighbours takes, about."""

_START_SIZE = 10.0
"""Half the side of the square that points start in, as UMAP wants it."""


class _Report(io.TextIOBase):
    """Takes what tqdm writes, "done all", and tells the server."""

    def __init__(self, output: IO[bytes]) -> None:
        self._output = output

    def write(self, text: str) -> int:
        numbers = text.split()
        if len(numbers) == 2 and all(number.isdigit() for number in numbers):
            done, all_of_them = map(int, numbers)
            say(self._output, _PREPARED + (1 - _PREPARED) * done / max(all_of_them, 1))
        return len(text)


def say(output: IO[bytes], share: float) -> None:
    """Tell the server how much is done."""
    output.write(f"share {share:.3f}\n".encode())
    output.flush()


def lay_out(means: Float32Array, output: IO[bytes]) -> Float32Array:
    """Lay out embeddings (n, d), n > 15; the same ones in the same way."""
    import umap

    say(output, 0.05)
    means = np.ascontiguousarray(means, np.float32)
    distances, nearest = faiss.knn(means, means, _NEIGHBOURS)
    say(output, _PREPARED)
    reducer = umap.UMAP(
        n_neighbors=_NEIGHBOURS,
        n_epochs=_EPOCHS,
        init=_START_SIZE * project_by_pca(means),
        random_state=0,
        precomputed_knn=(nearest, np.sqrt(np.maximum(distances, 0)), None),
        verbose=True,
        tqdm_kwds={"bar_format": "{n} {total}", "file": _Report(output), "disable": False},
    )
    return np.asarray(reducer.fit_transform(means), np.float32)


def main() -> None:
    """Read, lay out, write."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the library prints is no answer
    os.nice(10)
    confine(_MEMORY_BYTES, int(sys.argv[1]))
    means = np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False)
    points = lay_out(means, output)
    encoded = io.BytesIO()
    np.save(encoded, points, allow_pickle=False)
    output.write(f"points {len(encoded.getvalue())}\n".encode() + encoded.getvalue())
    output.flush()


if __name__ == "__main__":
    main()
