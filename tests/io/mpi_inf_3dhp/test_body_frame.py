import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.geometry.rotations import rotation_about
from prvipe.io.mpi_inf_3dhp.body_frame import (
    require_seen_from_away,
    rotation_between,
    up_from_bodies,
    view_from_up,
)


def any_rotation(rng: np.random.Generator) -> np.ndarray:
    a, b, c = rng.uniform(-3, 3, 3)
    return rotation_about("z", a) @ rotation_about("y", b) @ rotation_about("x", c)


def angle(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.rad2deg(np.arccos(np.clip(a @ b, -1, 1))))


@pytest.mark.parametrize("seed", range(5))
def test_up_is_found_in_any_frame_though_some_lie(standing_bodies, seed: int) -> None:
    rng = np.random.default_rng(seed)
    bodies = standing_bodies(200, rng, bend=0.3)
    bodies[:30] = bodies[:30] @ rotation_about("x", np.pi / 2).T  # lying, stretched out as well
    rotation = any_rotation(rng)
    found = up_from_bodies(bodies @ rotation.T)
    assert np.linalg.norm(found) == pytest.approx(1)
    assert angle(found, rotation @ [0, 0, 1]) < 5


def test_the_view_shows_up_where_it_is_and_looks_along_y() -> None:
    up = np.array([0.1, -0.9, 0.2])
    view = view_from_up(up)
    np.testing.assert_allclose(view @ view.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(view) == pytest.approx(1)
    np.testing.assert_allclose(view @ [0, 0, 1], up / np.linalg.norm(up), atol=1e-12)
    forward = view.T @ [0, 0, 1]
    assert forward[0] == pytest.approx(0, abs=1e-12)
    assert forward[1] > 0.9


def test_the_turn_between_two_cameras_is_exact(standing_bodies) -> None:
    rng = np.random.default_rng(1)
    bodies, rotation = standing_bodies(4, rng), any_rotation(rng)
    found, apart = rotation_between(bodies, bodies @ rotation.T)
    np.testing.assert_allclose(found, rotation, atol=1e-10)
    assert apart < 1e-10


def test_a_mirrored_body_is_not_turned_onto_itself(standing_bodies) -> None:
    bodies = standing_bodies(4, np.random.default_rng(1))
    found, apart = rotation_between(bodies, bodies * [-1, 1, 1])
    assert np.linalg.det(found) == pytest.approx(1)
    assert apart > 0.05


def test_a_pelvis_in_the_camera_is_refused() -> None:
    with pytest.raises(InputError, match="TS1: the 3D poses have their pelvis at the origin"):
        require_seen_from_away(np.array([[0, 0, 3.0], [0, 0, 0]]), "TS1")
    require_seen_from_away(np.array([[0, 0, 3.0]]), "TS1")
