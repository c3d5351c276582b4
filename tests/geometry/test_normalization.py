"""Normalisation of 2D and 3D poses."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe.errors import InputError
from prvipe.geometry import normalize_2d, normalize_3d
from prvipe.geometry.normalization import trunk_length_3d
from prvipe.poses import Poses
from prvipe.poses.validity import torso_size
from prvipe.skeleton import COCO13, H36M17

Vectors = Callable[[str], dict[str, npt.NDArray[Any]]]
HIPS = [COCO13.index("left_hip"), COCO13.index("right_hip")]
TORSO = [COCO13.index("left_shoulder"), COCO13.index("right_shoulder"), *HIPS]
TRUNK = [H36M17.index("hip"), H36M17.index("spine"), H36M17.index("thorax")]


def poses_2d(count: int = 5, seed: int = 0) -> npt.NDArray[np.float64]:
    return np.random.default_rng(seed).normal(size=(count, 13, 2))


def poses_3d(count: int = 5, seed: int = 0) -> npt.NDArray[np.float64]:
    return np.random.default_rng(seed).normal(size=(count, 17, 3))


def test_2d_agrees_with_the_authors(reference_vectors: Vectors) -> None:
    vectors = reference_vectors("norm2d")
    keypoints = vectors["kp2d_xy"]
    np.testing.assert_allclose(normalize_2d(keypoints), vectors["norm_xy"], atol=1e-4)
    np.testing.assert_allclose(torso_size(keypoints, COCO13), vectors["scale"][:, 0, 0], rtol=1e-5)


def test_3d_agrees_with_the_authors(reference_vectors: Vectors) -> None:
    vectors = reference_vectors("norm3d")
    poses = vectors["poses3d"]
    np.testing.assert_allclose(normalize_3d(poses), vectors["norm3d"], atol=1e-4)
    np.testing.assert_allclose(trunk_length_3d(poses), vectors["scale"][:, 0, 0], rtol=1e-5)


@given(
    scale=st.floats(1e-2, 1e4),
    shift=st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)),
    seed=st.integers(0, 100),
)
def test_2d_is_free_of_place_and_size(scale: float, shift: tuple[float, float], seed: int) -> None:
    keypoints = poses_2d(seed=seed)
    moved = normalize_2d(scale * keypoints + np.array(shift))
    np.testing.assert_allclose(moved, normalize_2d(keypoints), atol=1e-5)


@given(scale=st.floats(1e-3, 1e4), seed=st.integers(0, 100))
def test_3d_is_free_of_place_and_size(scale: float, seed: int) -> None:
    poses = poses_3d(seed=seed)
    moved = normalize_3d(scale * poses + np.array([1.0, -2.0, 3.0]))
    np.testing.assert_allclose(moved, normalize_3d(poses), atol=1e-5)


def test_units_and_origins() -> None:
    flat, solid = normalize_2d(poses_2d()), normalize_3d(poses_3d())
    np.testing.assert_allclose(flat[:, HIPS].mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(torso_size(flat, COCO13), 0.5)
    np.testing.assert_allclose(solid[:, H36M17.index("hip")], 0, atol=1e-12)
    np.testing.assert_allclose(trunk_length_3d(solid), 1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_keeps_the_floating_type_and_the_input(dtype: type) -> None:
    keypoints: npt.NDArray[Any] = poses_2d().astype(dtype)
    poses: npt.NDArray[Any] = poses_3d().astype(dtype)
    before = keypoints.copy()
    assert normalize_2d(keypoints).dtype == dtype
    assert normalize_3d(poses).dtype == dtype
    np.testing.assert_array_equal(keypoints, before)


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.float16])
def test_other_types_are_computed_in_float32(dtype: type) -> None:
    pixels: npt.NDArray[Any] = (poses_2d() * 30 + 120).astype(dtype)
    normalized = normalize_2d(pixels)
    assert normalized.dtype == np.float32
    np.testing.assert_allclose(normalized, normalize_2d(pixels.astype(np.float64)), atol=1e-4)


def test_pixels_in_half_precision_do_not_overflow() -> None:
    pixels = (poses_2d() * 300 + 600).astype(np.float16)  # squared distances beyond float16's range
    np.testing.assert_allclose(
        normalize_2d(pixels), normalize_2d(pixels.astype(np.float64)), atol=1e-4
    )


@pytest.mark.parametrize("leading", [(), (0,), (2, 3)])
def test_any_leading_axes(leading: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    keypoints, poses = rng.normal(size=(*leading, 13, 2)), rng.normal(size=(*leading, 17, 3))
    assert normalize_2d(keypoints).shape == keypoints.shape
    assert normalize_3d(poses).shape == poses.shape


@pytest.mark.parametrize("shape", [(4, 17, 2), (4, 13, 3), (26,), (13,), ()])
def test_wrong_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="13, 2"):
        normalize_2d(np.ones(shape))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_joint_that_is_not_finite_is_named(value: float) -> None:
    keypoints, poses = poses_2d(), poses_3d()
    keypoints[3, COCO13.index("left_knee"), 1] = value
    poses[2, H36M17.index("right_wrist"), 2] = value
    with pytest.raises(InputError, match="row 3, joint left_knee"):
        normalize_2d(keypoints)
    with pytest.raises(InputError, match="row 2, joint right_wrist"):
        normalize_3d(poses)


def test_a_row_deep_in_a_stack_is_named() -> None:
    keypoints = poses_2d(6).reshape(2, 3, 13, 2)
    keypoints[1, 2, 0, 0] = np.nan
    with pytest.raises(InputError, match="row 1, 2, joint head"):
        normalize_2d(keypoints)


def test_a_person_without_extent_is_named() -> None:
    keypoints, poses = poses_2d(), poses_3d()
    keypoints[4, TORSO] = 1.0
    poses[1, TRUNK] = 1.0
    with pytest.raises(InputError, match="row 4"):
        normalize_2d(keypoints)
    with pytest.raises(InputError, match="row 1"):
        normalize_3d(poses)
    with pytest.raises(InputError, match="row 0"):
        normalize_2d(keypoints[4])


@pytest.mark.parametrize("place", [1.0, 500.0, 4000.0])
@pytest.mark.parametrize("steps", [1, 2, 100])
def test_a_person_of_the_size_of_rounding_is_refused_everywhere(place: float, steps: int) -> None:
    """Divided by its size, a torso of one float32 step at pixel 500 would reach a million."""
    size = steps * np.spacing(np.float32(place))
    keypoints = np.full((3, 13, 2), place, dtype=np.float32)
    keypoints[:, COCO13.index("left_hip"), 0] += size
    poses = np.full((3, 17, 3), place, dtype=np.float32)
    poses[:, H36M17.index("thorax"), 2] += size
    assert Poses(keypoints, None, "coco13").valid().all() == (steps == 100)
    if steps == 100:
        assert np.isfinite(normalize_2d(keypoints)).all()
        assert np.isfinite(normalize_3d(poses)).all()
        return
    for normalize, people in ((normalize_2d, keypoints), (normalize_3d, poses)):
        with pytest.raises(InputError, match=r"row 0 has no extent"):
            normalize(people)
        with pytest.raises(InputError, match=r"row 0 has no extent"):
            normalize(people.astype(np.float64))


@pytest.mark.parametrize("size", [1e-42, 1e25, 1e38])
def test_sizes_beyond_float32_never_give_nan_or_flat_poses(size: float) -> None:
    """Squares of such coordinates leave the range of float32."""
    for normalize, poses in ((normalize_2d, poses_2d()), (normalize_3d, poses_3d())):
        scaled = (poses * size / 4).astype(np.float32)
        with np.errstate(over="ignore"), pytest.raises(InputError, match="row 0"):
            normalize(scaled)
    assert not Poses(poses_2d() * size / 4, None, "coco13").valid().any()
