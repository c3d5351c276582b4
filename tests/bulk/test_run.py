"""A bulk embedding as a whole: run again it does what is missing, and nothing twice."""

import fcntl
import json
import os
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import IO

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from prvipe.bulk import planning
from prvipe.bulk.dataset import EmbeddedDataset
from prvipe.bulk.job import Job, JobOptions
from prvipe.bulk.layout import outcome_name
from prvipe.bulk.local import run_locally
from prvipe.bulk.lock import only_driver
from prvipe.bulk.outcome import Outcome
from prvipe.bulk.partitions import Partition
from prvipe.bulk.run import embed_all
from prvipe.bulk.storage import OutputError, open_storage
from prvipe.errors import InputError

from .conftest import WritePoses

Output = Callable[[Path], dict[str, bytes]]
pytestmark = pytest.mark.usefixtures("own_partitions")


@pytest.fixture
def sources(write_poses: WritePoses) -> list[str]:
    """A folder of four files of 5, 6, 7 and 8 poses."""
    files = [write_poses(f"{seed}.parquet", 5 + seed, seed) for seed in range(4)]
    return [str(files[0].parent)]


class Counting:
    """The local engine, which remembers the partitions that it was given."""

    def __init__(self) -> None:
        self.given: list[Partition] = []

    def __call__(self, job: Job, partitions: Sequence[Partition]) -> Generator[Outcome, None, None]:
        self.given += partitions
        for partition in partitions:
            # An engine may trust a record that it finds.
            assert open_storage(job.out).read(outcome_name(partition.id)) is None
        return run_locally(job, partitions)


def test_from_sources_to_a_data_set(model: str, sources: list[str], tmp_path: Path) -> None:
    told: list[tuple[int, int, int]] = []
    summary = embed_all(
        sources, str(tmp_path / "out"), model, progress=lambda *each: told.append(each)
    )
    assert (summary.totals.rows, summary.totals.files, summary.embedded_now) == (26, 4, 26)
    assert [poses for _, _, poses in told] == [0, 5, 11, 18, 26]
    assert told[-1][0] == told[-1][1]
    dataset = EmbeddedDataset.open(tmp_path / "out")
    assert dataset.rows == 26
    assert [part.rows for part in dataset.parts] == [5, 6, 7, 8]


def test_again_nothing_is_left_to_do(
    model: str, sources: list[str], tmp_path: Path, output: Output
) -> None:
    embed_all(sources, str(tmp_path / "out"), model)
    before, engine = output(tmp_path / "out"), Counting()
    summary = embed_all(sources, str(tmp_path / "out"), model, engine=engine)
    assert (engine.given, summary.totals.rows, summary.embedded_now) == ([], 26, 0)
    assert output(tmp_path / "out") == before


@pytest.mark.parametrize("spoil", ["part gone", "part cut", "record gone", "record cut"])
def test_what_is_missing_is_done_again_and_comes_to_the_same(
    spoil: str, model: str, sources: list[str], tmp_path: Path, output: Output
) -> None:
    out = tmp_path / "out"
    embed_all(sources, str(out), model)
    before, engine = output(out), Counting()
    what, how = spoil.split()
    file = sorted((out / ("parts" if what == "part" else "outcomes")).iterdir())[2]
    if how == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[:-20])
    embed_all(sources, str(out), model, engine=engine)
    assert [partition.id for partition in engine.given] == [file.stem.removeprefix("part-")]
    assert output(out) == before


def test_an_engine_that_fails_keeps_what_was_done(
    model: str, sources: list[str], tmp_path: Path, output: Output
) -> None:
    def failing(job: Job, partitions: Sequence[Partition]) -> Generator[Outcome, None, None]:
        yield from run_locally(job, partitions[:2])
        raise InputError("lost")

    out = tmp_path / "out"
    with pytest.raises(InputError, match="lost"):
        embed_all(sources, str(out), model, engine=failing)
    with pytest.raises(InputError, match="is not complete; run the same prvipe embed again"):
        EmbeddedDataset.open(out)
    engine = Counting()
    summary = embed_all(sources, str(out), model, engine=engine)
    assert (len(engine.given), summary.totals.rows, summary.embedded_now) == (2, 26, 15)
    embed_all(sources, str(tmp_path / "undisturbed"), model)
    assert output(out) == output(tmp_path / "undisturbed")


def test_changed_new_and_removed_files(
    model: str, sources: list[str], write_poses: WritePoses, tmp_path: Path
) -> None:
    out, engine = tmp_path / "out", Counting()
    embed_all(sources, str(out), model)
    write_poses("1.parquet", 20, 9)
    write_poses("9.parquet", 1)
    os.unlink(f"{sources[0]}/3.parquet")
    summary = embed_all(sources, str(out), model, engine=engine)
    given = [Path(piece.path).name for partition in engine.given for piece in partition]
    assert given == ["1.parquet", "9.parquet"]
    assert (summary.totals.rows, summary.embedded_now, summary.replaced) == (5 + 20 + 7 + 1, 21, 2)
    assert len(list((out / "parts").iterdir())) == len(list((out / "outcomes").iterdir())) == 4
    assert EmbeddedDataset.open(out).rows == 33


def test_failures_are_reported_and_tried_again_when_asked(
    model: str, sources: list[str], write_poses: WritePoses, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    poisoned = Path(sources[0]) / "poisoned.parquet"
    poisoned.write_text("no Parquet")
    summary = embed_all(sources, str(out), model)
    assert summary.totals.rows == 26
    report = json.loads((out / "report.json").read_text())
    assert report["rows"] == 26
    assert [each["source"] for each in report["failures"]] == [str(poisoned)]
    assert "no Parquet file" in report["failures"][0]["reason"]
    engine = Counting()
    embed_all(sources, str(out), model, engine=engine)
    assert engine.given == []
    embed_all(sources, str(out), model, engine=engine, retry_failed=True)
    assert [partition.pieces[0].path for partition in engine.given] == [str(poisoned)]
    assert len(EmbeddedDataset.open(out).parts) == 4


def test_files_without_people_are_counted_and_no_failures(
    model: str, sources: list[str], tmp_path: Path
) -> None:
    """As of a camera that sees nobody most of the time."""
    out, folder = tmp_path / "out", Path(sources[0])
    (folder / "frame_1_keypoints.json").write_text('{"version": 1.3, "people": []}')
    (folder / "frame_2.json").write_text("[]")
    (folder / "frame_3.json").write_text('[{"frame_id": 1, "instances": []}]')
    pq.write_table(pq.read_table(folder / "0.parquet")[:0], folder / "frame_4.parquet")
    embed_all(sources, str(out), model)
    report = json.loads((out / "report.json").read_text())
    assert report["failures"] == []
    counts = ("files", "embedded_files", "failed_files", "files_without_people")
    assert [report[name] for name in counts] == [8, 4, 0, 4]
    engine = Counting()
    embed_all(sources, str(out), model, engine=engine, retry_failed=True)
    assert engine.given == []
    for file in folder.glob("?.parquet"):
        file.unlink()
    with pytest.raises(InputError, match="4 files: nobody in them"):
        embed_all(sources, str(out), model)


def test_row_groups_of_one_file_count_as_one(
    model: str, sources: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "ROWS", 10)
    folder = Path(sources[0])
    whole = pq.read_table(folder / "3.parquet")
    pq.write_table(pa.concat_tables([whole] * 5), folder / "large.parquet", row_group_size=10)
    (folder / "broken.json").write_text("{")
    content = bytearray((folder / "large.parquet").read_bytes())
    start = pq.ParquetFile(folder / "large.parquet").metadata.row_group(2).column(0)
    content[start.data_page_offset] ^= 0xFF
    (folder / "large.parquet").write_bytes(content)
    totals = embed_all(sources, str(tmp_path / "out"), model).totals
    assert totals.rows == 26 + 30
    assert (totals.files, totals.embedded_files, totals.failed_files) == (6, 5, 2)
    assert [failure.source for failure in totals.failures] == [
        str(folder / "broken.json"),
        f"{folder}/large.parquet (rows 20 to 29)",
    ]


def test_nothing_at_all_is_an_error(model: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("no pose")
    with pytest.raises(InputError, match=r"there was nothing to embed[^$]*a\.csv: "):
        embed_all([str(tmp_path / "in")], str(tmp_path / "out"), model)


def test_other_models_options_and_sources_are_refused(
    model: str, make_model: Callable[..., Path], sources: list[str], tmp_path: Path
) -> None:
    out = str(tmp_path / "out")
    embed_all([*sources, f"{sources[0]}/0.parquet"], out, model)
    other = make_model(seed=1, inputs="keypoints_and_scores")
    with pytest.raises(InputError, match="must not be mixed; give the same as then, or another"):
        embed_all(sources, out, str(other))
    with pytest.raises(InputError, match="begun with no options of reading, not with --image-size"):
        embed_all(sources, out, model, options=JobOptions(image_size=(640, 480)))
    with pytest.raises(InputError, match=r"also holds embeddings of .*0\.parquet"):
        embed_all(sources, out, model)


def test_a_folder_of_other_things_is_left_alone(
    model: str, sources: list[str], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"holds other files \(0\.parquet"):
        embed_all(sources, sources[0], model)
    assert not Path(sources[0], "lock").exists()
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "lock").write_text("of something else")
    (tmp_path / "own" / "notes.txt").touch()
    with pytest.raises(InputError, match=r"holds other files \(lock, notes\.txt"):
        embed_all(sources, str(tmp_path / "own"), model)
    assert (tmp_path / "own" / "lock").read_text() == "of something else"


def test_a_prefix_of_other_things_is_left_alone(model: str, sources: list[str]) -> None:
    files = fsspec.filesystem("memory")
    for name in ("parts/wheel.bin", "ray/trace.txt"):
        files.pipe_file(f"/bucket-of-others/{name}", b"not of prvipe")
    with pytest.raises(InputError, match=r"holds other files \(parts, ray\); give a new"):
        embed_all(sources, "memory://bucket-of-others", model)
    assert files.find("/bucket-of-others") == [
        "/bucket-of-others/parts/wheel.bin",
        "/bucket-of-others/ray/trace.txt",
    ]
    files.rm("/bucket-of-others", recursive=True)


def test_what_a_killed_run_left_half_written_is_no_obstacle_and_goes(
    model: str, sources: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    names = (".manifest-abc.json", "parts/.part-1-abc.parquet", "outcomes/.1-abc.json")
    for name in names:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text("half")
        if name == names[0]:  # killed before anything else was there
            embed_all(sources, str(out), model)
            Path(sources[0], "3.parquet").touch()
    (out / names[0]).write_text("half")
    embed_all(sources, str(out), model)
    assert [name for name in names if (out / name).exists()] == []


def test_an_engine_that_did_not_begin_leaves_no_job_behind(
    model: str, whole_model: str, sources: list[str], tmp_path: Path
) -> None:
    def refused(job: Job, partitions: Sequence[Partition]) -> Generator[Outcome, None, None]:
        yield from ()
        raise InputError("no cluster is there")

    out = str(tmp_path / "out")
    with pytest.raises(InputError, match="no cluster"):
        embed_all(sources, out, model, engine=refused)
    embed_all(sources, out, whole_model)
    with pytest.raises(InputError, match="model"):
        embed_all(sources, out, model)


def test_marks_of_a_run_killed_at_its_end_go(
    model: str, sources: list[str], tmp_path: Path
) -> None:
    embed_all(sources, str(tmp_path / "out"), model)
    open_storage(str(tmp_path / "out")).write("attempts/1-whole-1", b"")
    open_storage(str(tmp_path / "out")).write("ray/probe.txt", b"")
    embed_all(sources, str(tmp_path / "out"), model)
    there = {path.name for path in (tmp_path / "out").iterdir()}
    assert there == {"manifest.json", "report.json", "outcomes", "parts"}


def test_what_killed_workers_left_half_written_goes_with_the_run(
    model: str, sources: list[str], tmp_path: Path, output: Output
) -> None:
    def killing(job: Job, partitions: Sequence[Partition]) -> Generator[Outcome, None, None]:
        yield from run_locally(job, partitions)
        (Path(job.out) / "parts" / ".part-1-abc.parquet").write_text("half")

    embed_all(sources, str(tmp_path / "undisturbed"), model)
    embed_all(sources, str(tmp_path / "out"), model, engine=killing)
    assert output(tmp_path / "out") == output(tmp_path / "undisturbed")


@pytest.mark.parametrize("end", [KeyboardInterrupt, OutputError])
def test_what_a_run_was_at_when_it_was_stopped_is_not_held_against_it(
    end: type[BaseException], model: str, sources: list[str], tmp_path: Path
) -> None:
    """Marks of killed workers are for the run that kills none itself."""
    closed = []

    def stopped(job: Job, partitions: Sequence[Partition]) -> Generator[Outcome, None, None]:
        storage = open_storage(job.out)
        try:
            yield from run_locally(job, partitions[:1])
            yield from run_locally(job, partitions[1:2])
        finally:
            # As its workers are ended with it.
            storage.write(f"attempts/{partitions[1].id}-whole-1", b"")
            closed.append(True)

    def stop(read: int, total: int, rows: int) -> None:
        if rows:
            raise end("stopped")

    with pytest.raises(end):
        embed_all(sources, str(tmp_path / "out"), model, engine=stopped, progress=stop)
    assert closed
    assert open_storage(str(tmp_path / "out")).sizes("attempts") == {}


def test_one_driver_at_a_time(model: str, sources: list[str], tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    refused = pytest.raises(InputError, match="another program is embedding into this folder")
    with only_driver(out), refused:
        embed_all(sources, out, model)
    assert not (tmp_path / "out" / "lock").exists()
    # The lock of a driver that was killed is no obstacle.
    (tmp_path / "out" / "lock").touch()
    assert embed_all(sources, out, model).totals.rows == 26


def test_a_lock_that_is_removed_between_opening_and_locking_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file is gone, so that another driver would lock another file."""
    really_lock, locked = fcntl.flock, []

    def lock(stream: IO[str], how: int) -> None:
        if not locked:
            (tmp_path / "lock").unlink()
        locked.append(stream)
        really_lock(stream, how)

    monkeypatch.setattr(fcntl, "flock", lock)
    with only_driver(str(tmp_path)):
        monkeypatch.undo()
        assert len(locked) == 2
        with pytest.raises(InputError, match="another program"), only_driver(str(tmp_path)):
            pass


def test_an_object_store_holds_the_same(
    model: str, sources: list[str], tmp_path: Path, output: Output
) -> None:
    embed_all(sources, str(tmp_path / "out"), model)
    engine = Counting()
    for _ in range(2):
        summary = embed_all(sources, "memory://bucket-of-runs/out", model, engine=engine)
        assert summary.totals.rows == 26
    assert len(engine.given) == 4
    files = fsspec.filesystem("memory")
    there = {
        name.removeprefix("/bucket-of-runs/out/"): files.cat_file(name)
        for name in files.find("/bucket-of-runs/out")
    }
    assert there == output(tmp_path / "out")
    remote = EmbeddedDataset.open("memory://bucket-of-runs/out")
    remote.check()
    here = EmbeddedDataset.open(tmp_path / "out")
    for one, other in zip(remote.batches(3), here.batches(3), strict=True):
        np.testing.assert_array_equal(one.mean, other.mean)
    files.rm("/bucket-of-runs", recursive=True)
