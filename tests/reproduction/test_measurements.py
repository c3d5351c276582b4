import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.evaluation.baselines import KeypointRetrieval
from prvipe.evaluation.protocol import HIT_RANKS, evaluate
from prvipe.reproduction.datasets import ReproductionData
from prvipe.reproduction.measurements import Measurements, average_hits


@pytest.fixture
def measurements(out: Path, telling: Callable[[str], Any]) -> Measurements:
    return Measurements(out / "evaluations", telling)


def test_an_evaluation_is_done_once_and_kept_to_the_digit(
    measurements: Measurements, reproduction_data: ReproductionData, told: list[str]
) -> None:
    system, rig = KeypointRetrieval(), reproduction_data.rig
    first = measurements.evaluate(system, None, rig)
    again = measurements.evaluate(system, None, rig)
    assert first == again == evaluate(system, rig)
    assert told == ["2D keypoints, det"]


def test_what_changes_a_result_is_measured_anew(
    measurements: Measurements,
    reproduction_data: ReproductionData,
    told: list[str],
    tmp_path: Path,
) -> None:
    system, rig = KeypointRetrieval(), reproduction_data.rig
    weights = tmp_path / "weights"
    weights.write_bytes(b"some")
    measurements.evaluate(system, None, rig)
    measurements.evaluate(system, weights, rig)
    measurements.evaluate(system, None, rig, "gt")
    measurements.evaluate(system, None, rig, kappa=0.2)
    measurements.evaluate(system, None, rig.select(cameras=[0, 1]))
    measurements.evaluate(system, None, rig.select(rows=slice(None, None, 2)))
    weights.write_bytes(b"others")
    measurements.evaluate(system, weights, rig)
    assert len(told) == 7


def test_a_spoilt_result_is_measured_anew(
    measurements: Measurements, reproduction_data: ReproductionData, told: list[str]
) -> None:
    first = measurements.evaluate(KeypointRetrieval(), None, reproduction_data.rig)
    (kept,) = measurements.folder.iterdir()
    kept.write_text(kept.read_text()[:-20])
    assert measurements.evaluate(KeypointRetrieval(), None, reproduction_data.rig) == first
    assert json.loads(kept.read_text())
    assert len(told) == 2


def test_changed_code_measures_anew(
    measurements: Measurements,
    reproduction_data: ReproductionData,
    told: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measurements.evaluate(KeypointRetrieval(), None, reproduction_data.rig)
    monkeypatch.setattr("prvipe.reproduction.measurements._code", lambda: 1)
    measurements.evaluate(KeypointRetrieval(), None, reproduction_data.rig)
    assert len(told) == 2


def test_a_kept_result_takes_the_name_it_is_asked_by(
    measurements: Measurements, reproduction_data: ReproductionData
) -> None:
    measurements.evaluate(KeypointRetrieval(), None, reproduction_data.rig)
    again = measurements.evaluate(KeypointRetrieval(name="2D"), None, reproduction_data.rig)
    assert again.system == "2D"


def test_average_over_some_cameras_is_that_of_an_evaluation_of_them_alone(
    reproduction_data: ReproductionData,
) -> None:
    rig = reproduction_data.rig
    result = evaluate(KeypointRetrieval(), rig)
    alone = evaluate(KeypointRetrieval(), rig.select(cameras=[1, 3]))
    np.testing.assert_allclose(average_hits(result, (1, 3)), average_hits(alone))
    np.testing.assert_allclose(average_hits(result), [result.hits[k] for k in HIT_RANKS])
