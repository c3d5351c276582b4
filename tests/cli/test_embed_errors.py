"""What `prvipe embed` refuses, and what it leaves behind then."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import pytest

from prvipe.poses import Poses
from prvipe.skeleton import COCO13

from .conftest import ROWS, Keypoints

Run = Callable[..., Any]


@pytest.mark.parametrize(
    ("joints", "value", "message"),
    [
        ([6], np.nan, "row 4 (frame 104): joint right_wrist is missing (NaN)"),
        ([0, 1], np.inf, "row 4, joint head is at x inf, y inf, infinite or too large"),
        (list(range(13)), 2.0, "row 4 (frame 104): hips and shoulders are in one point"),
    ],
)
def test_invalid_rows_are_refused_or_left_out(
    joints: list[int],
    value: float,
    message: str,
    prvipe: Run,
    model_file: Path,
    save_clip: Callable[[Keypoints], Path],
    keypoints: Keypoints,
) -> None:
    keypoints[4, joints] = value
    file = save_clip(keypoints)
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


def test_a_row_with_infinity_is_left_out_by_models_that_take_missing_joints_too(
    prvipe: Run,
    scored_model_file: Path,
    save_clip: Callable[[Keypoints], Path],
    keypoints: Keypoints,
) -> None:
    keypoints[4, 0, 1] = np.inf
    file = save_clip(keypoints)
    out = file.with_name("z.parquet")
    arguments = ("embed", file, "--model", scored_model_file, "--out", out)
    refused = prvipe(*arguments)
    assert refused.code == 2
    assert refused.err.startswith(f"error: {file}: row 4, joint head is at x ")
    assert prvipe(*arguments, "--skip-invalid").code == 0
    assert pq.read_table(out)["row"].to_pylist() == [0, 1, 2, 3, 5]


def test_no_valid_row_is_an_error(
    prvipe: Run, model_file: Path, save_clip: Callable[[Keypoints], Path], keypoints: Keypoints
) -> None:
    file = save_clip(np.full_like(keypoints, np.nan))
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
    save_clip: Callable[[Keypoints], Path],
    keypoints: Keypoints,
) -> None:
    file = save_clip(keypoints)
    file.with_name("folder.parquet").mkdir()
    done = prvipe("embed", file, "--model", model_file, "--out", file.parent / out)
    assert done.code == 2
    assert message in done.err
    assert sorted(path.name for path in file.parent.iterdir()) == ["clip.csv", "folder.parquet"]


def test_the_keypoints_are_never_overwritten(
    prvipe: Run, model_file: Path, save_clip: Callable[[Keypoints], Path], keypoints: Keypoints
) -> None:
    file = save_clip(keypoints)
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
    save_clip: Callable[[Keypoints], Path],
    keypoints: Keypoints,
) -> None:
    file = save_clip(keypoints)
    file.write_text(file.read_text().replace("frame", name))
    out = file.with_name("z.parquet")
    done = prvipe("embed", file, "--model", model_file, "--out", out)
    assert done.code == 2
    assert done.err.startswith(f"error: {file}: has columns named {name}, which")
    assert not out.exists()


@pytest.mark.parametrize(
    ("score", "said"),
    [(80, "80.0"), (-0.3, "-0.3"), (np.nextafter(np.float32(1), np.float32(2)), "1.0000001")],
)
def test_scores_that_are_no_probabilities_are_refused(
    score: float,
    said: str,
    prvipe: Run,
    scored_model_file: Path,
    keypoints: Keypoints,
    tmp_path: Path,
) -> None:
    """Percents, logits and rounding; what is said must not look as if it were allowed."""
    scores = np.ones((ROWS, 13), np.float32)
    scores[2, 0] = score
    file = tmp_path / "clip.parquet"
    Poses(keypoints, scores, COCO13).save(file)
    done = prvipe("embed", file, "--model", scored_model_file, "--out", tmp_path / "z.parquet")
    assert done.code == 2
    expected = f"error: {file}: scores: row 2, joint head is {said}, outside [0, 1]"
    assert done.err.startswith(expected)
