"""Candidates of several segments in inverted lists, chosen from together."""

import numpy as np
import pyarrow as pa
import pytest
import torch

import prvipe.index.candidates as candidates_module
import prvipe.index.nearest as nearest_module
import prvipe.index.segment as segment_module
from prvipe.geometry.arrays import BoolArray, Float32Array
from prvipe.index.candidates import find_candidates, vectors_read
from prvipe.index.segment import Segment, as_queries, merge
from prvipe.model.gaussian import Gaussian

DEPTH = 40


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment_module, "APPROXIMATE_FROM", 300)
    monkeypatch.setattr(candidates_module, "VECTORS_READ", 200)
    monkeypatch.setattr(candidates_module, "_FEW", 60)


def make_segment(count: int, seed: int) -> Segment:
    rng = np.random.default_rng(seed)
    mean, std = rng.normal(size=(count, 4)), rng.uniform(0.1, 0.3, (count, 4))
    z = Gaussian(*(torch.from_numpy(each.astype(np.float32)) for each in (mean, std)))
    table = pa.table({"row": np.arange(count)})
    return merge([Segment.of(z, rng.normal(size=(count, 13, 2)).astype(np.float32), table)])


SIZES = (900, 100, 400, 700)


def make_segments() -> list[Segment]:
    segments = [make_segment(count, seed) for seed, count in enumerate(SIZES)]
    assert [segment.lists is not None for segment in segments] == [True, False, True, True]
    return segments


def masks_of(segments: list[Segment], share: float) -> list[BoolArray | None]:
    rng = np.random.default_rng(9)
    return [None if share == 1 else rng.random(len(segment)) < share for segment in segments]


def nearest(
    segments: list[Segment], query: Float32Array, masks: list[BoolArray | None]
) -> list[tuple[int, int]]:
    """Segment and position of the DEPTH nearest of all."""
    distances = [
        np.where(
            np.ones(len(segment), bool) if mask is None else mask,
            np.square(segment.vectors - query).sum(axis=1),
            np.inf,
        )
        for segment, mask in zip(segments, masks, strict=True)
    ]
    numbers = np.repeat(np.arange(len(segments)), SIZES)
    positions = np.concatenate([np.arange(size) for size in SIZES])
    order = np.argsort(np.concatenate(distances), kind="stable")[:DEPTH]
    return list(zip(numbers[order].tolist(), positions[order].tolist(), strict=True))


@pytest.mark.parametrize("share", [1, 0.5, 0.02])
def test_the_nearest_of_all_segments_are_found_in_few_of_their_vectors(
    share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    segments = make_segments()
    masks = masks_of(segments, share)
    queries = as_queries(np.random.default_rng(5).normal(size=(20, 4)).astype(np.float32))
    read: list[int] = []
    find = nearest_module.find_nearest

    def counted(*arguments: object) -> object:
        positions = arguments[2]
        read.append(len(arguments[1] if positions is None else positions))  # type: ignore[arg-type]
        return find(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(candidates_module, "find_nearest", counted)
    found = find_candidates(segments, queries, DEPTH, masks, exact=False)
    shares = []
    for number, query in enumerate(queries):
        there = {
            (segment, int(position))
            for segment, of_queries in enumerate(found)
            for position in of_queries[number].positions
        }
        expected = nearest(segments, query, masks)
        shares.append(np.mean([each in there for each in expected[: max(1, min(10, len(there)))]]))
    assert np.mean(shares) > 0.9
    if share == 1:
        of_lists = sum(read) - SIZES[1]
        assert 200 * 20 <= of_lists < 260 * 20  # together, not of each segment
    if share == 0.02:
        assert np.mean(shares) == 1  # so few are all compared


def test_exact_search_looks_at_every_pose() -> None:
    segments = make_segments()
    masks = masks_of(segments, 0.7)
    queries = as_queries(np.random.default_rng(6).normal(size=(5, 4)).astype(np.float32))
    found = find_candidates(segments, queries, DEPTH, masks, exact=True)
    for number, query in enumerate(queries):
        there = {
            (segment, int(position))
            for segment, of_queries in enumerate(found)
            for position in of_queries[number].positions
        }
        assert set(nearest(segments, query, masks)) <= there


def test_a_query_reads_the_same_alone_and_among_others() -> None:
    segments = make_segments()
    masks: list[BoolArray | None] = [None] * 4
    queries = as_queries(np.random.default_rng(7).normal(size=(9, 4)).astype(np.float32))
    together = find_candidates(segments, queries, DEPTH, masks, exact=False)
    for number in range(9):
        alone = find_candidates(segments, queries[number : number + 1], DEPTH, masks, exact=False)
        for many, (one,) in zip(together, alone, strict=True):
            np.testing.assert_array_equal(many[number].positions, one.positions)
            np.testing.assert_array_equal(many[number].distances, one.distances)


def test_more_vectors_are_read_of_larger_indexes_and_never_fewer() -> None:
    counts = [vectors_read(poses) for poses in (1, 10**5, 10**6, 2 * 10**6, 10**7, 10**9)]
    assert counts[:3] == [200, 200, 200]
    assert counts == sorted(counts)
    assert counts[4] > 2 * counts[2]
