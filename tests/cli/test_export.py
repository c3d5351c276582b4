"""`prvipe export`."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.model.embedder import Embedder

onnxruntime = pytest.importorskip("onnxruntime")

Run = Callable[..., Any]

HELP = """
import sys
sys.argv = ["prvipe", "export", "--help"]
from prvipe.cli import main
try:
    main()
finally:
    heavy = ("torch", "numba", "pyarrow", "onnx", "onnxruntime")
    print("heavy:", [name for name in heavy if name in sys.modules])
"""


def test_a_model_becomes_a_file(prvipe: Run, model_file: Path, tmp_path: Path) -> None:
    file = tmp_path / "model.onnx"
    done = prvipe("export", model_file, "--onnx", file)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"{file}: ")
    assert f"reads keypoints; largest difference from {model_file} " in done.out
    keypoints = np.random.default_rng(0).normal(100, 20, size=(6, 13, 2)).astype(np.float32)
    mean, std = onnxruntime.InferenceSession(str(file)).run(None, {"keypoints": keypoints})
    expected = Embedder.load(model_file).embed_keypoints(keypoints)
    np.testing.assert_allclose(mean, expected.mean.numpy(), rtol=0, atol=1e-5)
    np.testing.assert_allclose(std, expected.std.numpy(), rtol=0, atol=1e-5)


def test_a_model_that_reads_scores_in_eight_bits(
    prvipe: Run, make_model: Callable[..., Path], tmp_path: Path
) -> None:
    file = tmp_path / "model.onnx"
    model = make_model(inputs="keypoints_and_scores", width=64)
    done = prvipe("export", model, "--onnx", file, "--int8")
    assert (done.code, done.err) == (0, "")
    assert "reads keypoints and scores; " in done.out
    names = [each.name for each in onnxruntime.InferenceSession(str(file)).get_inputs()]
    assert names == ["keypoints", "scores"]


def test_another_ending_is_refused(prvipe: Run, model_file: Path, tmp_path: Path) -> None:
    done = prvipe("export", model_file, "--onnx", tmp_path / "model.safetensors")
    assert done.code == 2
    assert "end the name in .onnx" in done.err


def test_a_folder_that_is_not_there_is_refused(
    prvipe: Run, model_file: Path, tmp_path: Path
) -> None:
    done = prvipe("export", model_file, "--onnx", tmp_path / "nowhere" / "model.onnx")
    assert done.code == 2
    assert "there is no folder" in done.err


@pytest.mark.parametrize("model", ["lifting", "missing"])
def test_what_is_no_embedding_model_is_refused(
    model: str, prvipe: Run, make_model: Callable[..., Path], tmp_path: Path
) -> None:
    lifting = make_model(head="lifting", dimension=39)
    done = prvipe(
        "export", lifting if model == "lifting" else "missing", "--onnx", tmp_path / "a.onnx"
    )
    assert done.code == 2
    assert ("a lifting model" if model == "lifting" else "no such checkpoint") in done.err
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra(
    prvipe: Run, model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    done = prvipe("export", model_file, "--onnx", tmp_path / "model.onnx")
    assert done.code == 2
    assert 'pip install "prvipe[onnx]"' in done.err


def test_help_imports_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--int8" in done.stdout
    assert done.stdout.splitlines()[-1] == "heavy: []"
