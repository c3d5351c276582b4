"""Keypoints in bytes."""

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from prvipe.index.stick_figures import pack, unpack, visible_joints

COORDINATES = st.integers(-(10**6), 10**6).map(lambda number: number / 64)


@given(
    arrays(np.float32, (3, 13, 2), elements=COORDINATES),
    arrays(bool, (3, 13)),
    st.integers(0, 12),
)
def test_what_is_unpacked_is_within_half_a_step(
    keypoints: npt.NDArray[np.float32], missing: npt.NDArray[np.bool_], seen: int
) -> None:
    missing[:, seen] = False
    keypoints[missing] = np.nan
    coordinates, boxes = pack(keypoints)
    assert coordinates.dtype == np.uint8
    np.testing.assert_array_equal(visible_joints(coordinates), ~missing)
    found = unpack(coordinates, boxes)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(keypoints))
    error = np.nanmax(np.abs(found - keypoints), axis=(1, 2))
    rounding = 1e-6 * np.nanmax(np.abs(keypoints), axis=(1, 2))
    assert (error <= boxes[:, 2] / 508 * 1.001 + 4 * rounding).all()


def test_a_pose_in_one_point_survives() -> None:
    coordinates, boxes = pack(np.full((1, 13, 2), 7, np.float32))
    np.testing.assert_array_equal(unpack(coordinates, boxes), np.full((1, 13, 2), 7))
