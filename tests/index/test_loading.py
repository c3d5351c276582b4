"""Embedded datasets loaded into an index."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import prvipe.index.loading as loading_module
import prvipe.index.saving as saving_module
from prvipe.bulk.dataset import EmbeddedBatch, EmbeddedDataset
from prvipe.bulk.run import embed_all
from prvipe.errors import InputError
from prvipe.index import PoseIndex
from prvipe.index.loading import load_dataset
from prvipe.index.loads import Load, part_names, read_loads, write_loads
from prvipe.model.checkpoint import save_checkpoint
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses

MakePoses = Callable[..., Poses]

FULL = 100
"""Poses of a full segment here."""


@pytest.fixture(scope="module")
def model(make_embedder: Callable[..., Embedder], tmp_path_factory: pytest.TempPathFactory) -> Path:
    embedder = make_embedder()
    file = tmp_path_factory.mktemp("model") / "model.safetensors"
    save_checkpoint(file, embedder.network, embedder.card)
    return file


@pytest.fixture(scope="module")
def sources(make_poses: MakePoses, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three files of 150, 70 and 130 poses."""
    folder = tmp_path_factory.mktemp("poses")
    files = [folder / name for name in ("b.parquet", "a.parquet", "c.parquet")]
    for seed, (file, count) in enumerate(zip(files, (150, 70, 130), strict=True)):
        poses = make_poses(count, seed, 0.0)
        poses.with_fields(source=[file.name] * count).save(file)
    return files


@pytest.fixture(scope="module")
def dataset(
    sources: list[Path], model: Path, tmp_path_factory: pytest.TempPathFactory
) -> EmbeddedDataset:
    """A part for each file."""
    out = tmp_path_factory.mktemp("embedded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("prvipe.bulk.planning._MOST_FILES", 1)
        embed_all([str(file) for file in sources], str(out), str(model))
    dataset = EmbeddedDataset.open(out)
    assert [part.rows for part in dataset.parts] == [150, 70, 130]
    return dataset


@pytest.fixture(autouse=True)
def _small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading_module, "FULL", FULL)
    monkeypatch.setattr(saving_module, "FULL", FULL)
    monkeypatch.setattr(
        EmbeddedDataset,
        "batches",
        lambda self, first_row=0, whole=EmbeddedDataset.batches: whole(
            self, 40, first_row=first_row
        ),
    )


def contents(index: PoseIndex) -> list[object]:
    """Everything that an index says of its poses."""
    rows = range(index.next_row)
    embeddings = index.embeddings(rows)
    return [
        index.table(rows).to_pylist(),
        embeddings.mean.tolist(),
        embeddings.std.tolist(),
        np.nan_to_num(index.keypoints(rows)).tolist(),
    ]


def found(index: PoseIndex, query: Poses) -> list[list[tuple[int, float]]]:
    return [[(hit.row, hit.probability) for hit in r] for r in index.search(query, 20)]


def test_a_loaded_dataset_is_found_as_files_that_were_added(
    dataset: EmbeddedDataset, sources: list[Path], model: Path, make_poses: MakePoses,
    tmp_path: Path,
) -> None:  # fmt: skip
    reported: list[tuple[int, int]] = []
    added = load_dataset(tmp_path / "lib.pvi", dataset, lambda *each: reported.append(each))
    assert added == 350
    assert reported[-1] == (350, 350)
    loaded = PoseIndex.load(tmp_path / "lib.pvi")
    assert all(len(segment) < 2 * FULL for segment in loaded._segments)
    direct = PoseIndex.create(str(model))
    for file in sources:
        direct.add(Poses.load(file))
    assert loaded.columns.keys() == direct.columns.keys()
    query = make_poses(4, 9)
    for ours, theirs in zip(found(loaded, query), found(direct, query), strict=True):
        assert [row for row, _ in ours] == [row for row, _ in theirs]
        np.testing.assert_allclose([p for _, p in ours], [p for _, p in theirs], atol=1e-5)
    assert loaded.table(range(350)).select(["source", "frame"]) == direct.table(range(350)).select(
        ["source", "frame"]
    )
    loaded.check()


def test_a_dataset_is_not_loaded_twice(dataset: EmbeddedDataset, tmp_path: Path) -> None:
    folder = tmp_path / "lib.pvi"
    load_dataset(folder, dataset)
    assert load_dataset(folder, dataset) == 0
    assert len(PoseIndex.load(folder)) == 350
    assert load_dataset(folder, dataset, again=True) == 350
    assert len(PoseIndex.load(folder)) == 700


class Killed(BaseException):
    pass


@pytest.mark.parametrize("stop", [0, 40, 120, 160, 230, 330])
def test_a_load_that_was_interrupted_goes_on(
    stop: int, dataset: EmbeddedDataset, make_poses: MakePoses, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Behind poses that were there before; the index is the one of an undisturbed load."""
    for name in ("whole.pvi", "lib.pvi"):
        before = PoseIndex.create(loading_module.model_of(dataset))
        before.add(make_poses(30, 5))
        before.save(tmp_path / name)
    load_dataset(tmp_path / "whole.pvi", dataset)
    folder, batches = tmp_path / "lib.pvi", EmbeddedDataset.batches

    def until(self: EmbeddedDataset, first_row: int = 0) -> Iterator[EmbeddedBatch]:
        for batch in batches(self, first_row=first_row):
            if batch.first_row + len(batch) > stop:
                raise Killed
            yield batch

    with monkeypatch.context() as patch:
        patch.setattr(EmbeddedDataset, "batches", until)
        with pytest.raises(Killed):
            load_dataset(folder, dataset)
    with pytest.raises(InputError, match=r"of 350 poses of .* are loaded; complete it with prvipe"):
        PoseIndex.load(folder)
    half = PoseIndex.load(folder, unfinished=True)
    assert stop - FULL - 80 < len(half) - 30 <= stop
    assert load_dataset(folder, dataset) == 380 - len(half)
    assert contents(PoseIndex.load(folder)) == contents(PoseIndex.load(tmp_path / "whole.pvi"))
    assert [load.first_row for load in read_loads(folder)] == [30]


def test_a_dataset_that_changed_in_the_middle_is_refused(
    dataset: EmbeddedDataset, sources: list[Path], model: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    folder = tmp_path / "lib.pvi"

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(PoseIndex, "save", killed)
        with pytest.raises(Killed):
            load_dataset(folder, dataset)
    assert load_dataset(folder, dataset) == 350  # nothing had been saved: begun anew
    with monkeypatch.context() as patch:
        patch.setattr(PoseIndex, "save", killed)
        with pytest.raises(Killed):
            load_dataset(folder, dataset, again=True)
    embed_all([str(sources[1])], str(tmp_path / "other"), str(model))
    other = EmbeddedDataset.open(tmp_path / "other")
    with monkeypatch.context() as patch:
        patch.setattr(other, "parts", [])
        with pytest.raises(InputError, match="is not, or no longer, what was being loaded"):
            load_dataset(folder, other)
    # What is kept when the note is removed is an index of its own right.
    (folder / "datasets.json").unlink()
    assert len(PoseIndex.load(folder)) == 350


def test_files_that_were_embedded_anew_are_not_there_twice(
    model: Path, make_poses: MakePoses, tmp_path: Path
) -> None:
    """A file more is in one partition with the others, which has another name then."""
    files, out = tmp_path / "in", tmp_path / "out"
    files.mkdir()
    for name in ("a.parquet", "b.parquet"):
        make_poses(5, 0, 0.0).with_fields(source=[name] * 5).save(files / name)
        embed_all([str(files)], str(out), str(model))
        if name == "a.parquet":
            load_dataset(tmp_path / "lib.pvi", EmbeddedDataset.open(out))
    dataset = EmbeddedDataset.open(out)
    assert [part.rows for part in dataset.parts] == [10]
    with pytest.raises(InputError, match=r"1 of its files, such as a\.parquet, were embedded anew"):
        load_dataset(tmp_path / "lib.pvi", dataset)
    index = PoseIndex.load(tmp_path / "lib.pvi")
    assert index.remove("source=a.parquet") == 5
    index.save()
    assert load_dataset(tmp_path / "lib.pvi", dataset) == 10
    assert load_dataset(tmp_path / "lib.pvi", dataset) == 0


def test_parts_in_another_order_do_not_complete_a_load(
    dataset: EmbeddedDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, batches = tmp_path / "lib.pvi", EmbeddedDataset.batches

    def until(self: EmbeddedDataset, first_row: int = 0) -> Iterator[EmbeddedBatch]:
        for batch in batches(self, first_row=first_row):
            if batch.first_row > 250:
                raise Killed
            yield batch

    with monkeypatch.context() as patch:
        patch.setattr(EmbeddedDataset, "batches", until)
        with pytest.raises(Killed):
            load_dataset(folder, dataset)
    other = EmbeddedDataset.open(dataset.address)
    other.parts = other.parts[::-1]
    with pytest.raises(InputError, match="is not, or no longer, what was being loaded"):
        load_dataset(folder, other)


@pytest.mark.parametrize("missing", [[0], [1], [0, 2], [1, 2], [0, 1, 2]])
def test_parts_that_came_later_are_added_alone(
    missing: list[int], dataset: EmbeddedDataset, make_poses: MakePoses, tmp_path: Path
) -> None:
    index, folder = PoseIndex.create(loading_module.model_of(dataset)), tmp_path / "lib.pvi"
    index.add(make_poses(1))
    index.save(folder)
    known = [name for place, name in enumerate(part_names(dataset)) if place not in missing]
    write_loads(folder, (Load(address="earlier", parts=tuple(known), first_row=0, rows=1),))
    added = load_dataset(folder, dataset)
    names = ["b.parquet", "a.parquet", "c.parquet"]
    expected = {names[place]: dataset.parts[place].rows for place in missing}
    assert added == sum(expected.values())
    found = PoseIndex.load(folder).sources()
    del found["clip 0.mp4"]
    assert {Path(name).name: count for name, count in found.items()} == expected


def test_a_dataset_of_another_model_is_refused_and_nothing_is_written(
    dataset: EmbeddedDataset, make_embedder: Callable[..., Embedder], make_poses: MakePoses,
    tmp_path: Path,
) -> None:  # fmt: skip
    folder = tmp_path / "lib.pvi"
    index = PoseIndex.create(make_embedder(1))
    index.add(make_poses(3))
    index.save(folder)
    before = sorted(path.name for path in folder.iterdir())
    with pytest.raises(InputError, match=r"the index is of model .* and this is model .*model\.s"):
        load_dataset(folder, dataset)
    assert sorted(path.name for path in folder.iterdir()) == before
    assert len(PoseIndex.load(folder)) == 3


def test_damaged_notes_of_loads_are_named(dataset: EmbeddedDataset, tmp_path: Path) -> None:
    folder = tmp_path / "lib.pvi"
    load_dataset(folder, dataset)
    (folder / "datasets.json").write_text('[{"address": 1}]')
    with pytest.raises(InputError, match=r"datasets\.json: damaged"):
        PoseIndex.load(folder)


LOADER = """
import os, random, signal, sys, time
from pathlib import Path
import torch
torch.set_num_threads(1)
from prvipe.bulk.dataset import EmbeddedDataset
from prvipe.index import PoseIndex, loading, saving
loading.FULL = saving.FULL = int(sys.argv[3])
folder, dataset = Path(sys.argv[1]), EmbeddedDataset.open(sys.argv[2])
PoseIndex.create(loading.model_of(dataset))
whole, kills = EmbeddedDataset.batches, 0
def slowly(self, first_row=0):  # so that it is killed on quick machines too
    for batch in whole(self, 40, first_row=first_row):
        time.sleep(0.1)
        yield batch
EmbeddedDataset.batches = slowly
random.seed(0)
while True:
    child = os.fork()
    if child == 0:
        loading.load_dataset(folder, dataset)
        os._exit(0)
    time.sleep(random.uniform(0, 0.05 + 0.05 * kills))
    os.kill(child, signal.SIGKILL)
    if os.WIFEXITED(os.waitpid(child, 0)[1]):
        break
    kills += 1
print(kills)
"""


def test_a_load_that_is_killed_again_and_again_ends_as_an_undisturbed_one(
    dataset: EmbeddedDataset, tmp_path: Path
) -> None:
    load_dataset(tmp_path / "whole.pvi", dataset)
    folder = tmp_path / "lib.pvi"
    done = subprocess.run(
        [sys.executable, "-c", LOADER, str(folder), dataset.address, str(FULL)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"},
    )
    assert int(done.stdout) > 2
    index = PoseIndex.load(folder)
    index.check()
    assert contents(index) == contents(PoseIndex.load(tmp_path / "whole.pvi"))
    assert load_dataset(folder, dataset) == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """`small_disk(size)`: a file system of so many bytes, or made so large; skips where none is."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = False

    def resize(size: str) -> Path:
        nonlocal mounted
        options = f"remount,size={size}" if mounted else f"size={size}"
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("a small file system may not be mounted here")
        mounted = True
        return folder

    yield resize
    if mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_is_full_is_said_and_the_load_goes_on_when_there_is_room(
    dataset: EmbeddedDataset, small_disk: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = small_disk("100k") / "lib.pvi"
    with pytest.raises(InputError, match=r"lib\.pvi.*cannot be written \(.*No space left"):
        load_dataset(folder, dataset)
    with pytest.raises(InputError, match="of 350 poses"):
        PoseIndex.load(folder)
    held = len(PoseIndex.load(folder, unfinished=True))
    assert 0 < held < 350
    small_disk("8m")
    assert load_dataset(folder, dataset) == 350 - held
    load_dataset(tmp_path / "whole.pvi", dataset)
    assert contents(PoseIndex.load(folder)) == contents(PoseIndex.load(tmp_path / "whole.pvi"))
