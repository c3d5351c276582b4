"""Exact top-k search among embeddings, and among 2D or 3D poses by Procrustes alignment."""

from __future__ import annotations

import torch

from prvipe.errors import InputError
from prvipe.geometry.aligned_distances import Alignments3D
from prvipe.geometry.arrays import FloatArray
from prvipe.geometry.procrustes_2d import Alignments2D
from prvipe.model.gaussian import Gaussian
from prvipe.progress import Progress
from prvipe.retrieval.alignment import nearest_by_alignment
from prvipe.retrieval.ranking import Ranking
from prvipe.retrieval.streaming import Neighbors, stream_top_k


def top_k(
    query: Gaussian,
    gallery: Gaussian,
    k: int,
    ranking: Ranking,
    progress: Progress | None = None,
) -> Neighbors:
    """Find the k best matches of each query; exact, in bounded memory.

    Args:
        query (Q, d): embeddings to find matches for.
        gallery (M, d): embeddings searched, of the same model and on the same device.
        k: matches per query, at most M.
        ranking: `by_match_probability`, `by_sampled_match_probability` or `by_mean_distance`.
        progress: called with the queries done and all queries.

    Returns:
        indices (Q, k) of gallery rows, best first, and their scores (Q, k): matching probabilities,
        or negated distances. Rows whose probabilities round to the same number are still in order.

    Raises:
        InputError: the embeddings differ in dimension or hold NaN, or k is out of range.
    """
    if query.mean.shape[1] != gallery.mean.shape[1]:
        raise InputError(
            f"query embeddings have {query.mean.shape[1]} dimensions, gallery embeddings "
            f"{gallery.mean.shape[1]}; embed both with the same model"
        )
    _require_finite(query, "query")
    _require_finite(gallery, "gallery")
    score = ranking.prepare(query, gallery)
    indices, scores = stream_top_k(score, len(query), len(gallery), k, progress)
    return Neighbors(indices, ranking.to_probability(scores) if ranking.to_probability else scores)


def top_k_keypoints(
    query: FloatArray, gallery: FloatArray, k: int, progress: Progress | None = None
) -> Neighbors:
    """Find the k gallery poses nearest to each query after alignment in the image.

    The gallery pose is moved onto the query by a similarity (section 4.2, "2D keypoints"). That
    finds the same poses whatever the units; errors are in the query's, `normalize_2d` first makes
    them comparable between queries.

    Args:
        query (Q, 13, 2): keypoints of `COCO13`, x right, y down, any unit.
        gallery (M, 13, 2): likewise.
        k: matches per query, at most M.
        progress: called with the queries done and all queries.

    Returns:
        indices (Q, k) of gallery rows and the negated mean joint distances (Q, k), best first.

    Raises:
        InputError: wrong shapes, NaN, people of size zero, or k out of range.
    """
    return nearest_by_alignment(Alignments2D.between(query, gallery), k, progress)


def top_k_poses(
    query: FloatArray, gallery: FloatArray, k: int, progress: Progress | None = None
) -> Neighbors:
    """Find the k gallery poses nearest to each query after alignment in space.

    The gallery pose is moved onto the query by a similarity without reflection (section 4.2, "3D
    lifting"). That finds the same poses whatever the units; errors are in the query's: give
    all queries one size to compare errors between them.

    Args:
        query (Q, J, 3): poses, any unit and frame.
        gallery (M, J, 3): likewise, of the same joints.
        k: matches per query, at most M.
        progress: called with the queries done and all queries.

    Returns:
        indices (Q, k) of gallery rows and the negated mean joint distances (Q, k), best first.

    Raises:
        InputError: wrong shapes, NaN, people of size zero, or k out of range.
    """
    return nearest_by_alignment(Alignments3D.between(query, gallery), k, progress)


def _require_finite(embeddings: Gaussian, role: str) -> None:
    finite = (torch.isfinite(embeddings.mean) & torch.isfinite(embeddings.std)).all(dim=1)
    if not finite.all():
        row = int((~finite).nonzero()[0])
        raise InputError(
            f"{role} embedding row {row} is NaN or infinite; check the keypoints of this row"
        )
