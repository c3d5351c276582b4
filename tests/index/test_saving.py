"""Saving, loading, and what becomes of an index whose writer is killed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from prvipe.errors import InputError
from prvipe.index import PoseIndex
from prvipe.index.folder import only_writer
from prvipe.index.manifest import MANIFEST
from prvipe.model.checkpoint import save_checkpoint
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses

MakePoses = Callable[..., Poses]


def rows_of(index: PoseIndex) -> list[int]:
    query = np.random.default_rng(5).normal(size=(1, 13, 2)).astype(np.float32)
    return [hit.row for hit in index.search(query, 10_000)[0]]


def test_a_loaded_index_finds_what_it_did(
    index: PoseIndex, embedder: Embedder, make_poses: MakePoses, tmp_path: Path
) -> None:
    index.remove("frame=4")
    query = make_poses(5, 1)
    before = [[(h.row, h.probability, h.fields) for h in r] for r in index.search(query, 30)]
    index.save(tmp_path / "lib é.pvi")
    loaded = PoseIndex.load(tmp_path / "lib é.pvi", embedder)
    for each in (index, loaded):
        after = [[(h.row, h.probability, h.fields) for h in r] for r in each.search(query, 30)]
        assert after == before
    assert len(loaded) == 180
    assert loaded.columns == index.columns
    loaded.check()
    assert loaded.bytes_on_disk() == sum(
        path.stat().st_size for path in (tmp_path / "lib é.pvi").rglob("*") if path.is_file()
    )


def test_boxes_that_only_some_people_have_are_kept(
    index: PoseIndex, embedder: Embedder, make_poses: MakePoses, tmp_path: Path
) -> None:
    box = pa.FixedSizeListArray.from_arrays(pa.array([1.0, 2, 3, 4] * 3), 4)
    for poses in (make_poses(3).with_fields(bbox=box), make_poses(2)):
        index.add(poses)
    index.save(tmp_path / "lib.pvi")
    loaded = PoseIndex.load(tmp_path / "lib.pvi", embedder)
    loaded.check()
    assert loaded.pose(200).fields["bbox"] == [1, 2, 3, 4]
    assert loaded.pose(203).fields["bbox"] is None


def test_arrays_are_mapped_not_read(index: PoseIndex, tmp_path: Path) -> None:
    index.save(tmp_path / "lib.pvi")
    for segment in PoseIndex.load(tmp_path / "lib.pvi")._segments:
        for array in (segment.vectors, segment.deviations, segment.coordinates, segment.boxes):
            assert isinstance(array.base, np.memmap)
        assert "table" not in vars(segment.fields)


def test_many_small_additions_stay_few_segments(
    embedder: Embedder, make_poses: MakePoses, tmp_path: Path
) -> None:
    index = PoseIndex.create(embedder)
    for number in range(40):
        index.add(make_poses(5, number))
        index.save(tmp_path / "lib.pvi")
        assert len(index._segments) <= 8
    folders = [path for path in (tmp_path / "lib.pvi").iterdir() if path.is_dir()]
    assert len(folders) == len(index._segments)
    assert sorted(rows_of(PoseIndex.load(tmp_path / "lib.pvi", embedder))) == list(range(200))


def test_deleted_poses_leave_the_disk_in_time(
    index: PoseIndex, embedder: Embedder, make_poses: MakePoses, tmp_path: Path
) -> None:
    folder = tmp_path / "lib.pvi"
    index.save(folder)
    whole = index.bytes_on_disk()
    index.remove("frame=0")
    index.save()
    (note,) = index._saved()[1].segments
    assert (note.rows, note.deleted) == (200, 20)
    index.remove("frame<6")
    index.save()
    (note,) = index._saved()[1].segments
    assert (note.rows, note.deleted) == (80, 0)
    assert index.bytes_on_disk() < whole
    index.remove("frame>=6")
    index.save()
    assert len(PoseIndex.load(folder, embedder)) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["lock", MANIFEST]
    assert index.add(make_poses(1)) == range(200, 201)


def test_an_open_index_outlives_its_files(
    index: PoseIndex, embedder: Embedder, tmp_path: Path
) -> None:
    """A program that searches goes on while another rewrites the index."""
    index.save(tmp_path / "lib.pvi")
    reader = PoseIndex.load(tmp_path / "lib.pvi", embedder)
    index.remove("frame<6")
    index.save()
    assert len(rows_of(reader)) == 200
    assert len(rows_of(PoseIndex.load(tmp_path / "lib.pvi", embedder))) == 80


def test_an_index_of_another_model_is_refused_by_the_names_of_both(
    index: PoseIndex, make_embedder: Callable[..., Embedder], tmp_path: Path
) -> None:
    one, other = tmp_path / "one.safetensors", tmp_path / "other.safetensors"
    for file, seed in ((one, 0), (other, 1)):
        embedder = make_embedder(seed)
        save_checkpoint(file, embedder.network, embedder.card)
    PoseIndex.create(one).save(tmp_path / "lib.pvi")
    with pytest.raises(InputError, match=r"of model .*one\.safetensors .* is model .*other\.safe"):
        PoseIndex.load(tmp_path / "lib.pvi", other)
    moved = tmp_path / "moved.safetensors"
    shutil.copy(other, one)
    loaded = PoseIndex.load(tmp_path / "lib.pvi")
    pose = np.random.default_rng(0).normal(size=(1, 13, 2)).astype(np.float32)
    with pytest.raises(InputError, match="whose embeddings cannot be compared"):
        loaded.search(pose)
    one.rename(moved)
    with pytest.raises(InputError, match=r"cannot be loaded .*no such checkpoint.*say where it is"):
        loaded.search(pose)


def test_what_is_no_index_is_refused(index: PoseIndex, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no index; make one with prvipe index build"):
        PoseIndex.load(tmp_path / "none.pvi")
    (tmp_path / "file.pvi").write_text("x")
    with pytest.raises(InputError, match="is a file, an index is a folder"):
        PoseIndex.load(tmp_path / "file.pvi")
    with pytest.raises(InputError, match="is a file, an index is a folder"):
        index.save(tmp_path / "file.pvi")
    with pytest.raises(InputError, match=r"holds no index: it has no manifest\.json"):
        PoseIndex.load(tmp_path)
    with pytest.raises(InputError, match=r"is no index and not empty, it holds file\.pvi"):
        index.save(tmp_path)
    index.save(tmp_path / "lib.pvi")
    other = PoseIndex.create(index.model.embedder)
    with pytest.raises(InputError, match="there is an index already"):
        other.save(tmp_path / "lib.pvi")
    with pytest.raises(InputError, match="give a path"):
        other.save()


def test_missing_and_damaged_files_are_named(
    index: PoseIndex, embedder: Embedder, tmp_path: Path
) -> None:
    folder = tmp_path / "lib.pvi"
    index.remove("frame=0")
    index.save(folder)
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "lock"]
    assert len(files) == 7
    for file in files:
        good = file.read_bytes()
        for bad in (good[: len(good) // 2], b""):
            file.write_bytes(bad)
            with pytest.raises(InputError, match=file.name):
                PoseIndex.load(folder, embedder)
        file.unlink()
        with pytest.raises(InputError, match=file.name):
            PoseIndex.load(folder, embedder)
        changed = bytearray(good)
        changed[-1] ^= 1
        file.write_bytes(changed)
        with pytest.raises(InputError, match=file.name):
            PoseIndex.load(folder, embedder).check()
        file.write_bytes(good)
    PoseIndex.load(folder, embedder).check()


def test_what_two_programs_change_is_not_lost(
    index: PoseIndex, embedder: Embedder, make_poses: MakePoses, tmp_path: Path
) -> None:
    folder = tmp_path / "lib.pvi"
    index.save(folder)
    other = PoseIndex.load(folder, embedder)
    other.add(make_poses(3))
    other.save()
    index.remove("frame=0")
    with pytest.raises(InputError, match="another program has changed this index"):
        index.save()
    assert len(PoseIndex.load(folder, embedder)) == 203


HOLD = """
import sys
from pathlib import Path
from prvipe.index.folder import only_writer
with only_writer(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_program_writes_at_a_time(index: PoseIndex, tmp_path: Path) -> None:
    folder = tmp_path / "lib.pvi"
    index.save(folder)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(InputError, match="another program is writing to this index"):
            index.save()
        process.communicate()
    with only_writer(folder):
        index.save()


def test_one_thread_writes_at_a_time(
    index: PoseIndex, embedder: Embedder, make_poses: MakePoses, tmp_path: Path
) -> None:
    folder = tmp_path / "lib.pvi"
    index.save(folder)
    other = PoseIndex.load(folder, embedder)
    other.add(make_poses(3))
    with (
        only_writer(folder),
        ThreadPoolExecutor(1) as pool,
        pytest.raises(InputError, match="another program is writing to this index"),
    ):
        pool.submit(other.save).result()
    other.save()
    assert len(PoseIndex.load(folder, embedder)) == 203


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_named(index: PoseIndex, tmp_path: Path) -> None:
    folder = tmp_path / "lib.pvi"
    index.save(folder)
    folder.chmod(0o500)
    try:
        assert len(PoseIndex.load(folder)) == 200
        with pytest.raises(InputError, match="cannot write to this folder"):
            index.save()
    finally:
        folder.chmod(0o700)


def test_a_full_disk_is_an_input_error_and_loses_nothing(
    index: PoseIndex,
    embedder: Embedder,
    make_poses: MakePoses,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "lib.pvi"
    index.save(folder)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    index.add(make_poses(3))
    with monkeypatch.context() as patch:
        patch.setattr("prvipe.index.segment_files.write_array", fail)
        with pytest.raises(InputError, match=r"lib\.pvi: cannot be written \(No space left"):
            index.save()
    assert len(PoseIndex.load(folder, embedder)) == 200
    index.save()
    assert len(PoseIndex.load(folder, embedder)) == 203
    assert len([path for path in folder.iterdir() if path.is_dir()]) == len(index._segments)


WRITER = """
import os, signal, sys, time
import numpy as np, torch
torch.set_num_threads(1)
from prvipe.index import PoseIndex
from prvipe.poses import Poses

def save_for_ever(folder, model, out):
    index = PoseIndex.load(folder, model)
    rng = np.random.default_rng()
    while True:
        count = int(rng.integers(1, 400))
        poses = Poses(rng.normal(size=(count, 13, 2)), None, "coco13", {"source": ["a"] * count})
        # What a pose is in space tells its row.
        points = np.broadcast_to(np.arange(count)[:, None, None] + index._next_row, (count, 13, 3))
        index.add(poses, poses3d=points if rng.random() < 0.5 else None)
        if rng.random() < 0.3:
            index.remove(f"row<{int(rng.integers(0, index._next_row // 2 + 1))}")
        os.write(out, b"saving\\n")
        index.save()
        rows = sum(hit.row for hit in index.search(poses[0], 10**6)[0])
        os.write(out, f"{len(index)} {index._next_row} {rows}\\n".encode())

for seconds in sys.stdin:  # a child for each: it need not import everything again
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        save_for_ever(*sys.argv[1:], into)
    os.close(into)
    with os.fdopen(out) as pipe:
        pipe.readline()  # its first save begins
        time.sleep(float(seconds))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        saves = [line for line in pipe if line.endswith("\\n") and line != "saving\\n"]
    print((saves or ["\\n"])[-1], end="", flush=True)
"""


@pytest.fixture
def kill_while_saving(
    checkpoint: Path, tmp_path: Path
) -> Iterator[Callable[[float], tuple[int, ...]]]:
    """`kill_while_saving(seconds)`: lets a program save `lib.pvi` again and again, and kills it.

    So many seconds after its first save has begun.

    Returns what its last whole save held: poses, next row, sum of the rows; nothing before a save.
    """
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "lib.pvi"), str(checkpoint)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"},
    ) as process:

        def kill(seconds: float) -> tuple[int, ...]:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{seconds}\n")
            process.stdin.flush()
            line = process.stdout.readline()
            assert line.endswith("\n"), "the writer failed"
            return tuple(map(int, line.split()))

        yield kill
        process.communicate()


def check_kills(
    kills: int,
    kill: Callable[[float], tuple[int, ...]],
    folder: Path,
    model: Path,
    until_in_the_middle: int | None = None,
) -> int:
    """Kill a saving program at random moments; return how often it was in the middle of a save.

    So many kills, or fewer if as many as asked for were in the middle.
    """
    PoseIndex.create(model).save(folder)
    rng = np.random.default_rng(0)
    last: tuple[int, ...] = (0, 0, 0)
    in_the_middle = 0
    for _ in range(kills):
        last = kill(rng.uniform(0, 0.06)) or last
        index = PoseIndex.load(folder, model)
        index.check()
        rows = rows_of(index) if index.columns else []
        held = sum(rows)
        told = index.poses3d(rows)
        known = np.isfinite(told)
        assert (told == np.reshape(rows, (-1, 1, 1)))[known].all()
        if index._next_row == last[1]:
            assert (len(index), held) == (last[0], last[2])
        else:  # killed after the manifest was there and before the program said so
            assert index._next_row > last[1]
        last = (len(index), index._next_row, held)
        named = {note.folder for note in index._saved()[1].segments}
        there = {path.name for path in folder.iterdir() if path.is_dir()}
        assert named <= there
        in_the_middle += named != there
        if in_the_middle == until_in_the_middle:
            break
        if len(index) > 20_000:
            index.remove("row>=0")
            index.save()
            last = (0, index._next_row, 0)
    index = PoseIndex.load(folder, model)
    index.save()
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {
        note.folder for note in index._saved()[1].segments
    }
    return in_the_middle


@pytest.fixture
def checkpoint(make_embedder: Callable[..., Embedder], tmp_path: Path) -> Path:
    embedder = make_embedder()
    save_checkpoint(tmp_path / "model.safetensors", embedder.network, embedder.card)
    return tmp_path / "model.safetensors"


def test_a_killed_save_loses_nothing(
    kill_while_saving: Callable[[float], tuple[int, ...]], checkpoint: Path, tmp_path: Path
) -> None:
    check_kills(8, kill_while_saving, tmp_path / "lib.pvi", checkpoint)


@pytest.mark.slow
def test_many_killed_saves_lose_nothing(
    kill_while_saving: Callable[[float], tuple[int, ...]], checkpoint: Path, tmp_path: Path
) -> None:
    """Ten are in the middle of a save, and leave files that no manifest names.

    How many kills that takes depends on how fast the machine writes.
    """
    assert check_kills(400, kill_while_saving, tmp_path / "lib.pvi", checkpoint, 10) == 10


@pytest.mark.parametrize("step", range(1, 16))
def test_a_save_that_ends_at_any_step_loses_nothing(
    step: int,
    index: PoseIndex,
    embedder: Embedder,
    make_poses: MakePoses,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The program ends at the n-th time that it touches the disk; each step in turn."""
    folder = tmp_path / "lib.pvi"
    index.save(folder)
    index.add(make_poses(150, 3), poses3d=np.ones((150, 13, 3)))
    index.remove("row<5")
    steps = 0

    class Killed(BaseException):
        pass

    def counted(function: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            nonlocal steps
            steps += 1
            if steps == step:
                raise Killed
            return function(*args, **kwargs)

        return call

    with monkeypatch.context() as patch:
        for name in ("write_array", "write_fields", "note_file", "sync_to_disk"):
            patch.setattr(
                f"prvipe.index.segment_files.{name}",
                counted(getattr(sys.modules["prvipe.index.segment_files"], name)),
            )
        patch.setattr(
            "prvipe.index.pose_index.write_manifest",
            counted(sys.modules["prvipe.index.pose_index"].write_manifest),
        )
        with pytest.raises(Killed):
            index.save()
    found = PoseIndex.load(folder, embedder)
    found.check()
    assert sorted(rows_of(found)) == list(range(200))
    index.save()
    again = PoseIndex.load(folder, embedder)
    assert sorted(rows_of(again)) == list(range(5, 350))
    assert (again.poses3d(range(200, 350)) == 1).all()
