"""Where small pictures go on a map without covering each other."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from prvipe.geometry.arrays import BoolArray, FloatArray

_DIRECTIONS = 24
_STEP = 0.1
"""Distance between the rings of places that are tried, in cells."""


def choose_apart(
    points: FloatArray, cell: FloatArray, count: int, taken: FloatArray
) -> npt.NDArray[np.int64]:
    """Choose points that cells can be centred on without overlapping.

    Args:
        points (n, 2): points to choose from; earlier ones are preferred.
        cell (2,): width and height, in the points' unit.
        count: number of points wanted.
        taken (m, 2): centres of cells that are there already.

    Returns:
        (at most count,): rows of `points`.
    """
    centers = taken
    chosen: list[int] = []
    for row, point in enumerate(points):
        if len(chosen) == count:
            break
        if not _overlap(point, centers, cell).any():
            centers = np.concatenate([centers, point[None]])
            chosen.append(row)
    return np.array(chosen, np.int64)


def place_beside(
    points: FloatArray, cell: FloatArray, low: FloatArray, high: FloatArray
) -> FloatArray:
    """Find a place near every point for a cell, so that no cell covers another or any point.

    Points are served in turn; each cell goes to the nearest free place on rings about its point.

    Args:
        points (n, 2): what the cells should be close to, in any unit.
        cell (2,): width and height.
        low (2,): least coordinates of a centre.
        high (2,): largest coordinates of a centre.

    Returns:
        (n, 2): centres of the cells.

    Raises:
        ValueError: there is no room within the bounds.
    """
    rings = math.ceil(float((high - low).max() / (cell.min() * _STEP)))
    offsets = _ring_offsets(rings) * cell * _STEP
    placed = np.zeros((0, 2))
    for point in points:
        places = point + offsets
        free = ((places >= low) & (places <= high)).all(axis=1)
        free &= ~_overlap(places[:, None], placed, cell).any(axis=1)
        free &= ~_overlap(places[:, None], points, cell / 2).any(axis=1)
        if not free.any():
            raise ValueError(f"no room for {len(points)} cells of {cell} from {low} to {high}")
        placed = np.concatenate([placed, places[free.argmax()][None]])
    return placed


def _overlap(first: FloatArray, second: FloatArray, cell: FloatArray) -> BoolArray:
    """Whether points (..., 2) are less than a cell apart both in width and in height."""
    return np.asarray((np.abs(first - second) < cell).all(axis=-1))


def _ring_offsets(rings: int) -> FloatArray:
    """Directions (m, 2) on circles of radius 1, 2, ..., rings, the smallest first."""
    angles = np.arange(_DIRECTIONS) * (2 * math.pi / _DIRECTIONS)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    radii = np.arange(1, rings + 1)[:, None, None]
    return np.asarray((radii * circle).reshape(-1, 2))
