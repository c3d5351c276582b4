"""Everything in minutes: tiny models on built-in motions, to see that all of it runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from prvipe.data.synthetic import CAMERAS, synthetic_benchmark
from prvipe.poses import Poses
from prvipe.reproduction.datasets import ReproductionData, load_galleries, split_cameras

QUICK_STEPS = 120
QUICK_SETTINGS = {
    "network.width": "128",
    "batch_size": "128",
    # Short runs: nothing would be left of an average over ten thousand steps.
    "optimizer.average_decay": "0.95",
}

UNSEEN_CAMERAS = np.array(
    [[20.0, 5.0, 4.0], [140.0, 10.0, 4.2], [260.0, -12.0, 3.5], [80.0, 32.0, 4.0]], np.float32
)
"""Azimuth and elevation in degrees and distance in metres of cameras not trained on (4, 3)."""

_FRAMES_PER_ACTIVITY = 48
_TEST_FRAMES_PER_ACTIVITY = 32


def built_in_data(galleries: Sequence[Path] = ()) -> ReproductionData:
    """Train, val and test parts of the built-in motion library, by different bodies.

    Without galleries of the user's, the motions of further bodies before another camera are one.

    Raises:
        InputError: as `load_galleries`.
    """
    everywhere = np.concatenate([CAMERAS, UNSEEN_CAMERAS])
    test = synthetic_benchmark(2, _TEST_FRAMES_PER_ACTIVITY, 1, cameras=everywhere)
    rig, unseen = split_cameras(test, CAMERAS)
    return ReproductionData(
        name="built-in motions (synthetic)",
        train=synthetic_benchmark(0, _FRAMES_PER_ACTIVITY, 2, step=2),
        val=synthetic_benchmark(1, _TEST_FRAMES_PER_ACTIVITY, 1),
        rig=rig,
        unseen=unseen,
        galleries=load_galleries(galleries) or _more_people(),
    )


def _more_people() -> dict[str, Poses]:
    seen = synthetic_benchmark(
        3, _TEST_FRAMES_PER_ACTIVITY, 1, cameras=np.concatenate([UNSEEN_CAMERAS[:1], CAMERAS[:1]])
    )
    return {"synthetic people": Poses(seen.get_keypoints("det")[:, 0], None, "coco13")}
