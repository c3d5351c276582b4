"""`prvipe card`."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from prvipe.data.benchmark import CrossViewBenchmark, load_benchmark, save_benchmark
from prvipe.evaluation.model_figures import measure_whole_poses
from prvipe.evaluation.occlusion import measure_occlusion
from prvipe.model.embedder import Embedder

Run = Callable[..., Any]


@pytest.fixture(scope="session")
def scores_model(make_model: Callable[..., Path]) -> Path:
    """A small model that takes missing joints."""
    return make_model(inputs="keypoints_and_scores")


def test_the_card_is_what_the_library_measures(
    prvipe: Run, scores_model: Path, benchmark_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "card.json"
    options = ("--queries", 7, "--pairs", 1, "--in-gallery", "--json", out)
    done = prvipe("card", scores_model, "--data", benchmark_file, *options)
    assert (done.code, done.err) == (0, "")
    embedder, benchmark = Embedder.load(scores_model), load_benchmark(benchmark_file)
    occlusion = measure_occlusion(embedder, benchmark, in_gallery=True, queries=7, pairs=1)
    content = json.loads(out.read_text())
    assert content["occlusion"] == json.loads(json.dumps(asdict(occlusion)))
    assert (content["model"], content["frames"]) == (str(scores_model), 64)
    for kind, found in zip(("det", "gt"), content["whole"], strict=True):
        expected = measure_whole_poses(embedder, benchmark, kind)  # type: ignore[arg-type]
        assert found["keypoints"] == kind
        assert found["hits"]["20"] == expected.hits[20]
        assert found["calibration_error"] == pytest.approx(expected.calibration_error)
    assert f"{scores_model} on {benchmark_file}, synthetic: 64 frames, 2 cameras" in done.out
    for heading in ("All joints seen", "without the most uncertain queries", "Joints hidden in"):
        assert heading in done.out
    assert "hidden joints: 7 queries of each of 1 pairs of cameras, gallery of 64" in done.out
    assert done.out.endswith(f"every number: {out}\n")


def test_models_without_scores_have_no_hidden_joints(
    prvipe: Run, model_file: Path, benchmark_file: Path
) -> None:
    done = prvipe("card", model_file, "--data", benchmark_file)
    assert done.code == 0
    assert done.out.endswith("not measured, this model takes no missing joints\n")


def test_keypoints_are_those_the_data_have(
    prvipe: Run,
    model_file: Path,
    make_benchmark: Callable[..., CrossViewBenchmark],
    tmp_path: Path,
) -> None:
    benchmark = make_benchmark(30, cameras=3)
    del benchmark.keypoints["gt"]
    save_benchmark(benchmark, tmp_path / "det.npz")
    done = prvipe("card", model_file, "--data", tmp_path / "det.npz", "--cameras", "2,0")
    assert done.code == 0
    assert "30 frames, 2 cameras" in done.out
    assert "detected" in done.out
    assert "exact" not in done.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cameras", "0"], "needs two cameras"),
        (["--cameras", "left"], "expected numbers such as 0,1,2,3"),
        (["--json", "card.txt"], "end the name in .json"),
        (["--queries", "0"], "--queries"),
    ],
)
def test_what_is_refused(
    arguments: list[str], message: str, prvipe: Run, model_file: Path, benchmark_file: Path
) -> None:
    done = prvipe("card", model_file, "--data", benchmark_file, *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"head": "l2"}, "no matching probability"),
        ({"head": "lifting", "dimension": 39}, "a lifting model"),
    ],
)
def test_models_without_confidence_are_refused(
    settings: dict[str, object],
    message: str,
    prvipe: Run,
    make_model: Callable[..., Path],
    benchmark_file: Path,
) -> None:
    done = prvipe("card", make_model(**settings), "--data", benchmark_file)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
