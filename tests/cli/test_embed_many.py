"""`prvipe embed` into a folder or an object store."""

import json
import os
import signal
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prvipe.bulk import local
from prvipe.bulk.dataset import EmbeddedDataset
from prvipe.bulk.job import Job
from prvipe.bulk.outcome import Outcome
from prvipe.bulk.partitions import Partition
from prvipe.cli.bulk import parse_memory
from prvipe.errors import InputError
from prvipe.poses import Poses

from .conftest import ROWS, Keypoints

Run = Callable[..., Any]


@pytest.fixture
def recordings(keypoints: Keypoints, tmp_path: Path) -> Path:
    """A folder with a good file, one with a row that cannot be embedded, and a broken one."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    Poses(keypoints, None, "coco13").save(folder / "a.parquet")
    keypoints[2, 5] = np.nan
    Poses(keypoints, None, "coco13").save(folder / "b.parquet")
    (folder / "c.json").write_text("{")
    return folder


def test_a_folder_is_embedded_and_said_in_words(
    prvipe: Run, model_file: Path, recordings: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    arguments = ("embed", recordings, "--out", out, "--model", model_file)
    (recordings / "d.json").write_text("[]")
    done = prvipe(*arguments)
    assert done.code == 0, done.err
    assert done.out.splitlines() == [
        f"{out}: 11 poses of 2 files embedded; 1 file could not be read: {out}/report.json",
        "1 row left out: a missing joint, and the model needs all",
        "1 file without people",
    ]
    assert f"note: left out: {recordings}/c.json: " in done.err
    assert f"all that was left out: {out}/report.json; --retry-failed tries it again" in done.err
    assert EmbeddedDataset.open(out).rows == 11
    again = prvipe(*arguments)
    assert again.out.startswith(f"{out}: 11 poses of 2 files embedded, 11 of them by an earlier")
    assert "run; 1 file could not be read" in again.out
    (recordings / "c.json").unlink()
    (recordings / "d.json").unlink()
    Poses(np.random.default_rng(1).normal(size=(3, 13, 2)), None, "coco13").save(
        recordings / "c.parquet"
    )
    more = prvipe(*arguments, "--retry-failed")
    assert more.code == 0
    assert "14 poses of 3 files embedded" in more.out
    assert "1 part of earlier runs replaced: files are new, have changed, are gone" in more.out
    assert more.err == ""


def test_a_listing_and_options_of_reading(
    prvipe: Run, model_file: Path, keypoints: Keypoints, tmp_path: Path
) -> None:
    np.save(tmp_path / "a.npy", np.abs(keypoints) * 100)
    listing, out = tmp_path / "list.txt", tmp_path / "out"
    listing.write_text("a.npy\n")
    arguments = ("embed", f"@{listing}", "--out", out, "--model", model_file)
    done = prvipe(*arguments, "--skeleton", "coco13", "--image-size", "640x480")
    assert done.code == 0, done.err
    assert f"{ROWS} poses of 1 file embedded" in done.out
    options = json.loads((out / "manifest.json").read_text())["options"]
    assert options == {"skeleton": "coco13", "camera": None, "image_size": [640, 480]}
    (batch,) = EmbeddedDataset.open(out).batches()
    assert batch.fields["width"].to_pylist() == [640] * ROWS


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["a.parquet", "b.parquet", "--out", "z.parquet"], "several go into a folder"),
        (["a.parquet", "--out", "z.json"], "end the name in .parquet, or name a folder"),
        (["a.parquet", "--out", "z.parquet", "--workers", "2"], "--workers needs a folder"),
        (["a.parquet", "--out", "z.parquet", "--engine", "ray"], "--engine needs a folder"),
        (["a.parquet", "--out", "z", "--workers", "0"], "--workers 0: at least one is needed"),
        (["a.parquet", "--out", "z.parquet", "--device", "cuda"], "--device needs a folder"),
        (["a.parquet", "--out", "z", "--device", "gpu"], "expected cpu or cuda"),
        (["a.parquet", "--out", "z", "--device", "cuda"], "PyTorch sees no CUDA device here"),
        (["a.parquet", "--out", "z", "--engine", "spark"], "expected local or ray"),
        (["a.parquet", "--out", "z", "--address", "auto"], "add --engine ray"),
        (["a.parquet", "--out", "z", "--memory", "lots"], "give a size such as 2GiB"),
        (["a.parquet", "--out", "z", "--memory", "10MB"], "give 1GiB or more"),
        (["gone.parquet", "--out", "z"], "no such file: "),
        (["a.parquet", "--out", "a.parquet/z"], "cannot be written"),
        (["c.json", "--out", "z"], "there was nothing to embed"),
        (["pipe.json", "--out", "z"], "pipe.json: is a named pipe, no file"),
        (["pipe.json", "--out", "z.parquet"], "pipe.json: is a named pipe, no file"),
    ],
)
def test_what_is_refused(
    arguments: list[str],
    message: str,
    prvipe: Run,
    model_file: Path,
    recordings: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(recordings)
    os.mkfifo("pipe.json")
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    done = prvipe("embed", *arguments, "--model", model_file)
    assert done.code == 2
    assert message in done.err


def test_stopped_it_says_how_to_go_on(
    prvipe: Run,
    model_file: Path,
    recordings: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stopped(
        job: Job, partitions: Sequence[Partition], workers: int
    ) -> Generator[Outcome, None, None]:
        raise KeyboardInterrupt
        yield

    arguments = ("embed", recordings, "--out", tmp_path / "out", "--model", model_file)
    with monkeypatch.context() as patch:
        patch.setattr(local, "run_locally", stopped)
        done = prvipe(*arguments)
    assert done.code == 130
    assert "what was finished is kept, run the same command again to go on" in done.err
    assert prvipe(*arguments).code == 0


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP])
def test_ended_by_a_signal_it_cleans_up_as_after_ctrl_c(
    prvipe: Run,
    model_file: Path,
    recordings: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ending: signal.Signals,
) -> None:
    cleaned = []

    def ended(
        job: Job, partitions: Sequence[Partition], workers: int
    ) -> Generator[Outcome, None, None]:
        try:
            signal.raise_signal(ending)
            yield
        finally:
            cleaned.append(True)

    monkeypatch.setattr(local, "run_locally", ended)
    before = signal.signal(ending, signal.SIG_DFL)  # under nohup, a hang-up is ignored
    try:
        done = prvipe("embed", recordings, "--out", tmp_path / "out", "--model", model_file)
        assert signal.getsignal(ending) is signal.SIG_DFL
    finally:
        signal.signal(ending, before)
    assert done.code == 130
    assert "what was finished is kept" in done.err
    assert cleaned


@pytest.mark.parametrize(
    ("text", "size"),
    [("2GiB", 2**31), ("1.5gib", 3 * 2**29), ("4 GB", 4 * 10**9), ("2000000000", 2 * 10**9)],
)
def test_sizes_of_memory(text: str, size: int) -> None:
    assert parse_memory(text) == size


@pytest.mark.parametrize("text", ["", "GiB", "-2GiB", "2XB", "1e9"])
def test_no_sizes_of_memory(text: str) -> None:
    with pytest.raises(InputError, match="--memory"):
        parse_memory(text)
