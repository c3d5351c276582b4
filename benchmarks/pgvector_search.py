"""The recipe of docs/tasks/pgvector.md on many poses: time to load, bytes, time per query, recall.

    python benchmarks/pgvector_search.py FOLDER [--count 100000] [--json OUT]

FOLDER is that of benchmarks/synthetic_embeddings.py. The statements and functions are those of the
page; the server is PostgreSQL of the package pgserver, with its default settings. The truth is the
ranking of all poses by matching probability. Times are wall time of one connection, server and
ranking together; the mean processor time of both, which other programs lengthen little, stands
beside it.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pgserver
import psutil
import psycopg
import torch
from index_scale import read_queries, share_found, truth_of
from scale_kinds import K, Library, fields_of

from prvipe.files import write_json
from prvipe.geometry.compilation import use_threads
from prvipe.model.embedder import Embedder
from prvipe.model.fingerprint import fingerprint
from prvipe.model.gaussian import Gaussian

PAGE = Path(__file__).parents[1] / "docs" / "tasks" / "pgvector.md"
INDEXES = {
    "exact": [],
    "ivfflat": [
        "SET maintenance_work_mem = '1GB'; "
        "CREATE INDEX poses_vector ON poses USING ivfflat (vector vector_l2_ops) "
        "WITH (lists = {lists})",
        "ALTER DATABASE postgres SET ivfflat.probes = {probes}",
    ],
    "hnsw": [],
}
FILTERS = {
    "no filter": "true",
    "3 in 4 poses": "fields ->> 'camera' <> 'cam01'",
    "1 in 4 poses": "fields ->> 'camera' = 'cam01'",
    "2,000 poses": "source = 'recordings/day 0002/1.mp4'",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Time the recipe for PostgreSQL.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    use_threads(1)
    library = Library.open(arguments.folder, arguments.count)
    page, results = read_page(PAGE.read_text()), {"poses": arguments.count}
    with tempfile.TemporaryDirectory(prefix="pg") as data:
        server = pgserver.get_server(Path(data), cleanup_mode="stop")
        os.environ["DATABASE_URL"] = server.get_uri()
        try:
            page.server = psutil.Process(server.get_pid())
            measure(page, library, arguments, results)
        finally:
            server.cleanup()
    if arguments.json:
        write_json(arguments.json, results)


def read_page(text: str) -> SimpleNamespace:
    """The statements and functions of the page."""
    names: dict[str, Any] = {}
    for block in re.findall(r"^```python\n(.*?)^```$", text, re.M | re.S):
        if "def " in block:
            exec(block.replace('\nload("embedded")\n', ""), names)
    statements = dict(re.findall(r'^```sql title="(\S+)"\n(.*?)^```$', text, re.M | re.S))
    return SimpleNamespace(
        names=names,
        statements=statements,
        **{name: names[name] for name in ("connect", "load", "find_candidates", "search")},
    )


def measure(
    page: SimpleNamespace, library: Library, arguments: argparse.Namespace, results: dict[str, Any]
) -> None:
    """Load, and search without an index and with each kind."""
    truth, queries = truth_of(arguments.folder, arguments.count), read_queries(arguments.folder)
    ask = searcher(page, queries)
    run(page, page.statements["schema.sql"])
    page.names["EmbeddedDataset"] = SimpleNamespace(open=lambda _: as_dataset(library))
    note(results, "load", seconds(page, lambda: page.load("")))
    for kind, statements in INDEXES.items():
        lists = round(4 * np.sqrt(arguments.count))
        numbers = {"lists": lists, "probes": round(24_000 * lists / arguments.count)}
        made = [each.format(**numbers) for each in statements]
        if kind == "hnsw":
            made = ["DROP INDEX poses_vector", page.statements["indexes.sql"]]
        note(
            results, f"{kind}: index", seconds(page, lambda made=made: [run(page, s) for s in made])
        )
        note(results, f"{kind}: bytes", sizes(page))
        for name, where in FILTERS.items() if kind == "hnsw" else [("no filter", "true")]:
            exact = truth if where == "true" else ask_all(page, ask, where, 30, graph=False)
            count = 30 if kind == "exact" or where != "true" else arguments.queries
            note(results, f"{kind}: {name}", timed(page, ask, where, count, exact))


def searcher(page: SimpleNamespace, queries: Gaussian) -> Callable[[Any, int, str], list[int]]:
    """Search by the page's function for a query's embedding, by its number."""
    embedder = Embedder.load("base")

    def ask(connection: Any, number: int, where: str) -> list[int]:
        one = SimpleNamespace(
            embed=lambda _: queries[number : number + 1], similarity=embedder.similarity
        )
        return [hit[1] for hit in page.search(connection, one, None, K, where)]

    return ask


def timed(
    page: SimpleNamespace, ask: Callable[..., list[int]], where: str, count: int, truth: Any
) -> dict[str, float]:
    """Milliseconds and recall of queries one after another."""
    taken, found = [], []
    with page.connect() as connection:
        for number in range(10):
            ask(connection, number, where)
        server = psutil.Process(connection.info.backend_pid)
        before = sum(server.cpu_times()[:2]), time.process_time()
        for number in range(count):
            start = time.perf_counter()
            found.append(np.array(ask(connection, number, where)))
            taken.append(1e3 * (time.perf_counter() - start))
        after = sum(server.cpu_times()[:2]), time.process_time()
    shares = [share_found(*each) for each in zip(found, truth[:count], strict=True)]
    return {
        "wall ms p50": float(np.median(taken)),
        "wall ms p99": float(np.percentile(taken, 99)),
        "server's processor ms, mean": 1e3 * (after[0] - before[0]) / count,
        "ours, mean": 1e3 * (after[1] - before[1]) / count,
        "recall": float(np.mean(shares)),
        "load": os.getloadavg()[0],
    }


def ask_all(
    page: SimpleNamespace, ask: Callable[..., list[int]], where: str, count: int, *, graph: bool
) -> list[Any]:
    """What is found, with the graph or, exactly, without."""
    with page.connect() as connection:
        connection.execute(f"SET enable_indexscan = {'on' if graph else 'off'}")
        return [np.array(ask(connection, number, where)) for number in range(count)]


def as_dataset(library: Library) -> SimpleNamespace:
    """The library as the page's loader reads an embedded dataset."""

    def batches() -> Iterator[SimpleNamespace]:
        for rows in library.pieces():
            numbers = np.arange(rows.start, rows.stop)
            yield SimpleNamespace(
                first_row=rows.start,
                fields=fields_of(numbers).append_column("row", [numbers]),
                mean=np.array(library.mean[rows]),
                std=library.std[rows].astype(np.float32),
            )

    model = fingerprint(Embedder.load("base"))
    return SimpleNamespace(model="base", fingerprint=model, rows=len(library.mean), batches=batches)


def run(page: SimpleNamespace, statements: str) -> None:
    """Execute statements, each in a transaction of its own."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(statements)


def sizes(page: SimpleNamespace) -> dict[str, int]:
    """Bytes of the table and of its indexes."""
    with page.connect() as connection:
        names = "SELECT indexname FROM pg_indexes WHERE tablename = 'poses'"
        indexes = [name for (name,) in connection.execute(names)]
        return {
            name: connection.execute("SELECT pg_relation_size(%s::regclass)", (name,)).fetchone()[0]
            for name in ["poses", *indexes]
        }


def seconds(page: SimpleNamespace, call: Callable[[], object]) -> dict[str, float]:
    """Wall time of a call, and processor time of this program and of the server together."""
    wall, processor = time.perf_counter(), processor_time(page)
    call()
    return {"wall s": time.perf_counter() - wall, "core s": processor_time(page) - processor}


def processor_time(page: SimpleNamespace) -> float:
    """Of this program and of all connections that are closed."""
    time.sleep(0.2)  # until the server has noticed
    return time.process_time() + sum(page.server.cpu_times()[:4])


def note(results: dict[str, Any], name: str, value: object) -> None:
    """Keep and print a result."""
    results[name] = value
    print(f"{name}: {value}", flush=True)


if __name__ == "__main__":
    main()
