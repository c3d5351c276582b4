"""Principal component analysis."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import FloatArray


class PrincipalComponents(NamedTuple):
    """The directions in which points vary most.

    Attributes:
        mean (d,): of the points.
        axes (m, d): unit vectors, longest variation first, m the smaller of points and dimensions.
        shares (m,): of the variance that each axis explains; they sum to 1.
    """

    mean: FloatArray
    axes: FloatArray
    shares: FloatArray

    def project(self, points: FloatArray, count: int = 2) -> FloatArray:
        """Coordinates (..., count) of the points (..., d) along the first axes."""
        return np.asarray((points - self.mean) @ self.axes[:count].T)


def principal_components(points: FloatArray) -> PrincipalComponents:
    """Principal component analysis.

    An axis may point either way; it is turned so that its largest coefficient is positive, and so
    the same points always give the same picture.

    Args:
        points (n, d): points in any unit.

    Raises:
        InputError: wrong shape, fewer than two dimensions, a point that is not finite, or all
            points in one place.
    """
    points = np.asarray(points, np.float64)
    if points.ndim != 2 or points.shape[1] < 2 or len(points) == 0:
        raise InputError(f"principal components: expected points (n, d >= 2), got {points.shape}")
    if not np.isfinite(points).all():
        row = int(np.argwhere(~np.isfinite(points))[0, 0])
        raise InputError(f"principal components: point {row} is not finite; drop it")
    mean = points.mean(axis=0)
    _, lengths, axes = np.linalg.svd(points - mean, full_matrices=False)
    if not lengths[0] > 1e-12 * np.abs(points).max():
        raise InputError("principal components: all points lie in one place; give others")
    largest = np.abs(axes).argmax(axis=1)
    axes *= np.sign(axes[np.arange(len(axes)), largest])[:, None]
    return PrincipalComponents(mean, axes, lengths**2 / np.square(lengths).sum())
