"""Candidates of several segments in inverted lists, chosen from together."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

import prvipe.index.candidates as candidates_module
import prvipe.index.segment as segment_module
from prvipe.geometry.arrays import BoolArray, Float32Array
from prvipe.index.candidates import Candidates, find_candidates, vectors_read
from prvipe.index.segment import Segment, as_queries, merge
from prvipe.index.shortlist import Shortlist
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


def places_of(candidates: Candidates) -> set[tuple[int, int]]:
    """Segment and position of each."""
    return set(zip(candidates.segments.tolist(), candidates.positions.tolist(), strict=True))


def assert_equal(these: Candidates, those: Candidates) -> None:
    for name in ("segments", "positions", "distances"):
        np.testing.assert_array_equal(getattr(these, name), getattr(those, name))


@pytest.mark.parametrize("share", [1, 0.5, 0.02])
def test_the_nearest_of_all_segments_are_found_in_few_of_their_vectors(
    share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    segments = make_segments()
    masks = masks_of(segments, share)
    queries = as_queries(np.random.default_rng(5).normal(size=(20, 4)).astype(np.float32))
    read: list[int] = []
    look_at = Shortlist.look_at

    def counted(shortlist: Shortlist, vectors: Float32Array, *which: Any) -> None:
        if which:  # not the centres, all of which are looked at
            starts, stops = which[0]
            read.append(int((stops - starts).sum()))
        look_at(shortlist, vectors, *which)

    monkeypatch.setattr(Shortlist, "look_at", counted)
    found = find_candidates(segments, queries, DEPTH, masks, exact=False)
    shares = []
    for query, candidates in zip(queries, found, strict=True):
        there = places_of(candidates)
        expected = nearest(segments, query, masks)
        shares.append(np.mean([each in there for each in expected[: max(1, min(10, len(there)))]]))
    assert np.mean(shares) > 0.9
    if share == 1:
        assert 200 * 20 <= sum(read) < 260 * 20  # together, not of each segment
    if share == 0.02:
        assert np.mean(shares) == 1  # so few are all compared


def test_exact_search_looks_at_every_pose() -> None:
    segments = make_segments()
    masks = masks_of(segments, 0.7)
    queries = as_queries(np.random.default_rng(6).normal(size=(5, 4)).astype(np.float32))
    found = find_candidates(segments, queries, DEPTH, masks, exact=True)
    for query, candidates in zip(queries, found, strict=True):
        assert places_of(candidates) == set(nearest(segments, query, masks))


@pytest.mark.parametrize("share", [1, 0.5])
def test_who_reads_all_lists_finds_what_exact_search_finds(
    share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates_module, "VECTORS_READ", sum(SIZES))
    segments = make_segments()
    masks = masks_of(segments, share)
    queries = as_queries(np.random.default_rng(8).normal(size=(12, 4)).astype(np.float32))
    by_lists = find_candidates(segments, queries, DEPTH, masks, exact=False)
    by_all = find_candidates(segments, queries, DEPTH, masks, exact=True)
    for query, these, those in zip(queries, by_lists, by_all, strict=True):
        assert places_of(these) == places_of(those) == set(nearest(segments, query, masks))
        assert (np.diff(these.segments) >= 0).all()


def test_a_query_reads_the_same_alone_and_among_others() -> None:
    segments = make_segments()
    masks: list[BoolArray | None] = [None] * 4
    queries = as_queries(np.random.default_rng(7).normal(size=(9, 4)).astype(np.float32))
    together = find_candidates(segments, queries, DEPTH, masks, exact=False)
    for number in range(9):
        alone = find_candidates(segments, queries[number : number + 1], DEPTH, masks, exact=False)
        assert_equal(together[number], alone[0])


def test_more_vectors_are_read_of_larger_indexes_and_never_fewer() -> None:
    counts = [vectors_read(poses) for poses in (1, 10**5, 10**6, 2 * 10**6, 10**7, 10**9)]
    assert counts[:3] == [200, 200, 200]
    assert counts == sorted(counts)
    assert counts[4] > 2 * counts[2]
