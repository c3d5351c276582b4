"""Poses, embeddings, hits and alignments as bytes: what comes back is what was sent."""

import io
import struct
import zipfile
from dataclasses import fields
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from wire_strategies import gaussians, poses, same_poses

from prvipe.errors import InputError
from prvipe.index import Hit, SearchResult
from prvipe.model.gaussian import Gaussian
from prvipe.model.trust import Trust
from prvipe.poses import Poses
from prvipe.sequences import Alignment, EmbeddedRecording, Timeline
from prvipe.wire.binary_poses import (
    gaussian_from_npz,
    gaussian_from_parquet,
    gaussian_to_npz,
    gaussian_to_parquet,
    poses_from_npz,
    poses_from_parquet,
    poses_to_npz,
    poses_to_parquet,
    split_pair,
)
from prvipe.wire.binary_results import (
    alignment_from_npz,
    alignment_to_npz,
    hits_from_parquet,
    hits_to_parquet,
)
from prvipe.wire.npz import read_npz, write_npz
from prvipe.wire.parquet import read_parquet, write_parquet

ARRAYS = ("whole", "number", "truth", "text")


@given(poses())
@settings(max_examples=50)
def test_parquet_keeps_poses_and_fields_of_every_type(sent: Poses) -> None:
    received = poses_from_parquet(poses_to_parquet(sent))
    assert same_poses(sent, received)
    assert received.table.equals(sent.table)


@given(poses(kinds=ARRAYS))
@settings(max_examples=50)
def test_npz_keeps_poses_and_plain_fields(sent: Poses) -> None:
    known = [name for name in sent.table.column_names if sent.table[name].null_count == 0]
    if len(sent) == 0 or any("\0" in str(each) for each in sent.table.to_pylist()):
        known = []  # empty text has no type, numpy cuts text at its last zero
    sent = Poses(sent.keypoints, sent.scores, sent.skeleton, sent.table.select(known))
    received = poses_from_npz(poses_to_npz(sent))
    assert same_poses(sent, received)
    assert received.table.to_pylist() == sent.table.to_pylist()


def test_npz_refuses_fields_that_arrays_cannot_hold() -> None:
    keypoints = np.zeros((2, 13, 2))
    for column in (pa.array([1, None]), pa.array([[1], [2, 3]]), pa.array([None, "a"])):
        with pytest.raises(InputError, match="camera"):
            poses_to_npz(Poses(keypoints, None, "coco13", {"camera": column}))


@given(gaussians())
@settings(max_examples=20)
def test_embeddings_come_back(sent: Gaussian) -> None:
    for received in (
        gaussian_from_npz(gaussian_to_npz(sent)),
        gaussian_from_parquet(gaussian_to_parquet(sent)),
    ):
        assert torch.equal(received.mean, sent.mean)
        assert torch.equal(received.std, sent.std)


def test_two_recordings_in_one_file_are_told_apart() -> None:
    both = Poses(np.random.default_rng(0).normal(size=(3, 13, 2)), None, "coco13")
    a, b = split_pair(both.with_fields(of=["b", "a", "b"], frame=[1, 2, 3]))
    assert a.table.to_pylist() == [{"frame": 2}]
    assert b.table.to_pylist() == [{"frame": 1}, {"frame": 3}]
    with pytest.raises(InputError, match="'c'"):
        split_pair(both.with_fields(of=["a", "c", "b"]))
    with pytest.raises(InputError, match="of"):
        split_pair(both)


@given(poses(least=1))
@settings(max_examples=30)
def test_hits_come_back(found: Poses) -> None:
    hits = tuple(
        Hit.of(row, 0.5, each, pose)
        for row, (each, pose) in enumerate(
            zip(found.table.to_pylist(), found.keypoints, strict=True)
        )
    )
    trust = Trust(13, 13, 1.0, ())
    results = [SearchResult(hits[:1], trust, None), SearchResult(hits[1:], trust, None)]
    received = hits_from_parquet(hits_to_parquet(results, found.skeleton), found.skeleton)
    assert [query for query, _ in received] == [0] + [1] * (len(hits) - 1)
    for sent, (_, hit) in zip(hits, received, strict=True):
        assert (hit.row, hit.probability, hit.fields) == (sent.row, sent.probability, sent.fields)
        np.testing.assert_array_equal(hit.keypoints, sent.keypoints)


@pytest.mark.parametrize("timed", [True, False])
def test_an_alignment_comes_back_whole(timed: bool) -> None:
    rng = np.random.default_rng(0)

    def recording(count: int) -> EmbeddedRecording:
        timeline = Timeline(
            np.arange(count) * 2, np.arange(count), np.arange(count) / 30 if timed else None
        )
        mean, std = torch.rand(2, count, 16)
        return EmbeddedRecording(timeline, Gaussian(mean, std), rng.random(count) > 0.2, "abc")

    pairs = np.array([[0, 1], [1, 1], [2, 2]])
    numbers = rng.random((2, 3)).astype(np.float32)
    numbers[0, 1] = np.nan
    costs = rng.random((4, 3)).astype(np.float32)
    sent = Alignment(recording(4), recording(3), pairs, *numbers, 0.5, 1.5, np.inf, costs)
    received = alignment_from_npz(alignment_to_npz(sent))
    for name in ("pairs", "probabilities", "similarities", "costs"):
        np.testing.assert_array_equal(getattr(received, name), getattr(sent, name))
    for name in ("similarity", "distance", "rival", "verdict", "in_seconds", "offset", "pace"):
        assert getattr(received, name) == getattr(sent, name)
    for one, other in ((sent.a, received.a), (sent.b, received.b)):
        assert torch.equal(one.embeddings.std, other.embeddings.std)
        assert other.model == "abc"
        for part in fields(Timeline):
            np.testing.assert_array_equal(
                getattr(one.timeline, part.name), getattr(other.timeline, part.name)
            )


READERS = (
    poses_from_parquet,
    poses_from_npz,
    gaussian_from_npz,
    gaussian_from_parquet,
    hits_from_parquet,
    alignment_from_npz,
)


@pytest.mark.parametrize("read", READERS)
@given(data=st.data())
@settings(max_examples=60)
def test_damaged_bytes_are_refused(read: Any, data: st.DataObject) -> None:
    whole = Poses(np.random.default_rng(0).normal(size=(4, 13, 2)), None, "coco13")
    content = bytearray(data.draw(st.sampled_from([poses_to_parquet(whole), poses_to_npz(whole)])))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    content = content[: data.draw(st.integers(0, len(content)))]
    try:
        read(bytes(content))
    except InputError:
        return


def test_nothing_is_unpickled() -> None:
    stream = io.BytesIO()
    np.savez(stream, keypoints=np.array([{"a": 1}], object))
    with pytest.raises(InputError, match="pickle"):
        read_npz(stream.getvalue())


def test_what_unpacks_to_too_much_is_refused() -> None:
    large = write_npz({"keypoints": np.zeros(10_000)})
    with pytest.raises(InputError, match="MiB"):
        read_npz(large, most_bytes=1_000)
    table = pa.table({"source": ["a" * 10_000] * 5_000})
    packed = write_parquet(table)
    assert len(packed) < 100_000
    with pytest.raises(InputError, match="MiB"):
        read_parquet(packed, most_bytes=2**20)
    with pytest.raises(InputError, match="5,000 rows"):
        read_parquet(packed, most_rows=10)


def test_an_array_that_is_longer_in_its_header_is_refused() -> None:
    stream = io.BytesIO()
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }\n"
    with zipfile.ZipFile(stream, "w") as archive:
        head = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
        archive.writestr("keypoints.npy", head + bytes(64))
    with pytest.raises(InputError, match="as long as it says"):
        read_npz(stream.getvalue())
