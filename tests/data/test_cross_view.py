from typing import Any

import numpy as np
import pytest

from prvipe.data.cross_view import from_real_views, see, see_anew
from prvipe.errors import InputError
from prvipe.geometry.cameras import COCO13_FROM_H36M17
from prvipe.io.multi_view import MultiViewPoses
from prvipe.poses.poses3d import Poses3D
from prvipe.skeleton import COCO13

CAMERAS = [[0, 8, 5], [-90, 30, 4], [180, 8, 5]]
LEFT, RIGHT = COCO13.index("left_hip"), COCO13.index("right_hip")
HEAD, ANKLE = COCO13.index("head"), COCO13.index("left_ankle")


@pytest.fixture(scope="module")
def poses(standing_bodies: Any) -> Poses3D:
    """People who face -y and walk away from the origin."""
    walk = np.linspace(0, 20, 40)[:, None, None] * np.array([1, 2, 0]) + [0, 0, 0.9]
    return Poses3D(
        positions=standing_bodies(40, np.random.default_rng(0), 0.2) + walk,
        sequence=np.repeat([0, 1], 20),
        frame=np.tile(np.arange(20), 2),
        sequence_names=np.array(["a/walk", "b/walk"]),
        subject=np.array(["a", "b"]),
        activity=np.array(["walk", "walk"]),
        fps=np.array([50, 50]),
        source="walks",
    )


def test_cameras_follow_the_hip_and_show_what_they_should(poses: Poses3D) -> None:
    benchmark = see(poses, CAMERAS)
    exact = benchmark.get_keypoints("gt")
    assert exact.shape == (40, 3, 13, 2)
    assert exact.min() > 0
    assert exact.max() < 1
    np.testing.assert_allclose(exact[:, :, [LEFT, RIGHT]].mean(axis=2), 0.5, atol=0.03)
    assert (exact[..., HEAD, 1] < exact[..., ANKLE, 1]).all()
    # Camera 1 stands where the people face: their left is on the image's right.
    assert (exact[:, 1, LEFT, 0] > exact[:, 1, RIGHT, 0]).all()
    height = np.ptp(exact[..., 1], axis=-1).mean(axis=0)
    assert height[1] > height[0]


def test_a_benchmark_seen_anew_is_its_motion_in_other_cameras(poses: Poses3D) -> None:
    benchmark = see(poses, CAMERAS[:2], seed=3, synthetic=True)
    anew, expected = see_anew(benchmark, CAMERAS[1:], seed=5), see(poses, CAMERAS[1:], seed=5)
    for kind in ("det", "gt"):
        np.testing.assert_array_equal(anew.get_keypoints(kind), expected.get_keypoints(kind))
    for name in ("poses3d", "sequence", "sequence_names", "activity", "fps", "cameras"):
        np.testing.assert_array_equal(getattr(anew, name), getattr(expected, name))
    assert anew.synthetic
    assert anew.source == "walks"


def test_the_table_is_that_of_the_recordings(poses: Poses3D) -> None:
    benchmark = see(poses, CAMERAS, frame_rate=10)
    assert benchmark.fps.tolist() == [10, 10]
    assert see(poses, CAMERAS).fps.tolist() == [50, 50]
    assert benchmark.sequence_names.tolist() == ["a/walk", "b/walk"]
    np.testing.assert_array_equal(benchmark.poses3d, poses.positions)
    assert not benchmark.synthetic
    assert benchmark.source == "walks"


def test_a_height_to_look_at_moves_the_person_in_the_image(poses: Poses3D) -> None:
    at_hip = see(poses, CAMERAS).get_keypoints("gt")
    above = see(poses, CAMERAS, target_height=1.5).get_keypoints("gt")
    assert (above[..., 1] > at_hip[..., 1] + 0.05).all()


def test_noise_grows_with_its_strength_and_comes_from_the_seed(poses: Poses3D) -> None:
    seen = [see(poses, CAMERAS, seed, noise) for seed, noise in [(0, 1), (0, 1), (1, 1), (0, 3)]]
    first, again, other, strong = (benchmark.get_keypoints("det") for benchmark in seen)
    exact = seen[0].get_keypoints("gt")
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    weak_error = np.median(np.abs(first - exact))
    assert np.median(np.abs(strong - exact)) == pytest.approx(3 * weak_error, rel=0.1)
    assert weak_error > 0.001


def test_without_noise_detections_are_exact(poses: Poses3D) -> None:
    benchmark = see(poses, CAMERAS, noise=0)
    np.testing.assert_array_equal(benchmark.get_keypoints("det"), benchmark.get_keypoints("gt"))


@pytest.mark.parametrize("noise", [-1, float("nan"), float("inf")])
def test_noise_that_is_none_is_refused(poses: Poses3D, noise: float) -> None:
    with pytest.raises(InputError, match="noise of the detector is"):
        see(poses, CAMERAS, noise=noise)


@pytest.mark.parametrize(
    ("cameras", "message"),
    [
        ([[0, 8]], r"walks: cameras has shape \(1, 2\), expected \(V, 3\)"),
        ([[0, 8, np.nan]], "cameras row 0 is NaN"),
        ([[0, 8, 0.2]], "move the camera away"),
    ],
)
def test_cameras_that_are_none_are_refused(
    poses: Poses3D, cameras: list[list[float]], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        see(poses, cameras)


def real_views(poses: Poses3D, **keypoints: np.ndarray) -> MultiViewPoses:
    benchmark = see(poses, CAMERAS)
    return MultiViewPoses(
        poses=poses,
        keypoints=keypoints,
        cameras=benchmark.cameras,
        camera_names=np.array(["left", "front", "right"]),
        view_rotations=np.ascontiguousarray(benchmark.camera_rotations()),
        source="studio",
    )


def test_real_detections_stay_as_they_are(poses: Poses3D) -> None:
    rng = np.random.default_rng(0)
    det = rng.uniform(size=(40, 3, 13, 2)).astype(np.float32)
    views = real_views(poses, det=det)
    benchmark = from_real_views(views, frame_rate=10)
    np.testing.assert_array_equal(benchmark.get_keypoints("det"), det)
    np.testing.assert_array_equal(benchmark.camera_rotations(), views.view_rotations)
    assert list(benchmark.keypoints) == ["det"]
    assert benchmark.fps.tolist() == [10, 10]
    assert benchmark.source == "studio"


def test_exact_keypoints_alone_get_detections_with_errors(poses: Poses3D) -> None:
    exact = see(poses, CAMERAS).get_keypoints("gt")
    benchmark = from_real_views(real_views(poses, gt=exact), seed=0)
    np.testing.assert_array_equal(benchmark.get_keypoints("gt"), exact)
    np.testing.assert_array_equal(
        benchmark.get_keypoints("det"), see(poses, CAMERAS, seed=0).get_keypoints("det")
    )


def test_the_bones_seen_are_those_in_space(poses: Poses3D) -> None:
    """From afar an image is a scaled orthographic view: bones keep their share of the height."""
    exact = see(poses, [[0, 0, 500]]).get_keypoints("gt")[:, 0]
    solid = poses.positions[:, COCO13_FROM_H36M17]
    share = np.ptp(exact[..., 1], axis=1) / np.ptp(solid[..., 2], axis=1)
    np.testing.assert_allclose(share * 500 / 1.15, 1, rtol=5e-3)
