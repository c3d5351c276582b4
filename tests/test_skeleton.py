import pytest

from prvipe.errors import InputError
from prvipe.skeleton import (
    BODY25,
    BODY25B,
    BUILT_IN,
    COCO13,
    COCO17,
    COCO18,
    H36M17,
    HALPE26,
    MEDIAPIPE33,
    Skeleton,
    get_skeleton,
)


def test_joint_orders_are_those_of_the_field() -> None:
    assert COCO13.joints == (
        *("head", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow"),
        *("left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee"),
        *("left_ankle", "right_ankle"),
    )
    assert COCO17.joints[:5] == ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
    assert COCO17.joints[5:] == COCO13.joints[1:]
    assert H36M17.joints == (
        *("hip", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle"),
        *("spine", "thorax", "neck", "head", "left_shoulder", "left_elbow", "left_wrist"),
        *("right_shoulder", "right_elbow", "right_wrist"),
    )
    assert BODY25.joints[:3] == ("nose", "thorax", "right_shoulder")
    assert BODY25.joints[8:10] == ("hip", "right_hip")
    assert BODY25.joints[12:17] == ("left_hip", "left_knee", "left_ankle", "right_eye", "left_eye")
    assert BODY25B.joints[:17] == COCO17.joints
    assert BODY25B.joints[17:20] == ("upper_neck", "head_top", "left_big_toe")
    assert BODY25.joints[19:] == BODY25B.joints[19:]
    assert COCO18.joints == (
        *("nose", "thorax", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder"),
        *("left_elbow", "left_wrist", "right_hip", "right_knee", "right_ankle", "left_hip"),
        *("left_knee", "left_ankle", "right_eye", "left_eye", "right_ear", "left_ear"),
    )
    assert HALPE26.joints[:17] == COCO17.joints
    assert HALPE26.joints[17:] == (
        *("head_top", "upper_neck", "hip", "left_big_toe", "right_big_toe"),
        *("left_small_toe", "right_small_toe", "left_heel", "right_heel"),
    )
    assert MEDIAPIPE33.joints[9:17] == (
        *("mouth_left", "mouth_right", "left_shoulder", "right_shoulder"),
        *("left_elbow", "right_elbow", "left_wrist", "right_wrist"),
    )
    assert MEDIAPIPE33.joints[17:] == (
        *("left_pinky", "right_pinky", "left_index", "right_index", "left_thumb", "right_thumb"),
        *("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle"),
        *("left_heel", "right_heel", "left_foot_index", "right_foot_index"),
    )


def test_mediapipe_calls_its_landmarks_so() -> None:
    landmarks = pytest.importorskip("mediapipe.python.solutions.pose").PoseLandmark
    assert tuple(landmark.name.lower() for landmark in landmarks) == MEDIAPIPE33.joints


@pytest.mark.parametrize("skeleton", BUILT_IN.values(), ids=BUILT_IN)
def test_mirroring_swaps_left_and_right_and_undoes_itself(skeleton: Skeleton) -> None:
    mirror = skeleton.mirror_indices
    assert sorted(mirror) == list(range(len(skeleton.joints)))
    for joint, other in zip(skeleton.joints, mirror, strict=True):
        swapped = joint.replace("left", "?").replace("right", "left").replace("?", "right")
        assert skeleton.joints[other] == swapped
        assert mirror[other] == skeleton.index(joint)


@pytest.mark.parametrize("skeleton", BUILT_IN.values(), ids=BUILT_IN)
def test_edges_connect_all_joints_and_look_the_same_mirrored(skeleton: Skeleton) -> None:
    reached = {0}
    for _ in skeleton.joints:
        reached |= {j for edge in skeleton.edge_indices if reached & {*edge} for j in edge}
    assert reached == set(range(len(skeleton.joints)))
    edges = {frozenset(edge) for edge in skeleton.edge_indices}
    assert edges == {frozenset(skeleton.mirror_indices[j] for j in edge) for edge in edges}
    assert len(edges) == len(skeleton.edges)


def test_get_skeleton_finds_by_name() -> None:
    assert get_skeleton("coco17") is COCO17
    with pytest.raises(InputError, match="'coco12'; built in are coco13, coco17, h36m17"):
        get_skeleton("coco12")


def test_an_unknown_joint_is_an_error_that_lists_the_known() -> None:
    assert COCO13.index("left_knee") == 9
    with pytest.raises(InputError, match="no joint 'nose'; it has head, left_shoulder"):
        COCO13.index("nose")


@pytest.mark.parametrize(
    ("joints", "edges", "mirror_pairs", "message"),
    [
        ((), (), (), "has no joints"),
        (("a", "b", "a"), (), (), "joint 'a' is named twice"),
        (("a", "b"), (("a", "c"),), (), "no joint 'c'"),
        (("a", "b"), (), (("a", "c"),), "no joint 'c'"),
        (("a", "b", "c"), (), (("a", "b"), ("c", "a")), "mirrored joint 'a' is named twice"),
    ],
)
def test_a_skeleton_that_contradicts_itself_is_refused(
    joints: tuple[str, ...],
    edges: tuple[tuple[str, str], ...],
    mirror_pairs: tuple[tuple[str, str], ...],
    message: str,
) -> None:
    with pytest.raises(InputError, match=message):
        Skeleton("custom", joints, edges, mirror_pairs)
