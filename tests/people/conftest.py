"""Stick people who walk through the image."""

import numpy as np
import pytest

from prvipe.poses import Poses

# coco17, facing the camera, 1 high, x right, y down, feet at 0: the left is on the right.
_STANDING = np.array(
    [
        *[(0, -0.9), (0.03, -0.93), (-0.03, -0.93), (0.06, -0.92), (-0.06, -0.92)],
        *[(0.12, -0.8), (-0.12, -0.8), (0.17, -0.63), (-0.17, -0.63), (0.18, -0.48)],
        *[(-0.18, -0.48), (0.08, -0.5), (-0.08, -0.5), (0.09, -0.25), (-0.09, -0.25)],
        *[(0.09, 0), (-0.09, 0)],
    ],
    np.float32,
)


@pytest.fixture
def standing() -> np.ndarray:
    """Keypoints (17, 2) of somebody of height 1 who faces the camera, feet at 0."""
    return _STANDING.copy()


@pytest.fixture
def crossing() -> Poses:
    """Two people who pass each other, 40 frames, numbered by their place from left to right.

    The field ``truth`` says who it is: 0 walks to the right, 1, who is smaller, to the left.
    """
    rows, fields = [], {"frame": [], "person": [], "truth": [], "source": []}
    for frame in range(40):
        people = [(10 * frame, 200, 0), (400 - 10 * frame, 120, 1)]
        for place, (x, height, who) in enumerate(sorted(people)):
            rows.append(_STANDING * height + [x, 300])
            for name, value in zip(fields, (frame, place, who, "two.mp4"), strict=True):
                fields[name].append(value)
    return Poses(np.array(rows, np.float32), None, "coco17", fields)
