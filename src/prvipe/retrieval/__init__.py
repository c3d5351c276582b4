"""Exact search: for every query the k gallery poses that match it best."""

from prvipe.retrieval.ranking import (
    Ranking,
    by_match_probability,
    by_mean_distance,
    by_sampled_match_probability,
)
from prvipe.retrieval.search import top_k, top_k_keypoints, top_k_poses
from prvipe.retrieval.streaming import Neighbors

__all__ = [
    "Neighbors",
    "Ranking",
    "by_match_probability",
    "by_mean_distance",
    "by_sampled_match_probability",
    "top_k",
    "top_k_keypoints",
    "top_k_poses",
]
