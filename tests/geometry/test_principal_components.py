import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.geometry.principal_components import principal_components


@pytest.fixture
def points() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.normal(size=(200, 5)) * [3, 0.5, 2, 0.2, 1] @ rng.normal(size=(5, 5)) + 7


def test_components_are_eigenvectors_of_the_covariance(points: np.ndarray) -> None:
    found = principal_components(points)
    covariance = np.cov(points.T)
    total = np.trace(covariance)
    np.testing.assert_allclose(covariance @ found.axes.T, found.axes.T * found.shares * total)
    np.testing.assert_allclose(found.axes @ found.axes.T, np.eye(5), atol=1e-12)
    assert (np.diff(found.shares) < 0).all()
    assert found.shares.sum() == pytest.approx(1)


def test_coordinates_have_the_variance_that_is_explained(points: np.ndarray) -> None:
    found = principal_components(points)
    coordinates = found.project(points)
    assert coordinates.shape == (200, 2)
    np.testing.assert_allclose(coordinates.mean(axis=0), 0, atol=1e-10)
    variance = coordinates.var(axis=0)
    np.testing.assert_allclose(variance, found.shares[:2] * points.var(axis=0).sum())


def test_axes_do_not_turn_around(points: np.ndarray) -> None:
    found = principal_components(points)
    assert (found.axes.max(axis=1) > -found.axes.min(axis=1)).all()
    other = principal_components(points[np.random.default_rng(1).permutation(200)])
    np.testing.assert_allclose(found.axes, other.axes, atol=1e-10)
    np.testing.assert_allclose(found.axes, principal_components(10 - points).axes, atol=1e-10)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (np.ones((5, 3)), "all points lie in one place"),
        (np.ones((1, 3)), "all points lie in one place"),
        (np.array([[1, 2], [3, 4], [5, np.nan]]), "point 2 is not finite"),
        (np.ones((5, 1)), "expected points"),
        (np.ones((0, 3)), "expected points"),
    ],
)
def test_what_has_no_components(points: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        principal_components(points)
