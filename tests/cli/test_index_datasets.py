"""`prvipe index` and `prvipe search` of embedded datasets, in folders and in Milvus Lite."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.index import PoseIndex
from prvipe.poses import Poses

Run = Callable[..., Any]


@pytest.fixture
def clips(tmp_path: Path) -> list[Path]:
    """`a.parquet` of 6 poses and `b.parquet` of 4."""
    files = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for seed, (file, count) in enumerate(zip(files, (6, 4), strict=True)):
        keypoints = np.random.default_rng(seed).normal(500, 100, (count, 13, 2))
        table = {"frame": np.arange(count), "time": np.arange(count) / 10}
        Poses(keypoints.astype(np.float32), None, "coco13", table).save(file)
    return files


@pytest.fixture
def embedded(prvipe: Run, clips: list[Path], scored_model_file: Path, tmp_path: Path) -> Path:
    out = tmp_path / "embedded"
    done = prvipe("embed", *clips, "--out", out, "--model", scored_model_file)
    assert done.code == 0, done.err
    return out


def test_an_index_is_built_of_embeddings_and_searched(
    prvipe: Run, embedded: Path, clips: list[Path], scored_model_file: Path, tmp_path: Path
) -> None:
    library, direct = tmp_path / "lib.pvi", tmp_path / "direct.pvi"
    done = prvipe("index", "build", library, embedded)
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{library}: 10 of 10 poses of {embedded} added\n"
    prvipe("index", "build", direct, *clips, "--model", scored_model_file)
    told = prvipe("index", "info", library).out.splitlines()
    assert told[0] == f"{library}: 10 poses of 2 sources"
    assert told[1] == f"model: {scored_model_file} ({PoseIndex.load(library).model.fingerprint})"
    query = (clips[0], "--frame", "2", "-k", "4", "--json")
    found, expected = (
        json.loads(prvipe("search", each, *query).out)["matches"] for each in (library, direct)
    )
    assert [hit["row"] for hit in found] == [hit["row"] for hit in expected]
    assert [hit["source"] for hit in found] == [hit["source"] for hit in expected]
    again = prvipe("index", "add", library, embedded)
    assert again.out == (
        f"{library}: 0 of 10 poses of {embedded} added; the others were there already\n"
    )
    assert len(PoseIndex.load(library)) == 10


def test_files_and_embeddings_go_together(
    prvipe: Run, embedded: Path, clips: list[Path], tmp_path: Path
) -> None:
    Poses.load(clips[0]).save(more := tmp_path / "more.parquet")
    done = prvipe("index", "build", tmp_path / "lib.pvi", more, embedded)
    assert done.code == 0, done.err
    assert f"{tmp_path / 'lib.pvi'}: 6 poses added of 1 input, 16 in all" in done.out


def test_embeddings_of_another_model_are_refused(
    prvipe: Run, embedded: Path, clips: list[Path], tmp_path: Path
) -> None:
    library = tmp_path / "lib.pvi"
    done = prvipe("index", "build", library, embedded, "--model", "small")
    assert (done.code, done.out) == (2, "")
    assert f"{embedded}: the index is of model small" in done.err
    assert "whose embeddings cannot be compared" in done.err
    assert not library.exists()
    assert prvipe("index", "build", library, clips[1], "--model", "small").code == 0
    done = prvipe("index", "add", library, embedded)
    assert (done.code, done.out) == (2, "")
    assert "whose embeddings cannot be compared" in done.err
    assert len(PoseIndex.load(library)) == 4


def test_incomplete_embeddings_are_refused(prvipe: Run, embedded: Path, tmp_path: Path) -> None:
    manifest = embedded / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"complete"', '"running"'))
    done = prvipe("index", "build", tmp_path / "lib.pvi", embedded)
    assert done.code == 2
    assert "is not complete; run the same prvipe embed again" in done.err
    assert not (tmp_path / "lib.pvi").exists()


def test_a_library_that_is_half_loaded_is_not_searched(
    prvipe: Run, embedded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import prvipe.index.loading as module

    library = tmp_path / "lib.pvi"

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    prvipe("index", "build", library, embedded)
    with monkeypatch.context() as patch:
        patch.setattr(module, "_fill", stopped)
        done = prvipe("index", "add", library, embedded, "--again")
    assert done.code == 130
    assert f"go on with prvipe index add {library} and the same inputs" in done.err
    done = prvipe("search", library, "--row", "1")
    assert (done.code, done.out) == (2, "")
    remedy = f"complete it with prvipe index add {library} {embedded}"
    assert remedy in done.err
    done = prvipe("index", "info", library)
    assert done.code == 0
    assert remedy in done.err
    assert prvipe("index", "add", library, embedded).code == 0
    assert len(json.loads(prvipe("search", library, "--row", "1", "--json").out)["matches"]) == 10
    assert len(PoseIndex.load(library)) == 20


def test_a_server_of_prvipe_is_only_searched(prvipe: Run, embedded: Path) -> None:
    address = "http://localhost:1/moves"
    for command in (
        ("build", embedded),
        ("add", embedded),
        ("info",),
        ("remove", "--where", "x=1"),
    ):
        done = prvipe("index", command[0], address, *command[1:])
        assert done.code == 2
        assert "a server of prvipe only searches" in done.err


def test_milvus_gives_the_same(
    prvipe: Run, embedded: Path, clips: list[Path], scored_model_file: Path, tmp_path: Path
) -> None:
    pytest.importorskip("pymilvus")
    pytest.importorskip("milvus_lite")
    folder, milvus = tmp_path / "lib.pvi", tmp_path / "lib.db"
    for library in (folder, milvus):
        done = prvipe("index", "build", library, embedded)
        assert (done.code, done.out) == (0, f"{library}: 10 of 10 poses of {embedded} added\n")
    query = (clips[0], "--frame", "2", "-k", "4", "--where", "frame<4", "--json")
    ours, theirs = (prvipe("search", library, *query) for library in (folder, milvus))
    assert json.loads(ours.out) == json.loads(theirs.out)
    ours, theirs = (prvipe("search", library, "--row", "3") for library in (folder, milvus))
    assert ours.out == theirs.out
    told = prvipe("index", "info", milvus)
    assert told.code == 0
    assert told.out.splitlines()[0] == f"{milvus}: 10 poses of 2 sources"
    size = sum(file.stat().st_size for file in milvus.rglob("*") if file.is_file())
    assert size > 10_000
    assert f"size: {size:,} bytes in {milvus} (milvus lite, index FLAT)" in told.out
    done = prvipe("index", "add", milvus, clips[0], "--again")
    assert done.out.splitlines()[0] == f"{milvus}: 6 poses added of 1 input, 16 in all"
    done = prvipe("index", "remove", milvus, "--where", "frame>=3")
    assert done.out == f"{milvus}: 7 poses removed, 9 left\n"
    done = prvipe("index", "build", milvus, embedded)
    assert done.code == 2
    assert "add to it with prvipe index add" in done.err
    done = prvipe("index", "info", milvus, "--check")
    assert done.code == 2
    done = prvipe("search", tmp_path / "none.db", clips[0], "--frame", "0")
    assert done.code == 2


def test_unreadable_files_leave_nothing_in_milvus(
    prvipe: Run, clips: list[Path], scored_model_file: Path, tmp_path: Path
) -> None:
    pytest.importorskip("pymilvus")
    pytest.importorskip("milvus_lite")
    broken = tmp_path / "broken.csv"
    broken.write_text("nothing,of,use\n")
    library, other = tmp_path / "lib.db", f"{tmp_path / 'lib.db'}/other"
    build = ("index", "build", "--model", scored_model_file)
    done = prvipe(*build, library, broken)
    assert done.code == 2
    assert "there was nothing to add" in done.err
    assert not library.exists()
    assert prvipe(*build, library, clips[1]).code == 0
    assert prvipe(*build, other, broken).code == 2
    assert "there is no library" in prvipe("index", "info", other).err
    assert prvipe("index", "info", library).out.startswith(f"{library}: 4 poses")
