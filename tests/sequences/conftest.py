"""Embeddings and recordings made up for tests of sequences."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from prvipe.data.motions.library import build_motion_library
from prvipe.geometry.cameras import COCO13_FROM_H36M17, PinholeCamera
from prvipe.model.embedder import Embedder
from prvipe.model.gaussian import Gaussian
from prvipe.poses import Poses
from prvipe.sequences.timeline import EmbeddedRecording, Timeline

MakeRecording = Callable[..., EmbeddedRecording]


@pytest.fixture(scope="session")
def make_recording() -> MakeRecording:
    """`make_recording(means, fps, known)`: embeddings with these means (T, d), hardly spread."""

    def make(
        means: npt.ArrayLike, fps: float | None = None, known: npt.ArrayLike | None = None
    ) -> EmbeddedRecording:
        values = torch.from_numpy(np.asarray(means, np.float32))
        frames = np.arange(len(values))
        shown = np.ones(len(values), bool) if known is None else np.asarray(known, bool)
        timeline = Timeline(
            frames, np.where(shown, frames, -1), None if fps is None else frames / fps
        )
        return EmbeddedRecording(timeline, Gaussian(values, torch.full_like(values, 0.05)), shown)

    return make


@pytest.fixture(scope="session")
def walk() -> Callable[..., npt.NDArray[Any]]:
    """`walk(places)`: embedding means (T, 4) of a motion that never comes back, at these times."""

    def make(places: npt.ArrayLike) -> npt.NDArray[Any]:
        t = np.asarray(places, np.float64)
        turn = 0.1 * t
        return np.stack([4 * np.cos(turn), 4 * np.sin(turn), 0.15 * t, np.zeros_like(t)], -1)

    return make


@pytest.fixture(scope="session")
def views() -> dict[str, npt.NDArray[Any]]:
    """Keypoints (240, 2, 13, 2) of built-in motions in two cameras, without errors, by name.

    The names are "activity_0" and "activity_1": two bodies that move in their own way.
    """
    library = build_motion_library(frames_per_activity=480, bodies_per_activity=2)
    seen = {}
    for number, name in enumerate(library.sequence_names):
        activity = str(library.activity[number])
        if activity not in ("macarena", "jumping_jacks", "getting_up", "waltz"):
            continue
        poses = library.poses3d[library.sequence == number]
        points = (poses - poses[:, :1])[:, COCO13_FROM_H36M17]
        cameras = [PinholeCamera.around(np.zeros(3), azimuth, 8, 5) for azimuth in (40, 130)]
        both = [camera.project(points) for camera in cameras]
        seen[f"{activity}_{str(name)[-1]}"] = np.stack(both, axis=1)
    return seen


@pytest.fixture(scope="session")
def as_poses() -> Callable[..., Poses]:
    """`as_poses(keypoints, fps=30, first=0)`: a recording with frame numbers and times."""

    def make(keypoints: npt.NDArray[Any], fps: float = 30, first: int = 0) -> Poses:
        frames = first + np.arange(len(keypoints))
        return Poses(keypoints, None, "coco13", {"frame": frames, "time": frames / fps})

    return make


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """The smaller of the shipped models."""
    return Embedder.load("small")
