from typing import Any

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.evaluation import pose_pairs
from prvipe.evaluation.pose_pairs import BANDS, pairs_in_bands
from prvipe.geometry.normalization import normalize_3d
from prvipe.geometry.procrustes import np_mpjpe


@pytest.fixture(scope="module")
def poses(standing_bodies: Any) -> np.ndarray:
    """Forty bodies, and as many that are like them: the first very, the last hardly."""
    rng = np.random.default_rng(0)
    bodies = standing_bodies(40, rng, 0.4)
    unlike = np.linspace(0.003, 0.06, 40)[:, None, None]
    return np.concatenate([bodies, bodies + unlike * rng.normal(size=bodies.shape)])


@pytest.fixture(autouse=True)
def _few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pose_pairs, "_PAIRS_AT_ONCE", 512)
    monkeypatch.setattr(pose_pairs, "_MOST_PAIRS", 2**16)


def test_pairs_lie_in_their_bands(poses: np.ndarray) -> None:
    rows = pairs_in_bands(poses, count=4)
    assert [len(pairs) for pairs in rows] == [4, 4, 4, 4]
    for pairs, (above, at_most) in zip(rows, BANDS, strict=True):
        assert len({frozenset(pair.rows) for pair in pairs}) == 4
        for pair in pairs:
            assert above < pair.np_mpjpe <= at_most
            a, b = pair.rows
            assert pair.np_mpjpe == pytest.approx(float(np_mpjpe(poses[a], poses[b])), abs=1e-6)


def test_second_pose_lies_on_the_first(poses: np.ndarray) -> None:
    for pair in pairs_in_bands(poses, count=3)[3]:
        np.testing.assert_allclose(pair.first, normalize_3d(poses[pair.rows[0]]), atol=1e-9)
        distance = np.linalg.norm(pair.first - pair.second, axis=1).mean()
        assert distance == pytest.approx(pair.np_mpjpe, abs=1e-5)


def test_every_pair_of_a_band_is_as_likely(poses: np.ndarray) -> None:
    """One pose has a single neighbour, another many: the lone pair comes up no more often."""
    rng = np.random.default_rng(1)
    crowd = poses[0] + 0.002 * rng.normal(size=(7, 17, 3))
    couple = poses[1] + 0.002 * rng.normal(size=(2, 17, 3))
    bodies = np.concatenate([crowd, couple])
    band = [(0.0, 0.05)]
    drawn = [pairs_in_bands(bodies, 1, band, seed)[0][0].rows for seed in range(300)]
    together = sum(set(rows) == {7, 8} for rows in drawn)
    # 1 of 21 + 1 pairs: 13.6 of 300 expected, 67 if the first pose were drawn before the second.
    assert 4 <= together <= 26


def test_seed_chooses_the_pairs(poses: np.ndarray) -> None:
    first, again, other = (
        [pair.rows for pair in pairs_in_bands(poses, 3, seed=seed)[2]] for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other


def test_rare_bands_are_refused(poses: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"only 0 in 0 to 1e-06, 2 in 0\.1 to 0\.2; ask for fewer"):
        pairs_in_bands(poses, 2, [(0, 1e-6), (0.1, 0.2)])


def test_one_pose_makes_no_pair(poses: np.ndarray) -> None:
    with pytest.raises(InputError, match="1 poses make no pair"):
        pairs_in_bands(poses[:1])
