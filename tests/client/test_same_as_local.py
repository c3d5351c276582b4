"""The same program gives the same results beside the library and at its server."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from served_library import moving_people, with_fields

import prvipe
from prvipe import Gaussian, Poses
from prvipe.errors import InputError
from prvipe.index import Hit, SearchResult
from prvipe.skeleton import Skeleton

SHARED = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
Place = Any  # of conftest.py
QUERY = with_fields(moving_people(6, seed=1))


def require_same_hits(found: Any, expected: Any, within: float = 0.0) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert isinstance(one, Hit)
        assert one.row == other.row
        assert abs(one.probability - other.probability) <= within
        assert one.fields == other.fields
        assert list(map(type, one.fields.values())) == list(map(type, other.fields.values()))
        named = ("source", "frame", "time", "person", "visible", "joints")
        assert [getattr(one, n) for n in named] == [getattr(other, n) for n in named]
        np.testing.assert_array_equal(one.keypoints, other.keypoints)
        assert one.keypoints.dtype == other.keypoints.dtype


def require_same_result(found: SearchResult, expected: SearchResult) -> None:
    assert isinstance(found, SearchResult)
    require_same_hits(found.hits, expected.hits)
    assert (found.trust, found.trusted) == (expected.trust, expected.trusted)
    assert (found.query is None) == (expected.query is None)
    if found.query is not None:
        np.testing.assert_array_equal(found.query, expected.query)


CONDITIONS = [
    None,
    "camera!=cam0",
    ["time>=0.3", "camera=null"],
    "source in clip 1.mp4,clip 2.mp4",
    "day>2024-03-01",
    "shown=true",
    "frame<0",
]


@given(
    k=st.integers(1, 30),
    where=st.sampled_from(CONDITIONS),
    distinct=st.sampled_from([None, "0.3s", 0.2, "3f", 1]),
    exact=st.booleans(),
    kind=st.sampled_from(["poses", "keypoints", "embeddings"]),
)
@SHARED
def test_searches_find_the_same(
    local: Place, remote: Place, kind: str, k: int, **options: Any
) -> None:
    query: Any = {
        "poses": QUERY,
        "keypoints": np.nan_to_num(QUERY.keypoints, nan=3.5),
        "embeddings": local.model.embed(QUERY),
    }[kind]
    expected = local.index.search(query, k, **options)
    found = remote.index.search(query, k, **options)
    assert len(found) == len(expected) == len(QUERY)
    for one, other in zip(found, expected, strict=True):
        require_same_result(one, other)


@given(row=st.integers(0, 139), where=st.sampled_from(CONDITIONS))
@SHARED
def test_rows_find_the_same(local: Place, remote: Place, row: int, where: Any) -> None:
    for distinct in (None, "0.3s"):
        require_same_result(
            remote.index.search_row(row, 7, where, distinct=distinct),
            local.index.search_row(row, 7, where, distinct=distinct),
        )


def test_several_rows_find_the_same(
    local: Place, remote: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = np.array([130, 2, 2, 71, 9])
    expected = local.index.search_rows(rows, 4, "camera!=cam0", distinct="0.3s", exact=True)
    monkeypatch.setattr("prvipe.client.client.HITS_AT_ONCE", 8)
    found = remote.index.search_rows(rows, 4, "camera!=cam0", distinct="0.3s", exact=True)
    assert len(found) == len(rows)
    for one, other in zip(found, expected, strict=True):
        require_same_result(one, other)
    assert remote.index.search_rows([]) == local.index.search_rows([]) == []


def test_many_queries_are_sent_in_parts(
    local: Place, remote: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prvipe.client.client.HITS_AT_ONCE", 8)
    monkeypatch.setattr("prvipe.client.model.POSES_AT_ONCE", 4)
    # The last bits of an embedding depend on how many are computed together.
    for one, other in zip(remote.index.search(QUERY, 3), local.index.search(QUERY, 3), strict=True):
        require_same_hits(one.hits, other.hits, within=1e-6)
    remote_mean, local_mean = (place.model.embed(QUERY).mean for place in (remote, local))
    torch.testing.assert_close(remote_mean, local_mean, rtol=0, atol=1e-6)
    broken = QUERY.keypoints.copy()
    broken[5] = np.nan
    with pytest.raises(InputError, match=r"poses 4 to 5, counted from 4: .*row 1"):
        remote.model.embed(broken)


def test_the_library_looks_the_same(local: Place, remote: Place) -> None:
    assert len(remote.index) == len(local.index)
    assert remote.index.columns == local.index.columns
    assert remote.index.has_3d == local.index.has_3d
    assert remote.index.sources() == local.index.sources()
    assert remote.index.recordings() == local.index.recordings()
    identifier = local.index.recordings()[3].id
    assert remote.index.recording(identifier).tolist() == (
        local.index.recording(identifier).tolist()
    )
    assert remote.index.facets() == local.index.facets()
    require_same_hits([remote.index.pose(17)], [local.index.pose(17)])
    rows = [*range(139, 3, -1), 4, 4]
    require_same_hits(remote.index.poses(rows * 5), local.index.poses(rows * 5))
    np.testing.assert_array_equal(remote.index.keypoints(rows), local.index.keypoints(rows))
    assert remote.index.poses([]) == local.index.poses([])
    assert remote.index.keypoints([]).shape == local.index.keypoints([]).shape
    for where in ("camera=cam7", ["source=x.mp4", "frame=99"], None, "camera=cam1"):
        assert remote.index.describe_absent(where) == local.index.describe_absent(where)


def test_embeddings_and_probabilities_are_the_same(local: Place, remote: Place) -> None:
    found, expected = remote.model.embed(QUERY), local.model.embed(QUERY)
    assert isinstance(found, Gaussian)
    torch.testing.assert_close(found.mean, expected.mean, rtol=0, atol=1e-6)
    torch.testing.assert_close(found.std, expected.std, rtol=0, atol=1e-6)
    assert found.fingerprint == expected.fingerprint is not None
    assert torch.equal(
        remote.model.similarity(expected[:2], expected),
        local.model.similarity(expected[:2], expected),
    )
    assert torch.equal(
        remote.model.match_probability(expected, expected[::1]),
        local.model.match_probability(expected, expected),
    )
    assert remote.model.embed(QUERY[:0]).mean.shape == local.model.embed(QUERY[:0]).mean.shape


def test_poses_of_any_skeleton_are_embedded(local: Place, remote: Place) -> None:
    rng = np.random.default_rng(0)
    own = Skeleton("mine", (*QUERY.skeleton.joints[::-1], "tail"), (), ())
    for skeleton in (own, "coco17", "h36m17"):
        joints = 14 if skeleton is own else 17
        poses = Poses(rng.normal(size=(3, joints, 2)), None, skeleton)
        assert torch.equal(remote.model.embed(poses).mean, local.model.embed(poses).mean)
        keypoints = poses.keypoints
        found = remote.model.embed(keypoints, skeleton)
        assert torch.equal(found.mean, local.model.embed(keypoints, skeleton).mean)
        np.testing.assert_array_equal(remote.model.embeddable(poses), local.model.embeddable(poses))


def test_comparisons_are_the_same(local: Place, remote: Place) -> None:
    for a, b in ((0, 1), (2, 2), (3, 5)):
        found = remote.index.compare(QUERY[a], QUERY[b])
        expected = prvipe.compare(QUERY[a], QUERY[b], local.model)
        assert found == expected
        assert found.sentences == expected.sentences


@pytest.mark.parametrize("timed", [True, False])
@pytest.mark.parametrize("open_ends", [True, False])
def test_alignments_are_the_same(local: Place, remote: Place, timed: bool, open_ends: bool) -> None:
    a, b = moving_people(40, seed=5), moving_people(50, seed=5)
    b = b[[row for row in range(50) if row not in (9, 10)]]
    frames = [row for row in range(50) if row not in (9, 10)]
    b = b.with_fields(frame=frames, **({"time": np.array(frames) / 25} if timed else {}))
    found = remote.index.align(a, b, open_ends=open_ends)
    expected = prvipe.align(a, b, local.model, open_ends=open_ends)
    for name in ("pairs", "probabilities", "similarities", "costs", "times_a", "times_b"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    for name in ("similarity", "distance", "rival", "verdict", "in_seconds", "part_distance"):
        assert getattr(found, name) == getattr(expected, name)
    assert found.a.model == expected.a.model
    assert torch.equal(found.b.embeddings.mean, expected.b.embeddings.mean)
    np.testing.assert_array_equal(found.b.timeline.rows, expected.b.timeline.rows)


def broken(joints: slice, value: float = np.nan) -> Poses:
    keypoints = QUERY.keypoints.copy()
    keypoints[2, joints] = value
    return Poses(keypoints, None, "coco13", QUERY.table)


CALLS: list[Callable[[Place], Any]] = [
    lambda place: place.index.search(QUERY, 0),
    lambda place: place.index.search(QUERY, where="cam=1"),
    lambda place: place.index.search(QUERY, where="camera"),
    lambda place: place.index.search(QUERY, where="frame=first"),
    lambda place: place.index.search(QUERY, where="box=1"),
    lambda place: place.index.search(QUERY, distinct="soon"),
    lambda place: place.index.search(broken(slice(None))),
    lambda place: place.index.search(broken(slice(2, None))),
    lambda place: place.index.search(broken(slice(None), 1.0)),
    lambda place: place.index.search(np.zeros((2, 12, 2))),
    lambda place: place.index.search(np.zeros((2, 13, 3))),
    lambda place: place.index.search("photo.jpg"),
    lambda place: place.index.search(Gaussian(torch.zeros(2, 3), torch.zeros(2, 3))),
    lambda place: place.index.search(Gaussian(torch.full((1, 16), torch.nan), torch.ones(1, 16))),
    lambda place: place.index.search(Gaussian(torch.zeros(1, 16), torch.ones(1, 16), "beef")),
    lambda place: place.index.search_row(140),
    lambda place: place.index.search_row(-1),
    lambda place: place.index.search_rows([3, 140]),
    lambda place: place.index.search_row(3.5),
    lambda place: place.index.pose(999),
    lambda place: place.index.poses([3, 141, 5]),
    lambda place: place.index.poses(["a"]),
    lambda place: place.index.recording("nothing"),
    lambda place: place.index.describe_absent("cam=1"),
    lambda place: place.model.embed(broken(slice(None))),
    lambda place: place.model.embed(np.zeros((1, 13, 3))),
    lambda place: place.model.similarity(np.zeros((1, 16)), None),
    lambda place: place.model.match_probability(
        *(Gaussian(torch.zeros(n, 16), torch.zeros(n, 16)) for n in (1, 2))
    ),
]


@pytest.mark.parametrize("call", CALLS, ids=range(len(CALLS)))
def test_mistakes_are_called_the_same(
    local: Place, remote: Place, call: Callable[[Place], Any]
) -> None:
    messages = []
    for place in (local, remote):
        with pytest.raises(InputError) as caught:
            call(place)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


@pytest.mark.parametrize(
    ("verb", "poses"),
    [
        ("compare", (QUERY, QUERY[:1])),
        ("compare", (QUERY[:1], "photo.jpg")),
        ("compare", (QUERY[:1], broken(slice(2, None))[2])),
        ("align", (QUERY[:1], QUERY)),
        ("align", (QUERY, "clip.mp4")),
        ("align", (QUERY, QUERY[:0])),
        ("align", (QUERY.with_fields(frame=[1] * 6), QUERY)),
    ],
)
def test_mistakes_in_pairs_are_called_the_same(
    local: Place, remote: Place, verb: str, poses: tuple[Any, Any]
) -> None:
    with pytest.raises(InputError) as here:
        getattr(prvipe, verb)(*poses, local.model)
    with pytest.raises(InputError) as there:
        getattr(remote.index, verb)(*poses)
    assert str(here.value) == str(there.value)


def test_a_file_is_read_by_the_server(remote: Place, tmp_path: Path) -> None:
    sent = moving_people(5).with_fields(frame=range(5))
    sent.save(tmp_path / "clip.parquet")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        received = remote.index.read(tmp_path / "clip.parquet")
    np.testing.assert_array_equal(received.keypoints, sent.keypoints)
    np.testing.assert_array_equal(received.scores, sent.scores)
    assert received.table["frame"].to_pylist() == [*range(5)]
    (tmp_path / "notes.txt").write_text("no poses")
    with pytest.raises(InputError, match=r"notes\.txt"):
        remote.index.read(tmp_path / "notes.txt")


def test_a_frame_that_is_not_there_is_an_input_error(remote: Place) -> None:
    with pytest.raises(InputError, match="row 3: its frame"):
        remote.index.thumbnail(3)
