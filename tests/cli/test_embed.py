"""`prvipe embed`."""

import csv
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import pytest
import torch

from prvipe.model.checkpoint import ModelCard, save_checkpoint
from prvipe.model.embedder import Embedder
from prvipe.model.network import EmbeddingNetwork, NetworkConfig
from prvipe.poses import Poses
from prvipe.skeleton import COCO13

Run = Callable[..., Any]
Keypoints = npt.NDArray[np.float32]

ROWS = 6


@pytest.fixture
def keypoints() -> Keypoints:
    return np.random.default_rng(0).normal(size=(ROWS, 13, 2)).astype(np.float32)


@pytest.fixture
def save(tmp_path: Path) -> Callable[[Keypoints], Path]:
    """`save(keypoints)` -> CSV file with named columns and a column of frames."""

    def write(keypoints: Keypoints) -> Path:
        file = tmp_path / "clip.csv"
        with file.open("w", newline="") as stream:
            writer = csv.writer(stream)
            columns = [f"{joint}_{axis}" for joint in COCO13.joints for axis in "xy"]
            writer.writerow([*columns, "frame"])
            for row, pose in enumerate(keypoints):
                writer.writerow([*map(repr, pose.ravel().tolist()), 100 + row])
        return file

    return write


def embedded(model: Path, keypoints: Keypoints) -> list[list[list[float]]]:
    z = Embedder.load(model).embed_keypoints(keypoints)
    return [z.mean.tolist(), z.std.tolist()]


def test_every_row_is_embedded(
    prvipe: Run, model_file: Path, save: Callable[[Keypoints], Path], keypoints: Keypoints
) -> None:
    file = save(keypoints)
    out = file.with_name("z.parquet")
    done = prvipe("embed", file, "--model", model_file, "--out", out)
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{out}: 6 of 6 rows embedded in 16 dimensions\n"
    table = pq.read_table(out)
    assert table["row"].to_pylist() == list(range(ROWS))
    assert table["frame"].to_pylist() == list(range(100, 100 + ROWS))
    assert table["source"].unique().to_pylist() == [str(file)]
    means, deviations = embedded(model_file, keypoints)
    np.testing.assert_allclose(table["mean"].to_pylist(), means, atol=1e-6)
    np.testing.assert_allclose(table["std"].to_pylist(), deviations, atol=1e-6)


def test_the_shipped_model_is_used_by_default(
    prvipe: Run, save: Callable[[Keypoints], Path], keypoints: Keypoints, tmp_path: Path
) -> None:
    done = prvipe("embed", save(keypoints), "--out", tmp_path / "z.parquet")
    assert done.code == 0
    base = Embedder.load("base").embed_keypoints(keypoints)
    means = pq.read_table(tmp_path / "z.parquet")["mean"].to_pylist()
    np.testing.assert_allclose(means, base.mean.tolist(), atol=1e-5)


def test_every_camera_of_a_benchmark_is_embedded(
    prvipe: Run, model_file: Path, benchmark_file: Path, tmp_path: Path
) -> None:
    done = prvipe("embed", benchmark_file, "--model", model_file, "--out", tmp_path / "z.parquet")
    assert done.code == 0
    table = pq.read_table(tmp_path / "z.parquet")
    assert table.num_rows == 128
    assert table["camera"].to_pylist()[:4] == [0, 1, 0, 1]


def test_joints_of_other_skeletons_are_mapped(
    prvipe: Run, model_file: Path, tmp_path: Path
) -> None:
    keypoints = np.random.default_rng(0).normal(size=(3, 17, 2)).astype(np.float32)
    np.savez(tmp_path / "clip.npz", keypoints=keypoints)
    out = tmp_path / "z.parquet"
    arguments = ("embed", tmp_path / "clip.npz", "--model", model_file, "--out", out)
    nameless = prvipe(*arguments)
    assert nameless.code == 2
    assert "clip.npz: does not say which joints" in nameless.err
    assert "--skeleton coco17" in nameless.err
    assert prvipe(*arguments, "--skeleton", "coco17").code == 0
    # coco13 is the nose of coco17, then its shoulders and all that follow.
    means, _ = embedded(model_file, keypoints[:, [0, *range(5, 17)]])
    np.testing.assert_allclose(pq.read_table(out)["mean"].to_pylist(), means, atol=1e-6)


@pytest.mark.parametrize(
    ("joints", "value", "message"),
    [
        ([6], np.nan, "row 4 (frame 104): joint right_wrist is missing (NaN)"),
        ([0, 1], np.inf, "row 4 (frame 104): joints head, left_shoulder are missing (NaN)"),
        (list(range(13)), 2.0, "row 4 (frame 104): hips and shoulders are in one point"),
    ],
)
def test_invalid_rows_are_refused_or_left_out(
    joints: list[int],
    value: float,
    message: str,
    prvipe: Run,
    model_file: Path,
    save: Callable[[Keypoints], Path],
    keypoints: Keypoints,
) -> None:
    keypoints[4, joints] = value
    file = save(keypoints)
    out = file.with_name("z.parquet")
    arguments = ("embed", file, "--model", model_file, "--out", out)
    refused = prvipe(*arguments)
    assert refused.code == 2
    assert refused.err.startswith(f"error: {file}: {message}")
    assert "--skip-invalid" in refused.err
    assert not out.exists()
    done = prvipe(*arguments, "--skip-invalid")
    assert done.out == f"{out}: 5 of 6 rows embedded in 16 dimensions\n"
    assert pq.read_table(out)["row"].to_pylist() == [0, 1, 2, 3, 5]


def test_no_valid_row_is_an_error(
    prvipe: Run, model_file: Path, save: Callable[[Keypoints], Path], keypoints: Keypoints
) -> None:
    file = save(np.full_like(keypoints, np.nan))
    out = file.with_name("z.parquet")
    done = prvipe("embed", file, "--model", model_file, "--out", out, "--skip-invalid")
    assert done.code == 2
    assert "6 of 6 rows" in done.err
    assert not out.exists()


def test_3d_poses_are_refused(prvipe: Run, model_file: Path, tmp_path: Path) -> None:
    poses = np.random.default_rng(0).normal(size=(3, 17, 3)).astype(np.float32)
    np.savez(tmp_path / "clip.npz", poses3d=poses)
    arguments = ("embed", tmp_path / "clip.npz", "--model", model_file, "--skeleton", "h36m17")
    done = prvipe(*arguments, "--out", tmp_path / "z.parquet")
    assert done.code == 2
    assert done.err.startswith(f"error: {tmp_path / 'clip.npz'}: ")
    assert "3D" in done.err


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"keypoints": np.ones((3, 12, 2))}, "12 joints, but skeleton 'coco13' has 13"),
        ({"keypoints": np.ones((0, 13, 2))}, "holds no poses"),
        ({"joints": np.ones((3, 13, 2))}, "no known content for a .npz file"),
        ({"keypoints": np.full((3, 13, 2), "x")}, "expected numbers"),
    ],
)
def test_unusable_content_is_named(
    arrays: dict[str, npt.NDArray[Any]],
    message: str,
    prvipe: Run,
    model_file: Path,
    tmp_path: Path,
) -> None:
    file = tmp_path / "clip.npz"
    np.savez(file, **arrays)  # type: ignore[arg-type]
    done = prvipe(
        "embed",
        file,
        "--model",
        model_file,
        "--skeleton",
        "coco13",
        "--out",
        tmp_path / "z.parquet",
    )
    assert done.code == 2
    assert done.err.startswith(f"error: {file}: ")
    assert message in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["clip.npz"]


@pytest.mark.parametrize(
    ("out", "message"),
    [
        ("nowhere/z.parquet", "there is no folder"),
        ("folder.parquet", "it is a folder"),
        ("z.csv", "end the name in .parquet"),
        ("clip.csv/z.parquet", "there is no folder"),
    ],
)
def test_outputs_that_cannot_be(
    out: str,
    message: str,
    prvipe: Run,
    model_file: Path,
    save: Callable[[Keypoints], Path],
    keypoints: Keypoints,
) -> None:
    file = save(keypoints)
    file.with_name("folder.parquet").mkdir()
    done = prvipe("embed", file, "--model", model_file, "--out", file.parent / out)
    assert done.code == 2
    assert message in done.err
    assert sorted(path.name for path in file.parent.iterdir()) == ["clip.csv", "folder.parquet"]


def test_the_keypoints_are_never_overwritten(
    prvipe: Run, model_file: Path, save: Callable[[Keypoints], Path], keypoints: Keypoints
) -> None:
    file = save(keypoints)
    poses = file.with_name("clip.parquet")
    prvipe("embed", file, "--model", model_file, "--out", poses)
    before = poses.read_bytes()
    done = prvipe("embed", poses, "--model", model_file, "--out", poses)
    assert done.code == 2
    assert "would overwrite the keypoints" in done.err
    assert poses.read_bytes() == before


@pytest.mark.parametrize("name", ["row", "mean", "std"])
def test_columns_that_would_be_overwritten_are_refused(
    name: str,
    prvipe: Run,
    model_file: Path,
    save: Callable[[Keypoints], Path],
    keypoints: Keypoints,
) -> None:
    file = save(keypoints)
    file.write_text(file.read_text().replace("frame", name))
    out = file.with_name("z.parquet")
    done = prvipe("embed", file, "--model", model_file, "--out", out)
    assert done.code == 2
    assert done.err.startswith(f"error: {file}: has columns named {name}, which")
    assert not out.exists()


def test_names_that_are_no_utf_8(
    prvipe: Run, model_file: Path, save: Callable[[Keypoints], Path], keypoints: Keypoints
) -> None:
    """As every name with an accent is where the locale is C."""
    file = save(keypoints)
    try:
        odd = file.rename(file.with_name(os.fsdecode(b"cl\xefp.csv")))
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    out = file.with_name(os.fsdecode(b"\xef.parquet"))
    assert prvipe("embed", odd, "--model", model_file, "--out", out).code == 0
    with out.open("rb") as stream:
        assert pq.read_table(stream)["source"][0].as_py() == f"{file.parent}/cl\ufffdp.csv"
    odd.write_text("left_hip_x,left_hip_y\n1,2\n")
    done = prvipe("embed", odd, "--model", model_file, "--out", out)
    assert done.code == 2
    assert done.err.count("no built-in skeleton") == 1


def test_people_of_coco_that_are_left_out_are_counted(
    prvipe: Run, model_file: Path, tmp_path: Path
) -> None:
    people = np.random.default_rng(0).uniform(1, 400, (3, 17, 3))
    people[..., 2] = 2
    people[1, :, 2] = 0
    file, out = tmp_path / "coco.npz", tmp_path / "z.parquet"
    np.savez(file, keypoints=people, wh=np.full((3, 2), 500), image_id=np.arange(3))
    done = prvipe("embed", file, "--model", model_file, "--out", out)
    assert done.code == 0, done.err
    assert "2 of 2 rows embedded" in done.out
    assert "1 more in the file have no labelled joint or no image size: left out" in done.out


@pytest.fixture
def scored_model_file(tmp_path: Path) -> Path:
    """A model that reads scores."""
    torch.manual_seed(0)
    config = NetworkConfig(width=8, blocks=1, inputs="keypoints_and_scores")
    path = tmp_path / "scored.safetensors"
    save_checkpoint(path, EmbeddingNetwork(config), ModelCard(network=config))
    return path


def test_missing_joints_are_embedded_by_a_model_that_reads_scores(
    prvipe: Run, scored_model_file: Path, model_file: Path, keypoints: Keypoints, tmp_path: Path
) -> None:
    scores = np.full((ROWS, 13), 0.8, np.float32)
    scores[2, [COCO13.index("left_hip"), COCO13.index("right_ankle")]] = 0
    scores[4, 3:] = 0
    poses = Poses(keypoints, scores, COCO13)
    file, out = tmp_path / "clip.parquet", tmp_path / "z.parquet"
    poses.save(file)
    arguments = ("embed", file, "--out", out, "--model")
    refused = prvipe(*arguments, scored_model_file)
    assert refused.code == 2
    assert f"{file}: row 4: 3 visible joints, fewer than 4" in refused.err
    assert "--skip-invalid" in refused.err
    done = prvipe(*arguments, scored_model_file, "--skip-invalid")
    assert done.out.splitlines() == [
        f"{out}: 5 of 6 rows embedded in 16 dimensions",
        "1 of these have missing joints",
    ]
    table = pq.read_table(out)
    assert table["row"].to_pylist() == [0, 1, 2, 3, 5]
    expected = Embedder.load(scored_model_file).embed(poses[[0, 1, 2, 3, 5]])
    np.testing.assert_allclose(table["mean"].to_pylist(), expected.mean.tolist(), atol=1e-6)
    whole_only = prvipe(*arguments, model_file, "--skip-invalid")
    assert whole_only.out == f"{out}: 4 of 6 rows embedded in 16 dimensions\n"


def test_scores_in_percent_are_refused(
    prvipe: Run, scored_model_file: Path, keypoints: Keypoints, tmp_path: Path
) -> None:
    file = tmp_path / "clip.parquet"
    Poses(keypoints, np.full((ROWS, 13), 80), COCO13).save(file)
    done = prvipe("embed", file, "--model", scored_model_file, "--out", tmp_path / "z.parquet")
    assert done.code == 2
    assert done.err.startswith(f"error: {file}: scores: row 0, joint head is 80, outside [0, 1]")
