import numpy as np
import pytest
import torch

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError
from prvipe.evaluation.embedding_map import map_embeddings
from prvipe.geometry.arrays import FloatArray
from prvipe.geometry.principal_components import principal_components
from prvipe.geometry.procrustes import np_mpjpe_matrix
from prvipe.model.gaussian import Gaussian


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
