"""A saved library of poses, searched by matching probability."""

from prvipe.index.facets import Facet
from prvipe.index.pose_index import PoseIndex
from prvipe.index.recordings import Recording
from prvipe.index.results import Hit, SearchResult

__all__ = ["Facet", "Hit", "PoseIndex", "Recording", "SearchResult"]
