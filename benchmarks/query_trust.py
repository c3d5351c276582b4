"""Which queries can be trusted: Hit@1 by visible joints, by variance and by the best probability.

    python benchmarks/query_trust.py VAL.npz [--models base small] [--json trust.json]

Queries lose joints at random, as in photographs (`prvipe.data.hiding.occlude`) and by body parts;
the gallery is whole and from another camera. Every query counts once per pair of cameras. Choose
thresholds on validation data only; `prvipe.model.trust` keeps those that were chosen.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from prvipe.data.benchmark import CrossViewBenchmark, load_benchmark
from prvipe.data.hiding import JOINT_GROUPS, hide, hide_random, occlude
from prvipe.evaluation.best_retrievals import choose_evenly, choose_pairs, retrieve_best
from prvipe.files import write_json
from prvipe.geometry.arrays import BoolArray, Float32Array, FloatArray
from prvipe.memory import keep_freed_memory
from prvipe.model.embedder import Embedder
from prvipe.model.fingerprint import fingerprint
from prvipe.model.trust import judge_poses
from prvipe.retrieval.ranking import by_match_probability

Hiding = Callable[[Float32Array, np.random.Generator], Float32Array]


@dataclass(frozen=True)
class Outcomes:
    """What became of Q queries.

    Attributes:
        hiding: what was hidden of each.
        visible: joints left.
        variance: total variance of the embedding.
        confidence: matching probability of the best retrieval.
        hit: whether that is a match.
        trusted: whether `judge_poses` finds nothing against the query.
        answer_trusted: whether that holds of its best match, too.
    """

    hiding: npt.NDArray[np.str_]
    visible: npt.NDArray[np.int64]
    variance: FloatArray
    confidence: FloatArray
    hit: BoolArray
    trusted: BoolArray
    answer_trusted: BoolArray


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure which queries can be trusted.")
    parser.add_argument("data", help="a cross-view benchmark .npz")
    parser.add_argument("--models", nargs="+", default=["base", "small"])
    parser.add_argument("--cameras", type=int, nargs="+")
    parser.add_argument("--queries", type=int, default=400, help="per pair of cameras and hiding")
    parser.add_argument("--json")
    arguments = parser.parse_args()
    keep_freed_memory()
    benchmark = load_benchmark(arguments.data).select(cameras=arguments.cameras)
    results = {
        model: report(model, measure(Embedder.load(model), benchmark, arguments.queries))
        for model in arguments.models
    }
    if arguments.json:
        write_json(arguments.json, results)


def hidings() -> Iterator[tuple[str, Hiding]]:
    """Ways to hide joints, by name; the first hides none."""
    for count in range(10):
        yield f"{count} random", lambda scores, rng, n=count: hide_random(scores, n, rng)
    for seed in range(3):
        yield (f"as in COCO, {seed}", lambda scores, rng: scores * occlude(len(scores), rng))
    for group in JOINT_GROUPS:
        yield group, lambda scores, _, g=group: hide(scores, g)


def measure(embedder: Embedder, benchmark: CrossViewBenchmark, queries: int) -> Outcomes:
    """Retrieve with joints hidden in each of the ways."""
    views = benchmark.get_keypoints("det")
    rows = choose_evenly(len(benchmark), queries)
    pairs = choose_pairs(views.shape[1])
    model = fingerprint(embedder)
    gallery = [embedder.embed_keypoints(views[:, view]) for view in range(views.shape[1])]
    parts = []
    for number, (name, hiding) in enumerate(hidings()):
        rng = np.random.default_rng(number)
        scores = [
            hiding(np.ones((len(rows), views.shape[2]), np.float32), rng)
            for _ in range(views.shape[1])
        ]
        queries_seen = [embedder.embed_keypoints(views[rows, v], s) for v, s in enumerate(scores)]
        found = retrieve_best(
            queries_seen,
            gallery,
            benchmark,
            by_match_probability(embedder.matching),
            pairs,
            rows,
        )
        visible = np.stack([(scores[query] > 0).sum(1) for query, _ in pairs])
        judged = [judge_poses(z, s, model) for z, s in zip(queries_seen, scores, strict=True)]
        best = [
            each.with_best_match(confidence)
            for (query, _), row in zip(pairs, found.confidence, strict=True)
            for each, confidence in zip(judged[query], row, strict=True)
        ]
        parts.append(
            (
                np.full(visible.size, name),
                visible.ravel(),
                found.variance.ravel(),
                found.confidence.ravel(),
                found.match.ravel(),
                np.array([each.trusted for query, _ in pairs for each in judged[query]]),
                np.array([each.trusted for each in best]),
            )
        )
        print(f"  {name}: Hit@1 {found.hit_rate:.3f}", flush=True)
    return Outcomes(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def report(model: str, found: Outcomes) -> dict[str, object]:
    """Print and return the curves."""
    whole = found.hit[found.visible == 13].mean()
    print(f"{model}: Hit@1 of whole poses {whole:.3f}, half of it {whole / 2:.3f}")
    random = np.array([name.endswith("random") for name in found.hiding])
    tables = {
        "visible joints, hidden at random": by_value(found, found.visible, random),
        "visible joints, as in COCO": by_value(
            found, found.visible, np.array([name.startswith("as in") for name in found.hiding])
        ),
        "visible joints, all": by_value(found, found.visible, np.ones(len(found.hit), bool)),
        "total variance": by_bin(
            found, found.variance, [0, 5, 6, 7, 8, 10, 12, 14, 16, 18, 20, 24, 28, 32, 40, 99]
        ),
        "best probability": by_bin(found, found.confidence, np.linspace(0, 1, 11).tolist()),
        "best probability, whole": by_bin(
            found, found.confidence, np.linspace(0, 1, 11).tolist(), found.visible == 13
        ),
    }
    for name, table in tables.items():
        print(f"{model}, Hit@1 by {name}:")
        for value, (rate, count, best) in table.items():
            share = rate / whole
            print(
                f"  {value:>12}: {rate:.3f} ({share:.0%} of whole), best p {best:.2f}, "
                f"{count:,} queries"
            )
    tables["as judged"] = {}
    for name, judged in (("query", found.trusted), ("best match too", found.answer_trusted)):
        for verdict, rows in (("trusted", judged), ("not trusted", ~judged)):
            tables["as judged"][f"{name}: {verdict}"] = _row(found, rows)
            rate, count, _ = _row(found, rows)
            print(f"{model}, {name} {verdict}: Hit@1 {rate:.3f}, {count:,} queries")
    for visible in range(6, 14):
        rows = found.visible == visible
        if rows.sum() > 1000:
            print(
                f"{model}, {visible} visible: area under the curve of variance "
                f"{area(-found.variance[rows], found.hit[rows]):.3f}, of best probability "
                f"{area(found.confidence[rows], found.hit[rows]):.3f}"
            )
    for name, values in (
        ("visible joints", found.visible),
        ("variance", -found.variance),
        ("best probability", found.confidence),
    ):
        print(f"{model}, all queries: area under the curve of {name} {area(values, found.hit):.3f}")
    return {"whole": float(whole), "tables": tables}


Table = dict[str, tuple[float, int, float]]


def by_value(found: Outcomes, values: npt.NDArray[np.int64], rows: BoolArray) -> Table:
    """Hit@1, number of queries and mean best probability by a whole number."""
    return {str(value): _row(found, rows & (values == value)) for value in np.unique(values[rows])}


def by_bin(
    found: Outcomes, values: FloatArray, edges: list[float], rows: BoolArray | None = None
) -> Table:
    """The same by ranges of a number."""
    chosen = np.ones(len(values), bool) if rows is None else rows
    table = {}
    for low, high in pairwise(edges):
        inside = chosen & (values >= low) & (values < high)
        if inside.sum() >= 50:
            table[f"{low:.3g} to {high:.3g}"] = _row(found, inside)
    return table


def _row(found: Outcomes, rows: BoolArray) -> tuple[float, int, float]:
    return float(found.hit[rows].mean()), int(rows.sum()), float(found.confidence[rows].mean())


def area(values: FloatArray, hit: BoolArray) -> float:
    """Area under the receiver operating characteristic of values that are large for hits."""
    from scipy.stats import rankdata

    ranks = rankdata(values)
    hits = hit.sum()
    return float((ranks[hit].sum() - hits * (hits + 1) / 2) / (hits * (len(hit) - hits)))


if __name__ == "__main__":
    main()
