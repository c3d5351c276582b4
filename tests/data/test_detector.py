"""The model of a detector's errors."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from prvipe.data import detector
from prvipe.data.detector import detect, detect_with_scores
from prvipe.geometry import normalize_2d
from prvipe.skeleton import COCO13

Array = npt.NDArray[np.float32]

# COCO's keypoint sigmas (cocodataset.org, keypoint evaluation), in the order of `COCO13`.
SIGMA = np.repeat([0.026, 0.079, 0.072, 0.062, 0.107, 0.087, 0.089], [1, 2, 2, 2, 2, 2, 2])


def person() -> Array:
    """A person 1 high and 0.25 wide: the root of the box's area is 0.5."""
    keypoints = np.zeros((13, 2), np.float32)
    keypoints[:, 0] = np.linspace(0, 0.25, 13)
    keypoints[:, 1] = np.linspace(0, 1, 13)
    return keypoints


def crowd(count: int) -> Array:
    return np.tile(person(), (count, 1, 1))


@pytest.fixture
def without_swaps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detector, "SWAP_PROBABILITY", 0.0)


@pytest.fixture
def without_outliers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detector, "OUTLIER_PROBABILITY", 0.0)


@pytest.mark.usefixtures("without_swaps", "without_outliers")
@pytest.mark.parametrize(("size", "strength"), [(1.0, 1.0), (500.0, 1.0), (1.0, 0.25)])
def test_errors_grow_with_the_sigma_of_the_joint_and_the_person(
    size: float, strength: float
) -> None:
    exact = crowd(20_000) * np.float32(size)
    error = detect(exact, np.random.default_rng(0), strength) - exact
    expected = np.repeat(strength * 2 * SIGMA * 0.5 * size * 0.30, 2).reshape(13, 2)
    np.testing.assert_allclose(error.std(axis=0), expected, rtol=0.03)
    np.testing.assert_allclose(error.mean(axis=0), 0, atol=0.03 * expected.max())


@pytest.mark.usefixtures("without_swaps")
def test_two_in_a_hundred_joints_go_astray() -> None:
    exact = crowd(20_000)
    error = np.abs(detect(exact, np.random.default_rng(0)) - exact).max(axis=-1)
    usual = 2 * SIGMA * 0.5 * 0.30
    # Beyond four deviations on either axis lie 1e-4 of the usual joints, 75 % of the others.
    assert (error > 4 * usual).mean() == pytest.approx(0.02 * 0.75, rel=0.1)


def test_sides_are_swapped_one_pair_of_joints_at_a_time() -> None:
    exact = crowd(20_000)
    seen = detect(exact, np.random.default_rng(0), strength=0.0)
    swapped = np.stack(
        [
            (seen[:, [COCO13.index(left), COCO13.index(right)]] == person()[None, [r, l_]]).all(
                axis=(1, 2)
            )
            for left, right in COCO13.mirror_pairs
            for l_, r in [(COCO13.index(left), COCO13.index(right))]
        ],
        axis=1,
    )
    np.testing.assert_allclose(swapped.mean(axis=0), 0.01, atol=0.003)
    moved = (seen != exact).any(axis=-1)
    np.testing.assert_array_equal(moved.sum(axis=1), 2 * swapped.sum(axis=1))
    assert not moved[:, COCO13.index("head")].any()


@pytest.mark.usefixtures("without_swaps", "without_outliers")
def test_a_strength_of_its_own_for_every_person() -> None:
    exact = crowd(20_000)
    strength = np.tile(np.array([0, 0.5, 1, 2], np.float32), 5000)[:, None]
    error = detect(exact, np.random.default_rng(0), strength) - exact
    usual = detect(exact, np.random.default_rng(0)) - exact
    np.testing.assert_allclose(error, usual * strength[..., None], atol=1e-6)


@pytest.mark.usefixtures("without_swaps")
def test_joints_that_go_astray_have_low_scores_and_no_others() -> None:
    exact = crowd(20_000)
    seen, scores = detect_with_scores(exact, np.random.default_rng(0))
    error = np.abs(seen - exact).max(axis=-1)
    usual = 2 * SIGMA * 0.5 * 0.30
    unsure = scores < 0.4
    assert unsure.mean() == pytest.approx(0.02, rel=0.1)
    # Beyond four deviations on either axis lie 1e-4 of the usual joints, 75 % of the others.
    assert (error > 4 * usual)[unsure].mean() == pytest.approx(0.75, abs=0.03)
    assert (error > 4 * usual)[~unsure].mean() < 5e-4
    for values, (least, most) in ((scores[unsure], (0.05, 0.4)), (scores[~unsure], (0.4, 1.0))):
        assert least <= values.min() < values.max() <= most
        assert values.mean() == pytest.approx((least + most) / 2, abs=0.01)


@pytest.mark.usefixtures("without_outliers")
def test_without_outliers_every_joint_is_a_good_one() -> None:
    _, scores = detect_with_scores(crowd(100), np.random.default_rng(0))
    assert scores.min() >= 0.4


def test_a_swap_of_sides_keeps_the_scores_where_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keypoints, scores = [], []
    for probability in (0.0, 1.0):
        monkeypatch.setattr(detector, "SWAP_PROBABILITY", probability)
        seen, sure = detect_with_scores(crowd(200), np.random.default_rng(0))
        keypoints.append(seen)
        scores.append(sure)
    np.testing.assert_array_equal(keypoints[1], keypoints[0][:, COCO13.mirror_indices])
    np.testing.assert_array_equal(scores[1], scores[0])


def test_scored_errors_are_as_large_as_others() -> None:
    exact = crowd(20_000)
    ours = np.abs(detect(exact, np.random.default_rng(0), 0.7) - exact)
    scored = np.abs(detect_with_scores(exact, np.random.default_rng(1), 0.7)[0] - exact)
    np.testing.assert_allclose(np.median(scored, axis=0), np.median(ours, axis=0), rtol=0.05)
    shares = [(errors > 8 * np.median(errors, axis=0)).mean() for errors in (scored, ours)]
    assert shares[0] == pytest.approx(shares[1], rel=0.1)


@pytest.mark.parametrize("leading", [(), (0,), (2, 3)])
def test_scores_for_any_leading_axes(leading: tuple[int, ...]) -> None:
    exact = np.broadcast_to(person(), (*leading, 13, 2))
    before = exact.copy()
    (seen, scores), (again, _) = (
        detect_with_scores(exact, np.random.default_rng(0)) for _ in range(2)
    )
    assert (seen.shape, scores.shape) == (exact.shape, exact.shape[:-1])
    assert (seen.dtype, scores.dtype) == (np.float32, np.float32)
    np.testing.assert_array_equal(seen, again)
    np.testing.assert_array_equal(exact, before)


def test_errors_follow_the_generator_and_leave_the_input_alone() -> None:
    exact = crowd(10)
    before = exact.copy()
    first, again, other = (detect(exact, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    np.testing.assert_array_equal(exact, before)
    assert detect(exact, np.random.default_rng(0), 0.0) is not exact


@pytest.mark.parametrize("leading", [(), (0,), (2, 3)])
def test_any_leading_axes(leading: tuple[int, ...]) -> None:
    exact = np.broadcast_to(person(), (*leading, 13, 2))
    seen = detect(exact, np.random.default_rng(0))
    assert seen.shape == exact.shape
    assert seen.dtype == np.float32


def test_it_is_as_wrong_as_the_detections_of_the_benchmark(shared_data: Path) -> None:
    """Mean error over all people, cameras and joints, in normalised units, and by joint."""
    with np.load(shared_data / "xview" / "val.npz") as file:
        exact, theirs = file["kp2d_gt"][:2000], file["kp2d_det"][:2000]
    ours = detect(exact, np.random.default_rng(0))
    size = np.sqrt(np.ptp(exact, axis=-2).prod(axis=-1))[..., None]
    errors = [np.linalg.norm(seen - exact, axis=-1) / size for seen in (ours, theirs)]
    medians = [np.median(error, axis=(0, 1)) for error in errors]
    np.testing.assert_allclose(medians[0], medians[1], rtol=0.05)
    large = [np.quantile(error, [0.9, 0.99]) for error in errors]
    np.testing.assert_allclose(large[0], large[1], rtol=0.1)
    assert normalize_2d(ours).shape == exact.shape
