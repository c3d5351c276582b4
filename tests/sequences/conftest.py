"""Embeddings and recordings made up for tests of sequences."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from prvipe.model.gaussian import Gaussian
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
