import numpy as np
import pytest

from prvipe.data.detector import detect
from prvipe.skeleton import COCO13


def person(copies, scale=1.0):
    """The same upright person (copies, 13, 2); the box is 0.5 x 1.6 times the scale."""
    one = np.array(
        [[0, 0], *[[x, y] for y in (0.2, 0.5, 0.75, 0.8, 1.2, 1.6) for x in (0.25, -0.25)]],
        np.float32,
    )
    return np.tile(one * np.float32(scale), (copies, 1, 1))


def test_errors_have_the_published_size_per_joint():
    exact = person(40_000)
    error = detect(exact, np.random.default_rng(0)) - exact
    spread = np.median(np.abs(error), axis=(0, 2)) / 0.6745  # robust to outliers and swaps
    size = np.sqrt(0.5 * 1.6)
    for joint, sigma in (("head", 0.026), ("left_hip", 0.107), ("right_wrist", 0.062)):
        expected = 2 * sigma * size * 0.30
        assert spread[COCO13.index(joint)] == pytest.approx(expected, rel=0.05)


def test_two_in_a_hundred_joints_are_far_off():
    exact = person(40_000)
    error = (detect(exact, np.random.default_rng(1)) - exact)[:, 0]
    sd = 2 * 0.026 * np.sqrt(0.5 * 1.6) * 0.30
    # A Gaussian six times as wide is beyond 4 sd in each axis with probability 0.505.
    assert (np.abs(error[:, 0]) > 4 * sd).mean() == pytest.approx(0.02 * 0.505, rel=0.2)


def test_one_in_a_hundred_limb_pairs_is_swapped():
    exact = person(40_000)
    swapped = detect(exact, np.random.default_rng(2), strength=0)
    for left, right in COCO13.mirror_pairs:
        left, right = COCO13.index(left), COCO13.index(right)
        rate = (swapped[:, left] == exact[:, right]).all(axis=1).mean()
        assert rate == pytest.approx(0.01, rel=0.2)
    assert np.array_equal(swapped[:, 0], exact[:, 0])


def test_errors_grow_with_the_person():
    small, large = (
        np.median(np.abs(detect(person(2_000, s), np.random.default_rng(3)) - person(2_000, s)))
        for s in (1.0, 3.0)
    )
    assert large / small == pytest.approx(3, rel=1e-3)


def test_input_is_untouched_and_shape_and_type_are_kept():
    exact = person(12).reshape(3, 4, 13, 2)
    before = exact.copy()
    noisy = detect(exact, np.random.default_rng(0))
    assert noisy.shape == exact.shape
    assert noisy.dtype == np.float32
    assert np.array_equal(exact, before)


def test_agrees_with_the_detector_errors_of_the_benchmark(shared_data):
    with np.load(shared_data / "xview" / "val.npz") as file:
        exact, theirs = file["kp2d_gt"], file["kp2d_det"]
    ours = detect(exact, np.random.default_rng(0))
    theirs, ours = (np.abs(noisy - exact) for noisy in (theirs, ours))
    for quantile in (0.25, 0.5, 0.9, 0.97):  # beyond lie the swaps, too few to compare
        expected = np.quantile(theirs, quantile, axis=(0, 1, 3))
        assert np.quantile(ours, quantile, axis=(0, 1, 3)) == pytest.approx(expected, rel=0.1)
