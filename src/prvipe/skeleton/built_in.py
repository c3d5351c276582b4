"""The built-in skeletons by name."""

from prvipe.errors import InputError
from prvipe.skeleton.definition import Skeleton
from prvipe.skeleton.detectors import HALPE26, MEDIAPIPE33
from prvipe.skeleton.openpose import BODY25, BODY25B, COCO18
from prvipe.skeleton.standard import COCO13, COCO17, H36M17, MPII16

BUILT_IN: dict[str, Skeleton] = {
    s.name: s
    for s in (COCO13, COCO17, H36M17, MPII16, BODY25, BODY25B, COCO18, HALPE26, MEDIAPIPE33)
}


def get_skeleton(name: str) -> Skeleton:
    """Return the built-in skeleton of that name, such as ``coco13``, ``coco17`` or ``body25b``.

    Raises:
        InputError: there is none of that name.
    """
    if name not in BUILT_IN:
        raise InputError(f"unknown skeleton {name!r}; built in are {', '.join(BUILT_IN)}")
    return BUILT_IN[name]
