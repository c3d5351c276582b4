"""Joints in bytes, and in pairs of bytes."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from prvipe.index.stick_figures import pack, unpack, visible_joints

COORDINATES = st.integers(-(10**6), 10**6).map(lambda number: number / 64)


@pytest.mark.parametrize(("kind", "steps"), [(np.uint8, 254), (np.uint16, 65534)])
@given(
    arrays(np.float32, (3, 13, 3), elements=COORDINATES),
    arrays(bool, (3, 13)),
    st.integers(0, 12),
    st.sampled_from([2, 3]),
)
def test_what_is_unpacked_is_within_half_a_step(
    kind: type[np.uint8] | type[np.uint16],
    steps: int,
    points: npt.NDArray[np.float32],
    missing: npt.NDArray[np.bool_],
    seen: int,
    dimensions: int,
) -> None:
    points = points[..., :dimensions]
    missing[:, seen] = False
    points[missing] = np.nan
    coordinates, boxes = pack(points, kind)
    assert coordinates.dtype == kind
    np.testing.assert_array_equal(visible_joints(coordinates), ~missing)
    found = unpack(coordinates, boxes)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(points))
    error = np.nanmax(np.abs(found - points), axis=(1, 2))
    rounding = 1e-6 * np.nanmax(np.abs(points), axis=(1, 2))
    assert (error <= boxes[:, -1] / (2 * steps) * 1.001 + 4 * rounding).all()


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_a_pose_in_one_point_survives(kind: type[np.uint8] | type[np.uint16]) -> None:
    coordinates, boxes = pack(np.full((1, 13, 2), 7, np.float32), kind)
    np.testing.assert_array_equal(unpack(coordinates, boxes), np.full((1, 13, 2), 7))


def test_a_pose_of_which_nothing_is_known_is_kept_as_such() -> None:
    coordinates, boxes = pack(np.full((2, 13, 3), np.nan, np.float32), np.uint16)
    assert np.isfinite(boxes).all()
    assert not visible_joints(coordinates).any()
    assert np.isnan(unpack(coordinates, boxes)).all()
