"""TensorBoard events, with and without the optional package."""

import sys
import types
from pathlib import Path
from typing import Any

import pytest

from prvipe.errors import InputError
from prvipe.training.tensorboard import tensorboard_report


def test_without_the_package_the_remedy_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(InputError, match=r"pip install 'prvipe\[tensorboard\]'"):
        tensorboard_report(tmp_path)


def test_every_number_becomes_a_scalar_at_its_step(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A writer in place of the package's takes the calls down."""
    scalars: list[tuple[str, float, int]] = []
    flushed: list[int] = []

    class Writer:
        def __init__(self, folder: str) -> None:
            assert folder == str(tmp_path)

        def add_scalar(self, name: str, value: float, step: int) -> None:
            scalars.append((name, value, step))

        def flush(self) -> None:
            flushed.append(len(scalars))

    module: Any = types.ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = Writer
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    report = tensorboard_report(tmp_path)
    report({"step": 50, "seconds": 2.5, "loss": 0.7}, 0.1)
    report({"step": 60, "seconds": 3.0, "hit_at_1": 0.2}, 0.2)
    assert scalars[:2] == [("seconds", 2.5, 50), ("loss", 0.7, 50)]
    assert scalars[2:] == [("seconds", 3.0, 60), ("hit_at_1", 0.2, 60)]
    assert flushed == [2, 4]


def test_events_lie_in_the_folder(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    report = tensorboard_report(tmp_path)
    assert list(tmp_path.iterdir()) == []  # a run may yet refuse its folder
    report({"step": 1, "loss": 0.5}, 0.5)
    assert list(tmp_path.glob("events.out.tfevents.*"))
