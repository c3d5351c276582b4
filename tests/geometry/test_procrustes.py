"""NP-MPJPE against the authors' numbers, float64 singular values and its own invariances."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prvipe.geometry import normalize_3d, np_mpjpe, np_mpjpe_candidates, np_mpjpe_matrix
from prvipe.geometry.procrustes import procrustes_align
from prvipe.skeleton import H36M17

Array = npt.NDArray[np.float64]

POEM17 = ["hip", "head", "neck", "thorax", "left_shoulder", "right_shoulder", "left_elbow"]
POEM17 += ["right_elbow", "left_wrist", "right_wrist", "spine", "left_hip", "right_hip"]
POEM17 += ["left_knee", "right_knee", "left_ankle", "right_ankle"]
TRUNK = [H36M17.index(joint) for joint in ("hip", "spine", "thorax")]
H36M17_FROM_POEM17 = [POEM17.index(joint) for joint in H36M17.joints]


@pytest.fixture(scope="module")
def vectors(shared_data: Path) -> dict[str, Array]:
    with np.load(shared_data / "reference_vectors" / "np_mpjpe.npz") as file:
        return dict(file)


def by_svd(a: Array, b: Array) -> Array:
    """NP-MPJPE (N, M) in float64 by singular values, sharing no code with the package."""
    target, source = centered(a)[:, None], centered(b)[None]
    u, singular, vh = np.linalg.svd(source.swapaxes(-1, -2) @ target)
    sign = np.where(np.linalg.det(u) * np.linalg.det(vh) < 0, -1.0, 1.0)
    u[..., 2] *= sign[..., None]  # a reflection becomes the next best rotation
    singular[..., 2] *= sign
    scale = singular.sum(axis=-1) / np.square(source).sum(axis=(-1, -2))
    aligned = scale[..., None, None] * source @ (u @ vh)
    return np.linalg.norm(aligned - target, axis=-1).mean(axis=-1)


def centered(poses: Array) -> Array:
    """In units of hip-spine-thorax, float64, about the mean joint."""
    poses = poses.astype(np.float64)
    trunk = np.linalg.norm(np.diff(poses[:, TRUNK], axis=1), axis=-1).sum(axis=1)
    return (poses - poses.mean(axis=1, keepdims=True)) / trunk[:, None, None]


def rotation_from(quaternion: list[float]) -> Array:
    w, x, y, z = np.array(quaternion) / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def with_singular_values(pose: Array, values: list[float]) -> Array:
    """The pose, centred and stretched along its principal axes to the given singular values."""
    u, _, _ = np.linalg.svd(pose - pose.mean(axis=0), full_matrices=False)
    return u * np.array(values)


MIRROR = np.array([1.0, 1.0, -1.0])

quaternions = st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(
    lambda q: np.linalg.norm(q) > 0.1
)


class TestReferenceVectors:
    def test_matrix(self, vectors):
        a, b = vectors["A"][:, H36M17_FROM_POEM17], vectors["B"][:, H36M17_FROM_POEM17]
        np.testing.assert_allclose(np_mpjpe_matrix(a, b), vectors["matrix"], atol=1e-4)
        matching = vectors["matching_at_0p1"]
        np.testing.assert_array_equal(np_mpjpe_matrix(a, b) < 0.1, matching)

    def test_transforms(self, vectors):
        a, b = vectors["A"], vectors["B"][:32]
        found = procrustes_align(b, a)
        np.testing.assert_allclose(found.rotation, vectors["rotation"], atol=1e-4)
        np.testing.assert_allclose(found.scale, vectors["scale"], atol=1e-4)
        np.testing.assert_allclose(found.translation, vectors["translation"], atol=1e-4)
        np.testing.assert_allclose(found.aligned, vectors["aligned"], atol=1e-4)

    def test_pa_mpjpe_in_millimetres(self, vectors):
        raw = vectors["raw_mm"]
        aligned = procrustes_align(raw[::-1], raw).aligned
        error = np.linalg.norm(aligned - raw, axis=-1).mean(axis=-1)
        np.testing.assert_allclose(error, vectors["raw_mm_pair_pa_mpjpe"], rtol=1e-4)


class TestAgainstSingularValues:
    def test_random_bodies(self, random_poses):
        a, b = random_poses(150, seed=1), random_poses(131, seed=2, bend=1.5)
        np.testing.assert_allclose(np_mpjpe_matrix(a, b), by_svd(a, b), atol=1e-6)

    def test_motion_capture(self, shared_data):
        with np.load(shared_data / "xview" / "val.npz") as file:
            poses = file["poses3d"]
        rows = np.random.default_rng(0).choice(len(poses), 400)
        a, b = poses[rows[:200]], poses[rows[200:]]
        np.testing.assert_allclose(np_mpjpe_matrix(a, b), by_svd(a, b), atol=1e-6)

    def test_unrelated_points_with_tiny_covariances(self):
        points = np.random.default_rng(3).normal(size=(2, 120, 17, 3))
        np.testing.assert_allclose(np_mpjpe_matrix(*points), by_svd(*points), atol=1e-6)

    def test_identical(self, random_poses):
        poses = random_poses(40)
        assert np_mpjpe(poses, poses).max() < 1e-7

    def test_turned_by_half(self, random_poses):
        poses = random_poses(40)
        for turn in ([1, -1, -1], [-1, 1, -1], [-1, -1, 1]):
            assert np_mpjpe(poses, poses * turn).max() < 1e-7

    def test_mirrored(self, random_poses):
        poses = random_poses(60)
        expected = by_svd(poses, poses * MIRROR)
        np.testing.assert_allclose(np_mpjpe_matrix(poses, poses * MIRROR), expected, atol=1e-6)
        assert expected.min() > 0.01

    def test_planar(self, random_poses):
        flat = random_poses(40) * [1, 1, 0]
        other = random_poses(40, seed=5)
        for a, b in ((flat, flat), (flat, other), (other, flat)):
            np.testing.assert_allclose(np_mpjpe_matrix(a, b), by_svd(a, b), atol=1e-6)

    def test_collinear(self, random_poses):
        """Turning about the line changes no distance to it, so the value is unique here."""
        line = random_poses(40) * [0, 0, 1]
        other = random_poses(40, seed=5)
        for a, b in ((line, line), (line, other), (other, line)):
            np.testing.assert_allclose(np_mpjpe_matrix(a, b), by_svd(a, b), atol=1e-6)

    @pytest.mark.parametrize("gap", [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8])
    def test_nearly_tied(self, random_poses, gap):
        poses = np.stack([with_singular_values(p, [2, 1 + gap, 1]) for p in random_poses(8)])
        mirrored = (poses * MIRROR) @ rotation_from([0.3, -0.5, 0.2, 0.7])
        expected = np.diag(by_svd(poses, mirrored))
        np.testing.assert_allclose(np_mpjpe(poses, mirrored), expected, atol=1e-6)

    def test_tied(self, random_poses):
        """Many rotations are best: the result must be that of one of them."""
        pose = with_singular_values(random_poses(1)[0], [2, 1, 1])
        target = normalize_3d(pose)
        centered = target - target.mean(axis=0)
        scale = 2**2 / (2**2 + 1 + 1)
        angles = np.linspace(0, 2 * np.pi, 2001)
        best = np.zeros((len(angles), 3, 3))  # mirrored pose -> its image about the long axis
        best[:, 0, 0] = 1
        best[:, 1, 1], best[:, 1, 2] = np.cos(angles), np.sin(angles)
        best[:, 2, 1], best[:, 2, 2] = -np.sin(angles), np.cos(angles)
        residual = scale * (centered * MIRROR) @ best - centered
        squares = np.square(residual).sum(axis=(1, 2))
        np.testing.assert_allclose(squares, squares[0], rtol=1e-9)
        alignment = procrustes_align(target * MIRROR, target)
        found_squares = np.square(alignment.aligned - target).sum()
        np.testing.assert_allclose(found_squares, squares[0], rtol=1e-9)
        means = np.linalg.norm(residual, axis=-1).mean(axis=-1)
        found = np_mpjpe(pose, pose * MIRROR)
        assert means.min() - 1e-6 <= found <= means.max() + 1e-6

    def test_uncorrelated(self):
        """A covariance of zero leaves nothing better than shrinking the pose to its mean."""
        u, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(17, 6)) - 0.5)
        ones = np.ones(17) / np.sqrt(17)
        u, _ = np.linalg.qr(np.column_stack([ones, u]))
        a, b = u[:, 1:4], u[:, 4:7]
        target = normalize_3d(a)
        expected = np.linalg.norm(target - target.mean(axis=0), axis=-1).mean()
        np.testing.assert_allclose(np_mpjpe(a, b), expected, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    quaternions,
    st.floats(1e-3, 1e3),
    st.lists(st.floats(-50, 50), min_size=3, max_size=3),
    st.integers(0, 2**32 - 1),
)
def test_similarity_transforms_change_nothing(random_poses, quaternion, scale, shift, seed):
    a, b = random_poses(6, seed=seed), random_poses(5, seed=seed + 1)
    moved = scale * (b @ rotation_from(quaternion)) + shift
    np.testing.assert_allclose(np_mpjpe_matrix(a, moved), np_mpjpe_matrix(a, b), atol=1e-5)
    moved = scale * (a @ rotation_from(quaternion)) + shift
    np.testing.assert_allclose(np_mpjpe_matrix(moved, b), np_mpjpe_matrix(a, b), atol=1e-5)


def test_unit_is_that_of_the_anchor(random_poses):
    """A longer trunk at otherwise equal residuals means smaller numbers."""
    pose = random_poses(1)[0]
    short = pose.copy()
    spine, thorax = H36M17.index("spine"), H36M17.index("thorax")
    short[[spine, thorax]] = pose[0] + 0.25 * (pose[[spine, thorax]] - pose[0])
    aligned = procrustes_align(pose, short).aligned
    error = np.linalg.norm(aligned - short, axis=-1).mean()
    trunk = np.linalg.norm(short[spine] - short[0]) + np.linalg.norm(short[thorax] - short[spine])
    np.testing.assert_allclose(np_mpjpe(short, pose), error / trunk, rtol=1e-5)
    assert np_mpjpe(short, pose) > 1.5 * np_mpjpe(pose, short)


class TestForms:
    def test_candidates_are_entries_of_the_matrix(self, random_poses):
        queries, gallery = random_poses(9, seed=1), random_poses(50, seed=2)
        candidates = np.random.default_rng(0).integers(0, 50, (9, 21))
        expected = np.take_along_axis(np_mpjpe_matrix(queries, gallery), candidates, axis=1)
        np.testing.assert_array_equal(np_mpjpe_candidates(queries, gallery, candidates), expected)

    def test_pairs_are_entries_of_the_matrix_and_broadcast(self, random_poses):
        a, b = random_poses(37, seed=1), random_poses(35, seed=2)
        matrix = np_mpjpe_matrix(a, b)
        np.testing.assert_array_equal(np_mpjpe(a[:35], b), np.diag(matrix))
        np.testing.assert_array_equal(np_mpjpe(a[:, None], b), matrix)
        assert np_mpjpe(a[0], b[0]).shape == ()

    def test_ties_are_filled_in_every_form(self, random_poses):
        line, poses = random_poses(3) * [0, 0, 1], random_poses(4, seed=1)
        matrix = np_mpjpe_matrix(line, poses)
        np.testing.assert_allclose(matrix, by_svd(line, poses), atol=1e-6)
        np.testing.assert_allclose(np_mpjpe(line[:, None], poses), matrix, atol=1e-6)
        candidates = np.array([[3, 0], [1, 1], [2, 3]])
        expected = np.take_along_axis(matrix, candidates, axis=1)
        found = np_mpjpe_candidates(line, poses, candidates)
        np.testing.assert_allclose(found, expected, atol=1e-6)

    def test_empty(self, random_poses):
        poses, none = random_poses(3), np.empty((0, 17, 3))
        assert np_mpjpe_matrix(none, poses).shape == (0, 3)
        assert np_mpjpe_matrix(poses, none).shape == (3, 0)
        assert np_mpjpe_candidates(poses, poses, np.empty((3, 0), int)).shape == (3, 0)
        assert np_mpjpe(none, none).shape == (0,)

    def test_from_several_threads_at_once(self, random_poses):
        poses = random_poses(64)
        expected = np_mpjpe_matrix(poses, poses)
        with ThreadPoolExecutor(4) as pool:
            for found in pool.map(lambda _: np_mpjpe_matrix(poses, poses), range(8)):
                np.testing.assert_array_equal(found, expected)
