"""Skeletons of OpenPose's models."""

from prvipe.skeleton.definition import Skeleton
from prvipe.skeleton.parts import (
    ARM_AND_LEG_EDGES,
    FACE_EDGES,
    FOOT_EDGES,
    FOOT_PARTS,
    LIMB_PAIRS,
    TORSO_EDGES,
    left_right,
)
from prvipe.skeleton.standard import COCO17

BODY25 = Skeleton(
    name="body25",
    joints=(
        "nose",
        "thorax",
        "right_shoulder",
        "right_elbow",
        "right_wrist",
        "left_shoulder",
        "left_elbow",
        "left_wrist",
        "hip",
        "right_hip",
        "right_knee",
        "right_ankle",
        "left_hip",
        "left_knee",
        "left_ankle",
        "right_eye",
        "left_eye",
        "right_ear",
        "left_ear",
        *(f"left_{part}" for part in FOOT_PARTS),
        *(f"right_{part}" for part in FOOT_PARTS),
    ),
    edges=(
        *FACE_EDGES,
        ("thorax", "nose"),
        ("thorax", "left_shoulder"),
        ("thorax", "right_shoulder"),
        ("thorax", "hip"),
        ("hip", "left_hip"),
        ("hip", "right_hip"),
        *ARM_AND_LEG_EDGES,
        *FOOT_EDGES,
    ),
    mirror_pairs=(*left_right("eye", "ear"), *LIMB_PAIRS, *left_right(*FOOT_PARTS)),
)
"""OpenPose's BODY_25 in its order; its Neck, the middle of the shoulders, is called thorax here."""

BODY25B = Skeleton(
    name="body25b",
    joints=(
        *COCO17.joints,
        "upper_neck",
        "head_top",
        *(f"left_{part}" for part in FOOT_PARTS),
        *(f"right_{part}" for part in FOOT_PARTS),
    ),
    edges=(
        *FACE_EDGES,
        ("nose", "upper_neck"),
        ("upper_neck", "head_top"),
        ("upper_neck", "left_shoulder"),
        ("upper_neck", "right_shoulder"),
        *TORSO_EDGES,
        *ARM_AND_LEG_EDGES,
        *FOOT_EDGES,
    ),
    mirror_pairs=BODY25.mirror_pairs,
)
"""OpenPose's BODY_25B in its order: COCO's 17, the ends of the head, the feet."""

COCO18 = Skeleton(
    name="coco18",
    joints=(
        *BODY25.joints[:8],
        *("right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle"),
        *("right_eye", "left_eye", "right_ear", "left_ear"),
    ),
    edges=(
        *FACE_EDGES,
        ("thorax", "nose"),
        ("thorax", "left_shoulder"),
        ("thorax", "right_shoulder"),
        ("thorax", "left_hip"),
        ("thorax", "right_hip"),
        *ARM_AND_LEG_EDGES,
    ),
    mirror_pairs=(*left_right("eye", "ear"), *LIMB_PAIRS),
)
"""OpenPose's COCO model in its order; its Neck, the middle of the shoulders, is thorax here."""
