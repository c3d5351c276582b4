"""A person who stands facing the camera."""

import numpy as np

from prvipe.skeleton import Skeleton

# x of the left side, y down, pixels.
STANDING = {
    "head": (0, 10),
    "nose": (0, 20),
    "head_top": (0, 0),
    "upper_neck": (0, 32),
    "thorax": (0, 40),
    "hip": (0, 95),
    "left_eye_inner": (2, 17),
    "left_eye": (3, 17),
    "left_eye_outer": (4, 17),
    "left_ear": (7, 19),
    "mouth_left": (2, 23),
    "left_shoulder": (18, 40),
    "left_elbow": (24, 68),
    "left_wrist": (25, 93),
    "left_pinky": (27, 100),
    "left_index": (25, 101),
    "left_thumb": (23, 97),
    "left_hip": (9, 95),
    "left_knee": (10, 138),
    "left_ankle": (11, 180),
    "left_heel": (10, 185),
    "left_big_toe": (14, 190),
    "left_small_toe": (18, 189),
    "left_foot_index": (16, 190),
}
IMAGE_SIZE = (640, 480)
FRAMES = 3
PEOPLE = 2


def standing(skeleton: Skeleton, frame: int = 0, person: int = 0) -> np.ndarray:
    """Pixels (J, 2) of someone in an image of `IMAGE_SIZE`; frames and people lie side by side."""
    mirrored = {j.replace("left", "right"): (-x, y) for j, (x, y) in STANDING.items()}
    place = mirrored | STANDING
    body = np.array([place[joint] for joint in skeleton.joints], np.float64)
    return body + np.array([100 + 5 * frame + 150 * person, 100.5])
