import dataclasses

import numpy as np

from prvipe.data.motions.body import average_body, sample_body


def test_average_body_has_the_joint_heights_of_an_adult():
    body = average_body(1.70)
    leg = body.thigh + body.shin
    assert 0.80 < leg < 0.88
    assert 0.50 < body.upper_arm + body.forearm < 0.60
    assert leg + body.trunk + body.neck < body.stature


def test_sampled_bodies_vary_within_what_people_are():
    rng = np.random.default_rng(0)
    bodies = [sample_body(rng) for _ in range(500)]
    statures = np.array([body.stature for body in bodies])
    legs = np.array([body.thigh + body.shin for body in bodies])
    assert statures.min() > 1.0
    assert statures.max() < 2.0
    assert 0.05 < (statures < 1.45).mean() < 0.3  # children
    assert 0.02 < np.std(legs / statures) < 0.06
    assert all(length > 0 for body in bodies for length in dataclasses.astuple(body))


def test_a_seed_gives_one_body():
    first, again = (sample_body(np.random.default_rng(7)) for _ in range(2))
    assert first == again
    assert first != sample_body(np.random.default_rng(8))
