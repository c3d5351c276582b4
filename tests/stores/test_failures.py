"""Servers that are not there, libraries that are not what they should be."""

import io
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from benchmarks.milvus_server import MilvusServer, free_ports

from prvipe.errors import InputError
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses
from prvipe.stores import PoseStore, create_store, open_store
from prvipe.stores.milvus import connection
from prvipe.stores.milvus.about import FORMAT_VERSION, LoadNote, write_about
from prvipe.stores.milvus.address import MilvusAddress
from prvipe.stores.milvus.store import MilvusStore

MakePoses = Callable[..., Poses]
MakeStore = Callable[..., PoseStore]


def test_a_server_that_is_not_there_is_told_in_words_and_soon(
    lite: Path, embedder: Embedder
) -> None:
    began = time.monotonic()
    for act in (open_store, create_store):
        with pytest.raises(InputError, match=r"no Milvus answers there .* check host and port"):
            act(f"milvus://127.0.0.1:{free_ports(1)[0]}/moves", embedder)
    assert time.monotonic() - began < 60


def test_what_pymilvus_logs_of_our_calls_is_told_by_us_alone(
    lite: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "CONNECTING", 1)
    logged = io.StringIO()
    loggers = [logging.getLogger(name) for name in ("pymilvus", "pymilvus.milvus_client")]
    for handler in {each for logger in loggers for each in logger.handlers}:
        monkeypatch.setattr(handler, "stream", logged)
    with pytest.raises(InputError, match="no Milvus answers there"):
        open_store(f"milvus://127.0.0.1:{free_ports(1)[0]}/moves", embedder)
    assert logged.getvalue() == ""
    for logger in loggers:
        logger.error("of somebody else")
        assert "of somebody else" in logged.getvalue()
        logged.truncate(0)


def test_a_server_that_takes_calls_and_never_answers_is_told_in_words_and_soon(
    lite: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    import grpc

    class Silent(grpc.GenericRpcHandler):  # type: ignore[misc]
        def service(self, _: object) -> object:
            return grpc.unary_unary_rpc_method_handler(lambda *_: answered.wait(60))

    monkeypatch.setattr(connection, "CONNECTING", 1)
    answered = threading.Event()
    server = grpc.server(ThreadPoolExecutor(2), handlers=[Silent()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    began = time.monotonic()
    try:
        with pytest.raises(InputError, match="no Milvus answers there"):
            open_store(f"milvus://127.0.0.1:{port}/moves", embedder)
        assert time.monotonic() - began < 30
    finally:
        answered.set()
        server.stop(None)


def test_a_half_loaded_library_is_refused_with_the_remedy(
    make_store: MakeStore, kind: str, make_poses: MakePoses, embedder: Embedder
) -> None:
    store = make_store(kind)
    assert isinstance(store, MilvusStore)
    store.add(make_poses(5))
    load = LoadNote(address="embedded", parts=1, first_row=5, rows=10)
    store.note(store.about.model_copy(update={"loads": (load,), "next_row": 15}))
    with pytest.raises(InputError, match=r"half loaded with embedded; repeat prvipe index add"):
        open_store(store.address, embedder)
    opened = MilvusStore.open(store.address, embedder, unfinished=True)
    assert len(opened) == 5
    assert "half loaded with embedded; repeat" in str(opened.describe_unfinished())
    assert store.address in str(opened.describe_unfinished())


def test_another_model_is_refused_in_the_same_words(
    make_store: MakeStore,
    kind: str,
    make_embedder: Callable[[int], Embedder],
    tmp_path: Path,
    make_poses: MakePoses,
) -> None:
    folder, milvus = make_store("folder"), make_store(kind)
    folder.add(make_poses(2))
    folder.save(tmp_path / "lib.pvi")
    assert isinstance(milvus, MilvusStore)
    messages = []
    for address in (str(tmp_path / "lib.pvi"), milvus.address):
        with pytest.raises(InputError, match="embeddings cannot be compared") as refused:
            open_store(address, make_embedder(1))
        messages.append(str(refused.value))
    assert messages[0] == messages[1]


def test_what_is_not_there_or_there_already_is_refused(
    place: Callable[[str], str],
    tmp_path: Path,
    make_store: MakeStore,
    kind: str,
    embedder: Embedder,
) -> None:
    with pytest.raises(InputError, match=r"there is no library; make one with prvipe index build"):
        open_store(tmp_path / "none.db", embedder)
    assert not (tmp_path / "none.db").exists()
    with pytest.raises(InputError, match="there is no library"):
        open_store(f"{place(kind)}/elsewhere", embedder)
    store = make_store(kind)
    assert isinstance(store, MilvusStore)
    with pytest.raises(InputError, match="there is a library already"):
        create_store(store.address, embedder)
    with pytest.raises(InputError, match="index type 'TREE': expected one of FLAT, HNSW"):
        create_store(f"{place(kind)}/other", embedder, index_type="TREE")
    with pytest.raises(InputError, match="stays where it is"):
        store.save(tmp_path / "elsewhere.db")


def test_what_is_no_milvus_lite_is_refused(lite: Path, tmp_path: Path, embedder: Embedder) -> None:
    (tmp_path / "old.db").write_bytes(b"SQLite format 3\0")
    with pytest.raises(InputError, match=r"old\.db: is a file, and Milvus Lite 3 keeps a library"):
        open_store(tmp_path / "old.db", embedder)
    (tmp_path / "other.db").mkdir()
    (tmp_path / "other.db" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"other\.db: is a folder of something else"):
        create_store(tmp_path / "other.db", embedder)
    assert os.listdir(tmp_path / "other.db") == ["notes.txt"]


def test_a_collection_of_others_is_refused(
    place: Callable[[str], str], kind: str, embedder: Embedder
) -> None:
    from pymilvus import MilvusClient

    address = MilvusAddress.parse(f"{place(kind)}/others")
    MilvusClient(address.uri).create_collection("others", dimension=4)
    for act in (open_store, create_store):
        with pytest.raises(InputError, match="a collection others that prvipe did not make"):
            act(str(address), embedder)


def test_a_newer_format_and_damaged_notes_are_refused(
    make_store: MakeStore, kind: str, embedder: Embedder
) -> None:
    store = make_store(kind)
    assert isinstance(store, MilvusStore)
    newer = {"format_version": FORMAT_VERSION + 1, "prvipe_version": "99"}
    write_about(store.connection, store.about.model_copy(update=newer))
    with pytest.raises(InputError, match=r"library format 2, written by prvipe 99; .* upgrade"):
        open_store(store.address, embedder)
    write_about(store.connection, store.about.model_copy(update={"next_row": -1}))
    with pytest.raises(InputError, match=r"what is noted of the library is damaged"):
        open_store(store.address, embedder)


def test_a_second_program_is_refused(lite: Path, make_store: MakeStore) -> None:
    store = make_store("milvus")
    assert isinstance(store, MilvusStore)
    code = f"from prvipe.stores import open_store; open_store({store.address!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    *_, last = done.stderr.splitlines()
    assert "another program has this library of Milvus Lite open" in last


@pytest.mark.parametrize("years", [-30, 30])
def test_a_clock_that_is_wrong_changes_nothing(
    years: int,
    make_store: MakeStore,
    kind: str,
    make_poses: MakePoses,
    monkeypatch: pytest.MonkeyPatch,
    embedder: Embedder,
) -> None:
    store = make_store(kind)
    assert isinstance(store, MilvusStore)
    store.add(make_poses(10))
    clock = SimpleNamespace(**vars(time))
    clock.time = lambda: time.time() + years * 365.25 * 86_400
    skewed = [
        module
        for name, module in list(sys.modules.items())
        if name.startswith("pymilvus") and getattr(module, "time", None) is time
    ]
    assert skewed
    for module in skewed:  # and not that of gRPC, whose two halves would disagree
        monkeypatch.setattr(module, "time", clock)
    store.add(make_poses(10, 1))
    store.remove("row<5")
    for seen in (store, open_store(store.address, embedder)):
        assert {hit.row for hit in seen.search(make_poses(1), 20)[0]} == set(range(5, 20))
        assert {hit.row for hit in seen.search(make_poses(1), 20, exact=True)[0]} == set(
            range(5, 20)
        )


def test_a_full_disk_is_told_in_words(
    make_store: MakeStore, kind: str, make_poses: MakePoses, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pymilvus.exceptions import MilvusException

    def refuse(*_: object, **__: object) -> None:
        error = MilvusException(1, "[Errno 28] No space left on device")
        raise error from error  # as pymilvus does

    store = make_store(kind)
    assert isinstance(store, MilvusStore)
    monkeypatch.setattr(store.connection._client, "upsert", refuse)
    with pytest.raises(InputError, match=r"the disk of Milvus is full .* make room and repeat"):
        store.add(make_poses(1))


@pytest.mark.parametrize(
    "text",
    [
        "failed to query: channel not available[channel=by-dev-rootcoord-dml_1v0]",
        "failed to search: collection not loaded[collection=470813380079255635]",
    ],
)
def test_a_server_that_is_not_ready_is_waited_for(
    text: str, make_store: MakeStore, make_poses: MakePoses, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pymilvus.exceptions import MilvusException

    def refuse(*_: object, **__: object) -> None:
        raise MilvusException(503, text)

    store = make_store("milvus")
    assert isinstance(store, MilvusStore)
    store.add(make_poses(3))
    monkeypatch.setattr(store.connection._client, "search", refuse)
    with pytest.raises(InputError, match=r"Milvus is not ready .* in a minute"):
        store.search(make_poses(1))


def test_a_server_that_is_too_old_is_refused(
    server: MilvusServer, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pymilvus import MilvusClient

    monkeypatch.setattr(MilvusClient, "get_server_version", lambda *_, **__: "v2.2.16-dev")
    with pytest.raises(InputError, match=r"Milvus v2\.2\.16-dev, .* too old; 2\.3 or newer"):
        create_store(f"{server.address}/old", embedder)


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, embedder: Embedder) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(InputError, match=r'pip install "prvipe\[milvus\]"'):
        create_store("milvus://127.0.0.1:1/x", embedder)


def test_poses_in_space_and_what_milvus_cannot_keep_are_refused_before_anything_is_written(
    make_store: MakeStore, kind: str, make_poses: MakePoses
) -> None:
    import numpy as np
    import pyarrow as pa

    store = make_store(kind)
    poses = make_poses(2)
    with pytest.raises(InputError, match="keeps no poses in space"):
        store.add(poses, poses3d=np.zeros((2, 13, 3)))
    with pytest.raises(InputError, match="a column of blob holds what Milvus cannot keep"):
        store.add(poses.with_fields(blob=pa.array([b"a", b"b"])))
    with pytest.raises(InputError, match="longer than the 65,535 bytes"):
        store.add(poses.with_fields(text=["x" * 70_000, "y"]))
    assert len(store) == 0
    assert store.columns == {}
    assert store.add(poses) == range(2)
