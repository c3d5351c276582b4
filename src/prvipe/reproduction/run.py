"""Running experiments and writing the report."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from prvipe import __version__
from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError, PrvipeError
from prvipe.files import make_folder
from prvipe.report.page import write_numbers, write_page
from prvipe.report.sections import Section, Verdict
from prvipe.reproduction.experiments import EXPERIMENTS
from prvipe.reproduction.laboratory import Laboratory
from prvipe.reproduction.systems import ALL_SYSTEMS

PAGE, NUMBERS = "report.html", "report.json"

_VERSIONS_OF = ("torch", "numpy", "numba", "scipy", "matplotlib")

OnExperiment = Callable[[str, int, int], None]
"""Called with an experiment's name, its number from 1 and how many there are."""


def parse_experiments(names: str | None) -> tuple[str, ...]:
    """Names of experiments as typed, "table1,fig6", or all of them.

    Raises:
        InputError: there is none of a name.
    """
    if names is None:
        return tuple(EXPERIMENTS)
    chosen = []
    for typed in names.split(","):
        name = typed.strip().lower()
        if name.startswith("fig") and name.removeprefix("fig").isdigit():
            name = f"figure{name.removeprefix('fig')}"
        if name not in EXPERIMENTS:
            raise InputError(
                f"--experiments {typed.strip()}: no such experiment; there are "
                f"{', '.join(EXPERIMENTS)}"
            )
        if name not in chosen:
            chosen.append(name)
    return tuple(name for name in EXPERIMENTS if name in chosen)


def write_report(
    laboratory: Laboratory,
    experiments: Sequence[str],
    out: Path,
    on_experiment: OnExperiment,
    command: str,
) -> Path:
    """Run experiments and write report.html, report.json and the figures.

    The report is written anew after every experiment, so that an interruption loses none. One that
    cannot use its data says so in the report and does not keep the others from running.

    Args:
        laboratory: data, models and measurements.
        experiments: names from `EXPERIMENTS`.
        out: folder of the report.
        on_experiment: told before each experiment.
        command: how the report can be had again.

    Returns:
        Path: the page.

    Raises:
        InputError: a file cannot be written, or settings that do not fit a recipe.
        PrvipeError: at the end, if an experiment could not be run; or training diverged.
    """
    started = time.monotonic()
    make_folder(laboratory.figures)
    laboratory.store.require_fitting(row.recipe for row in ALL_SYSTEMS if row.recipe)
    sections, failed = [], []
    for number, name in enumerate(experiments, start=1):
        on_experiment(name, number, len(experiments))
        try:
            sections.append(EXPERIMENTS[name](laboratory))
        except InputError as error:
            failed.append(name)
            about = "This experiment could not be run."
            sections.append(Section(name, name, about, notes=[str(error)]))
        settings = describe_settings(laboratory, time.monotonic() - started, command)
        _write(laboratory, settings, sections, out)
    if failed:
        raise PrvipeError(
            f"{', '.join(failed)} could not be run, {out / PAGE} says why; the other experiments "
            "are in it"
        )
    return out / PAGE


def _write(
    laboratory: Laboratory, settings: Mapping[str, str], sections: Sequence[Section], out: Path
) -> None:
    title = f"Pr-VIPE reproduced on {laboratory.data.name}"
    recipes = {
        name: json.dumps(
            {"network": model.card.network.model_dump(), **model.card.training}, indent=1
        )
        for name, model in laboratory.store.models.items()
    }
    write_numbers(out / NUMBERS, settings, recipes, sections)
    write_page(out / PAGE, title, _summary(laboratory, sections), settings, recipes, sections)


def describe_settings(laboratory: Laboratory, seconds: float, command: str) -> dict[str, str]:
    """What was run, with what, and how long it took."""
    data, store = laboratory.data, laboratory.store
    parts = {"trained on": data.train, "selected on": data.val, "measured on": data.rig}
    if data.unseen is not None:
        parts["unseen cameras of"] = data.unseen
    settings = {"command": command}
    settings |= {name: _describe_part(part) for name, part in parts.items()}
    settings |= {
        f"gallery {name}": f"{len(people):,} people with all 13 joints"
        for name, people in data.galleries.items()
    }
    settings["training of each model"] = _describe_limits(laboratory)
    settings["settings changed in every recipe"] = _listed(store.settings) or "none"
    for name, model in store.models.items():
        settings[f"model {name}"] = (
            f"{model.steps:,} steps, {model.minutes:.1f} minutes, best weights at step "
            f"{model.card.training['steps']:,} with validation Hit@1 "
            f"{model.card.metrics['validation_hit_at_1']:.3f}, seed "
            f"{model.card.training['recipe']['seed']}"
            f"{', from an earlier run' if model.reused else ''}"
        )
    settings["seed of the figures"] = str(laboratory.seed)
    settings["time of this run"] = f"{seconds / 60:.1f} minutes, ended {_now()}"
    settings["machine"] = (
        f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}, "
        f"Python {platform.python_version()}"
    )
    versions = {"prvipe": __version__} | {name: version(name) for name in _VERSIONS_OF}
    settings["versions"] = ", ".join(f"{name} {number}" for name, number in versions.items())
    return settings


def _summary(laboratory: Laboratory, sections: Sequence[Section]) -> list[str]:
    claims = [claim for section in sections for claim in section.claims if claim.of_paper]
    paragraphs = [
        "The experiments of Sun et al., View-Invariant Probabilistic Embedding for Human Pose "
        f"(ECCV 2020), run on {laboratory.data.name}. {_describe_limits(laboratory)}."
    ]
    if laboratory.data.rig.synthetic:
        paragraphs.append(
            "The motions and people of this data are made up: the numbers show that everything "
            "runs, and are no measure of accuracy on real people."
        )
    if claims:
        counts = {verdict: sum(claim.verdict is verdict for claim in claims) for verdict in Verdict}
        paragraphs.append(
            f"Of {len(claims)} claims of the paper that were put to the test here "
            f"{counts[Verdict.HOLDS]} hold, {counts[Verdict.FAILS]} do not, and "
            f"{counts[Verdict.OPEN]} are too close to tell."
        )
    return paragraphs


def _describe_part(part: CrossViewBenchmark) -> str:
    return (
        f"{Path(part.source).name}: {len(part):,} frames of {len(set(part.sequence))} sequences, "
        f"cameras {', '.join(map(str, part.camera_ids))}"
    )


def _describe_limits(laboratory: Laboratory) -> str:
    limits = laboratory.store.limits
    parts = []
    if limits.minutes is not None:
        parts.append(f"{limits.minutes:g} minutes")
    if limits.steps is not None:
        parts.append(f"{limits.steps:,} steps")
    return (
        f"Each model trains for {' or '.join(parts)}; finished ones that trained as long or longer "
        "are reused"
    )


def _listed(settings: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in settings.items())


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
