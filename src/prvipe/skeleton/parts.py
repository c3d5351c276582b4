"""Parts of the body that many skeletons share, and how they connect."""


def left_right(*parts: str) -> tuple[tuple[str, str], ...]:
    """Return the (left, right) names of parts of the body."""
    return tuple((f"left_{part}", f"right_{part}") for part in parts)


LIMB_PARTS = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
LIMB_PAIRS = left_right(*LIMB_PARTS)
LIMBS = tuple(joint for pair in LIMB_PAIRS for joint in pair)
ARM_AND_LEG_EDGES = tuple(
    (f"{side}_{a}", f"{side}_{b}")
    for side in ("left", "right")
    for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
)
FOOT_PARTS = ("big_toe", "small_toe", "heel")
FOOT_EDGES = tuple(
    (f"{side}_{a}", f"{side}_{b}")
    for side in ("left", "right")
    for a, b in (("ankle", "big_toe"), ("big_toe", "small_toe"), ("ankle", "heel"))
)
FACE_EDGES = (
    ("nose", "left_eye"),
    ("nose", "right_eye"),
    ("left_eye", "left_ear"),
    ("right_eye", "right_ear"),
)
TORSO_EDGES = (
    ("left_shoulder", "right_shoulder"),
    ("left_hip", "right_hip"),
    ("left_shoulder", "left_hip"),
    ("right_shoulder", "right_hip"),
)
