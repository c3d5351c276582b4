"""Procrustes alignment and the distances after it: NP-MPJPE (equation 1, appendix 2), PA-MPJPE.

NP-MPJPE normalises both poses as `normalize_3d`, moves the second onto the first by the best
rotation (never a reflection), scale and translation, and takes the mean distance of the joints. It
is in units of the first, the anchor's, normalised pose and so not quite symmetric (as POEM).

Where the covariance of two poses has singular values s2 = -s3 (collinear joints, some mirrored
symmetric poses) several rotations are equally good. They leave the same sum of squares, which is
well defined, but not always the same mean distance; NP-MPJPE is then that of one of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import (
    Float32Array,
    FloatArray,
    IntArray,
    require_positive_scale,
    require_shape,
)
from prvipe.geometry.centering import centered_pair
from prvipe.geometry.normalization import normalize_3d
from prvipe.poses.arrays import as_array


class Alignment(NamedTuple):
    """Similarity transform of row vectors: aligned = scale * source @ rotation + translation.

    Attributes:
        rotation (..., D, D): orthogonal, determinant 1.
        scale (...): never negative.
        translation (..., 1, D): in units of the target.
        aligned (..., J, D): the source, moved onto the target.
    """

    rotation: FloatArray
    scale: FloatArray
    translation: FloatArray
    aligned: FloatArray


def procrustes_align(source: FloatArray, target: FloatArray) -> Alignment:
    """Least-squares similarity alignment without reflection, by singular values in float64.

    After S. Umeyama, "Least-squares estimation of transformation parameters between two point
    patterns", 1991. No normalisation: mean distances of the result are PA-MPJPE.

    Args:
        source (..., J, D): points to move, in any unit.
        target (..., J, D): points to move them onto, in any unit.

    Raises:
        InputError: the shapes differ, a coordinate is not finite, or the joints of a source lie
            all in one point.
    """
    source, target = np.asarray(source, np.float64), np.asarray(target, np.float64)
    if source.shape != target.shape or source.ndim < 2:
        raise InputError(
            f"Procrustes alignment: expected two arrays (..., J, D) of one shape, got "
            f"{source.shape} and {target.shape}"
        )
    if not (np.isfinite(source).all() and np.isfinite(target).all()):
        raise InputError("Procrustes alignment: some coordinates are not finite; drop those rows")
    source_mean, target_mean = source.mean(-2, keepdims=True), target.mean(-2, keepdims=True)
    size = np.square(source - source_mean).sum(axis=(-1, -2))
    require_positive_scale(size, "Procrustes alignment", "all joints of the source coincide")
    rotation, gain = best_rotation(source - source_mean, target - target_mean)
    scale = gain / size
    linear = scale[..., None, None] * rotation
    translation = target_mean - source_mean @ linear
    return Alignment(rotation, scale, translation, source @ linear + translation)


def np_mpjpe(a: FloatArray, b: FloatArray) -> Float32Array:
    """NP-MPJPE of pairs of 3D poses.

    Args:
        a (..., 17, 3): anchors, h36m17 joints in any unit and frame.
        b (..., 17, 3): the poses aligned onto them; the leading axes broadcast.

    Returns:
        (...): distances in units of the normalised anchors.

    Raises:
        InputError: wrong shape, a non-finite joint, or hip, spine and thorax in one point.
    """
    from prvipe.geometry.aligned_distances import distances_of_pairs  # numba is slow to import

    targets, sources = _anchors(a), _unit_size(b)
    try:
        targets, sources = np.broadcast_arrays(targets, sources)
    except ValueError:
        raise InputError(
            f"NP-MPJPE: {np.shape(a)} and {np.shape(b)} cannot be paired; np_mpjpe_matrix "
            "compares all with all"
        ) from None
    shape = targets.shape[:-2]
    return distances_of_pairs(flat_rows(targets), flat_rows(sources)).reshape(shape)


def np_mpjpe_matrix(a: FloatArray, b: FloatArray) -> Float32Array:
    """NP-MPJPE of every pose of `a` to every pose of `b`; see `np_mpjpe`.

    Args:
        a (N, 17, 3): anchors, h36m17 joints in any unit and frame.
        b (M, 17, 3): the poses aligned onto them.

    Returns:
        (N, M): distances in units of the normalised anchors.

    Raises:
        InputError: wrong shape, a non-finite joint, or hip, spine and thorax in one point.
    """
    from prvipe.geometry.aligned_distances import distances_of_all

    return distances_of_all(flat_rows(_anchors(a, axes=3)), flat_rows(_unit_size(b, axes=3)))


def np_mpjpe_candidates(
    queries: FloatArray, gallery: FloatArray, candidates: IntArray
) -> Float32Array:
    """NP-MPJPE of every query to its own candidates only; see `np_mpjpe`.

    Hit@k needs no more than this, and never the N x M matrix.

    Args:
        queries (Q, 17, 3): anchors, h36m17 joints in any unit and frame.
        gallery (M, 17, 3): the poses aligned onto them.
        candidates (Q, K): rows of `gallery` to compare each query with.

    Returns:
        (Q, K): distances in units of the normalised queries.

    Raises:
        InputError: wrong shape, a non-finite joint, hip, spine and thorax in one point, or a
            candidate that is no row of the gallery.
    """
    from prvipe.geometry.aligned_distances import distances_of_candidates

    targets, sources = flat_rows(_anchors(queries, axes=3)), flat_rows(_unit_size(gallery, axes=3))
    candidates = checked_candidates(candidates, len(targets), len(sources))
    return distances_of_candidates(targets, sources, candidates)


def pa_mpjpe_3d_matrix(a: FloatArray, b: FloatArray) -> Float32Array:
    """PA-MPJPE of every 3D pose of `a` to every one of `b`: mean joint distances after alignment.

    Each pose of b is moved onto the pose of a by the rotation, scale and translation of least
    squared error (section 4.2, "3D lifting"). Nothing is normalised: the size of b's poses makes no
    difference, that of a's poses is the distances' unit. Ties as for `np_mpjpe`.

    Args:
        a (N, J, 3): poses, in any unit and frame.
        b (M, J, 3): poses of the same J joints, in any unit and frame.

    Returns:
        (N, M): distances in the unit of `a`.

    Raises:
        InputError: wrong shape, a non-finite joint, or all joints of a pose in one point.
    """
    from prvipe.geometry.aligned_distances import distances_of_all

    targets, sources = centered_pair(a, b, 3, "3D poses")
    return distances_of_all(flat_rows(targets), flat_rows(sources))


def checked_candidates(candidates: IntArray, queries: int, gallery: int) -> IntArray:
    """Contiguous int64 copy of `candidates` (Q, K), or InputError unless all are gallery rows."""
    candidates = np.asarray(candidates)
    if candidates.ndim != 2 or len(candidates) != queries:
        raise InputError(f"candidates: expected shape ({queries}, K), got {candidates.shape}")
    if not np.issubdtype(candidates.dtype, np.integer):
        raise InputError(f"candidates: expected integer gallery rows, got {candidates.dtype}")
    outside = (candidates < 0) | (candidates >= gallery)
    if outside.any():
        row, column = np.argwhere(outside)[0]
        raise InputError(
            f"candidates: row {row} names {candidates[row, column]}, but the gallery has the rows "
            f"0 to {gallery - 1}"
        )
    return np.ascontiguousarray(candidates, np.int64)


def best_rotation(source: FloatArray, target: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Rotate centred points (..., J, D) onto others -> rotation (..., D, D), inner product (...).

    The inner product of the rotated source and the target is the largest there is.
    """
    u, singular, vt = np.linalg.svd(np.swapaxes(source, -1, -2) @ target)
    sign = np.sign(np.linalg.det(u) * np.linalg.det(vt))
    u[..., -1] *= sign[..., None]
    singular[..., -1] *= sign
    return u @ vt, singular.sum(axis=-1)


def _anchors(poses: FloatArray, axes: int | None = None) -> FloatArray:
    """Normalised poses, centred on their mean joint."""
    return _centered(poses, "NP-MPJPE, first poses", axes)[0]


def _unit_size(poses: FloatArray, axes: int | None = None) -> FloatArray:
    """Poses centred on their mean joint, of Frobenius norm 1: their unit is of no consequence."""
    centered, size = _centered(poses, "NP-MPJPE, second poses", axes)
    return centered / size[..., None, None]


def _centered(poses: FloatArray, what: str, axes: int | None) -> tuple[FloatArray, FloatArray]:
    poses = as_array(poses, what).astype(np.float64, copy=False)
    require_shape(poses, (17, 3), what)
    if axes is not None and poses.ndim != axes:
        raise InputError(f"{what}: expected an array of shape (N, 17, 3), got {poses.shape}")
    try:
        normalized = normalize_3d(poses)
    except InputError as error:
        raise InputError(f"{what}: {error}") from None
    with np.errstate(over="ignore", invalid="ignore"):
        centered = normalized - normalized.mean(axis=-2, keepdims=True)
        size = np.linalg.norm(centered, axis=(-1, -2))
    require_positive_scale(size, what, "its coordinates are too large: choose another unit")
    return centered, size


def flat_rows(poses: FloatArray) -> FloatArray:
    """Lay out poses (..., J, 3) as the kernels take them: contiguous (N, 3 J)."""
    return np.ascontiguousarray(poses.reshape(-1, poses.shape[-2] * 3))
