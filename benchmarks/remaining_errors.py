"""What the remaining errors of a model are: 50 top-1 misses, each with numbers and a cause.

    python benchmarks/remaining_errors.py DATA.npz --train TRAIN.npz --out FOLDER [--model base]
        [--keypoints gt] [--cameras 0,1,2,3] [--count 50] [--seed 0]

Prints how many errors have each cause (`prvipe.evaluation.retrieval_errors` says what they mean),
and medians over misses and over as many hits. Writes every error with its numbers as errors.json
and pictures of all of them as errors-1.png, .svg and .pdf, errors-2..., ten to a page.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from prvipe.cli.console import counting
from prvipe.cli.evaluate import parse_cameras
from prvipe.data.benchmark import load_benchmark
from prvipe.evaluation.loading import load_system
from prvipe.evaluation.retrieval_errors import ERRORS, RetrievalErrors, explain_errors
from prvipe.files import write_json
from prvipe.report.figure_files import save_figure
from prvipe.report.retrieval_errors import draw_retrieval_errors


def main() -> None:
    """Explain, print, write."""
    parser = argparse.ArgumentParser(description="What the remaining errors of a model are.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--train", type=Path, help="benchmark with the training poses")
    parser.add_argument("--out", type=Path, required=True, help="folder for pictures and numbers")
    parser.add_argument("--model", default="base", help="shipped model or checkpoint")
    parser.add_argument("--keypoints", choices=("det", "gt"), default="gt")
    parser.add_argument("--cameras", help="such as 0,1,2,3; all by default")
    parser.add_argument("--count", type=int, default=ERRORS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    benchmark = load_benchmark(arguments.data).select(cameras=parse_cameras(arguments.cameras))
    training = None if arguments.train is None else load_benchmark(arguments.train).poses3d
    with counting("errors and hits") as progress:
        errors = explain_errors(
            load_system(arguments.model, name=Path(arguments.model).stem),
            benchmark,
            arguments.count,
            arguments.keypoints,
            training=training,
            seed=arguments.seed,
            progress=progress,
        )
    arguments.out.mkdir(parents=True, exist_ok=True)
    write_json(arguments.out / "errors.json", errors.as_dict())
    for number, page in enumerate(draw_retrieval_errors(errors, benchmark), start=1):
        save_figure(page, arguments.out, f"errors-{number}")
    print_causes(errors)
    print_medians(errors)


def print_causes(errors: RetrievalErrors) -> None:
    """Print the first cause of the errors, and to how many each cause applies at all."""
    count = len(errors.misses)
    print(f"{count} top-1 misses of {errors.system}, {errors.keypoints} keypoints\n")
    print(f"{'':<24} {'cause':>6} {'share':>6} {'applies':>8}")
    for cause, first in errors.counts().items():
        applies = sum(errors.applies(cause, explained) for explained in errors.misses)
        print(f"{cause:<24} {first:>6} {first / count:>6.2f} {applies:>8}")
    on_query = np.array([explained.exchanged_views[0].error for explained in errors.misses])
    print(
        f"\na pose explains a view with a view error up to {errors.explained_below:.3f}, the "
        "median of poses that only just match;\nso do "
        f"{np.mean(on_query <= errors.explained_below):.2f} of the retrieved poses the query, "
        f"and {errors.equally_far_explained():.2f} of other poses as far from it\n"
    )


def print_medians(errors: RetrievalErrors) -> None:
    """Print the median of every number over misses and over hits."""
    print(f"{'medians':<42} {'misses':>8} {'hits':>8}")
    for name, (misses, hits) in errors.medians().items():
        print(f"{name:<42} {misses:>8.3f} {hits:>8.3f}")


if __name__ == "__main__":
    main()
