"""Which poses a batch holds."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from prvipe.geometry.rotations import rotation_about
from prvipe.training import rows
from prvipe.training.rows import Epochs, WeightedDraws, rarity

Poses = npt.NDArray[np.float32]
Bodies = Callable[..., Poses]


def weights(*values: float) -> npt.NDArray[np.float32]:
    return np.array(values, np.float32)


def draws_of(weights: npt.NDArray[np.float32], size: int, seed: int = 0) -> WeightedDraws:
    """Single rows of one recording."""
    return WeightedDraws(weights, np.zeros(len(weights), np.int32), 1, size, seed)


def crowd(random_bodies: Bodies, common: int, others: int) -> Poses:
    """One pose `common` times, turned and scaled, and then `others` unlike it and each other."""
    rng = np.random.default_rng(0)
    turns = rotation_about("z", rng.uniform(-3, 3, common)) * rng.uniform(0.5, 2, (common, 1, 1))
    same = np.repeat(random_bodies(1, 0), common, axis=0) @ turns
    scattered = rng.normal(size=(others, 17, 3))
    return np.concatenate([same, scattered]).astype(np.float32)


def test_an_epoch_holds_each_row_once_but_for_the_rest() -> None:
    order = Epochs(count=23, size=5, seed=0)
    epochs = [np.concatenate([order.of_step(4 * e + step) for step in range(4)]) for e in range(2)]
    for epoch in epochs:
        assert len(set(epoch.tolist())) == len(epoch) == 20
        assert set(epoch.tolist()) <= set(range(23))
    assert epochs[0].tolist() != epochs[1].tolist()


@pytest.mark.parametrize(
    "make",
    [lambda seed: Epochs(40, 8, seed), lambda seed: draws_of(weights(*[1] * 40), 8, seed)],
)
def test_rows_are_a_function_of_seed_and_step(
    make: Callable[[int], Epochs | WeightedDraws],
) -> None:
    in_order, out_of_order, other = make(0), make(0), make(1)
    batches = [in_order.of_step(step).tolist() for step in range(12)]
    for step in (11, 3, 0, 7, 7):
        assert out_of_order.of_step(step).tolist() == batches[step]
    assert other.of_step(0).tolist() != batches[0]
    assert len({tuple(batch) for batch in batches}) == len(batches)


def test_draws_hold_no_row_twice() -> None:
    """Not even where a few rows hold nearly all the weight, or a batch holds all rows."""
    heavy = draws_of(weights(*[1000] * 3, *[1] * 27), 16)
    for step in range(50):
        drawn = heavy.of_step(step)
        assert len(drawn) == len(set(drawn.tolist())) == 16
        assert {0, 1, 2} <= set(drawn.tolist())
    assert sorted(draws_of(weights(5, 1, 3), 3).of_step(0).tolist()) == [0, 1, 2]


def test_rows_are_drawn_as_often_as_they_weigh() -> None:
    draws = draws_of(weights(1, 2, 3, 4), 1)
    shares = np.bincount([int(draws.of_step(step)[0]) for step in range(5000)]) / 5000
    np.testing.assert_allclose(shares, [0.1, 0.2, 0.3, 0.4], atol=0.03)


def test_groups_are_neighbours_in_time_within_one_recording() -> None:
    """Only the first of each group is drawn by weight; here all weight is on two rows."""
    sequence = np.repeat([4, 0, 4], [50, 20, 50])
    heavy = np.where(np.isin(np.arange(120), (45, 75)), 1, 1e-9).astype(np.float32)
    draws = WeightedDraws(heavy, sequence, 4, 12, 0)
    seen = set(np.concatenate([draws.of_step(step) for step in range(200)]).tolist())
    assert seen == set(range(30, 50)) | set(range(70, 91))
    counts = np.bincount(np.concatenate([draws.of_step(step) for step in range(2000)]))
    assert counts[49] < 2 * counts[40]  # none pile up at the end of a recording


def test_groups_fill_batches_without_repeats() -> None:
    draws = WeightedDraws(weights(*[1] * 300), np.arange(300) // 100, 4, 64, 0)
    for step in range(20):
        drawn = draws.of_step(step)
        assert len(set(drawn.tolist())) == len(drawn) == 64
        nearest = (
            np.abs(drawn[:, None] - drawn)[~np.eye(64, dtype=bool)].reshape(64, 63).min(axis=1)
        )
        assert np.median(nearest) <= 4


def test_the_last_row_is_the_last_whatever_the_rounding_of_sums(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The share of all rows can come out a hair below 1, and a number drawn lie beyond it."""

    class Largest:
        def random(self, size: int) -> npt.NDArray[np.float64]:
            return np.full(size, 1 - 2.0**-53)

        def integers(
            self, low: object, high: object, size: tuple[int, int]
        ) -> npt.NDArray[np.int64]:
            return np.zeros(size, np.int64)

    uneven = (10 ** np.random.default_rng(0).uniform(-9, 1, (50, 1000))).astype(np.float32)
    draws = [draws_of(each, 1) for each in uneven]
    monkeypatch.setattr(np.random, "default_rng", lambda _: Largest())
    assert max(each.of_step(0)[0] for each in draws) == 999


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_rarity_is_a_power_of_the_number_of_alike_poses(
    power: float, random_bodies: Bodies
) -> None:
    """Turned and scaled copies are one pose; a half is added to their number."""
    poses = crowd(random_bodies, common=9, others=3)
    expected = [*[9.5**-power] * 9, *[1.5**-power] * 3]
    np.testing.assert_allclose(rarity(poses, power), expected, rtol=0.02)


def test_rarity_of_a_pose_depends_on_no_block_of_rows(
    random_bodies: Bodies, monkeypatch: pytest.MonkeyPatch
) -> None:
    poses = crowd(random_bodies, common=20, others=30)
    whole = rarity(poses, 1.0)
    monkeypatch.setattr(rows, "_CHUNK", 7)
    np.testing.assert_allclose(rarity(poses, 1.0), whole, rtol=1e-6)


def test_some_landmarks_are_enough_to_tell_rare_from_common(
    random_bodies: Bodies, monkeypatch: pytest.MonkeyPatch
) -> None:
    poses = crowd(random_bodies, common=150, others=50)
    monkeypatch.setattr(rows, "_LANDMARKS", 40)
    found = rarity(poses, 1.0)
    assert found[150:].min() > 5 * found[:150].max()
    np.testing.assert_array_equal(rarity(poses, 1.0), found)
