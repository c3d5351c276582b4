"""Rotations about the axes."""

import numpy as np
import pytest

from prvipe.geometry.rotations import rotation_about, turn_about


@pytest.mark.parametrize(("axis", "before", "after"), ["zxy", "xyz", "yzx"])
def test_a_quarter_turn_is_right_handed(axis: str, before: str, after: str) -> None:
    unit = dict(zip("xyz", np.eye(3), strict=True))
    turned = rotation_about(axis, np.asarray(np.pi / 2)) @ unit[before]
    np.testing.assert_allclose(turned, unit[after], atol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_leading_axes_and_the_floating_type(dtype: type) -> None:
    angles = np.linspace(-3, 3, 6, dtype=dtype).reshape(2, 3)
    found = rotation_about("y", angles)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found[1, 2], rotation_about("y", angles[1, 2]))


def test_turns_about_several_axes_come_in_the_order_named() -> None:
    angles = {"z": np.array([0.3, 0.1]), "x": np.array([-1.0, 2.0])}
    expected = rotation_about("x", angles["x"]) @ rotation_about("z", angles["z"])
    np.testing.assert_array_equal(turn_about(angles), expected)
    np.testing.assert_array_equal(turn_about({}), np.eye(3))
