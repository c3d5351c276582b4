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
from prvipe.geometry.normalization import LEAST_VISIBLE, normalize_visible, trunk_length_3d
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


def visibility(count: int = 5, seed: int = 0) -> npt.NDArray[np.bool_]:
    """Masks (count, 13) of `LEAST_VISIBLE` to 13 visible joints."""
    rng = np.random.default_rng(seed)
    rank = rng.random((count, 13)).argsort(axis=1)
    return rank < rng.integers(LEAST_VISIBLE, 14, size=(count, 1))


def test_visible_joints_have_mean_0_and_root_mean_square_1() -> None:
    visible = visibility(200)
    assert set(visible.sum(axis=1)) == set(range(LEAST_VISIBLE, 14))
    normalized = normalize_visible(poses_2d(200), visible)
    count = visible.sum(axis=1)
    np.testing.assert_allclose(normalized.sum(axis=1) / count[:, None], 0, atol=1e-12)
    np.testing.assert_allclose(np.square(normalized).sum(axis=(1, 2)) / count, 1)
    np.testing.assert_array_equal(normalized[~visible], 0)


@given(
    scale=st.floats(1e-2, 1e4),
    shift=st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)),
    seed=st.integers(0, 100),
)
def test_visible_is_free_of_place_and_size(
    scale: float, shift: tuple[float, float], seed: int
) -> None:
    keypoints, visible = poses_2d(seed=seed), visibility(seed=seed)
    moved = normalize_visible(scale * keypoints + np.array(shift), visible)
    np.testing.assert_allclose(moved, normalize_visible(keypoints, visible), atol=1e-5)


@given(value=st.floats(allow_nan=True, allow_infinity=True), seed=st.integers(0, 100))
def test_what_is_not_visible_does_not_matter(value: float, seed: int) -> None:
    keypoints, visible = poses_2d(seed=seed), visibility(seed=seed)
    expected = normalize_visible(keypoints, visible)
    keypoints[~visible] = value
    np.testing.assert_array_equal(normalize_visible(keypoints, visible), expected)


def test_a_whole_pose_differs_from_the_paper_s_in_origin_and_unit_alone() -> None:
    """Each is the other moved and scaled."""
    keypoints = poses_2d()
    visible = normalize_visible(keypoints, np.ones((5, 13), bool))
    np.testing.assert_allclose(normalize_2d(visible), normalize_2d(keypoints), atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("leading", [(), (0,), (2, 3)])
def test_visible_keeps_type_shape_and_input(dtype: type, leading: tuple[int, ...]) -> None:
    keypoints = np.random.default_rng(0).normal(size=(*leading, 13, 2)).astype(dtype)
    visible = np.arange(13) < np.full((*leading, 1), 9)
    before = keypoints.copy()
    normalized = normalize_visible(keypoints, visible)
    assert (normalized.shape, normalized.dtype) == (keypoints.shape, dtype)
    np.testing.assert_array_equal(keypoints, before)


def test_too_few_visible_joints_are_refused() -> None:
    visible = np.ones((2, 3, 13), bool)
    visible[1, 0, LEAST_VISIBLE:] = False
    assert np.isfinite(normalize_visible(poses_2d(6).reshape(2, 3, 13, 2), visible)).all()
    visible[1, 0, 0] = False
    with pytest.raises(InputError, match="row 1, 0 has 3 visible joints, fewer than 4: drop"):
        normalize_visible(poses_2d(6).reshape(2, 3, 13, 2), visible)
    with pytest.raises(InputError, match="row 0 has 3 visible joints"):
        normalize_visible(poses_2d(1)[0], visible[1, 0])


def test_a_visible_joint_that_is_not_finite_is_named() -> None:
    keypoints, visible = poses_2d(), np.ones((5, 13), bool)
    keypoints[2, COCO13.index("left_wrist"), 0] = np.nan
    with pytest.raises(InputError, match="row 2, joint left_wrist is not finite"):
        normalize_visible(keypoints, visible)


@pytest.mark.parametrize("place", [0.0, 1.0, 4000.0])
def test_visible_joints_in_one_point_are_refused(place: float) -> None:
    keypoints, visible = poses_2d().astype(np.float32), visibility()
    keypoints[3, visible[3]] = place
    keypoints[3, np.flatnonzero(visible[3])[0]] += np.spacing(np.float32(place))
    with pytest.raises(InputError, match="row 3 has no extent; its visible joints coincide"):
        normalize_visible(keypoints, visible)


def test_visible_joints_beyond_float32_are_refused() -> None:
    keypoints = (poses_2d() * 1e30).astype(np.float32)
    with pytest.raises(InputError, match="row 0 has too large an extent; choose another unit"):
        normalize_visible(keypoints, visibility())


@pytest.mark.parametrize(
    "visible", [np.ones((5, 13)), np.ones((5, 12), bool), np.ones((13,), bool), np.ones((), bool)]
)
def test_what_is_no_mask_is_refused(visible: npt.NDArray[Any]) -> None:
    with pytest.raises(InputError, match=r"expected a boolean array \(5, 13\)"):
        normalize_visible(poses_2d(), visible)


def test_real_people_keep_their_shape_when_hidden_joints_are_taken_away(
    reference_vectors: Vectors,
) -> None:
    """What is left of a real pose is that pose, moved and scaled."""
    keypoints = reference_vectors("norm2d")["kp2d_xy"]
    visible = visibility(len(keypoints))
    part = normalize_visible(keypoints, visible)
    whole = normalize_visible(keypoints, np.ones_like(visible))
    for row in range(len(keypoints)):
        left = whole[row, visible[row]]
        left = left - left.mean(axis=0)
        unit = np.sqrt(np.square(left).sum(axis=1).mean())
        np.testing.assert_allclose(part[row, visible[row]], left / unit, atol=1e-4)
