import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prvipe.data.motions.activity import load_activities
from prvipe.data.motions.animation import animate, interpolate_keys
from prvipe.data.motions.joint_angles import clamp_to_limits, columns

ACTIVITIES = {activity.name: activity for activity in load_activities()}


def test_interpolation_passes_through_the_keys():
    times, values = np.array([0.0, 1.0, 1.5, 4.0]), np.array([[0.0], [10.0], [12.0], [-3.0]])
    assert interpolate_keys(times, values, times) == pytest.approx(values)


@given(st.lists(st.floats(-180, 180), min_size=3, max_size=8))
def test_interpolation_never_overshoots(values):
    times = np.cumsum(1 + np.arange(len(values)) % 3).astype(float)
    at = np.linspace(times[0], times[-1], 200)
    curve = interpolate_keys(times, np.array(values)[:, None], at)[:, 0]
    for start, end, a, b in zip(times[:-1], times[1:], values[:-1], values[1:], strict=True):
        between = curve[(at >= start) & (at <= end)]
        assert (between >= min(a, b) - 1e-6).all()
        assert (between <= max(a, b) + 1e-6).all()


def test_interpolation_has_no_corners():
    times, values = np.arange(6.0), np.array([0.0, 3.0, 4.0, 9.0, 2.0, 2.0])[:, None]
    for time in times[1:-1]:
        at = time + np.array([-2e-5, -1e-5, 1e-5, 2e-5])
        before, _, after = np.diff(interpolate_keys(times, values, at)[:, 0])
        assert before == pytest.approx(after, abs=1e-7)


@pytest.mark.parametrize("name", ["walking", "golf_swing", "wheel_pose", "lying_on_back"])
def test_joint_angles_stay_within_limits(name):
    angles = animate(ACTIVITIES[name], np.random.default_rng(3), 600)
    assert np.isfinite(angles).all()
    assert np.array_equal(angles, clamp_to_limits(angles))


def test_motion_is_smooth():
    angles = animate(ACTIVITIES["waving"], np.random.default_rng(0), 300)
    assert np.abs(np.diff(angles, axis=0)).max() < 20  # degrees from frame to frame


def test_repetitions_differ_but_show_the_same_motion():
    squats = ACTIVITIES["squatting"]
    angles = animate(squats, np.random.default_rng(0), 1200)
    knee = angles[:, columns("left_knee")[0]]
    peaks = knee[1:-1][(knee[1:-1] > knee[:-2]) & (knee[1:-1] >= knee[2:]) & (knee[1:-1] > 90)]
    assert len(peaks) > 8
    assert 1 < np.std(peaks) < 20
    assert np.mean(peaks) == pytest.approx(130, abs=20)


def test_whole_turns_stay_whole():
    yaw = animate(ACTIVITIES["pirouette"], np.random.default_rng(0), 600)
    turned = np.ptp(yaw[:, columns("pelvis")[2]])
    assert turned > 3 * 360


def test_a_seed_gives_one_performance():
    first, again, other = (
        animate(ACTIVITIES["running"], np.random.default_rng(seed), 50) for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)
