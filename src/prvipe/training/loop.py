"""The training loop: steps, validation, the best weights, and a state to resume from."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.data.world_frame import require_world_frame
from prvipe.errors import PrvipeError
from prvipe.model.checkpoint import ModelCard, names_not_finite, read_card, save_checkpoint
from prvipe.model.lifting import Network
from prvipe.training.config import TrainingConfig
from prvipe.training.interruption import interruption_deferred
from prvipe.training.limits import Limits
from prvipe.training.loss_parts import Losses
from prvipe.training.processes import ALONE, Moment, Processes, noticing_losses
from prvipe.training.run_card import card_of_run
from prvipe.training.run_folder import RunFolder
from prvipe.training.trainer import Precision, Trainer
from prvipe.training.validation import require_retrieval

LOG_STEPS = 50
"""Steps between two records of the losses."""

_VALIDATION = "its last validation"

Report = Callable[[dict[str, Any], float], None]
"""Called with a log record and the progress of the run from 0 to 1.

A record holds step, seconds and either the losses by name or, on validation, hit_at_1, best
and what else the task measures.
"""


def train(
    config: TrainingConfig,
    benchmark: CrossViewBenchmark,
    validation: CrossViewBenchmark,
    out: str | os.PathLike[str],
    limits: Limits,
    resume: bool = False,
    device: str = "cpu",
    report: Report | None = None,
    precision: Precision = "fp32",
    processes: Processes = ALONE,
) -> ModelCard:
    """Train a model; the best weights by validation lie in `out`/best.safetensors.

    Validation runs on the moving average of the weights every `config.validation_seconds` of
    training and at the end; its time counts towards `limits.minutes`. The state is saved at the
    start, with every validation and when the run is interrupted.

    Of several processes each calls this with the same arguments and its own device. Only the first
    validates, writes to `out`, which the others need not see, and reports; its clock is that of
    `limits`.

    Args:
        config: the recipe.
        benchmark: training poses and views.
        validation: benchmark that picks the best weights; at least two cameras and
            `SMALLEST_VALIDATION` frames, for a recipe that calibrates in metres with z up.
        out: folder of the run, made if it does not exist.
        limits: when to stop.
        resume: go on with the run in `out`, which must have the same `config`.
        device: of PyTorch.
        report: see `Report`.
        precision: see `Trainer`; may be another when the run is resumed, as may the processes.
        processes: that train together.

    Returns:
        ModelCard: of the best weights.

    Raises:
        InputError: unusable data, folder or configuration, nothing to resume, or processes that
            were given different things.
        DivergenceError: the loss or the weights are no longer finite. If no weights were kept by
            then, nothing of the run is.
        LostProcessError: another process has ended.
        KeyboardInterrupt: passed on after the step under way, with the state saved; in all
            processes, whichever got the signal.
    """

    def prepare() -> Trainer:
        require_retrieval(validation)
        if config.calibrate:  # by other cameras too, which take z for up
            require_world_frame(validation)
        return Trainer(config, benchmark, device, processes.share, precision)

    with noticing_losses(processes.share):
        trainer = processes.all(prepare)
    folder = RunFolder(out)
    run = _Run(trainer, folder, validation, limits, report, processes)
    with noticing_losses(processes.share, lambda: run.saved), ExitStack() as until_the_end:
        options = [resume, precision, trainer.device.type]
        processes.require_same(run.identity() | {"options": options})
        processes.lead(lambda: folder.create(resume))
        processes.lead(lambda: until_the_end.enter_context(folder.held()))
        interrupted = until_the_end.enter_context(interruption_deferred())
        if resume:
            run.restore()
        else:
            run.lead(run.save, "its start")
        try:
            if run.steps(interrupted):
                run.lead(run.save, "its interruption")
                raise KeyboardInterrupt
            run.lead(run.validate, _VALIDATION)
        except DivergenceError:
            if processes.leads and not folder.best.exists():
                folder.discard()
            raise
        return processes.lead(lambda: read_card(folder.best))


class DivergenceError(PrvipeError):
    """The loss or the weights are no longer finite."""


class _Run:
    """A run under way."""

    def __init__(
        self,
        trainer: Trainer,
        folder: RunFolder,
        validation: CrossViewBenchmark,
        limits: Limits,
        report: Report | None,
        processes: Processes,
    ) -> None:
        self.trainer = trainer
        self.folder = folder
        self.validation = validation
        self.limits = limits
        self.report = report
        self.processes = processes
        self.best = -math.inf
        self.last_validation = 0.0
        self.seconds_before = 0.0
        self.started = time.monotonic()
        self.saved: str | None = None  # as of when

    @property
    def seconds(self) -> float:
        """Seconds of training, those before a resume included."""
        return self.seconds_before + time.monotonic() - self.started

    @property
    def progress(self) -> float:
        """How far the run is, from 0 to 1."""
        return self.limits.progress(self.trainer.step, self.seconds)

    def moment(self, interrupted: Callable[[], bool]) -> Moment:
        """Where the run is, as all processes see it."""
        validation_is_due = (
            self.seconds - self.last_validation > self.trainer.config.validation_seconds
        )
        return self.processes.agree(Moment(self.progress, interrupted(), validation_is_due))

    def steps(self, interrupted: Callable[[], bool]) -> bool:
        """Train until the limits are reached or a signal came; validate along the way.

        Returns:
            Whether a signal came, to any of the processes.
        """
        now = self.moment(interrupted)
        while now.progress < 1 and not now.interrupted:
            losses = self.trainer.train_step(now.progress)
            if self.trainer.step % LOG_STEPS == 0:
                self.log_losses(losses)
            now = self.moment(interrupted)
            if now.validates:
                self.lead(self.validate, _VALIDATION)
                now = self.moment(interrupted)  # that took its time
        return now.interrupted

    def lead(self, work: Callable[[], None], moment: str) -> None:
        """Let the first process do `work`, which saves the state as of `moment`."""

        def save() -> None:
            work()
            self.saved = moment  # even if the others are gone by now

        self.processes.lead(save)
        self.saved = moment

    def log_losses(self, losses: Losses) -> None:
        """Record the losses of the last step.

        Raises:
            DivergenceError: they are not finite.
        """
        numbers = losses.as_numbers()
        if not math.isfinite(numbers["loss"]):
            raise self.divergence(f"the loss is {numbers['loss']}")
        self.processes.lead(lambda: self.log(numbers))

    def validate(self) -> None:
        """Measure the weights, keep them if they are the best so far, and save the state.

        Raises:
            DivergenceError: a weight is not finite.
        """
        task, average = self.trainer.task, self.trainer.average.network
        self.require_finite(average)
        network = task.finish(average, self.validation)
        self.require_finite(network)
        figures = task.measure(network, self.validation)
        if figures["hit_at_1"] > self.best:
            self.best = figures["hit_at_1"]
            minutes = self.seconds / 60
            card = card_of_run(self.trainer, self.validation, minutes, figures)
            save_checkpoint(self.folder.best, network, card)
        self.last_validation = self.seconds
        self.log(figures | {"best": self.best})
        self.save()

    def require_finite(self, network: Network) -> None:
        """Raise DivergenceError if a weight is not finite."""
        if broken := names_not_finite(network.state_dict()):
            raise self.divergence(f"weights are not finite: {', '.join(broken)}")

    def divergence(self, symptom: str) -> DivergenceError:
        """The error that ends a run which cannot recover."""
        best = self.folder.best
        kept = f" in another folder; {best} keeps the best so far" if best.exists() else ""
        return DivergenceError(
            f"step {self.trainer.step}: {symptom}; lower optimizer.learning_rate or raise "
            f"views.nearest, and start again{kept}"
        )

    def log(self, numbers: dict[str, float]) -> None:
        """Append a record to the run's log and report it."""
        record = {"step": self.trainer.step, "seconds": round(self.seconds, 3), **numbers}
        self.folder.append_log(record)
        if self.report is not None:
            self.report(record, self.progress)

    def identity(self) -> dict[str, Any]:
        """What makes this run the same after a resume, and in every process."""
        return {
            "config": self.trainer.config.model_dump_json(),
            "data": [self.trainer.fingerprint, self.validation.fingerprint()],
            "teacher": self.trainer.task.fingerprint(),
        }

    def state(self) -> dict[str, Any]:
        """Everything that `restore` needs."""
        return {
            **self.identity(),
            "trainer": self.trainer.state(),
            "seconds": self.seconds,
            "best": self.best,
            "last_validation": self.last_validation,
        }

    def save(self) -> None:
        """Write the state that `restore` reads."""
        self.folder.save_state(self.state())

    def restore(self) -> None:
        """Go back to the saved state, which the first process reads for all.

        Raises:
            InputError: no state, or of another configuration or other data, or best weights that
                are missing or damaged.
        """
        state = self.processes.lead(lambda: self.folder.load_state_of(self.state()))
        self.saved = "where it was resumed"
        self.trainer.restore(state["trainer"])
        self.seconds_before = state["seconds"]
        self.started = time.monotonic()
        self.best = state["best"]
        self.last_validation = state["last_validation"]
        self.processes.lead(lambda: self.folder.rewind_log(self.trainer.step))
