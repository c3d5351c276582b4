"""Random views."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_np

from prvipe.geometry import normalize_3d
from prvipe.geometry.cameras import COCO13_FROM_H36M17
from prvipe.skeleton import COCO13
from prvipe.training.config import ViewConfig
from prvipe.training.views import random_projections

Poses = npt.NDArray[np.float32]
Bodies = Callable[..., Poses]
PAPER = ViewConfig()
FIXED: dict[str, Any] = {"azimuth": (0, 0), "elevation": (0, 0), "roll": (0, 0)}


def seen(poses: Poses, config: ViewConfig, rng: np.random.Generator) -> Poses:
    return random_projections(poses, config, rng).keypoints


poses = st_np.arrays(np.float32, (3, 17, 3), elements=st.floats(-8, 8, width=32))


@given(
    poses=poses,
    seed=st.integers(0, 1000),
    rotation=st.sampled_from(["tilt_then_turn", "turn_then_tilt"]),
)
def test_views_never_explode(poses: Poses, seed: int, rotation: Any) -> None:
    """At distance 2 some joints of these, 8 units from the hip, would lie behind the camera."""
    config = ViewConfig(rotation=rotation)
    keypoints = seen(poses, config, np.random.default_rng(seed))
    assert np.isfinite(keypoints).all()
    reach = np.linalg.norm(poses[:, COCO13_FROM_H36M17], axis=-1).max(axis=-1)
    assert (np.abs(keypoints).max(axis=(1, 2)) <= reach / config.nearest * 1.001 + 1e-6).all()


@given(nearest=st.floats(0.25, 1.0, exclude_min=True), seed=st.integers(0, 1000))
def test_any_allowed_nearest_depth_is_kept(
    random_bodies: Bodies, nearest: float, seed: int
) -> None:
    """Rounding in the last step back must not bring a joint within the camera's own limit."""
    poses = 4 * normalize_3d(random_bodies(50, seed))
    config = ViewConfig(nearest=nearest)
    keypoints = seen(poses, config, np.random.default_rng(seed))
    assert np.isfinite(keypoints).all()


def test_views_within_reach_are_not_changed(random_bodies: Bodies) -> None:
    """Projection of a body at rest, from -x, by hand."""
    poses = normalize_3d(random_bodies(5, 0))
    keypoints = seen(poses, ViewConfig(**FIXED, distance=(6, 6)), np.random.default_rng(0))
    x, y, z = np.moveaxis(poses[:, COCO13_FROM_H36M17], -1, 0)
    np.testing.assert_allclose(keypoints, np.stack([-y / (x + 6), -z / (x + 6)], -1), atol=1e-6)


def test_a_body_too_large_for_its_distance_is_seen_from_farther_away() -> None:
    poses = np.zeros((1, 17, 3), np.float32)
    poses[0, COCO13_FROM_H36M17[0]] = [-7, 0, 1]
    keypoints = seen(poses, ViewConfig(**FIXED), np.random.default_rng(0))
    np.testing.assert_allclose(keypoints[0, 0], [0, -1 / PAPER.nearest], rtol=1e-3)


def test_hidden_views_are_drawn_again_and_the_camera_stays() -> None:
    """A hand 3 units before the body comes too near in the third of all azimuths that face it."""
    poses = np.zeros((500, 17, 3), np.float32)
    head, hand = COCO13.index("head"), COCO13.index("left_wrist")
    poses[:, COCO13_FROM_H36M17[head]] = [0, 0, 1]  # on the axis: its image tells the distance
    poses[:, COCO13_FROM_H36M17[hand]] = [3, 0, 0]
    config = ViewConfig(elevation=(0, 0), roll=(0, 0))
    keypoints = seen(poses, config, np.random.default_rng(0))
    np.testing.assert_allclose(keypoints[:, head, 1], -1 / 2, rtol=1e-3)
    farthest = 3 * np.sin(np.deg2rad(120)) / PAPER.nearest
    assert np.abs(keypoints[:, hand, 0]).max() == pytest.approx(farthest, rel=0.02)


def test_the_ranges_are_filled_and_kept() -> None:
    """A far body's upright axis shows roll, elevation and distance; its left hip the azimuth."""
    poses = np.zeros((3000, 17, 3), np.float32)
    head, hip = COCO13.index("head"), COCO13.index("left_hip")
    poses[:, COCO13_FROM_H36M17[head]] = [0, 0, 1]
    poses[:, COCO13_FROM_H36M17[hip]] = [1, 0, 0]
    turned: dict[str, Any] = {"rotation": "turn_then_tilt"} | FIXED
    for name, limits in (
        ("roll", (-10, 30)),
        ("azimuth", (-20, 40)),
        ("elevation", (0, 50)),
        ("distance", (500, 1500)),
    ):
        config = ViewConfig(**(turned | {"distance": (1000, 1000), name: limits}))
        keypoints = seen(poses, config, np.random.default_rng(0))
        up, right = -keypoints[:, head], keypoints[:, hip, 0]
        measured = {
            "roll": np.rad2deg(np.arctan2(-up[:, 0], up[:, 1])),
            "azimuth": np.rad2deg(np.arcsin(-1000 * right)),
            "elevation": np.rad2deg(np.arccos(np.minimum(1, 1000 * up[:, 1]))),
            "distance": 1 / up[:, 1],
        }[name]
        lower, upper = limits
        assert (measured.min(), measured.max()) == pytest.approx(limits, abs=(upper - lower) / 50)
        assert measured.mean() == pytest.approx((lower + upper) / 2, abs=(upper - lower) / 50)


def test_views_follow_the_generator(random_bodies: Bodies) -> None:
    poses = normalize_3d(random_bodies(20, 0))
    first, again, other = (seen(poses, PAPER, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.1


def test_no_poses_give_no_views() -> None:
    empty = seen(np.zeros((0, 17, 3), np.float32), PAPER, np.random.default_rng(0))
    assert empty.shape == (0, 13, 2)
    assert empty.dtype == np.float32


@pytest.mark.parametrize("rotation", ["tilt_then_turn", "turn_then_tilt"])
def test_rotations_lead_to_the_camera_that_saw_the_keypoints(
    rotation: Any, random_bodies: Bodies
) -> None:
    """Some of these views were drawn again."""
    poses = normalize_3d(random_bodies(200, 0))
    config = ViewConfig(rotation=rotation, distance=(3, 3), nearest=2.2)
    keypoints, rotations = random_projections(poses, config, np.random.default_rng(0))
    assert rotations.dtype == np.float32
    np.testing.assert_allclose(np.linalg.det(rotations), 1, atol=1e-5)
    right, down, forward = np.moveaxis(
        poses[:, COCO13_FROM_H36M17] @ rotations.swapaxes(-1, -2), -1, 0
    )
    distance = 3 + np.maximum(0, 2.2 - 3 - forward.min(axis=1, keepdims=True))
    expected = np.stack([right, down], -1) / (forward + distance)[..., None]
    np.testing.assert_allclose(keypoints, expected, atol=2e-4)
