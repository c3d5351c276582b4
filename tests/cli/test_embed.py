"""`prvipe embed`."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from prvipe.model.embedder import Embedder
from prvipe.poses import Poses
from prvipe.skeleton import COCO13

from .conftest import ROWS, Keypoints

Run = Callable[..., Any]


def embedded(model: Path, keypoints: Keypoints) -> list[list[list[float]]]:
    z = Embedder.load(model).embed_keypoints(keypoints)
    return [z.mean.tolist(), z.std.tolist()]


def test_every_row_is_embedded(
    prvipe: Run, model_file: Path, save_clip: Callable[[Keypoints], Path], keypoints: Keypoints
) -> None:
    file = save_clip(keypoints)
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
    prvipe: Run, save_clip: Callable[[Keypoints], Path], keypoints: Keypoints, tmp_path: Path
) -> None:
    done = prvipe("embed", save_clip(keypoints), "--out", tmp_path / "z.parquet")
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


def test_names_that_are_no_utf_8(
    prvipe: Run, model_file: Path, save_clip: Callable[[Keypoints], Path], keypoints: Keypoints
) -> None:
    """As every name with an accent is where the locale is C."""
    file = save_clip(keypoints)
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


def test_divided_coordinates_are_noted(
    prvipe: Run, model_file: Path, keypoints: Keypoints, tmp_path: Path
) -> None:
    low, high = keypoints.min(), keypoints.max()
    file, out = tmp_path / "divided.csv", tmp_path / "z.parquet"
    within = (keypoints - low) / (high - low)
    header = ",".join(f"{joint}_{axis}" for joint in COCO13.joints for axis in "xy")
    np.savetxt(file, within.reshape(ROWS, -1), "%.6f", ",", header=header, comments="")
    done = prvipe("embed", file, "--model", model_file, "--out", out)
    assert done.code == 0
    assert done.err.startswith(f"note: {file}: all coordinates lie within 0 and 1; if x was")
    np.savetxt(file, 400 * within.reshape(ROWS, -1), "%.3f", ",", header=header, comments="")
    assert prvipe("embed", file, "--model", model_file, "--out", out).err == ""
