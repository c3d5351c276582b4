"""`prvipe info`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

Run = Callable[..., Any]


def test_the_card_is_shown(prvipe: Run, model_file: Path) -> None:
    done = prvipe("info", model_file)
    assert done.code == 0
    assert done.out.startswith(f"{model_file}: A [small] one\n")
    rows = dict(line.split(None, 1) for line in done.out.splitlines()[1:] if line[0] != " ")
    rows = {name: text.strip() for name, text in rows.items()}
    assert rows["network"].startswith(
        "width 16, blocks 1, dimension 16, dropout 0.3, head gaussian"
    )
    assert rows["skeleton"] == "coco13"
    assert rows["metrics"] == "validation_hit_at_1 0.25"
    assert (rows["recipe"], rows["loss"]) == ("seed 3", "ratio 2, range [0.5, 1]")
    weights = 26 * 16 + 16 + 2 * (16 * 16 + 16) + 3 * 2 * 16 + 2 * (16 * 16 + 16) + 2
    assert rows["parameters"] == f"{weights:,}"


def test_the_card_as_json(prvipe: Run, model_file: Path) -> None:
    card = json.loads(prvipe("info", model_file, "--json").out)
    assert card["network"]["width"] == 16
    assert card["description"] == "A [small] one"


def test_a_lifting_model(prvipe: Run, make_model: Callable[..., Path]) -> None:
    done = prvipe("info", make_model(head="lifting", dimension=39))
    assert done.code == 0
    assert "width 16, blocks 1, dimension 39, dropout 0.3, head lifting" in done.out


def test_the_shipped_model(prvipe: Run) -> None:
    done = prvipe("info")
    assert done.code == 0
    assert done.out.startswith("base: ")
    assert "validation_hit_at_1" in done.out
    assert max(map(len, done.out.splitlines()[1:])) <= 80


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"weights?\n" * 20, "not a complete .safetensors checkpoint"),
    ],
)
def test_what_is_no_checkpoint(content: bytes, message: str, prvipe: Run, tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(content)
    done = prvipe("info", file)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {file}: {message}")


def test_a_truncated_checkpoint(
    prvipe: Run, model_file: Path, truncated: Callable[[Path], Path]
) -> None:
    done = prvipe("info", truncated(model_file))
    assert done.code == 2
    assert "not a complete .safetensors checkpoint" in done.err


def test_a_foreign_checkpoint(prvipe: Run, tmp_path: Path) -> None:
    save_file({"weight": torch.zeros(2)}, tmp_path / "other.safetensors")
    done = prvipe("info", tmp_path / "other.safetensors")
    assert done.code == 2
    assert "not a prvipe checkpoint" in done.err


def test_an_unknown_name_tells_what_is_shipped(prvipe: Run) -> None:
    done = prvipe("info", "bse")
    assert done.code == 2
    assert "bse: no such checkpoint, and no shipped model of that name; shipped: base" in done.err
