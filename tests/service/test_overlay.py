"""Bodies laid over each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from prvipe.errors import InputError
from prvipe.geometry.cameras import COCO13_FROM_H36M17
from prvipe.index import PoseIndex
from prvipe.model.lifter import Lifter
from prvipe.poses import Poses
from prvipe.service.libraries import Libraries
from prvipe.service.overlay import Body, body_of_pose, body_of_row, overlay


@pytest.fixture(scope="module")
def lifter() -> Lifter:
    return Lifter.load()


@pytest.fixture
def bodies(standing_bodies: Callable[..., np.ndarray]) -> np.ndarray:
    return standing_bodies(4, np.random.default_rng(0))[:, COCO13_FROM_H36M17]


@pytest.fixture
def with_3d(tmp_path: Path, make_model: Callable[..., Path], bodies: np.ndarray) -> Libraries:
    """Four poses, of which the last is not known in space."""
    known = bodies.copy()
    known[3] = np.nan
    index = PoseIndex.create(make_model())
    index.add(Poses(bodies[:, :, [0, 2]] * [100, -100], None, "coco13"), poses3d=known)
    index.save(tmp_path / "bodies.pvi")
    return Libraries.open([tmp_path / "bodies.pvi"])


def test_a_turned_copy_lies_on_the_pose(bodies: np.ndarray) -> None:
    turn = Rotation.from_rotvec([0.3, 2, -1]).as_matrix()
    turned = 3 * bodies[0] @ turn.T + [5, 6, 7]
    laid = overlay(Body(bodies[0], False), Body(turned, False))
    np.testing.assert_allclose(laid.hit.joints, bodies[0], atol=1e-6)
    assert laid.np_mpjpe < 1e-6


def test_a_mirrored_pose_does_not(bodies: np.ndarray) -> None:
    laid = overlay(Body(bodies[0], False), Body(bodies[0] * [-1, 1, 1], False))
    assert laid.np_mpjpe > 0.05


def test_distances_are_those_of_the_joints(bodies: np.ndarray) -> None:
    laid = overlay(Body(bodies[0], False), Body(bodies[1], True))
    assert laid.distances.shape == (13,)
    assert laid.np_mpjpe == pytest.approx(laid.distances.mean())
    assert (laid.query.estimated, laid.hit.estimated) == (False, True)


def test_what_the_library_knows_is_not_estimated(with_3d: Libraries, lifter: Lifter) -> None:
    library = with_3d.get()
    query, hit, unknown = (body_of_row(library, row, lifter) for row in (0, 1, 3))
    assert (query.estimated, hit.estimated, unknown.estimated) == (False, False, True)
    assert overlay(query, query).np_mpjpe < 1e-6


def test_a_pose_of_keypoints_is_estimated(libraries: Libraries, lifter: Lifter) -> None:
    body = body_of_row(libraries.get(), 3, lifter)
    assert body.estimated
    assert np.isfinite(body.joints).all()
    hips, shoulders = (body.joints[list(pair)].mean(axis=0) for pair in ((7, 8), (1, 2)))
    np.testing.assert_allclose(hips, 0, atol=1e-6)
    assert np.linalg.norm(shoulders - hips) == pytest.approx(1)


def test_what_cannot_be_laid_over_is_refused(
    libraries: Libraries, lifter: Lifter, make_poses: Callable[..., Poses]
) -> None:
    with pytest.raises(InputError, match="of one pose, and there are 2"):
        body_of_pose(make_poses(2), lifter)
    with pytest.raises(InputError, match="row 0"):
        body_of_pose(Poses(np.full((1, 13, 2), np.nan), None, "coco13"), lifter)
    with pytest.raises(InputError, match="row 500"):
        body_of_row(libraries.get(), 500, lifter)
