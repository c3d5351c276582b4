import numpy as np
import pytest
import torch

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError
from prvipe.evaluation.embedding_map import map_embeddings, principal_components
from prvipe.geometry.arrays import FloatArray
from prvipe.geometry.procrustes import np_mpjpe_matrix
from prvipe.model.gaussian import Gaussian


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


def embed_wrists(keypoints: FloatArray) -> Gaussian:
    mean = torch.from_numpy(keypoints[:, 5:7].reshape(-1, 4))
    return Gaussian(mean, torch.ones_like(mean))


def test_every_view_has_its_place(benchmark: CrossViewBenchmark) -> None:
    found = map_embeddings(benchmark, embed_wrists, count=20, keypoints="gt")
    assert found.positions.shape == (20, 3, 2)
    np.testing.assert_array_equal(found.keypoints, benchmark.keypoints["gt"][found.rows])
    distances = np_mpjpe_matrix(*[benchmark.poses3d[found.rows]] * 2)
    assert (distances + np.eye(20)).min() >= 0.1
    wrists = found.keypoints[:, :, 5:7].reshape(-1, 4)
    expected = principal_components(wrists).project(wrists)
    np.testing.assert_allclose(found.positions.reshape(-1, 2), expected, atol=1e-6)


def test_distance_of_views_and_of_poses(benchmark: CrossViewBenchmark) -> None:
    """Pose n at 10 n on one axis, view v at v on the other."""
    numbers = {
        view.tobytes(): (10.0 * row, float(camera))
        for row, views in enumerate(benchmark.keypoints["det"])
        for camera, view in enumerate(views)
    }

    def embed(keypoints: FloatArray) -> Gaussian:
        mean = torch.tensor([numbers[pose.tobytes()] for pose in keypoints])
        return Gaussian(mean, torch.ones_like(mean))

    found = map_embeddings(benchmark, embed)
    assert found.same_pose_distance == pytest.approx(4 / 3, rel=0.02)
    rows = found.rows
    views = np.abs(np.subtract.outer(range(3), range(3)))[~np.eye(3, dtype=bool)]
    poses = 10 * np.abs(np.subtract.outer(rows, rows))[~np.eye(len(rows), dtype=bool)]
    expected = np.hypot.outer(poses, views).mean()
    assert found.other_pose_distance == pytest.approx(expected, rel=0.02)


def test_one_camera_shows_no_views_of_one_pose(benchmark: CrossViewBenchmark) -> None:
    with pytest.raises(InputError, match=r"forty\.npz: a map needs .* there are 40 and 1"):
        map_embeddings(benchmark.select(cameras=[5]), embed_wrists)


def test_one_pose_is_no_map(benchmark: CrossViewBenchmark) -> None:
    with pytest.raises(InputError, match="there are 1 and 3"):
        map_embeddings(benchmark, embed_wrists, count=1)
