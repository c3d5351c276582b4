"""Which way a joint lies, in words."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from prvipe.comparison.direction import describe_offset, joint_offsets
from prvipe.comparison.joint_verdict import JointDifference, describe_joint
from prvipe.geometry.normalization import normalize_3d, normalize_lifted
from prvipe.skeleton import COCO13, H36M17
from prvipe.training.lifting import poses_in_own_frame

WRIST = COCO13.index("left_wrist")
EVERY = np.ones(13, bool)


@pytest.mark.parametrize(
    ("offset", "words"),
    [
        ((0, 0.3, 0), "higher"),
        ((0, -0.3, 0.01), "lower"),
        ((0.2, 0, 0), "further to their left"),
        ((-0.2, 0, 0), "further to their right"),
        ((0, 0, 2), "further forward"),
        ((0, 0, -2), "further back"),
        ((0, 0.3, 0.4), "further forward and higher"),
        ((0.4, 0.3, -0.41), "further back and further to their left"),
        ((1, 1, 1), "further to their left and higher and further forward"),
        ((0, 0, 0), ""),
    ],
)
def test_words(offset: tuple[float, float, float], words: str) -> None:
    assert describe_offset(np.array(offset)) == words


def test_what_is_moved_is_found_where_it_is(standing_bodies: Callable[..., np.ndarray]) -> None:
    """A wrist raised and brought to the front, of a body that faces -y, seen from anywhere."""
    pose = standing_bodies(1, np.random.default_rng(0), 0.0)
    moved = pose.copy()
    moved[:, H36M17.index("left_wrist")] += [0, -0.3, 0.3]
    a, b = (poses_in_own_frame(normalize_3d(each))[0] for each in (pose, moved))
    b = 3 * b @ Rotation.random(random_state=1).as_matrix().T + 5
    offsets = joint_offsets(a, b, EVERY)
    assert np.linalg.norm(offsets, axis=1).argmax() == WRIST
    assert set(describe_offset(offsets[WRIST]).split(" and ")) == {"higher", "further forward"}


def test_offsets_are_as_long_as_the_alignment_leaves(
    standing_bodies: Callable[..., np.ndarray],
) -> None:
    a, b = poses_in_own_frame(normalize_3d(standing_bodies(2, np.random.default_rng(0))))
    known = EVERY.copy()
    known[WRIST] = False
    offsets = joint_offsets(a, b, known)
    assert np.isnan(offsets[WRIST]).all()
    np.testing.assert_allclose(offsets[known].mean(axis=0), 0, atol=1e-6)
    assert not np.allclose(offsets[known], (normalize_lifted(b) - normalize_lifted(a))[known])


def test_a_joint_in_words() -> None:
    apart = JointDifference("left_wrist", 0.62, "higher")
    assert describe_joint(apart) == (
        "the left wrist is apart by about 0.6 torso lengths: higher in the second"
    )
    alike = JointDifference("head", 0.1, "higher")
    assert describe_joint(alike) == "the head shows no clear difference"
    assert describe_joint(JointDifference("head", 0.4)) == (
        "the head may be apart (about 0.4 torso lengths)"
    )
