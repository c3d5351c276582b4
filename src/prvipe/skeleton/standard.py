"""Skeletons of data sets: what the network reads, COCO, Human3.6M, MPII."""

from prvipe.skeleton.definition import Skeleton
from prvipe.skeleton.parts import (
    ARM_AND_LEG_EDGES,
    FACE_EDGES,
    LIMB_PAIRS,
    LIMBS,
    TORSO_EDGES,
    left_right,
)

COCO13 = Skeleton(
    name="coco13",
    joints=("head", *LIMBS),
    edges=(
        ("head", "left_shoulder"),
        ("head", "right_shoulder"),
        *TORSO_EDGES,
        *ARM_AND_LEG_EDGES,
    ),
    mirror_pairs=LIMB_PAIRS,
)
"""The 13 keypoints the network reads (poem: 2DSTD13), left before right."""

COCO17 = Skeleton(
    name="coco17",
    joints=("nose", "left_eye", "right_eye", "left_ear", "right_ear", *LIMBS),
    edges=(
        *FACE_EDGES,
        ("nose", "left_shoulder"),
        ("nose", "right_shoulder"),
        *TORSO_EDGES,
        *ARM_AND_LEG_EDGES,
    ),
    mirror_pairs=(*left_right("eye", "ear"), *LIMB_PAIRS),
)
"""COCO's 17 person keypoints in COCO's order."""

H36M17 = Skeleton(
    name="h36m17",
    joints=(
        "hip",
        "right_hip",
        "right_knee",
        "right_ankle",
        "left_hip",
        "left_knee",
        "left_ankle",
        "spine",
        "thorax",
        "neck",
        "head",
        "left_shoulder",
        "left_elbow",
        "left_wrist",
        "right_shoulder",
        "right_elbow",
        "right_wrist",
    ),
    edges=(
        ("hip", "left_hip"),
        ("hip", "right_hip"),
        ("hip", "spine"),
        ("spine", "thorax"),
        ("thorax", "neck"),
        ("neck", "head"),
        ("thorax", "left_shoulder"),
        ("thorax", "right_shoulder"),
        *ARM_AND_LEG_EDGES,
    ),
    mirror_pairs=LIMB_PAIRS,
)
"""Human3.6M's usual 17 joints in their usual order."""

MPII16 = Skeleton(
    name="mpii16",
    joints=(
        "right_ankle",
        "right_knee",
        "right_hip",
        "left_hip",
        "left_knee",
        "left_ankle",
        "hip",
        "thorax",
        "upper_neck",
        "head_top",
        "right_wrist",
        "right_elbow",
        "right_shoulder",
        "left_shoulder",
        "left_elbow",
        "left_wrist",
    ),
    edges=(
        ("hip", "left_hip"),
        ("hip", "right_hip"),
        ("hip", "thorax"),
        ("thorax", "upper_neck"),
        ("upper_neck", "head_top"),
        ("thorax", "left_shoulder"),
        ("thorax", "right_shoulder"),
        *ARM_AND_LEG_EDGES,
    ),
    mirror_pairs=LIMB_PAIRS,
)
"""MPII Human Pose's 16 joints in its order; its pelvis is called hip here."""
