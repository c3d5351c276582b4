"""What the card of a trained model says of its training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.model.checkpoint import ModelCard
from prvipe.training.trainer import Trainer


def card_of_run(
    trainer: Trainer, validation: CrossViewBenchmark, minutes: float, figures: dict[str, float]
) -> ModelCard:
    """Card of the averaged weights as they are now.

    Args:
        trainer: what trained them.
        validation: benchmark on which `figures` were measured.
        minutes: of training so far.
        figures: by name.
    """
    config = trainer.config
    return ModelCard(
        network=config.network,
        description=config.description,
        training={
            "recipe": config.for_card(),
            "steps": trainer.step,
            "minutes": round(minutes, 2),
            "device": trainer.device.type,
            **_machinery(trainer),
        },
        data={
            "trained_on": Path(trainer.source).name,
            "selected_on": Path(validation.source).name,
        },
        metrics={f"validation_{name}": figure for name, figure in figures.items()},
    )


def _machinery(trainer: Trainer) -> dict[str, Any]:
    """Processes and precision, where they are not the usual ones."""
    several = {} if trainer.share.is_whole else {"processes": trainer.share.processes}
    return several | ({} if trainer.precision == "fp32" else {"precision": trainer.precision})
