"""Tables of poses: keypoints, scores, their skeleton and what is known about every row."""

from prvipe.poses.poses import Poses

__all__ = ["Poses"]
