"""Search by alignment against the whole matrix of exact distances."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prvipe.errors import InputError
from prvipe.geometry.procrustes import pa_mpjpe_3d_matrix
from prvipe.geometry.procrustes_2d import pa_mpjpe_2d_matrix
from prvipe.retrieval import Neighbors, top_k_keypoints, top_k_poses

Array = npt.NDArray[np.floating]


def search(query: Array, gallery: Array, k: int) -> Neighbors:
    return (top_k_keypoints if query.shape[2] == 2 else top_k_poses)(query, gallery, k)


def by_matrix(query: Array, gallery: Array, k: int) -> Neighbors:
    """All exact distances, sorted: equal ones in gallery order."""
    matrix = (pa_mpjpe_2d_matrix if query.shape[2] == 2 else pa_mpjpe_3d_matrix)(query, gallery)
    order = np.argsort(matrix, axis=1, kind="stable")[:, :k]
    return Neighbors(order, -np.take_along_axis(matrix, order, axis=1))


def assert_same(found: Neighbors, expected: Neighbors) -> None:
    np.testing.assert_array_equal(found.indices, expected.indices)
    np.testing.assert_array_equal(found.scores, expected.scores)


@settings(max_examples=60)
@given(
    st.sampled_from([2, 3]),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0.0, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1.0]),
    st.sampled_from([1, 5, 20, 60]),
    st.floats(-6, 6),
)
def test_nothing_is_missed(
    dimensions: int, seed: int, spread: float, k: int, magnitude: float
) -> None:
    """However alike the gallery: copies, differences below single precision, up to unrelated."""
    rng = np.random.default_rng(seed)
    kinds = rng.normal(size=(3, 13, dimensions))
    gallery = np.repeat(kinds, 20, axis=0) + spread * rng.normal(size=(60, 13, dimensions))
    query = 10**magnitude * (kinds + 0.1 * rng.normal(size=kinds.shape))
    assert_same(search(query, gallery, k), by_matrix(query, gallery, k))


@pytest.mark.parametrize("dimensions", [2, 3])
def test_copies_beyond_those_kept_come_in_gallery_order(dimensions: int) -> None:
    rng = np.random.default_rng(0)
    gallery = rng.normal(size=(300, 13, dimensions))
    gallery[100:200] = gallery[0]
    found = search(gallery[:2], gallery, 20)
    np.testing.assert_array_equal(found.indices[0], [0, *range(100, 119)])
    assert_same(found, by_matrix(gallery[:2], gallery, 20))


@pytest.mark.parametrize("dimensions", [2, 3])
def test_degenerate_poses(dimensions: int) -> None:
    """Collinear, planar and mirrored poses, some of them exactly tied."""
    rng = np.random.default_rng(0)
    solid = rng.normal(size=(40, 13, dimensions))
    line, mirror = np.zeros(dimensions), np.ones(dimensions)
    line[0], mirror[-1] = 1, -1
    gallery = np.concatenate([solid, solid * line, solid * mirror])
    query = gallery[::7]
    assert_same(search(query, gallery, 15), by_matrix(query, gallery, 15))


def test_noisy_detections(shared_data) -> None:  # type: ignore[no-untyped-def]
    with np.load(shared_data / "xview" / "val.npz") as file:
        keypoints, poses = file["kp2d_det"], file["poses3d"][:, 4:]
    estimated = poses + np.random.default_rng(0).normal(0, 0.05, poses.shape)
    for query, gallery in ((keypoints[::60, 0], keypoints[:, 1]), (poses[::60], estimated)):
        assert_same(search(query, gallery, 20), by_matrix(query, gallery, 20))


@pytest.mark.parametrize("dimensions", [2, 3])
def test_progress_counts_queries(dimensions: int) -> None:
    rng = np.random.default_rng(0)
    poses = rng.normal(size=(1030, 13, dimensions))
    calls: list[tuple[int, int]] = []
    find = top_k_keypoints if dimensions == 2 else top_k_poses
    found = find(poses, poses[:30], 2, lambda done, total: calls.append((done, total)))
    assert calls == [(1024, 1030), (1030, 1030)]
    np.testing.assert_array_equal(found.indices[:30, 0], np.arange(30))
    assert_same(found, by_matrix(poses, poses[:30], 2))


@pytest.mark.parametrize("k", [0, 31])
def test_k_out_of_range(k: int) -> None:
    poses = np.random.default_rng(0).normal(size=(30, 13, 3))
    with pytest.raises(InputError, match=f"best k = {k} of a gallery of 30 poses"):
        top_k_poses(poses, poses, k)


def test_bad_poses_are_named() -> None:
    poses = np.random.default_rng(0).normal(size=(30, 13, 3))
    bad = poses.copy()
    bad[4, 0, 0] = np.inf
    with pytest.raises(InputError, match="3D poses b: row 4, joint head is not finite"):
        top_k_poses(poses, bad, 1)
