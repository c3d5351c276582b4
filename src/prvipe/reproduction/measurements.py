"""Evaluations of a reproduction, each done once and kept."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from prvipe.data.benchmark import CrossViewBenchmark, KeypointKind
from prvipe.evaluation.protocol import (
    HIT_RANKS,
    KAPPA,
    EvaluationResult,
    PairResult,
    RecordingResult,
    evaluate,
)
from prvipe.evaluation.systems import RetrievalSystem
from prvipe.files import atomic_path, make_folder
from prvipe.progress import Progress

OnEvaluation = Callable[[str], AbstractContextManager[Progress]]
"""Called with what is evaluated; yields what is told of its progress."""

_CODE = ("geometry", "model", "retrieval", "evaluation")
"""Rooms whose code a result depends on; changed code means measuring anew."""


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
            return replace(kept, system=system.name, data=benchmark.source)
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
    """Name of a result: the same only for the same weights, frames, cameras, settings and code."""
    weights = 0 if checkpoint is None else zlib.crc32(checkpoint.read_bytes())
    arrays = (benchmark.get_keypoints(keypoints), benchmark.poses3d, benchmark.sequence)
    seen = [zlib.crc32(np.ascontiguousarray(array).data) for array in arrays]
    cameras = benchmark.camera_ids.tolist()
    settings = [system.ranked_by, keypoints, kappa, HIT_RANKS]
    parts = json.dumps([weights, seen, cameras, settings, _code()])
    return f"{zlib.crc32(parts.encode()):08x}{weights:08x}"


@cache
def _code() -> int:
    """Checksum of the code that results depend on."""
    package = resources.files("prvipe")
    checksum = 0
    for room in _CODE:
        for file in sorted(Path(str(package / room)).rglob("*.py")):
            checksum = zlib.crc32(file.read_bytes(), checksum)
    return checksum


def _read(path: Path) -> EvaluationResult | None:
    """A kept result; None if there is none, or none that can be read: it is then made anew."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        pairs = tuple(PairResult(**_with_ranks(each)) for each in fields.pop("pairs"))
        recordings = tuple(
            RecordingResult(**_with_ranks(each)) for each in fields.pop("recordings")
        )
        return EvaluationResult(pairs=pairs, recordings=recordings, **fields)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _with_ranks(fields: dict[str, Any]) -> dict[str, Any]:
    """JSON has texts for keys; those of hits are numbers."""
    return {**fields, "hits": {int(k): share for k, share in fields["hits"].items()}}
