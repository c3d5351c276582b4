"""A laboratory without training: made-up numbers for the tables, base for the figures."""

import zlib
from collections.abc import Mapping
from itertools import permutations
from pathlib import Path
from typing import cast

import pytest

from prvipe.data.benchmark import CrossViewBenchmark, KeypointKind
from prvipe.evaluation.protocol import (
    HIT_RANKS,
    KAPPA,
    EvaluationResult,
    PairResult,
    RecordingResult,
)
from prvipe.model.checkpoint import read_card
from prvipe.model.embedder import find_model
from prvipe.poses import Poses
from prvipe.reproduction.datasets import ReproductionData
from prvipe.reproduction.laboratory import Laboratory
from prvipe.reproduction.measurements import Measurements
from prvipe.reproduction.models import ModelStore, TrainedModel
from prvipe.reproduction.systems import SystemRow


def made_up_hit(*what: object) -> float:
    """A number between 0 and 0.5 that is another for everything else."""
    return zlib.crc32(repr(what).encode()) / 2**33


class MadeUpStore:
    """Every recipe has been trained for two steps."""

    def model(self, recipe: str, changes: object = None) -> TrainedModel:
        card = read_card(find_model("base"))
        return TrainedModel(find_model("base"), card, reused=False, steps=2, minutes=0.1)


class MadeUpLaboratory(Laboratory):
    """Evaluations are made up and every model is base."""

    def checkpoint(self, row: SystemRow, changes: Mapping[str, str] | None = None) -> Path | None:
        return find_model("base")

    def evaluate(
        self,
        row: SystemRow,
        benchmark: CrossViewBenchmark,
        keypoints: KeypointKind = "det",
        kappa: float = KAPPA,
        changes: Mapping[str, str] | None = None,
    ) -> EvaluationResult:
        what = (row.name, dict(changes or {}), kappa, keypoints)
        pairs = [
            PairResult(a, b, {k: made_up_hit(*what, a, b) + k / 100 for k in HIT_RANKS})
            for a, b in permutations(benchmark.camera_ids.tolist(), 2)
        ]
        average = {k: sum(pair.hits[k] for pair in pairs) / len(pairs) for k in HIT_RANKS}
        recordings = tuple(RecordingResult(name, 10, average) for name in "ab")
        return EvaluationResult(
            row.name, "", True, keypoints, len(benchmark), kappa, tuple(pairs), "", None, recordings
        )


@pytest.fixture
def laboratory(reproduction_data: ReproductionData, tmp_path: Path) -> Laboratory:
    people = Poses(reproduction_data.rig.keypoints["det"][::3, 1], None, "coco13")
    data = ReproductionData(**{**vars(reproduction_data), "galleries": {"people": people}})
    (tmp_path / "figures").mkdir()
    store, measurements = cast(ModelStore, MadeUpStore()), cast(Measurements, None)
    return MadeUpLaboratory(data, store, measurements, figures=tmp_path / "figures")
