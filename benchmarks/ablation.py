"""Remove each ingredient of a recipe once, and measure on people and motions never trained on.

Usage: python benchmarks/ablation.py TRAIN.npz VAL.npz --out FOLDER [--recipe best] [--steps 2500]
       [--set network.width=512] [--only "rare poses" ...] [--every 2]

TRAIN.npz is divided by recording: martial arts, football, everyday actions and two actors are held
out, thinned as the paper's test poses are, and seen by the training rig and by six cameras at other
places; the rest is trained on. So a recipe is judged by how it does on new people without a look at
any test data. Runs are kept in FOLDER: one that is done is not run again, a stopped one goes on.
--every 2 trains on every second recording alone, to show what more data give (take another FOLDER).
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from prvipe import memory
from prvipe.data.benchmark import CrossViewBenchmark, load_benchmark
from prvipe.data.cross_view import see_anew
from prvipe.data.thinning import thin
from prvipe.errors import InputError
from prvipe.evaluation.loading import embedding_system
from prvipe.evaluation.protocol import evaluate
from prvipe.files import write_json
from prvipe.model.embedder import Embedder
from prvipe.training.limits import Limits
from prvipe.training.loop import train
from prvipe.training.recipe_files import load_recipe

HELD_OUT = ("martial/", "soccer/", "cmu_amc_misc/", "cmu_bvh_misc/01", "cmu_bvh_misc/13", "/16_")
"""Parts of the names of the recordings that are kept from training."""

OTHER_PLACES = (
    (10, 3, 4),
    (80, 15, 4),
    (150, 20, 4.5),
    (220, -10, 3.7),
    (290, 30, 3.9),
    (340, -5, 4.3),
)
"""Azimuth and elevation in degrees, distance in metres."""

INGREDIENTS = {
    "nothing": {},
    "rare poses": {"rarity": "0.0"},
    "limbs of others": {"augmentation.recombine_limbs": "0.0"},
    "bent joints": {"augmentation.bend_joints": "0.0"},
    "other proportions": {"augmentation.proportions": "0.0"},
    "mirrored poses": {"augmentation.mirror": "0.0"},
    "poses much alike in a batch": {"group_size": "1"},
    "errors of varying size": {"views.detector_noise": "[1.0, 1.0]"},
    "detections": {"views.inputs": "projected"},
    "hidden joints and scores": {
        "augmentation.hide_joints": "0.0",
        "views.detector_scores": "0.0",
        "network.inputs": "keypoints",
    },
    "graded targets": {"loss.contrastive_width": "0.003"},
    "match likelihood": {"loss.likelihood_weight": "0.0"},
    "AdamW": {
        "optimizer.name": "adagrad",
        "optimizer.learning_rate": "0.02",
        "optimizer.weight_decay": "0.0",
    },
    "decay of the learning rate": {"optimizer.schedule": "constant"},
    "distances from 3 to 12": {"views.distance": "[2.0, 2.0]"},
    "the whole recipe (seed 1)": {"seed": "1"},
    "the whole recipe (seed 2)": {"seed": "2"},
}
"""What is removed, and the settings without it."""


@dataclass(frozen=True)
class Division:
    """What is trained on, and what is measured on by name."""

    train: CrossViewBenchmark
    measured: dict[str, CrossViewBenchmark]


def main() -> None:
    """Train and measure what the command line asks for; print the table."""
    arguments = _arguments()
    memory.keep_freed_memory()
    division = divide(
        load_benchmark(arguments.train), load_benchmark(arguments.val), arguments.every
    )
    common = dict(setting.split("=", 1) for setting in arguments.set)
    rows = {}
    for name in arguments.only or INGREDIENTS:
        folder = arguments.out / name.replace(" ", "-")
        overrides = common | INGREDIENTS[name]
        rows[name] = _measured(arguments.recipe, overrides, arguments.steps, division, folder)
        print(name, rows[name], flush=True)
    _print_table(rows)


def divide(
    benchmark: CrossViewBenchmark, validation: CrossViewBenchmark, every: int = 1
) -> Division:
    """Hold the recordings of `HELD_OUT` back; train on `every` second, third, ... of the others."""
    names = [str(name) for name in benchmark.sequence_names]
    is_held_out = np.array([any(part in name for part in HELD_OUT) for name in names])
    held_out = benchmark.select(rows=is_held_out[benchmark.sequence])
    held_out = held_out.select(rows=thin(held_out.poses3d))
    is_trained_on = np.zeros(len(names), bool)
    is_trained_on[np.flatnonzero(~is_held_out)[::every]] = True
    return Division(
        benchmark.select(rows=is_trained_on[benchmark.sequence]),
        {
            "val": validation,
            "new people": see_anew(held_out, held_out.cameras, seed=1),
            "new people, unseen cameras": see_anew(held_out, np.array(OTHER_PLACES), seed=2),
        },
    )


def _measured(
    recipe: str, overrides: dict[str, str], steps: int, division: Division, folder: Path
) -> dict[str, float]:
    config, figures, run = load_recipe(recipe, overrides), folder / "figures.json", folder / "run"
    fingerprints = [each.fingerprint() for each in (division.train, *division.measured.values())]
    made_by = {"config": config.model_dump(mode="json"), "steps": steps, "data": fingerprints}
    if figures.exists():
        return _kept(figures, made_by)
    folder.mkdir(parents=True, exist_ok=True)
    train(
        config,
        division.train,
        division.measured["val"],
        run,
        Limits(steps=steps),
        resume=(run / "state.pt").exists(),
    )
    system = embedding_system(Embedder.load(run / "best.safetensors"), folder.name)
    hits = {
        f"{name} {kind}": round(float(evaluate(system, benchmark, kind, ranks=(1,)).hits[1]), 4)
        for name, benchmark in division.measured.items()
        for kind in ("det", "gt")
    }
    write_json(figures, {"made_by": made_by, "hits": hits})
    return hits


def _kept(figures: Path, made_by: dict[str, Any]) -> dict[str, float]:
    kept = json.loads(figures.read_text(encoding="utf-8"))
    if kept["made_by"] != made_by:
        raise InputError(f"{figures}: of other settings or data; take another folder with --out")
    return dict(kept["hits"])


def _print_table(rows: dict[str, dict[str, float]]) -> None:
    columns = list(next(iter(rows.values())))
    print("\n| without | " + " | ".join(columns) + " |")
    print("|---|" + "---|" * len(columns))
    for name, hits in rows.items():
        print(f"| {name} | " + " | ".join(f"{hits[column]:.3f}" for column in columns) + " |")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("train", type=Path)
    parser.add_argument("val", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--recipe", default="best")
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--every", type=int, default=1, help="train on every n-th recording")
    parser.add_argument("--only", action="append", choices=list(INGREDIENTS))
    return parser.parse_args()


if __name__ == "__main__":
    main()
