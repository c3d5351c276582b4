"""What `prvipe train` shows."""

import io

import pytest
from rich.console import Console

from prvipe.cli import console, training_display
from prvipe.cli.training_display import TrainingDisplay, describe_losses

LOSSES = {"step": 1250, "seconds": 75.0, "loss": 0.75, "triplet": 0.0, "prior": 0.25, "ratio": 0.5}
VALIDATION = {"step": 1300, "seconds": 90.0, "hit_at_1": 0.25, "best": 0.3}


def test_losses_are_a_sum_of_their_parts() -> None:
    assert describe_losses(LOSSES) == "step 1,250: loss 0.7500 = ratio 0.5000 + prior 0.2500"


def show(screen: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "errors", screen)
    monkeypatch.setattr(training_display, "errors", screen)
    with TrainingDisplay() as display:
        display(LOSSES, 0.5)
        display(VALIDATION, 0.52)


def test_files_get_a_line_for_every_validation(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    show(Console(file=written), monkeypatch)
    assert written.getvalue() == (
        "starting; the first run compiles its kernels\n"
        "step 1,250: loss 0.7500 = ratio 0.5000 + prior 0.2500\n"
        "step   1,300     1.5 min  loss 0.7500  validation Hit@1 0.2500  best 0.3000\n"
    )


def test_files_get_the_losses_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(training_display, "errors", Console(file=written))
    with TrainingDisplay() as display:
        for seconds in range(0, 301, 5):
            display({**LOSSES, "step": seconds, "seconds": seconds}, 0.5)
    lines = [line.split(":")[0] for line in written.getvalue().splitlines()]
    assert lines[1:] == ["step 0", "step 60", "step 120", "step 180", "step 240", "step 300"]


def test_terminals_get_a_bar_and_losses_too(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    screen = Console(file=written, force_terminal=True, width=80, color_system=None)
    show(screen, monkeypatch)
    assert "training" in written.getvalue()
    assert "52 %" in written.getvalue()
    assert describe_losses(LOSSES) in written.getvalue()
    assert "validation Hit@1 0.2500" in written.getvalue()
    assert written.getvalue().endswith("\x1b[1A\x1b[2K" * 2)  # bar and losses are erased
