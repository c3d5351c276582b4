"""Adding, searching and removing poses."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import prvipe.index.candidates as candidates_module
import prvipe.index.ranking as ranking_module
import prvipe.index.segment as segment_module
from prvipe.errors import InputError
from prvipe.index import PoseIndex
from prvipe.model.embedder import Embedder
from prvipe.model.gaussian import Gaussian
from prvipe.poses import Poses
from prvipe.retrieval import by_match_probability, top_k

MakePoses = Callable[..., Poses]


def rounded(z: Gaussian) -> Gaussian:
    """Standard deviations as an index keeps them."""
    return Gaussian(z.mean, z.std.half().float())


def best_rows(
    embedder: Embedder, query: Poses, library: Poses, rows: np.ndarray, k: int
) -> list[list[int]]:
    """The full closed-form ranking of some rows."""
    gallery = rounded(embedder.embed(library))[torch.from_numpy(rows)]
    found = top_k(embedder.embed(query), gallery, k, by_match_probability(embedder.matching))
    return rows[found.indices].tolist()


def test_hits_are_those_of_the_full_closed_form_ranking(
    index: PoseIndex, embedder: Embedder, make_poses: MakePoses
) -> None:
    query, library = make_poses(5, 1), make_poses(200)
    found = index.search(query, 7)
    expected = best_rows(embedder, query, library, np.arange(200), 7)
    assert [[hit.row for hit in result] for result in found] == expected
    gallery = rounded(embedder.embed(library))
    for number, result in enumerate(found):
        for hit in result:
            p = embedder.match_probability(embedder.embed(query[number]), gallery[[hit.row]]).item()
            assert hit.probability == pytest.approx(p, abs=2e-5)
            assert hit.fields == {k: library.table[k][hit.row].as_py() for k in hit.fields}
            assert hit.source == library.table["source"][hit.row].as_py()
            assert (hit.frame, hit.time, hit.person) == (hit.row % 10, hit.row % 10, 0)
            pose = library.keypoints[hit.row]
            np.testing.assert_array_equal(np.isnan(hit.keypoints), np.isnan(pose))
            size = np.nanmax(pose, axis=0) - np.nanmin(pose, axis=0)
            assert np.nanmax(np.abs(hit.keypoints - pose)) <= size.max() / 500
        np.testing.assert_array_equal(result.query, query.keypoints[number])


def test_embeddings_keypoints_and_poses_are_queries_alike(
    index: PoseIndex, embedder: Embedder, make_poses: MakePoses
) -> None:
    query = make_poses(3, 1, 0.0)
    by_poses = index.search(Poses(query.keypoints, None, "coco13"))
    by_array = index.search(query.keypoints)
    by_embedding = index.search(embedder.embed(query.keypoints))
    rows = [[[hit.row for hit in r] for r in each] for each in (by_poses, by_array, by_embedding)]
    assert rows[0] == rows[1] == rows[2]
    assert by_embedding[0].query is None
    assert by_embedding[0].trust.visible is None
    assert by_poses[0].trust.visible == 13


@pytest.mark.parametrize(
    ("where", "allowed"),
    [
        ("camera!=cam01", lambda row: row // 10 % 2 != 1),
        (["camera=cam01", "frame<3"], lambda row: row // 10 % 2 == 1 and row % 10 < 3),
        ("source in clip 3.mp4,clip 19.mp4", lambda row: row // 10 in (3, 19)),
        ("row>=150", lambda row: row >= 150),
    ],
)
def test_filters_leave_k_hits(
    where: str,
    allowed: Callable[[int], bool],
    index: PoseIndex,
    embedder: Embedder,
    make_poses: MakePoses,
) -> None:
    rows = np.array([row for row in range(200) if allowed(row)])
    query = make_poses(3, 1)
    found = [[hit.row for hit in result] for result in index.search(query, 10, where)]
    assert found == best_rows(embedder, query, make_poses(200), rows, 10)


def test_fewer_hits_than_asked_for_are_no_error(index: PoseIndex, make_poses: MakePoses) -> None:
    (result,) = index.search(make_poses(1, 1), 10, "source=clip 3.mp4")
    assert len(result) == 10
    (result,) = index.search(make_poses(1, 1), 30, ["source=clip 3.mp4", "frame>7"])
    assert sorted(hit.row for hit in result) == [38, 39]
    (result,) = index.search(make_poses(1, 1), 10, "source=elsewhere.mp4")
    assert list(result) == []


def test_distinct_hits_are_apart(index: PoseIndex, make_poses: MakePoses) -> None:
    (result,) = index.search(make_poses(1, 1), 20, distinct="100s")
    assert len({hit.source for hit in result}) == 20
    (frames,) = index.search(make_poses(1, 1), 40, distinct="5f")
    for hit in frames:
        near = [h for h in frames if h.source == hit.source and abs(h.frame - hit.frame) < 5]
        assert near == [hit]
    assert frames[0].row == index.search(make_poses(1, 1), 1)[0][0].row


def test_distinct_looks_deeper_where_that_is_needed(
    index: PoseIndex, make_poses: MakePoses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking_module, "DEPTH", 20)
    (result,) = index.search(make_poses(1, 1), 5, distinct="100s")
    (whole,) = index.search(make_poses(1, 1), 200)
    best = {hit.source: hit.row for hit in reversed(list(whole))}
    assert [hit.row for hit in result] == [
        hit.row for hit in whole if best[hit.source or ""] == hit.row
    ][:5]


def test_a_row_finds_others_and_with_distinct_other_moments(index: PoseIndex) -> None:
    result = index.search_row(37, 199)
    assert sorted(hit.row for hit in result) == [row for row in range(200) if row != 37]
    apart = index.search_row(37, 50, distinct="100s")
    assert len(apart) == 19
    assert "clip 3.mp4" not in {hit.source for hit in apart}
    assert all(hit.row % 2 == 0 for hit in index.search_row(37, 5, ["frame in 0,2,4,6,8"]))
    rows = [37, 3, 199, 37]
    for settings_ in ({}, {"distinct": "3s"}, {"where": "camera=cam00", "exact": True}):
        for row, found in zip(rows, index.search_rows(rows, 7, **settings_), strict=True):
            alone = index.search_row(row, 7, **settings_)
            assert [(hit.row, hit.probability) for hit in found] == [
                (hit.row, hit.probability) for hit in alone
            ]
            assert row not in {hit.row for hit in found}
            assert found.trust == alone.trust
    assert index.search_rows([]) == []
    with pytest.raises(InputError, match="row 200: the index has no such row"):
        index.search_row(200)


def test_removed_rows_are_not_found_and_their_numbers_not_given_again(
    index: PoseIndex, make_poses: MakePoses
) -> None:
    assert index.remove(["camera=cam01", "frame>=5"]) == 50
    assert len(index) == 150
    assert index.remove("row=0") == 1
    (result,) = index.search(make_poses(1, 1), 200)
    left = {row for row in range(1, 200) if not (row // 10 % 2 and row % 10 >= 5)}
    assert {hit.row for hit in result} == left
    assert index.add(make_poses(2, 3)) == range(200, 202)
    with pytest.raises(InputError, match="no such row, or it was removed"):
        index.search_row(15)
    with pytest.raises(InputError, match="say which poses with a condition"):
        index.remove([])
    assert index.sources()["clip 1.mp4"] == 5


def test_ties_are_in_order_of_rows(embedder: Embedder, make_poses: MakePoses) -> None:
    index = PoseIndex.create(embedder)
    pose = make_poses(1)
    for _ in range(7):
        index.add(Poses.concatenate([pose] * 3))
    for k in (1, 5, 21):
        assert [hit.row for hit in index.search(pose, k)[0]] == list(range(k))


@pytest.fixture
def listed(
    monkeypatch: pytest.MonkeyPatch, embedder: Embedder, make_poses: MakePoses, tmp_path: Path
) -> PoseIndex:
    """An index of 1,000 poses in inverted lists, of which few are read."""
    monkeypatch.setattr(segment_module, "APPROXIMATE_FROM", 500)
    monkeypatch.setattr("prvipe.index.saving.APPROXIMATE_FROM", 500)
    monkeypatch.setattr(candidates_module, "VECTORS_READ", 100)
    monkeypatch.setattr(candidates_module, "_FEW", 20)
    monkeypatch.setattr(ranking_module, "DEPTH", 60)
    index = PoseIndex.create(embedder)
    index.add(make_poses(1000))
    index.save(tmp_path / "lists.pvi")
    return index


def test_lists_find_most_and_exact_search_all(
    listed: PoseIndex, embedder: Embedder, make_poses: MakePoses, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = make_poses(40, 1)
    expected = best_rows(embedder, query, make_poses(1000), np.arange(1000), 5)
    found = [[hit.row for hit in each] for each in listed.search(query, 5)]
    shares = [len(set(a) & set(b)) / 5 for a, b in zip(found, expected, strict=True)]
    assert 0.5 < np.mean(shares) < 1
    exact = [[hit.row for hit in each] for each in listed.search(query, 5, exact=True)]
    assert exact == expected


@pytest.mark.parametrize("where", ["camera!=cam01", "frame=3", "source=clip 77.mp4"])
def test_filters_leave_k_hits_in_lists(
    where: str, listed: PoseIndex, make_poses: MakePoses
) -> None:
    for result in listed.search(make_poses(10, 1), 10, where):
        assert len(result) == 10
        assert len({hit.row for hit in result}) == 10
        for hit in result:
            assert where != "camera!=cam01" or hit.fields["camera"] == "cam00"
            assert where != "frame=3" or hit.frame == 3


@pytest.mark.parametrize("where", [None, "camera!=cam01"])
@pytest.mark.parametrize("exact", [False, True])
def test_a_query_finds_the_same_alone_and_among_others(
    exact: bool,
    where: str | None,
    listed: PoseIndex,
    embedder: Embedder,
    make_poses: MakePoses,
) -> None:
    still = Poses.concatenate([make_poses(1, 7, 0.0)] * 100)  # equally near, as in a still video
    listed.add(still)
    queries = Poses.concatenate([make_poses(70, 1, 0.0), still[:1]])
    embeddings = embedder.embed(queries)
    together = listed.search(embeddings, 10, where, exact=exact)
    for number, result in enumerate(together):
        (alone,) = listed.search(embeddings[number], 10, where, exact=exact)
        assert [(hit.row, hit.probability) for hit in alone] == [
            (hit.row, hit.probability) for hit in result
        ]
    assert [hit.row for hit in together[-1]] == list(range(1000, 1010))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(counts=st.lists(st.integers(0, 30), min_size=1, max_size=8), data=st.data())
def test_any_order_of_changes_gives_what_is_left(
    counts: list[int],
    data: st.DataObject,
    embedder: Embedder,
    make_poses: MakePoses,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Adding, removing, saving and loading, at random, against a plain list of rows."""
    folder = tmp_path_factory.mktemp("index") / "lib.pvi"
    index, living = PoseIndex.create(embedder), set[int]()
    for seed, count in enumerate(counts):
        living.update(index.add(make_poses(count, seed) if count else make_poses(1)[:0]))
        if index.columns and data.draw(st.booleans()):
            bound = data.draw(st.integers(0, 240))
            index.remove([f"row>={bound}", f"row<{bound + 25}"])
            living -= set(range(bound, bound + 25))
        if data.draw(st.booleans()):
            index.save(folder)
        if folder.exists() and data.draw(st.booleans()):
            index.save()
            index = PoseIndex.load(folder, embedder)
    assert len(index) == len(living)
    (result,) = index.search(make_poses(1, 99), 500)
    assert {hit.row for hit in result} == living


def test_other_inputs_are_refused_and_nothing_is_added(
    index: PoseIndex, make_poses: MakePoses, make_embedder: Callable[..., Embedder]
) -> None:
    pose = make_poses(1)
    few = Poses(pose.keypoints, np.eye(13)[[0]], "coco13")
    with pytest.raises(InputError, match="row 0"):
        index.add(few)
    with pytest.raises(InputError, match="column named row"):
        index.add(pose.with_fields(row=[1]))
    with pytest.raises(InputError, match="column camera"):
        index.add(pose.with_fields(camera=[[1, 2]]))
    with pytest.raises(InputError, match="2 embeddings for 1 poses"):
        index.add(pose, Gaussian(torch.zeros(2, 16), torch.ones(2, 16)))
    with pytest.raises(InputError, match="8 dimensions, but those of the index's model"):
        index.search(make_embedder(dimension=8).embed(pose))
    with pytest.raises(InputError, match="embedding of row 0 is NaN"):
        index.search(Gaussian(torch.full((1, 16), np.nan), torch.ones(1, 16)))
    with pytest.raises(InputError, match="k = 0"):
        index.search(pose, 0)
    with pytest.raises(InputError, match="no column 'cam'; there are row, source"):
        index.search(pose, where="cam=1")
    with pytest.raises(InputError, match="the index is not saved"):
        index.check()
    assert len(index) == 200
    bare = PoseIndex.create(index.model.embedder)
    bare.add(Poses(pose.keypoints, pose.scores, "coco13"))
    with pytest.raises(InputError, match="the index knows no time of its poses; perhaps 30f"):
        bare.search(pose, distinct="2s")


def test_a_model_without_matching_probability_has_no_index(
    make_embedder: Callable[..., Embedder],
) -> None:
    with pytest.raises(InputError, match="no matching probability"):
        PoseIndex.create(make_embedder(head="l2"))


def test_an_empty_index_finds_nothing(embedder: Embedder, make_poses: MakePoses) -> None:
    (result,) = PoseIndex.create(embedder).search(make_poses(1))
    assert len(result) == 0


def test_poses_of_other_skeletons_are_mapped(embedder: Embedder) -> None:
    keypoints = np.random.default_rng(0).normal(size=(4, 17, 2)).astype(np.float32)
    poses = Poses(keypoints, None, "coco17")
    index = PoseIndex.create(embedder)
    index.add(poses)
    assert [result[0].row for result in index.search(poses, 1)] == [0, 1, 2, 3]


def test_embeddings_of_another_model_are_refused(
    index: PoseIndex, make_embedder: Callable[..., Embedder], make_poses: MakePoses
) -> None:
    poses, other = make_poses(3), make_embedder(1)
    for use in (index.search, lambda z: index.add(poses, z)):
        with pytest.raises(InputError, match="these embeddings are of another model") as error:
            use(other.embed(poses))
        assert index.model.fingerprint in str(error.value)
    assert len(index) == 200
    assert index.embeddings([0]).fingerprint == index.model.fingerprint
    index.search(index.embeddings([0]))
    index.search(rounded(other.embed(poses)))  # of which nothing is known
