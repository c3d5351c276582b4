"""Skeletons of other detectors: AlphaPose and MMPose's Halpe, MediaPipe."""

from prvipe.skeleton.definition import Skeleton
from prvipe.skeleton.parts import (
    ARM_AND_LEG_EDGES,
    FACE_EDGES,
    FOOT_EDGES,
    FOOT_PARTS,
    LIMB_PAIRS,
    LIMBS,
    TORSO_EDGES,
    left_right,
)
from prvipe.skeleton.standard import COCO17

HALPE26 = Skeleton(
    name="halpe26",
    joints=(
        *COCO17.joints,
        "head_top",
        "upper_neck",
        "hip",
        *(joint for pair in left_right(*FOOT_PARTS) for joint in pair),
    ),
    edges=(
        *FACE_EDGES,
        ("nose", "upper_neck"),
        ("upper_neck", "head_top"),
        ("upper_neck", "left_shoulder"),
        ("upper_neck", "right_shoulder"),
        ("upper_neck", "hip"),
        ("hip", "left_hip"),
        ("hip", "right_hip"),
        *ARM_AND_LEG_EDGES,
        *FOOT_EDGES,
    ),
    mirror_pairs=(*left_right("eye", "ear"), *LIMB_PAIRS, *left_right(*FOOT_PARTS)),
)
"""The body of Halpe's 136 keypoints in its order: COCO's 17, head, neck, hip and feet.

Its Head and Neck are MPII's head top and upper neck, as MMPose trains them together (``configs/
body_2d_keypoint/rtmpose/body8``, mpii_halpe26), and are called so here.
"""

_EYE_PARTS = ("eye_inner", "eye", "eye_outer")
_HAND_PARTS = ("pinky", "index", "thumb")
_MOUTH = ("mouth_left", "mouth_right")

MEDIAPIPE33 = Skeleton(
    name="mediapipe33",
    joints=(
        "nose",
        *(f"left_{part}" for part in _EYE_PARTS),
        *(f"right_{part}" for part in _EYE_PARTS),
        "left_ear",
        "right_ear",
        *_MOUTH,
        *LIMBS[:6],
        *(joint for pair in left_right(*_HAND_PARTS) for joint in pair),
        *LIMBS[6:],
        *(joint for pair in left_right("heel", "foot_index") for joint in pair),
    ),
    edges=(
        *(
            edge
            for side in ("left", "right")
            for edge in (
                ("nose", f"{side}_eye_inner"),
                (f"{side}_eye_inner", f"{side}_eye"),
                (f"{side}_eye", f"{side}_eye_outer"),
                (f"{side}_eye_outer", f"{side}_ear"),
                ("nose", f"mouth_{side}"),
                ("nose", f"{side}_shoulder"),
                *((f"{side}_wrist", f"{side}_{part}") for part in _HAND_PARTS),
                (f"{side}_ankle", f"{side}_heel"),
                (f"{side}_heel", f"{side}_foot_index"),
                (f"{side}_ankle", f"{side}_foot_index"),
            )
        ),
        _MOUTH,
        *TORSO_EDGES,
        *ARM_AND_LEG_EDGES,
    ),
    mirror_pairs=(
        *left_right(*_EYE_PARTS, "ear"),
        _MOUTH,
        *LIMB_PAIRS,
        *left_right(*_HAND_PARTS, "heel", "foot_index"),
    ),
)
"""MediaPipe's 33 pose landmarks (BlazePose) under their own names, in their order."""
