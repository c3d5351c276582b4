"""`prvipe demo`, on less of the built-in motion library."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from prvipe.data import synthetic

Run = Callable[..., Any]


@pytest.fixture(autouse=True)
def _fewer_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = partial(synthetic.synthetic_benchmark, frames_per_activity=12, bodies_per_activity=1)
    monkeypatch.setattr(synthetic, "synthetic_benchmark", fewer)


def test_the_shipped_model_beats_the_baseline(prvipe: Run, tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"
    done = prvipe("demo", "--out", out, "--seed", 3)
    assert (done.code, done.err) == (0, "")
    rows = {
        line.split("│")[1].strip(): line.split("│") for line in done.out.splitlines() if "│" in line
    }
    assert float(rows["Pr-VIPE"][2]) > float(rows["2D keypoints"][2])
    assert "built-in motion library (synthetic): " in done.out
    assert done.out.endswith(f"gallery of retrievals: {out / 'gallery.png'}\n")
    assert [path.name for path in out.iterdir()] == ["gallery.png"]
    assert (out / "gallery.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seed", "-1"], "'--seed'"),
        (["--out", "file/demo"], "cannot write to this folder"),
    ],
)
def test_what_cannot_be(
    arguments: list[str],
    message: str,
    prvipe: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    done = prvipe("demo", *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
