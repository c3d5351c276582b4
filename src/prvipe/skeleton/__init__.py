"""Skeletons: which joints a pose has, in which order, how they connect and mirror."""

from prvipe.skeleton.built_in import BUILT_IN, get_skeleton
from prvipe.skeleton.definition import Skeleton
from prvipe.skeleton.detectors import HALPE26, MEDIAPIPE33
from prvipe.skeleton.openpose import BODY25, BODY25B, COCO18
from prvipe.skeleton.standard import COCO13, COCO17, H36M17, MPII16

__all__ = [
    "BODY25",
    "BODY25B",
    "BUILT_IN",
    "COCO13",
    "COCO17",
    "COCO18",
    "H36M17",
    "HALPE26",
    "MEDIAPIPE33",
    "MPII16",
    "Skeleton",
    "get_skeleton",
]
