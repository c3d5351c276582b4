"""Reading embeddings: every row once, in an order that stays."""

import json
from pathlib import Path

import fsspec
import numpy as np
import pyarrow as pa
import pytest

from prvipe.bulk.dataset import EmbeddedDataset, is_dataset
from prvipe.bulk.run import embed_all
from prvipe.errors import InputError
from prvipe.io import load
from prvipe.model.embedder import Embedder

from .conftest import WritePoses

ROWS = (5, 1, 8)


@pytest.fixture
def folder(model: str, write_poses: WritePoses, own_partitions: None, tmp_path: Path) -> Path:
    for place, rows in enumerate(ROWS):
        extra = {"label": ["x"] * rows} if place else {}
        write_poses(f"{place}.parquet", rows, place, **extra)
    embed_all([str(tmp_path / "in")], str(tmp_path / "out"), model)
    return tmp_path / "out"


def test_what_a_data_set_says_of_itself(folder: Path, model: str) -> None:
    dataset = EmbeddedDataset.open(folder)
    embedder = Embedder.load(model)
    assert (dataset.rows, dataset.model, dataset.dimension) == (14, model, 16)
    assert dataset.skeleton == "coco13"
    assert dataset.matching == (embedder.matching.a, embedder.matching.b)
    assert dataset.columns == {
        "frame": "int64",
        "source": "string",
        "row": "int64",
        "label": "string",
    }
    assert dataset.sources() == {str(folder.parent / "in" / f"{n}.parquet") for n in range(3)}
    dataset.check()


@pytest.mark.parametrize("rows_per_batch", [1, 3, 100])
@pytest.mark.parametrize("first_row", [0, 4, 5, 7, 13, 14])
def test_batches_from_any_row_on(folder: Path, rows_per_batch: int, first_row: int) -> None:
    dataset = EmbeddedDataset.open(folder)
    whole = list(dataset.batches())
    means = np.concatenate([batch.mean for batch in whole])
    fields = pa.concat_tables([batch.fields for batch in whole])
    assert fields["row"].to_pylist() == [row for rows in ROWS for row in range(rows)]
    assert fields["label"].to_pylist() == [None] * 5 + ["x"] * 9
    expected_row = first_row
    for batch in dataset.batches(rows_per_batch, first_row=first_row):
        assert batch.first_row == expected_row
        assert len(batch) <= rows_per_batch
        there = slice(expected_row, expected_row + len(batch))
        np.testing.assert_array_equal(batch.mean, means[there])
        assert batch.fields.equals(fields.slice(expected_row, len(batch)).combine_chunks())
        assert batch.keypoints.shape == (len(batch), 13, 2)
        assert batch.std.shape == (len(batch), 16)
        expected_row += len(batch)
    assert expected_row == 14


def test_the_pose_of_a_row_is_that_of_its_source(folder: Path) -> None:
    for batch in EmbeddedDataset.open(folder).batches(1):
        fields = batch.fields.to_pylist()[0]
        pose = load(fields["source"]).keypoints[fields["row"]]
        np.testing.assert_array_equal(batch.keypoints[0], pose)


def test_damage_is_named(folder: Path) -> None:
    part = max((folder / "parts").iterdir(), key=lambda path: path.stat().st_size)
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)
    with pytest.raises(InputError, match=f"{part.name}: is not as it was written"):
        EmbeddedDataset.open(folder).check()
    part.write_bytes(content[:-1])
    with pytest.raises(InputError, match=f"{part.name}: has .* bytes, not"):
        EmbeddedDataset.open(folder)
    part.unlink()
    with pytest.raises(InputError, match=f"{part.name}: is missing"):
        EmbeddedDataset.open(folder)


class ClientError(Exception):
    """As stores have them: no OSError."""


@pytest.mark.parametrize("error", [ClientError, TimeoutError])
def test_a_store_that_fails_is_said_so_and_is_no_damage(
    folder: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail(*arguments: object, **more: object) -> None:
        raise error("SlowDown")

    files = fsspec.filesystem("memory")
    files.put(str(folder), "/bucket-of-parts", recursive=True)
    dataset = EmbeddedDataset.open("memory://bucket-of-parts")
    assert dataset.rows == 14
    unread = r"part-\w+\.parquet: cannot be read \(SlowDown\); .*try again"
    with monkeypatch.context() as down:
        for method in ("open", "find"):
            down.setattr(type(files), method, fail)
        for read in (dataset.check, dataset.sources, lambda: next(dataset.batches())):
            with pytest.raises(InputError, match=unread):
                read()
        with pytest.raises(InputError, match=r"parts: cannot be looked into \(SlowDown\)"):
            EmbeddedDataset.open("memory://bucket-of-parts")
    files.rm("/bucket-of-parts", recursive=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"state": "running"}, "is not complete"),
        ({"format": 2}, "written by a newer prvipe"),
        ({"kind": "a page"}, "is no manifest of embeddings"),
        ({"parts": [{"id": 1}]}, "damaged"),
    ],
)
def test_manifests_that_are_refused(change: dict[str, object], message: str, folder: Path) -> None:
    manifest = folder / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | change))
    with pytest.raises(InputError, match=message):
        EmbeddedDataset.open(folder)


def test_what_is_a_data_set(folder: Path, tmp_path: Path) -> None:
    assert is_dataset(folder)
    assert is_dataset(str(folder))
    assert not is_dataset(tmp_path / "in")
    assert not is_dataset(tmp_path / "in" / "0.parquet")
    assert not is_dataset(tmp_path / "nowhere")
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"format": 1', '"format": 2'))
    assert is_dataset(folder)  # which is then refused in words
    with pytest.raises(InputError, match=r"holds no embeddings: it has no manifest\.json"):
        EmbeddedDataset.open(tmp_path / "in")


def test_a_part_with_a_damaged_head_of_a_page_is_not_read_short(folder: Path) -> None:
    """Arrow takes it for the end and complains of nothing."""
    part = next(iter((folder / "parts").iterdir()))
    whole = part.read_bytes()
    told = 0
    for position in range(4, 40):
        part.write_bytes(whole[:position] + bytes([whole[position] ^ 2]) + whole[position + 1 :])
        dataset = EmbeddedDataset.open(folder)
        try:
            assert sum(map(len, dataset.batches())) == 14
            assert len(dataset.sources()) == 3
        except InputError as error:
            told += "rows can be read" in str(error)
    assert told
