"""Poses of an index chosen at random."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import IntArray
from prvipe.index.segment import Segment


def sample_poses(segments: Sequence[Segment], most: int, seed: int) -> IntArray:
    """Choose up to `most` living rows, all equally likely, in rising order.

    Raises:
        InputError: fewer than 1 are asked for.
    """
    if most < 1:
        raise InputError(f"a sample of {most} poses: ask for 1 or more")
    living = [segment.row_numbers[segment.allowed_rows()] for segment in segments]
    rows: IntArray = np.concatenate([np.empty(0, np.int64), *living])
    if len(rows) > most:
        chosen = np.random.default_rng(seed).choice(len(rows), most, replace=False)
        rows = rows[np.sort(chosen)]
    return rows
