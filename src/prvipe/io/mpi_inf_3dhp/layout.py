"""What MPI-INF-3DHP consists of: its joints, cameras and training sequences.

Sources: the data set's own utilities (mpii_get_joint_set, mpii_get_camera_set and
mpii_get_sequence_info, which come with it), and POEM's profile LEGACY_3DMPII3DHP17 for what plays
which part: its neck is the thorax of `H36M17`, its head (the middle of it) the neck or nose, and
its head top the head. The head of the 13 keypoints is its head, as POEM projects it.
"""

from prvipe.errors import InputError
from prvipe.skeleton import COCO13, H36M17

RECORDED_JOINTS = (
    *("spine3", "spine4", "spine2", "spine", "pelvis", "neck", "head", "head_top"),
    *("left_clavicle", "left_shoulder", "left_elbow", "left_wrist", "left_hand"),
    *("right_clavicle", "right_shoulder", "right_elbow", "right_wrist", "right_hand"),
    *("left_hip", "left_knee", "left_ankle", "left_foot", "left_toe"),
    *("right_hip", "right_knee", "right_ankle", "right_foot", "right_toe"),
)
"""The 28 joints of annot.mat."""

RELEVANT_JOINTS = (
    *("head_top", "neck", "right_shoulder", "right_elbow", "right_wrist"),
    *("left_shoulder", "left_elbow", "left_wrist"),
    *("right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle"),
    *("pelvis", "spine", "head"),
)
"""The 17 of them that the test set and P-STMO's files hold."""

CAMERAS = tuple(f"C{number}" for number in range(11))
"""All cameras but the three at the ceiling ("relevant" in mpii_get_camera_set), as in the paper."""

CHEST_CAMERAS = ("C0", "C2", "C4", "C7", "C8")
"""The five at the height of the chest ("mm3d_chest" in mpii_get_camera_set).

The paper does not number its five chest-level cameras; these are the five the data set calls so.
"""

IMAGE_HEIGHT = 2048
"""Pixels, of every training camera and the first four test sequences."""

SEQUENCES = {
    "S1/Seq1": (25, 6416),
    "S1/Seq2": (50, 12430),
    "S2/Seq1": (25, 6502),
    "S2/Seq2": (25, 6081),
    "S3/Seq1": (50, 12488),
    "S3/Seq2": (50, 12283),
    "S4/Seq1": (25, 6171),
    "S4/Seq2": (25, 6675),
    "S5/Seq1": (50, 12820),
    "S5/Seq2": (50, 12312),
    "S6/Seq1": (25, 6188),
    "S6/Seq2": (25, 6145),
    "S7/Seq1": (25, 6239),
    "S7/Seq2": (25, 6320),
    "S8/Seq1": (25, 6468),
    "S8/Seq2": (25, 6054),
}
"""Training sequence -> frames per second, and how many frames its videos have.

Annotations that go on after the videos' end are cut.
"""

_OUR_NAMES = {
    "hip": "pelvis",
    "thorax": "neck",
    "neck": "head",
    "head": "head_top",
}


def h36m17_from(joints: tuple[str, ...]) -> list[int]:
    """Return where the joints of `H36M17` stand among the named ones."""
    return [joints.index(_OUR_NAMES.get(joint, joint)) for joint in H36M17.joints]


def coco13_from(joints: tuple[str, ...]) -> list[int]:
    """Return where the joints of `COCO13` stand among the named ones."""
    return [joints.index(joint) for joint in COCO13.joints]


def require_published(sequence: str, source: str) -> tuple[int, int]:
    """Return frames per second and number of frames of a training sequence.

    Raises:
        InputError: the data set has no sequence of that name.
    """
    if sequence not in SEQUENCES:
        raise InputError(
            f"{source}: {sequence} is none of MPI-INF-3DHP's training sequences, "
            f"{', '.join(SEQUENCES)}"
        )
    return SEQUENCES[sequence]
