import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from prvipe.errors import InputError, PrvipeError
from prvipe.geometry.arrays import Float32Array
from prvipe.retrieval import streaming
from prvipe.retrieval.streaming import Neighbors, stream_top_k


def search(matrix: Float32Array, k: int) -> Neighbors:
    return stream_top_k(lambda rows, columns: matrix[rows, columns], *matrix.shape, k)


def by_sorting(matrix: Float32Array, k: int) -> np.ndarray:
    return np.argsort(-matrix, axis=1, kind="stable")[:, :k]


# Few different values make ties, which must come in gallery order.
matrices = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=12),
    elements=st.sampled_from([-2.0, -1.0, 0.0, 0.25, 3.0]),
)


@given(matrix=matrices, data=st.data())
def test_agrees_with_sorting_whatever_the_blocks(matrix: Float32Array, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, matrix.shape[1]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streaming, "_QUERY_BLOCK", data.draw(st.integers(1, 5)))
        patch.setattr(streaming, "_GALLERY_BLOCK", data.draw(st.integers(1, 5)))
        found = search(matrix, k)
    expected = by_sorting(matrix, k)
    np.testing.assert_array_equal(found.indices, expected)
    np.testing.assert_array_equal(found.scores, np.take_along_axis(matrix, expected, axis=1))


def test_agrees_with_sorting_at_the_real_block_size() -> None:
    matrix = np.random.default_rng(0).normal(size=(1100, 5000)).astype(np.float32)
    np.testing.assert_array_equal(search(matrix, 20).indices, by_sorting(matrix, 20))


def test_scores_that_keep_rising_are_all_seen() -> None:
    matrix = np.arange(9000, dtype=np.float32)[None]
    np.testing.assert_array_equal(search(matrix, 3).indices, [[8999, 8998, 8997]])


@pytest.mark.parametrize("column", [0, 3, 6])
def test_not_a_number_never_passes(column: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "_GALLERY_BLOCK", 4)
    matrix = np.arange(14, dtype=np.float32).reshape(2, 7)
    matrix[1, column] = np.nan
    with pytest.raises(PrvipeError, match="query row 1 is NaN"):
        search(matrix, 2)


@pytest.mark.parametrize("k", [-1, 0, 6])
def test_k_out_of_range(k: int) -> None:
    with pytest.raises(InputError, match=f"best k = {k} of a gallery of 5 poses"):
        search(np.zeros((2, 5), np.float32), k)


def test_no_queries_find_nothing() -> None:
    found = search(np.zeros((0, 5), np.float32), 2)
    assert found.indices.shape == found.scores.shape == (0, 2)


def test_progress_counts_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "_QUERY_BLOCK", 4)
    calls: list[tuple[int, int]] = []
    stream_top_k(
        lambda rows, columns: np.zeros((rows.stop - rows.start, 3), np.float32),
        10,
        3,
        1,
        progress=lambda done, total: calls.append((done, total)),
    )
    assert calls == [(4, 10), (8, 10), (10, 10)]
