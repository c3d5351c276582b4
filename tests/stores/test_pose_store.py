"""What every store does: the same cases for a folder and for Milvus."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

import prvipe.index.ranking as ranking_module
import prvipe.stores.milvus.searching as searching_module
from prvipe.errors import InputError
from prvipe.model.embedder import Embedder
from prvipe.model.gaussian import Gaussian
from prvipe.poses import Poses
from prvipe.retrieval import by_match_probability, top_k
from prvipe.stores import PoseStore

MakePoses = Callable[..., Poses]


def rounded(z: Gaussian) -> Gaussian:
    """Standard deviations as a store keeps them."""
    return Gaussian(z.mean, z.std.half().float())


def best_rows(
    embedder: Embedder, query: Poses, library: Poses, rows: np.ndarray, k: int
) -> list[list[int]]:
    """The full closed-form ranking of some rows."""
    gallery = rounded(embedder.embed(library))[torch.from_numpy(rows)]
    found = top_k(embedder.embed(query), gallery, k, by_match_probability(embedder.matching))
    return rows[found.indices].tolist()


@pytest.mark.parametrize("exact", [False, True])
def test_hits_are_those_of_the_full_closed_form_ranking(
    exact: bool, store: PoseStore, embedder: Embedder, make_poses: MakePoses
) -> None:
    query, library = make_poses(5, 1), make_poses(200)
    found = store.search(query, 7, exact=exact)
    expected = best_rows(embedder, query, library, np.arange(200), 7)
    assert [[hit.row for hit in result] for result in found] == expected
    gallery = rounded(embedder.embed(library))
    for number, result in enumerate(found):
        np.testing.assert_array_equal(result.query, query.keypoints[number])
        for hit in result:
            p = embedder.match_probability(embedder.embed(query[number]), gallery[[hit.row]]).item()
            assert hit.probability == pytest.approx(p, abs=2e-5)
            assert hit.fields == {k: library.table[k][hit.row].as_py() for k in hit.fields}
            assert hit.source == library.table["source"][hit.row].as_py()
            pose = library.keypoints[hit.row]
            np.testing.assert_array_equal(np.isnan(hit.keypoints), np.isnan(pose))
            size = np.nanmax(pose, axis=0) - np.nanmin(pose, axis=0)
            assert np.nanmax(np.abs(hit.keypoints - pose)) <= size.max() / 500


@pytest.mark.parametrize(
    ("where", "allowed"),
    [
        ("camera!=cam01", lambda row: row // 10 % 2 != 1),
        (["camera=cam01", "frame<3"], lambda row: row // 10 % 2 == 1 and row % 10 < 3),
        ("source in clip 3.mp4,clip 19.mp4", lambda row: row // 10 in (3, 19)),
        ("row>=150", lambda row: row >= 150),
        ("camera<cam01", lambda row: row // 10 % 2 == 0),
        ("time<=0.5", lambda row: row % 10 == 0),
    ],
)
def test_filters_leave_k_hits(
    where: str,
    allowed: Callable[[int], bool],
    store: PoseStore,
    embedder: Embedder,
    make_poses: MakePoses,
) -> None:
    rows = np.array([row for row in range(200) if allowed(row)])
    query = make_poses(3, 1)
    found = [[hit.row for hit in result] for result in store.search(query, 10, where)]
    assert found == best_rows(embedder, query, make_poses(200), rows, 10)


def test_fewer_hits_than_asked_for_are_no_error(store: PoseStore, make_poses: MakePoses) -> None:
    (result,) = store.search(make_poses(1, 1), 30, ["source=clip 3.mp4", "frame>7"])
    assert sorted(hit.row for hit in result) == [38, 39]
    (result,) = store.search(make_poses(1, 1), 10, "source=elsewhere.mp4")
    assert list(result) == []
    assert not result.trusted


def test_distinct_hits_are_apart_and_looked_for_deeper(
    store: PoseStore, make_poses: MakePoses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking_module, "DEPTH", 20)
    monkeypatch.setattr(searching_module, "DEPTH", 20)
    (result,) = store.search(make_poses(1, 1), 5, distinct="100s")
    (whole,) = store.search(make_poses(1, 1), 200)
    assert len(whole) == 200
    best = {hit.source: hit.row for hit in reversed(list(whole))}
    first = [hit.row for hit in whole if best[hit.source] == hit.row]
    assert [hit.row for hit in result] == first[:5]
    (frames,) = store.search(make_poses(1, 1), 40, distinct="5f")
    for hit in frames:
        near = [h for h in frames if h.source == hit.source and abs(h.frame - hit.frame) < 5]
        assert near == [hit]


def test_a_row_finds_others_and_with_distinct_other_moments(store: PoseStore) -> None:
    assert sorted(hit.row for hit in store.search_row(37, 199)) == [
        row for row in range(200) if row != 37
    ]
    apart = store.search_row(37, 50, distinct="100s")
    assert len(apart) == 19
    assert "clip 3.mp4" not in {hit.source for hit in apart}
    rows = [37, 3, 199, 37]
    for options in ({}, {"distinct": "3s"}, {"where": "camera=cam00", "exact": True}):
        for row, found in zip(rows, store.search_rows(rows, 7, **options), strict=True):
            alone = store.search_row(row, 7, **options)
            assert [(hit.row, hit.probability) for hit in found] == [
                (hit.row, hit.probability) for hit in alone
            ]
            assert row not in {hit.row for hit in found}
            assert found.trust == alone.trust
    assert store.search_rows([]) == []


def test_poses_are_had_by_their_numbers_in_any_order(
    store: PoseStore, embedder: Embedder, make_poses: MakePoses
) -> None:
    library, rows = make_poses(200), [199, 0, 5, 5]
    hits = store.poses(rows)
    assert [(hit.row, hit.probability) for hit in hits] == [(row, 1.0) for row in rows]
    assert [hit.fields["camera"] for hit in hits] == ["cam01", "cam00", "cam00", "cam00"]
    assert store.pose(5).fields == hits[3].fields
    np.testing.assert_array_equal(store.keypoints(rows), [hit.keypoints for hit in hits])
    expected = rounded(embedder.embed(library))
    own = store.embeddings(np.array(rows))
    assert own.mean.equal(expected.mean[rows])
    assert own.std.equal(expected.std[rows])
    assert store.poses([]) == ()


def test_removed_rows_are_not_found_and_their_numbers_not_given_again(
    empty: PoseStore, make_poses: MakePoses
) -> None:
    empty.add(make_poses(40))
    assert empty.remove(["camera=cam01", "frame>=5"]) == 10
    assert empty.remove("row=0") == 1
    assert empty.remove("row=0") == 0
    assert len(empty) == 29
    (result,) = empty.search(make_poses(1, 1), 40)
    left = {row for row in range(1, 40) if not (row // 10 % 2 and row % 10 >= 5)}
    assert {hit.row for hit in result} == left
    assert empty.add(make_poses(2, 3)) == range(40, 42)
    empty.remove("row>=40")
    assert empty.add(make_poses(1, 3)) == range(42, 43)
    with pytest.raises(InputError, match="no such row, or it was removed"):
        empty.search_row(15)
    assert empty.sources()["clip 1.mp4"] == 5


def test_ties_are_in_order_of_rows(
    empty: PoseStore, make_poses: MakePoses, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (ranking_module, searching_module):  # fewer than there are equal poses
        monkeypatch.setattr(module, "DEPTH", 4)
    pose = make_poses(1)
    for _ in range(3):
        empty.add(Poses.concatenate([pose] * 7))
    empty.remove("row in 0,1")
    for k in (1, 5, 19):
        assert [hit.row for hit in empty.search(pose, k)[0]] == list(range(2, k + 2))


def test_sources_are_counted_and_absent_values_described(store: PoseStore) -> None:
    assert store.sources() == {f"clip {number}.mp4": 10 for number in range(20)}
    assert store.describe_absent(["camera=cam01", "frame>7", "source!=null"]) == []
    assert store.describe_absent(["camera in cam01,cam9", "frame=70"]) == [
        "no pose has camera cam9; there are cam00, cam01",
        "no pose has frame 70; there are 0 to 9",
    ]


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda s, p: s.search(p, 0), "k = 0: ask for 1 hit or more"),
        (lambda s, p: s.search(p, where="cam=1"), "no column 'cam'; there are row, source"),
        (lambda s, p: s.search(p, where="frame=x"), "column frame holds int64, and 'x' is none"),
        (lambda s, p: s.search(p, where="time<null"), "null has no order; use = or !="),
        (lambda s, p: s.search(p, distinct="2x"), "distinct 2x: expected seconds"),
        (lambda s, p: s.search_row(200), "row 200: the index has no such row, or it was removed"),
        (lambda s, p: s.poses([-1]), "row -1: the index has no such row, or it was removed"),
        (lambda s, p: s.poses([0.5]), "expected the numbers of poses"),
        (lambda s, p: s.remove([]), "remove: say which poses with a condition"),
        (lambda s, p: s.describe_absent("cam=1"), "no column 'cam'; there are row, source"),
        (lambda s, p: s.add(p.with_fields(row=[1])), "column named row"),
        (lambda s, p: s.add(p.with_fields(camera=[[1, 2]])), "column camera"),
        (lambda s, p: s.add(p.with_fields(frame=["a"])), "column frame"),
        (
            lambda s, p: s.add(p, Gaussian(torch.zeros(2, 16), torch.ones(2, 16))),
            "2 embeddings for 1 poses; give one each",
        ),
        (
            lambda s, p: s.search(Gaussian(torch.zeros(1, 8), torch.ones(1, 8))),
            "8 dimensions, but those of the index's model",
        ),
        (
            lambda s, p: s.search(Gaussian(torch.zeros(1, 16), torch.ones(1, 16), "beef")),
            "these embeddings are of another model",
        ),
        (
            lambda s, p: s.add(p, Gaussian(torch.zeros(1, 16), torch.ones(1, 16), "beef")),
            "these embeddings are of another model",
        ),
        (
            lambda s, p: s.search(Gaussian(torch.full((1, 16), np.nan), torch.ones(1, 16))),
            "embedding of row 0 is NaN",
        ),
    ],
)
def test_what_is_wrong_is_refused_in_the_same_words_and_nothing_is_changed(
    act: Callable[[PoseStore, Poses], object], message: str, store: PoseStore, make_poses: MakePoses
) -> None:
    with pytest.raises(InputError, match=message):
        act(store, make_poses(1))
    assert len(store) == 200
    assert list(store.columns) == ["row", "source", "frame", "time", "person", "camera"]


def test_an_empty_store_finds_nothing(empty: PoseStore, make_poses: MakePoses) -> None:
    (result,) = empty.search(make_poses(1))
    assert len(result) == len(empty) == 0
    assert empty.sources() == {}
    assert empty.add(make_poses(1)[:0]) == range(0)
    assert empty.search(make_poses(1), where="camera=cam00")[0].hits == ()


def test_a_query_finds_the_same_alone_and_among_others(
    store: PoseStore, embedder: Embedder, make_poses: MakePoses
) -> None:
    queries = embedder.embed(make_poses(40, 1))
    for number, result in enumerate(store.search(queries, 5, "camera=cam00")):
        (alone,) = store.search(queries[number], 5, "camera=cam00")
        assert [(hit.row, hit.probability) for hit in alone] == [
            (hit.row, hit.probability) for hit in result
        ]
