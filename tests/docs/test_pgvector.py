"""The recipe for PostgreSQL: the page's own statements and snippets, on a real server."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from example_inputs import Inputs
from pages import blocks_of, files_of, read_page
from running import Reader

pgserver = pytest.importorskip("pgserver", reason="needs PostgreSQL: pip install pgserver")
psycopg = pytest.importorskip("psycopg", reason="needs psycopg")
pytest.importorskip("pgvector", reason="needs pgvector")

import prvipe  # noqa: E402
from prvipe.bulk.dataset import EmbeddedDataset  # noqa: E402
from prvipe.errors import InputError  # noqa: E402
from prvipe.model.gaussian import Gaussian  # noqa: E402

PAGE = "docs/tasks/pgvector.md"
TEXT = read_page(PAGE)
BLOCKS = blocks_of(PAGE, TEXT)
STATEMENTS = files_of(TEXT)


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory, inputs: Inputs) -> Iterator[dict[str, Any]]:
    """What the page's snippets define, after all of them have been followed on a new server."""
    folder = tmp_path_factory.mktemp("postgres")
    inputs.lay_out("\n".join(block.text for block in BLOCKS), folder)
    data = folder / "data"
    data.mkdir()
    server = pgserver.get_server(data, cleanup_mode="stop")
    with pytest.MonkeyPatch.context() as patch, stopped_with_us(server.get_pid()):
        patch.setenv("DATABASE_URL", server.get_uri())
        patch.chdir(folder)
        yield follow_page(folder)
    server.cleanup()


@contextmanager
def stopped_with_us(server: int) -> Iterator[None]:
    """Have a server stopped if this process is killed, which stops nothing that it has started."""
    waiting = ["sh", "-c", f"read line; kill -INT {server}"]  # to the end of us who hold the pipe
    watcher = subprocess.Popen(waiting, stdin=subprocess.PIPE, start_new_session=True)
    try:
        yield
    finally:
        watcher.kill()
        watcher.communicate()


def follow_page(folder: Path) -> dict[str, Any]:
    """Embed, make the tables, load, make the indexes, search."""
    reader = Reader(folder)
    for block in BLOCKS:
        loads = "\nload(" in block.text
        if loads:
            execute(STATEMENTS["schema.sql"])
        reader.follow(block)
        if loads:
            execute(STATEMENTS["indexes.sql"])
    return reader.names


def execute(statements: str) -> None:
    """Run statements of the page, each for itself."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(statements)


@pytest.fixture
def connection(names: dict[str, Any]) -> Iterator[Any]:
    with names["connect"]() as connection:
        yield connection


@pytest.fixture
def query() -> prvipe.Poses:
    return prvipe.load("wave.parquet")[20:21]


def test_every_pose_of_the_dataset_is_there_as_it_was(connection: Any) -> None:
    dataset = EmbeddedDataset.open("embedded")
    rows = connection.execute("SELECT row, vector, deviations, fields FROM poses ORDER BY row")
    found = rows.fetchall()
    batches = list(dataset.batches())
    mean = np.concatenate([batch.mean for batch in batches])
    std = np.concatenate([batch.std for batch in batches])
    vectors = np.stack([np.asarray(row[1].to_numpy()) for row in found])
    assert [row[0] for row in found] == list(range(dataset.rows))
    assert (vectors[:, :16] == mean).all()
    np.testing.assert_allclose(vectors[:, 16] ** 2, (std**2).sum(axis=1), rtol=1e-5)
    kept = np.stack([np.frombuffer(row[2], np.float16) for row in found])
    assert (kept == std.astype(np.float16)).all()


def test_the_best_are_those_of_ranking_every_pose(
    names: dict[str, Any], connection: Any, query: prvipe.Poses
) -> None:
    embedder = names["embedder_of"](connection)
    hits = names["search"](connection, embedder, query, k=10)
    library = _library()
    expected = embedder.similarity(embedder.embed(query), library)[0].numpy()
    best = np.argsort(-expected, kind="stable")[:10]
    np.testing.assert_allclose([hit[0] for hit in hits], expected[best], atol=1e-3)
    assert len({hit[1] for hit in hits} & set(best.tolist())) >= 9


@pytest.mark.parametrize(
    ("where", "values"),
    [
        ("source = %(one)s", {"one": "waving_front.csv"}),
        ("fields ->> 'activity' = 'squatting'", {}),
        ("row %% 50 = 7", {}),
    ],
)
def test_a_filter_leaves_out_no_pose_that_meets_it(
    names: dict[str, Any],
    connection: Any,
    query: prvipe.Poses,
    where: str,
    values: dict[str, str],
) -> None:
    embedder = names["embedder_of"](connection)
    meeting = connection.execute(f"SELECT row FROM poses WHERE {where}", values).fetchall()
    hits = names["search"](connection, embedder, query, k=10_000, where=where, **values)
    expected = {row for (row,) in meeting}
    assert expected
    assert {hit[1] for hit in hits} == expected


def test_the_graph_alone_would_leave_some_out(connection: Any, query: prvipe.Poses) -> None:
    """Why the page asks twice: what pgvector before 0.8 does with a filter."""
    version = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
    if tuple(map(int, version.fetchone()[0].split(".")[:2])) >= (0, 8):
        pytest.skip("pgvector 0.8 has iterative scans")
    with connection.transaction():
        connection.execute("SET LOCAL enable_seqscan = off")
        connection.execute("SET LOCAL hnsw.ef_search = 40")
        rows = connection.execute(
            "SELECT row FROM poses WHERE row % 50 = 7 "
            "ORDER BY vector <-> (SELECT vector FROM poses WHERE row = 0) LIMIT 5"
        ).fetchall()
    assert len(rows) < 5


def test_a_load_that_is_cut_short_leaves_nothing(
    names: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    execute("CREATE TABLE kept AS TABLE poses; CREATE TABLE kept_library AS TABLE library")
    execute("TRUNCATE poses, library")
    whole = names["rows_of"]

    def rows_until_the_power_fails(batch: Any) -> Iterator[Any]:
        for number, row in enumerate(whole(batch)):
            if number == 10:
                raise KeyboardInterrupt
            yield row

    monkeypatch.setitem(names, "rows_of", rows_until_the_power_fails)
    with pytest.raises(KeyboardInterrupt):
        names["load"]("embedded")
    with names["connect"]() as connection:
        assert connection.execute("SELECT count(*) FROM poses").fetchone() == (0,)
        with pytest.raises(InputError, match="no library"):
            names["embedder_of"](connection)
    execute("INSERT INTO poses TABLE kept; INSERT INTO library TABLE kept_library")
    execute("DROP TABLE kept, kept_library")


def test_a_second_library_is_refused_and_changes_nothing(
    names: dict[str, Any], connection: Any
) -> None:
    before = connection.execute("SELECT count(*) FROM poses").fetchone()
    with pytest.raises(psycopg.errors.UniqueViolation):
        names["load"]("embedded")
    assert connection.execute("SELECT count(*) FROM poses").fetchone() == before != (0,)


def test_embeddings_of_another_model_are_refused(names: dict[str, Any]) -> None:
    with names["connect"]() as connection:
        connection.execute("UPDATE library SET fingerprint = '0123456789abcdef'")
        with pytest.raises(InputError, match="0123456789abcdef"):
            names["embedder_of"](connection)
        connection.rollback()


def _library() -> Gaussian:
    batches = list(EmbeddedDataset.open("embedded").batches())
    mean, std = (
        torch.from_numpy(np.concatenate([getattr(batch, name) for batch in batches]))
        for name in ("mean", "std")
    )
    return Gaussian(mean, std)
