"""NP-MPJPE: mean joint distance after normalisation and Procrustes alignment (equation 1)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from prvipe.errors import InputError
from prvipe.geometry.arrays import Float32Array, FloatArray, IntArray
from prvipe.geometry.normalization import normalize_3d


class Alignment(NamedTuple):
    """Similarity transform of row vectors: `aligned = scale * source @ rotation + translation`."""

    rotation: FloatArray
    scale: FloatArray
    translation: FloatArray
    aligned: FloatArray


def procrustes_align(source: FloatArray, target: FloatArray) -> Alignment:
    """Least-squares similarity alignment of `source` (..., J, D) onto `target` (..., J, D).

    Rotations only, never a reflection (Umeyama 1991); computed in float64.

    Returns:
        rotation (..., D, D), scale (...), translation (..., 1, D) and aligned (..., J, D).

    Raises:
        InputError: the shapes differ, or all joints of a source lie in one point.
    """
    source, target = np.asarray(source, np.float64), np.asarray(target, np.float64)
    if source.shape != target.shape:
        raise InputError(f"Procrustes alignment: shapes {source.shape} and {target.shape} differ")
    source_center = source.mean(axis=-2, keepdims=True)
    target_center = target.mean(axis=-2, keepdims=True)
    centered = source - source_center
    u, singular, vt = np.linalg.svd(np.swapaxes(centered, -1, -2) @ (target - target_center))
    sign = np.sign(np.linalg.det(u) * np.linalg.det(vt))
    u[..., -1] *= sign[..., None]
    singular[..., -1] *= sign
    rotation = u @ vt
    scale = singular.sum(axis=-1) / np.square(centered).sum(axis=(-1, -2))
    translation = target_center - scale[..., None, None] * source_center @ rotation
    aligned = scale[..., None, None] * source @ rotation + translation
    return Alignment(rotation, scale, translation, aligned)


def np_mpjpe(a: FloatArray, b: FloatArray) -> Float32Array:
    """NP-MPJPE of pairs: `a` (..., 17, 3) and `b` (..., 17, 3), b aligned onto a -> (...)."""
    target = normalize_3d(np.asarray(a, np.float64))
    source = normalize_3d(np.asarray(b, np.float64))
    source, target = np.broadcast_arrays(source, target)
    distance = np.linalg.norm(procrustes_align(source, target).aligned - target, axis=-1)
    return np.asarray(distance.mean(axis=-1), np.float32)


def np_mpjpe_matrix(a: FloatArray, b: FloatArray) -> Float32Array:
    """NP-MPJPE of all pairs: `a` (N, 17, 3), `b` (M, 17, 3) -> (N, M), b aligned onto a."""
    return np.stack([np_mpjpe(pose, b) for pose in a])


def np_mpjpe_candidates(
    queries: FloatArray, gallery: FloatArray, candidates: IntArray
) -> Float32Array:
    """NP-MPJPE of queries (Q, 17, 3) to gallery (M, 17, 3) rows `candidates` (Q, K) -> (Q, K)."""
    return np_mpjpe(np.asarray(queries)[:, None], np.asarray(gallery)[candidates])
