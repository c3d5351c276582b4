"""Evaluations of a reproduction, each done once and kept."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from prvipe import __version__
from prvipe.data.benchmark import CrossViewBenchmark, KeypointKind
from prvipe.evaluation.protocol import KAPPA, EvaluationResult, PairResult, evaluate
from prvipe.evaluation.systems import RetrievalSystem
from prvipe.files import atomic_path, make_folder
from prvipe.retrieval.streaming import Progress

OnEvaluation = Callable[[str], AbstractContextManager[Progress]]
"""Called with what is evaluated; yields what is told of its progress."""


class Measurements:
    """Results by system, model and data, kept as small JSON files so that none is done twice.

    Args:
        folder: where the results lie.
        on_evaluation: told when an evaluation starts.
    """

    def __init__(self, folder: str | os.PathLike[str], on_evaluation: OnEvaluation) -> None:
        self.folder = Path(folder)
        self._on_evaluation = on_evaluation

    def evaluate(
        self,
        system: RetrievalSystem[Any],
        checkpoint: Path | None,
        benchmark: CrossViewBenchmark,
        keypoints: KeypointKind = "det",
        kappa: float = KAPPA,
    ) -> EvaluationResult:
        """Hit@k as `prvipe.evaluation.evaluate`, from an earlier report if it stands there.

        Args:
            system: what retrieves.
            checkpoint: file of its weights; None if it has none.
            benchmark: frames and cameras.
            keypoints: which keypoints the system sees.
            kappa: largest NP-MPJPE that counts as a match.

        Raises:
            InputError: as `evaluate`, or the folder cannot be written to.
        """
        path = self.folder / f"{_identity(system, checkpoint, benchmark, keypoints, kappa)}.json"
        kept = _read(path)
        if kept is not None:
            return kept
        with self._on_evaluation(f"{system.name}, {keypoints}") as progress:
            result = evaluate(system, benchmark, keypoints, kappa, progress=progress)
        make_folder(self.folder)
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps(asdict(result)) + "\n", encoding="utf-8")
        return result


def average_hits(result: EvaluationResult, cameras: tuple[int, ...] | None = None) -> list[float]:
    """Hit@k, k rising, over the camera pairs, or over those among `cameras` alone."""
    pairs = [
        pair
        for pair in result.pairs
        if cameras is None or {pair.query_camera, pair.gallery_camera} <= set(cameras)
    ]
    return [float(np.mean([pair.hits[k] for pair in pairs])) for k in sorted(pairs[0].hits)]


def _identity(
    system: RetrievalSystem[Any],
    checkpoint: Path | None,
    benchmark: CrossViewBenchmark,
    keypoints: KeypointKind,
    kappa: float,
) -> str:
    """Name of a result: the same only for the same weights, frames, cameras and settings."""
    weights = 0 if checkpoint is None else zlib.crc32(checkpoint.read_bytes())
    seen = zlib.crc32(np.ascontiguousarray(benchmark.get_keypoints(keypoints)).data)
    frames = zlib.crc32(np.ascontiguousarray(benchmark.poses3d).data)
    parts = [system.ranked_by, weights, seen, frames, keypoints, kappa, __version__]
    return f"{zlib.crc32(json.dumps(parts).encode()):08x}{weights:08x}"


def _read(path: Path) -> EvaluationResult | None:
    """A kept result; None if there is none, or none that can be read: it is then made anew."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        pairs = tuple(
            PairResult(
                pair["query_camera"],
                pair["gallery_camera"],
                {int(k): share for k, share in pair["hits"].items()},
            )
            for pair in fields.pop("pairs")
        )
        return EvaluationResult(pairs=pairs, **fields)
    except (OSError, ValueError, KeyError, TypeError):
        return None
