import numpy as np
import pytest

from prvipe.data.synthetic import CAMERAS, UNSEEN_CAMERAS, synthetic_benchmark
from prvipe.data.thinning import SMALLEST_DISTANCE
from prvipe.errors import InputError
from prvipe.geometry import np_mpjpe_matrix
from prvipe.skeleton import COCO13


@pytest.fixture(scope="module")
def benchmark():
    return synthetic_benchmark(seed=0)


def test_it_is_large_and_says_that_it_is_synthetic(benchmark):
    assert len(benchmark) > 4_000
    assert benchmark.synthetic
    assert "synthetic" in benchmark.source
    assert len(set(benchmark.activity[benchmark.sequence])) >= 40


def test_four_chest_level_cameras_see_everybody_within_the_image(benchmark):
    assert benchmark.cameras[:, 0] == pytest.approx([45, 135, 225, 315])
    assert benchmark.cameras[:, 1] == pytest.approx(8)
    exact = benchmark.get_keypoints("gt")
    assert exact.shape == (len(benchmark), 4, 13, 2)
    assert exact.min() > 0
    assert exact.max() < 1


def test_people_are_upright_in_the_image_and_left_and_right_swap_from_behind(benchmark):
    name = np.flatnonzero(benchmark.activity == "standing")[0]
    exact = benchmark.get_keypoints("gt")[benchmark.sequence == name]
    index = COCO13.index
    assert (exact[..., index("head"), 1] < exact[..., index("left_ankle"), 1]).all()
    across = exact[..., index("left_hip"), 0] - exact[..., index("right_hip"), 0]
    assert (np.sign(across[:, 0]) == -np.sign(across[:, 2])).all()


def test_detected_keypoints_are_near_the_exact_ones(benchmark):
    error = np.abs(benchmark.get_keypoints("det") - benchmark.get_keypoints("gt"))
    assert 0.001 < np.median(error) < 0.02
    assert error.max() < 0.6


def test_poses_of_an_activity_keep_their_distance(benchmark):
    labels = benchmark.activity[benchmark.sequence]
    for activity in np.unique(labels)[::12]:
        poses = benchmark.poses3d[labels == activity]
        distances = np_mpjpe_matrix(poses, poses)
        np.fill_diagonal(distances, np.inf)
        assert distances.min() >= SMALLEST_DISTANCE


def test_a_seed_gives_one_benchmark():
    small = {"frames_per_activity": 12, "bodies_per_activity": 1, "step": 4}
    first, again, other = (synthetic_benchmark(seed, **small) for seed in (3, 3, 4))
    assert np.array_equal(first.get_keypoints("det"), again.get_keypoints("det"))
    assert len(first) != len(other) or not np.allclose(first.poses3d, other.poses3d)


def test_a_step_below_one_is_refused():
    with pytest.raises(InputError, match="step is 0"):
        synthetic_benchmark(step=0)


def test_other_cameras_see_the_same_poses():
    small = {"frames_per_activity": 12, "bodies_per_activity": 1}
    cameras = np.concatenate([CAMERAS, UNSEEN_CAMERAS])
    few, many = synthetic_benchmark(3, **small), synthetic_benchmark(3, **small, cameras=cameras)
    assert np.array_equal(few.poses3d, many.poses3d)
    assert np.array_equal(few.get_keypoints("gt"), many.get_keypoints("gt")[:, :4])
    assert many.get_keypoints("gt").shape[1] == 8
    assert many.get_keypoints("gt").min() > 0
    assert many.get_keypoints("gt").max() < 1
