"""`prvipe evaluate`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.data.benchmark import CrossViewBenchmark, load_benchmark, save_benchmark
from prvipe.evaluation import EmbeddingRetrieval, evaluate
from prvipe.model.embedder import Embedder
from prvipe.retrieval import by_match_probability

Run = Callable[..., Any]
MakeBenchmark = Callable[..., CrossViewBenchmark]


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("│").split("│")]


def test_the_table_is_what_the_library_measures(
    prvipe: Run, model_file: Path, benchmark_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "numbers.json"
    done = prvipe("evaluate", benchmark_file, "--model", model_file, "--baseline", "--json", out)
    assert (done.code, done.err) == (0, "")
    embedder = Embedder.load(model_file)
    system = EmbeddingRetrieval(embedder.embed_keypoints, by_match_probability(embedder.matching))
    expected = evaluate(system, load_benchmark(benchmark_file))
    model, baseline = json.loads(out.read_text())
    assert model["hits"] == {str(k): hit for k, hit in expected.hits.items()}
    assert model["calibration_error"] == pytest.approx(expected.calibration_error)
    assert (model["system"], baseline["system"]) == (str(model_file), "2D keypoints")
    rows = [cells(line) for line in done.out.splitlines() if line.startswith("│")]
    assert [f"{hit:.3f}" for hit in expected.hits.values()] in [row[1:] for row in rows]
    assert ["2D keypoints", *(f"{hit:.3f}" for hit in baseline["hits"].values())] in rows
    assert f"{benchmark_file}, synthetic: 64 frames, detected keypoints, 2 pairs" in done.out
    assert f"{model_file}: ranked by closed-form matching probability, calibration" in done.out
    assert done.out.endswith(f"every number: {out}\n")


def test_cameras_keypoints_and_pairs_are_chosen(
    prvipe: Run, model_file: Path, make_benchmark: MakeBenchmark, tmp_path: Path
) -> None:
    save_benchmark(make_benchmark(cameras=4), tmp_path / "four.npz")
    done = prvipe(
        *("evaluate", tmp_path / "four.npz", "--model", model_file, "--pairs"),
        *("--cameras", "3,1", "--keypoints", "gt"),
    )
    assert done.code == 0
    assert "exact keypoints, 2 pairs of cameras 1, 3" in done.out
    rows = [cells(line)[:2] for line in done.out.splitlines() if line.startswith("│")]
    assert rows[-3:] == [["3", "1"], ["1", "3"], ["average", ""]]  # below the table of systems


@pytest.mark.parametrize(
    ("head", "default"),
    [
        ("gaussian", "closed-form matching probability"),
        ("point", "closed-form matching probability"),
        ("l2", "mean distance"),
    ],
)
def test_every_kind_of_model_has_its_ranking(
    head: str,
    default: str,
    prvipe: Run,
    make_model: Callable[..., Path],
    benchmark_file: Path,
) -> None:
    model = make_model(head=head, dimension=4)
    done = prvipe("evaluate", benchmark_file, "--model", model)
    assert f"{model}: ranked by {default}" in done.out
    by_mean = prvipe("evaluate", benchmark_file, "--model", model, "--ranking", "mean")
    assert by_mean.code == 0
    assert f"{model}: ranked by mean distance\n" in by_mean.out


def test_sampled_ranking(prvipe: Run, model_file: Path, benchmark_file: Path) -> None:
    done = prvipe("evaluate", benchmark_file, "--model", model_file, "--ranking", "sampled")
    assert done.code == 0
    assert "ranked by sampled matching probability" in done.out


@pytest.mark.parametrize("ranking", ["closed-form", "sampled"])
def test_unit_vectors_have_no_matching_probability(
    ranking: str, prvipe: Run, make_model: Callable[..., Path], benchmark_file: Path
) -> None:
    model = make_model(head="l2")
    done = prvipe("evaluate", benchmark_file, "--model", model, "--ranking", ranking)
    assert (done.code, done.out) == (2, "")
    assert "use the ranking mean" in done.err


def test_lifting_models_are_ranked_by_alignment_alone(
    prvipe: Run, make_model: Callable[..., Path], benchmark_file: Path
) -> None:
    model = make_model(head="lifting", dimension=39)
    done = prvipe("evaluate", benchmark_file, "--model", model)
    assert done.code == 0
    assert f"{model}: ranked by 3D Procrustes distance\n" in done.out
    for ranking in ("mean", "closed-form"):
        refused = prvipe("evaluate", benchmark_file, "--model", model, "--ranking", ranking)
        assert (refused.code, refused.out) == (2, "")
        assert "lifts to 3D poses" in refused.err
        assert "name no ranking" in refused.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cameras", "0,7"], "cannot select cameras [0, 7]; name each camera once, from [0, 1]"),
        (["--cameras", "0,0"], "cannot select cameras [0, 0]"),
        (["--cameras", "0"], "needs at least two"),
        (["--cameras", "left"], "--cameras left: expected numbers such as 0,1,2,3"),
        (["--cameras", ""], "expected numbers such as 0,1,2,3"),
        (["--keypoints", "gt"], "has no kp2d_gt keypoints, only det"),
        (["--model", "nowhere"], "nowhere: no such checkpoint"),
    ],
)
def test_what_cannot_be_evaluated(
    arguments: list[str],
    message: str,
    prvipe: Run,
    model_file: Path,
    make_benchmark: MakeBenchmark,
    tmp_path: Path,
) -> None:
    benchmark = make_benchmark(20)
    del benchmark.keypoints["gt"]
    save_benchmark(benchmark, tmp_path / "bodies.npz")
    done = prvipe("evaluate", tmp_path / "bodies.npz", "--model", model_file, *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_fewer_frames_than_k(
    prvipe: Run, model_file: Path, make_benchmark: MakeBenchmark, tmp_path: Path
) -> None:
    save_benchmark(make_benchmark(19), tmp_path / "short.npz")
    done = prvipe("evaluate", tmp_path / "short.npz", "--model", model_file)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(
        f"error: {tmp_path / 'short.npz'}: has 19 frames, too few for Hit@20"
    )


def break_joint(arrays: dict[str, Any]) -> None:
    arrays["kp2d_det"][7, 1, 5] = np.nan


def shrink_person(arrays: dict[str, Any]) -> None:
    arrays["kp2d_det"][9, 0] = 3.0


def drop_joint(arrays: dict[str, Any]) -> None:
    arrays["kp2d_det"] = arrays["kp2d_det"][:, :, :12]


def drop_joint_names(arrays: dict[str, Any]) -> None:
    del arrays["joints"]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (break_joint, "kp2d_det row 7, camera 1, joint left_wrist is NaN"),
        (shrink_person, "kp2d_det row 9, camera 0 is a person of size zero"),
        (drop_joint, "expected (N, V, 13, 2): 13 joints"),
        (drop_joint_names, "keys missing: joints"),
    ],
)
def test_damaged_data_is_located(
    damage: Callable[[dict[str, Any]], None],
    message: str,
    prvipe: Run,
    model_file: Path,
    benchmark_file: Path,
    tmp_path: Path,
) -> None:
    arrays = dict(np.load(benchmark_file))
    damage(arrays)
    np.savez(tmp_path / "damaged.npz", **arrays)
    done = prvipe("evaluate", tmp_path / "damaged.npz", "--model", model_file)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {tmp_path / 'damaged.npz'}: ")
    assert message in done.err


def test_truncated_files(
    prvipe: Run, model_file: Path, benchmark_file: Path, truncated: Callable[[Path], Path]
) -> None:
    for data, model in (
        (truncated(benchmark_file), model_file),
        (benchmark_file, truncated(model_file)),
    ):
        done = prvipe("evaluate", data, "--model", model)
        assert (done.code, done.out) == (2, "")
        assert "copy" in done.err


@pytest.mark.parametrize("place", ["nowhere/numbers.json", "folder.json"])
def test_an_unwritable_file_is_noticed_before_the_work(
    place: str, prvipe: Run, model_file: Path, benchmark_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "folder.json").mkdir()
    done = prvipe("evaluate", benchmark_file, "--model", model_file, "--json", tmp_path / place)
    assert (done.code, done.out) == (2, "")
    assert "cannot be written" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["folder.json"]


def test_the_data_are_never_overwritten(
    prvipe: Run, model_file: Path, make_benchmark: MakeBenchmark, tmp_path: Path
) -> None:
    data = tmp_path / "bodies.npz"
    save_benchmark(make_benchmark(20), data)
    before = data.read_bytes()
    done = prvipe("evaluate", data, "--model", model_file, "--json", data)
    assert done.code == 2
    assert "end the name in .json" in done.err
    assert data.read_bytes() == before


def test_brackets_in_names_are_text(
    prvipe: Run, model_file: Path, benchmark_file: Path, tmp_path: Path
) -> None:
    model = tmp_path / "[b].safetensors"
    model.write_bytes(model_file.read_bytes())
    done = prvipe("evaluate", benchmark_file, "--model", model, "--pairs")
    assert "[b].safetensors by camera pair" in done.out.replace("\n", "")
