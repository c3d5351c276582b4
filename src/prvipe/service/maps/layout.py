"""Where the poses of a library lie in the plane."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

import numpy as np
import pyarrow as pa

from prvipe.geometry.arrays import Float32Array, FloatArray, IntArray
from prvipe.geometry.principal_components import principal_components

Method = Literal["pca", "umap"]


@dataclass(frozen=True, eq=False)
class Layout:
    """Some poses of a library, laid out in the plane.

    Attributes:
        method: how.
        rows (n,): of the poses, in rising order.
        points (n, 2): float32, from -1 to 1.
        table: columns of the poses (n rows).
        total: poses that the library has.
    """

    method: Method
    rows: IntArray
    points: Float32Array
    table: pa.Table
    total: int

    def thin(self, most: int) -> Layout:
        """Some of the poses, chosen at random; the same ones whenever asked for as many."""
        if len(self.rows) <= most:
            return self
        rng = np.random.default_rng(0)
        chosen = np.sort(rng.choice(len(self.rows), most, replace=False))
        return Layout(
            self.method,
            self.rows[chosen],
            self.points[chosen],
            self.table.take(chosen),
            self.total,
        )


def installed_methods() -> tuple[Method, ...]:
    """The methods that this installation has; "umap" needs the extra of that name."""
    return ("pca", "umap") if find_spec("umap") else ("pca",)


def project_by_pca(means: Float32Array) -> Float32Array:
    """Lay out embeddings (n, d) along the two directions in which they vary most.

    Returns:
        (n, 2): float32, from -1 to 1; zeros if all lie in one place.
    """
    if len(means) == 0 or not (means != means[0]).any():
        return np.zeros((len(means), 2), np.float32)
    return fit_square(principal_components(means).project(means))


def fit_square(points: FloatArray) -> Float32Array:
    """Move and scale points (n, 2) into the square from -1 to 1, both axes alike."""
    low, high = points.min(axis=0), points.max(axis=0)
    half = (high - low).max() / 2
    centred = points - (low + high) / 2
    return np.asarray(np.clip(centred / (half if half > 0 else 1), -1, 1), np.float32)
