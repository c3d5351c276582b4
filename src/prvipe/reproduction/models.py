"""The models of a reproduction: trained when first asked for, reused ever after."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from prvipe.errors import InputError
from prvipe.files import make_folder
from prvipe.model.checkpoint import ModelCard, read_card
from prvipe.reproduction.datasets import ReproductionData
from prvipe.training.config import TrainingConfig
from prvipe.training.limits import Limits
from prvipe.training.loop import Report, train
from prvipe.training.recipe_files import load_recipe
from prvipe.training.run_folder import RunFolder

OnTraining = Callable[[str], AbstractContextManager[Report]]
"""Called with a model's name when its training starts; yields what is told of its progress."""


@dataclass(frozen=True)
class TrainedModel:
    """A model at the end of its training.

    Attributes:
        checkpoint: its best weights by validation.
        card: what it says of itself.
        reused: whether an earlier run was taken instead of training.
        steps: optimiser steps the run took in all.
        minutes: how long it trained, validation included.
    """

    checkpoint: Path
    card: ModelCard
    reused: bool
    steps: int
    minutes: float


class ModelStore:
    """Runs by recipe and settings, each in a folder named after them.

    A run that stands in the folder with the same settings and data is reused if it has trained at
    least as long as asked, and otherwise gone on with.

    Args:
        folder: where the runs lie.
        data: what is trained and selected on.
        limits: how long each model trains.
        settings: settings replaced in every recipe, as `prvipe train --set`.
        on_training: told when a training starts.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        data: ReproductionData,
        limits: Limits,
        settings: Mapping[str, str],
        on_training: OnTraining,
    ) -> None:
        self.folder = Path(folder)
        self.limits = limits
        self.settings = dict(settings)
        self._data = data
        self._on_training = on_training
        self._fingerprints = [data.train.fingerprint(), data.val.fingerprint()]
        self._models: dict[str, TrainedModel] = {}

    @property
    def models(self) -> dict[str, TrainedModel]:
        """Every model asked for so far, by the name of its run."""
        return dict(self._models)

    def require_fitting(self, recipes: Iterable[str]) -> None:
        """Raise InputError unless the replaced settings fit all of the recipes."""
        for recipe in recipes:
            load_recipe(recipe, self.settings)

    def model(self, recipe: str, changes: Mapping[str, str] | None = None) -> TrainedModel:
        """The model of a recipe with some settings changed; trained now if it is not there yet.

        Raises:
            InputError: no such recipe or setting, or a folder that cannot be used.
            PrvipeError: training diverged.
            KeyboardInterrupt: passed on; the run is saved and will be gone on with.
        """
        plain = load_recipe(recipe, self.settings)
        config = load_recipe(recipe, {**self.settings, **(changes or {})})
        # A change to what the recipe has anyway is none.
        name = self._run_name(recipe, config, {} if config == plain else changes or {})
        if name not in self._models:
            self._models[name] = self._trained(name, config)
        return self._models[name]

    def _run_name(self, recipe: str, config: TrainingConfig, changes: Mapping[str, str]) -> str:
        """Readable, and different wherever settings or data differ."""
        description = config.model_dump(mode="json", exclude={"description"}, exclude_defaults=True)
        content = json.dumps([description, self._fingerprints], sort_keys=True)
        parts = [f"{key.rpartition('.')[2]}={value}" for key, value in sorted(changes.items())]
        readable = "_".join([recipe, *parts]).replace("[", "").replace("]", "").replace(" ", "")
        return f"{readable}_{zlib.crc32(content.encode()):08x}"

    def _trained(self, name: str, config: TrainingConfig) -> TrainedModel:
        run = RunFolder(self.folder / name)
        resume = run.state.exists()
        if resume:
            state = self._checked_state(run, config)
            if self._is_finished(run, state):
                return _trained_model(run, state, reused=True)
        make_folder(self.folder)
        with self._on_training(name) as report:
            train(
                config,
                self._data.train,
                self._data.val,
                run.path,
                self.limits,
                resume=resume,
                report=report,
            )
        return _trained_model(run, run.load_state(), reused=False)

    def _is_finished(self, run: RunFolder, state: dict[str, Any]) -> bool:
        progress = self.limits.progress(state["trainer"]["step"], state["seconds"])
        return progress >= 1 and run.best.exists()

    def _checked_state(self, run: RunFolder, config: TrainingConfig) -> dict[str, Any]:
        state = run.load_state()
        try:
            same = TrainingConfig.model_validate_json(state["config"]) == config
            usable = same and state["data"] == self._fingerprints
        except (KeyError, ValidationError, TypeError):
            usable = False
        if not usable:
            raise InputError(
                f"{run.path}: holds a run of other settings or data; move it away, it would be "
                "trained anew"
            )
        return state


def _trained_model(run: RunFolder, state: dict[str, Any], reused: bool) -> TrainedModel:
    return TrainedModel(
        checkpoint=run.best,
        card=read_card(run.best),
        reused=reused,
        steps=int(state["trainer"]["step"]),
        minutes=float(state["seconds"]) / 60,
    )
