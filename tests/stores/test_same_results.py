"""The same poses in a folder and in Milvus: the same hits in the same order, the same fields."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import prvipe.index.ranking as ranking_module
import prvipe.stores.milvus.searching as searching_module
from prvipe.errors import InputError
from prvipe.index import Hit, SearchResult
from prvipe.poses import Poses
from prvipe.stores import PoseStore

MakePoses = Callable[..., Poses]
MakeStore = Callable[..., PoseStore]
Pair = tuple[PoseStore, PoseStore]


def known(value: Any) -> Any:
    """Milvus keeps NaN as what it means."""
    return None if isinstance(value, float) and np.isnan(value) else value


def require_same_hits(ours: Sequence[Hit], theirs: Sequence[Hit]) -> None:
    assert [hit.row for hit in ours] == [hit.row for hit in theirs]
    for hit, other in zip(ours, theirs, strict=True):
        assert hit.probability == pytest.approx(other.probability, abs=1e-6)
        assert list(hit.fields.items()) == [(k, known(v)) for k, v in other.fields.items()]
        assert (hit.source, hit.frame, hit.time) == (other.source, other.frame, known(other.time))
        np.testing.assert_array_equal(hit.keypoints, other.keypoints)


def require_same(ours: Sequence[SearchResult], theirs: Sequence[SearchResult]) -> None:
    assert len(ours) == len(theirs)
    for result, other in zip(ours, theirs, strict=True):
        require_same_hits(result.hits, other.hits)
        assert result.trust.trusted == other.trust.trusted


@pytest.fixture(scope="module")
def pair(make_store: MakeStore, kind: str, make_poses: MakePoses) -> Pair:
    """Added in pieces, with columns that come late, change their type and hold lists, and gaps."""
    stores = make_store("folder"), make_store(kind)
    odd = ["it's", 'a "quote"', "back\\slash", "tab\there", "ü %41", None, "", "123"]
    pieces = [
        make_poses(60, score=np.arange(60) % 7, tag=(odd * 8)[:60], nothing=[None] * 60),
        make_poses(50, 1, score=np.arange(50) / 4, good=np.arange(50) % 3 == 0),
        make_poses(40, 2, **{"odd name": [[float(i), None] for i in range(40)]}),
        make_poses(30, 3, tag=[f"late {i % 4}" for i in range(30)], late=np.arange(30) - 15),
        make_poses(20, 4, nothing=["something"] * 20, time=[np.nan, np.inf] * 10),
    ]
    for piece in pieces:
        assert stores[0].add(piece) == stores[1].add(piece)
    for store in stores:
        assert store.remove(["row>=20", "row<25"]) == 5
    return stores


def test_columns_and_all_fields_are_the_same(pair: Pair) -> None:
    folder, milvus = pair
    assert milvus.columns == folder.columns
    assert folder.columns["score"] == "double"
    assert folder.columns["nothing"] == "string"
    rows = [row for row in range(200) if not 20 <= row < 25]
    require_same_hits(milvus.poses(rows), folder.poses(rows))
    assert milvus.embeddings(rows).mean.equal(folder.embeddings(rows).mean)
    assert milvus.embeddings(rows).std.equal(folder.embeddings(rows).std)
    assert milvus.sources() == folder.sources()


CONDITIONS = [
    None,
    "camera!=cam01",
    "score=2",
    "score in 0.25,3",
    "score<=1.5",
    "score!=null",
    "score=null",
    "tag=it's",
    'tag!=a "quote"',
    "tag=back\\slash",
    "tag in tab\there,ü %41,late 2",
    "tag=",
    "tag<late 1",
    "tag=123",
    "nothing=something",
    "nothing!=something",
    "good=true",
    "good!=true",
    "good in false,null",
    "late>=3",
    "late!=3.5",
    "odd name=null",
    "time>3",
    "time=inf",
    "time=null",
    "frame<2.5",
    "row in 3,100,199,9999",
    ["camera=cam00", "score<1", "frame!=3"],
]


@pytest.mark.parametrize("where", CONDITIONS, ids=str)
def test_every_kind_of_condition(where: Any, pair: Pair, make_poses: MakePoses) -> None:
    folder, milvus = pair
    query = make_poses(2, 9)
    require_same(milvus.search(query, 12, where), folder.search(query, 12, where))
    assert milvus.describe_absent(where) == folder.describe_absent(where)


@pytest.mark.parametrize("where", ["odd name=1", "odd name!=x", "good<true", "frame in a,2"])
def test_what_cannot_be_compared_is_refused_in_the_same_words(where: str, pair: Pair) -> None:
    query = np.zeros((1, 13, 2), np.float32) + np.arange(13)[:, None]
    messages = []
    for store in pair:
        with pytest.raises(InputError) as refused:
            store.search(query, where=where)
        messages.append(str(refused.value))
    assert messages[0] == messages[1]


@pytest.mark.parametrize(
    "options",
    [
        {"k": 1},
        {"k": 500},
        {"distinct": "3s"},
        {"distinct": "2f", "k": 60},
        {"exact": True},
        {"where": "tag<z", "distinct": "2f", "k": 30},
    ],
    ids=str,
)
@pytest.mark.parametrize("depth", [20, 500])
def test_every_way_to_search(
    depth: int,
    options: dict[str, Any],
    pair: Pair,
    make_poses: MakePoses,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (ranking_module, searching_module):
        monkeypatch.setattr(module, "DEPTH", depth)
    folder, milvus = pair
    query, rows = make_poses(3, 8), [0, 77, 180]
    require_same(milvus.search(query, **options), folder.search(query, **options))
    require_same(milvus.search_rows(rows, **options), folder.search_rows(rows, **options))


def test_beyond_what_milvus_returns_the_library_is_read(
    pair: Pair, make_poses: MakePoses, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("searching", "contents", "rows"):
        monkeypatch.setattr(f"prvipe.stores.milvus.{name}.MOST_PER_SEARCH", 16)
    for module in (ranking_module, searching_module):
        monkeypatch.setattr(module, "DEPTH", 8)
    folder, milvus = pair
    query = make_poses(2, 8)
    for options in (
        {"k": 30},
        {"k": 3, "distinct": "100s"},
        {"k": 5, "where": "tag<b"},
        {"k": 25, "where": ["tag>a", "camera=cam00"]},
    ):
        require_same(milvus.search(query, **options), folder.search(query, **options))
    monkeypatch.setattr("prvipe.stores.milvus.contents.MOST_READ", 100)
    with pytest.raises(InputError, match="200 poses are too many to be read through"):
        milvus.search(query, 30)


def test_a_long_list_of_values(pair: Pair, make_poses: MakePoses) -> None:
    folder, milvus = pair
    where = "source in " + ",".join(f"clip {number}.mp4" for number in range(2, 5_000))
    query = make_poses(1, 9)
    require_same(milvus.search(query, 12, where), folder.search(query, 12, where))
