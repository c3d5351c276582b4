"""What so many poses cost: core hours, bytes, machines, from the figures measured here.

    python benchmarks/cost_model.py [--poses 1e9] [--cores 64] [--memory 256] [--machines 16]
        [--price PER_CORE_HOUR] [--write docs/scale.md]

`--cores` and `--memory` (GiB) are those of one machine, `--machines` how many work at once; without
`--price` no costs are printed. Figures are read from benchmarks/cost_figures.toml: put your own
there and run it again. What stands between `<!-- costs: ... -->` and `<!-- end of costs -->` in
docs/scale.md is what `--write` makes with the defaults.

Stages are linear in the number of poses: an index is built segment by segment of 10^6, and no stage
looks at poses of another. Milliseconds per query follow the power of the number of poses through
the two largest sizes measured; what lies beyond the largest is extrapolated and says so.
"""

from __future__ import annotations

import argparse
import math
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FIGURES = Path(__file__).with_name("cost_figures.toml")
_MILLION = 1e6


@dataclass(frozen=True)
class Stage:
    """A step on the way from frames to a library, per million poses.

    Attributes:
        name: of the step.
        what: how it was measured.
        core_seconds: of processor time.
        bytes_on_disk: that it writes, per pose.
        memory_per_worker: bytes.
        source: script that measured it.
    """

    name: str
    what: str
    core_seconds: float
    bytes_on_disk: float
    memory_per_worker: float
    source: str

    def core_hours(self, poses: float) -> float:
        """Of so many poses."""
        return self.core_seconds * poses / _MILLION / 3600


@dataclass(frozen=True)
class Search:
    """Searching one kind of index in one thread.

    Attributes:
        index: its name.
        bytes_in_memory: per pose, for searches that do not wait for a disk.
        sizes: poses, rising.
        milliseconds: of processor time per query, at these sizes.
        recall: of the ten best of the full ranking, at these sizes.
        source: script that measured it.
    """

    index: str
    bytes_in_memory: float
    sizes: tuple[int, ...]
    milliseconds: tuple[float, ...]
    recall: tuple[float, ...]
    source: str

    @property
    def growth(self) -> float:
        """Power of the number of poses that the time follows between the two largest sizes."""
        (small, large), (fast, slow) = self.sizes[-2:], self.milliseconds[-2:]
        return math.log(slow / fast) / math.log(large / small)

    def milliseconds_at(self, poses: float) -> float:
        """Of one query in so many poses; extrapolated beyond the largest size measured."""
        return float(self.milliseconds[-1] * (poses / self.sizes[-1]) ** self.growth)


@dataclass(frozen=True)
class Figures:
    """All that was measured."""

    machine: str
    stages: tuple[Stage, ...]
    searches: tuple[Search, ...]


@dataclass(frozen=True)
class Plan:
    """How many poses, on what machines.

    Attributes:
        poses: in the end.
        cores: of one machine.
        memory: of one machine, bytes.
        machines: at work at once.
        price: of a core hour, in any currency; None: not told.
    """

    poses: float
    cores: int
    memory: float
    machines: int
    price: float | None = None

    def hours(self, stage: Stage) -> float:
        """Of all machines together, if every core has a worker that finds its memory."""
        workers = min(self.cores, int(self.memory // stage.memory_per_worker))
        return stage.core_hours(self.poses) / (max(workers, 1) * self.machines)

    def machines_to_search(self, search: Search) -> int:
        """That hold the index in three quarters of their memory."""
        return math.ceil(search.bytes_in_memory * self.poses / (0.75 * self.memory))


def main() -> None:
    """Print the tables, or write them into a page."""
    parser = argparse.ArgumentParser(description="Compute what so many poses cost.")
    parser.add_argument("--poses", type=float, default=1e9)
    parser.add_argument("--cores", type=int, default=64, help="of one machine")
    parser.add_argument("--memory", type=float, default=256, help="of one machine, GiB")
    parser.add_argument("--machines", type=int, default=16)
    parser.add_argument("--price", type=float, help="of one core hour")
    parser.add_argument("--write", type=Path, metavar="PAGE")
    arguments = parser.parse_args()
    plan = Plan(
        arguments.poses,
        arguments.cores,
        arguments.memory * 2**30,
        arguments.machines,
        arguments.price,
    )
    tables = tables_of(read_figures(FIGURES), plan)
    if arguments.write:
        page = arguments.write.read_text(encoding="utf-8")
        arguments.write.write_text(replace_tables(page, tables), encoding="utf-8")
    else:
        print("\n\n".join(tables.values()))


def read_figures(path: Path) -> Figures:
    """Figures of a file like benchmarks/cost_figures.toml."""
    contents = tomllib.loads(path.read_text(encoding="utf-8"))
    return Figures(
        contents["machine"],
        tuple(Stage(**_named(each)) for each in contents["stage"]),
        tuple(Search(**_named(each)) for each in contents["search"]),
    )


def tables_of(figures: Figures, plan: Plan) -> dict[str, str]:
    """The tables of the page, by name."""
    return {
        "stages": stage_table(figures.stages),
        "searches": search_table(figures.searches),
        "plan": plan_table(figures.stages, plan),
        "library": library_table(figures.searches, plan),
    }


def stage_table(stages: Sequence[Stage]) -> str:
    """Per million poses."""
    rows = [
        [
            each.name,
            each.what,
            f"{each.core_seconds:,.0f}",
            f"{_MILLION / each.core_seconds:,.0f}",
            f"{each.bytes_on_disk * _MILLION / 1e6:,.0f}",
            f"{each.memory_per_worker / 1e9:.1f}",
        ]
        for each in stages
    ]
    head = ["stage", "measured", "core s", "poses/s per core", "MB written", "GB per worker"]
    return _table(head, rows, 2)


def search_table(searches: Sequence[Search]) -> str:
    """Per query, at the sizes measured."""
    rows = [
        [each.index, f"{size:,}", f"{time:.2f}", f"{recall:.3f}", f"{each.bytes_in_memory:.0f}"]
        for each in searches
        for size, time, recall in zip(each.sizes, each.milliseconds, each.recall, strict=True)
    ]
    return _table(["index", "poses", "core ms", "recall@10", "bytes per pose"], rows, 1)


def plan_table(stages: Sequence[Stage], plan: Plan) -> str:
    """Core hours and hours of all machines."""
    head = ["stage", "core hours", f"hours on {plan.machines} machines", "TB written"]
    priced = [] if plan.price is None else ["price"]
    rows = []
    for each in stages:
        hours = each.core_hours(plan.poses)
        rows.append(
            [
                each.name,
                f"{hours:,.0f}" if hours >= 10 else f"{hours:.1f}",
                f"{plan.hours(each):,.1f}" if plan.hours(each) >= 0.1 else "under 0.1",
                f"{each.bytes_on_disk * plan.poses / 1e12:.2f}",
                *([] if plan.price is None else [f"{hours * plan.price:,.2f}"]),
            ]
        )
    return _table([*head, *priced], rows, 1)


def library_table(searches: Sequence[Search], plan: Plan) -> str:
    """What a search in the whole library takes."""
    rows = []
    for each in searches:
        beyond = " (extrapolated)" if plan.poses > each.sizes[-1] else ""
        rows.append(
            [
                each.index,
                f"{each.bytes_in_memory * plan.poses / 1e9:,.0f}",
                str(plan.machines_to_search(each)),
                f"{each.growth:.2f}",
                f"{each.milliseconds_at(plan.poses):,.0f}{beyond}",
            ]
        )
    head = ["index", "GB in memory", "machines", "power of growth", "core ms per query"]
    return _table(head, rows, 1)


def replace_tables(page: str, tables: dict[str, str]) -> str:
    """The page with these tables between its marks."""
    for name, table in tables.items():
        marked = rf"(<!-- costs: {name} -->\n).*?(<!-- end of costs -->)"
        page, count = re.subn(marked, rf"\g<1>\n{table}\n\n\g<2>", page, flags=re.S)
        if count != 1:
            raise SystemExit(f"the page has no mark <!-- costs: {name} -->, or several")
    return page


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], texts: int) -> str:
    """Markdown; the first columns are texts, the others numbers."""
    rule = ["---"] * texts + ["---:"] * (len(head) - texts)
    lines = [f"| {' | '.join(each)} |" for each in (head, *rows)]
    return "\n".join([lines[0], f"|{'|'.join(rule)}|", *lines[1:]])


def _named(entry: dict[str, Any]) -> dict[str, Any]:
    """Arguments of a class: lists as tuples, `from`, a word of Python, as `source`."""
    named = {key: tuple(each) if isinstance(each, list) else each for key, each in entry.items()}
    named["source"] = named.pop("from")
    return named


if __name__ == "__main__":
    main()
