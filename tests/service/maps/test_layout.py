"""Embeddings in the plane."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from prvipe.service.maps.layout import Layout, fit_square, project_by_pca


def test_the_plane_is_that_of_the_largest_variation() -> None:
    rng = np.random.default_rng(0)
    means = rng.normal(size=(500, 16)).astype(np.float32) * 0.01
    means[:, 3] += np.linspace(-4, 4, 500)
    means[:, 7] += np.tile([-1, 1], 250)
    points = project_by_pca(means)
    assert points.dtype == np.float32
    assert abs(np.corrcoef(points[:, 0], means[:, 3])[0, 1]) > 0.999
    assert abs(np.corrcoef(points[:, 1], means[:, 7])[0, 1]) > 0.99
    assert np.abs(points).max() == pytest.approx(1)


@given(
    arrays.arrays(
        np.float64,
        st.tuples(st.integers(1, 20), st.just(2)),
        elements=st.floats(-1e6, 1e6, allow_nan=False),
    )
)
def test_points_lie_in_the_square_and_keep_their_shape(points: np.ndarray) -> None:
    found = fit_square(points)
    assert np.abs(found).max() <= 1
    extent = np.ptp(points, axis=0)
    if extent.max() > 1e-3:
        np.testing.assert_allclose(np.ptp(found, axis=0), 2 * extent / extent.max(), atol=1e-4)


@pytest.mark.parametrize("means", [np.ones((5, 16)), np.ones((1, 16)), np.ones((0, 16))])
def test_poses_in_one_place(means: np.ndarray) -> None:
    points = project_by_pca(means.astype(np.float32))
    np.testing.assert_array_equal(points, np.zeros((len(means), 2)))


def test_a_thinned_map_has_the_same_points() -> None:
    rows = np.arange(0, 2_000, 2)
    points = np.column_stack([rows, -rows]).astype(np.float32)
    layout = Layout("pca", rows, points, pa.table({"row": rows}), 2_000)
    thin = layout.thin(100)
    assert len(thin.rows) == 100
    assert (np.diff(thin.rows) > 0).all()
    np.testing.assert_array_equal(thin.points[:, 0], thin.rows)
    assert thin.table["row"].to_pylist() == thin.rows.tolist()
    np.testing.assert_array_equal(thin.rows, layout.thin(100).rows)
    assert layout.thin(1_000) is layout
