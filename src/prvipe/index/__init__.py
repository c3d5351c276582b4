"""A saved library of poses, searched by matching probability."""

from prvipe.index.pose_index import PoseIndex
from prvipe.index.results import Hit, SearchResult

__all__ = ["Hit", "PoseIndex", "SearchResult"]
