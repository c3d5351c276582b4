"""A small list, somebody who strikes its poses, and streams of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from prvipe.model.embedder import Embedder
from prvipe.poses import Poses
from prvipe.poses.arrays import Float32Array
from prvipe.skeleton import COCO13, H36M17
from prvipe.watch import PoseList, Watcher, WatchSettings
from prvipe.watch.instants import Instant
from prvipe.watch.notes import Notes

NAMES = ("tree", "bow", "throw")


@pytest.fixture(scope="package", autouse=True)
def _one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The small model."""
    return Embedder.load("small")


@pytest.fixture(scope="session")
def bodies(standing_bodies: Callable[..., Any]) -> Float32Array:
    """Keypoints (40, 13, 2) of people who stand in different poses, in pixels."""
    poses = standing_bodies(40, np.random.default_rng(3), 0.9)
    order = [H36M17.index(joint) for joint in COCO13.joints]
    return np.asarray(500 + 200 * poses[:, order][..., [0, 2]] * [1, -1], np.float32)


@pytest.fixture(scope="session")
def listed(bodies: Float32Array) -> Poses:
    """Three of them, with names."""
    return Poses(bodies[:3], None, COCO13, {"name": list(NAMES)})


@pytest.fixture(scope="session")
def watched(listed: Poses, embedder: Embedder) -> PoseList:
    """The list."""
    return PoseList.of_poses(listed, NAMES, embedder)


@pytest.fixture
def make_watcher(watched: PoseList, embedder: Embedder) -> Callable[..., Watcher]:
    """`make_watcher(hold=0.2)` -> a watcher for the list."""

    def make(**settings: Any) -> Watcher:
        plain = {"at_least": 0.5, "hold": 0.2, "again_after": 1.0, "averaged": 0.0}
        return Watcher(watched, embedder, WatchSettings(**{**plain, **settings}))

    return make


@pytest.fixture(scope="session")
def other(bodies: Float32Array, watched: PoseList, embedder: Embedder) -> Float32Array:
    """Keypoints (13, 2) of somebody in a pose that is unlike those of the list."""
    likeness = embedder.similarity(embedder.embed(bodies[3:]), watched.embeddings)
    least = int(likeness.max(dim=1).values.argmin())
    assert likeness[least].max() < 0.05
    return np.asarray(bodies[3 + least], np.float32)


@pytest.fixture
def make_instant() -> Callable[..., Instant]:
    """`make_instant(keypoints, frame)` -> people (P, 13, 2) at an instant of 30 frames a second."""

    def make(keypoints: Any, frame: int, **fields: Any) -> Instant:
        people = np.asarray(keypoints, np.float32).reshape(-1, 13, 2)
        scores = np.isfinite(people).all(axis=-1).astype(np.float32)
        usual = {"frame": frame, "time": frame / 30, "arrived": 100 + frame / 30}
        return Instant(people, scores, COCO13, **{**usual, **fields})

    return make


class Told(list[str]):
    """What was said."""

    def __init__(self) -> None:
        super().__init__()
        self.notes = Notes(self.append)


@pytest.fixture
def told() -> Told:
    """Notes, and what they said."""
    return Told()
