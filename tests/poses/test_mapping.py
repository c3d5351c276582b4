import numpy as np
import pytest

from prvipe import Poses
from prvipe.skeleton import (
    BUILT_IN,
    COCO13,
    COCO17,
    COCO18,
    H36M17,
    HALPE26,
    MEDIAPIPE33,
    MPII16,
    Skeleton,
)


def make_poses(skeleton: Skeleton, dimensions: int = 2, rows: int = 5) -> Poses:
    rng = np.random.default_rng(len(skeleton.joints))
    joints = len(skeleton.joints)
    scores = rng.uniform(0.1, 1.0, (rows, joints))
    return Poses(
        rng.normal(size=(rows, joints, dimensions)), scores, skeleton, {"frame": np.arange(rows)}
    )


def joint(poses: Poses, name: str) -> np.ndarray:
    return poses.keypoints[:, poses.skeleton.index(name)]


def score(poses: Poses, name: str) -> np.ndarray:
    return poses.scores[:, poses.skeleton.index(name)]


def test_coco13_takes_the_nose_for_the_head() -> None:
    coco17 = make_poses(COCO17)
    mapped = coco17.to("coco13")
    np.testing.assert_array_equal(joint(mapped, "head"), joint(coco17, "nose"))
    np.testing.assert_array_equal(score(mapped, "head"), score(coco17, "nose"))
    np.testing.assert_array_equal(mapped.keypoints[:, 1:], coco17.keypoints[:, 5:])
    assert mapped.table.equals(coco17.table)
    assert mapped.valid().all()


def test_coco13_takes_a_head_before_a_nose() -> None:
    both = Skeleton("both", ("nose", *COCO13.joints), (), ())
    poses = make_poses(both)
    np.testing.assert_array_equal(joint(poses.to("coco13"), "head"), joint(poses, "head"))


@pytest.mark.parametrize("dimensions", [2, 3])
def test_h36m17_to_coco13_is_by_name(dimensions: int) -> None:
    poses = make_poses(H36M17, dimensions)
    mapped = poses.to(COCO13)
    for name in COCO13.joints:
        np.testing.assert_array_equal(joint(mapped, name), joint(poses, name))
        np.testing.assert_array_equal(score(mapped, name), score(poses, name))


def test_hip_and_thorax_are_midpoints_with_the_lower_score() -> None:
    coco17 = make_poses(COCO17, dimensions=3)
    mapped = coco17.to("h36m17")
    for middle, part in (("hip", "hip"), ("thorax", "shoulder")):
        left, right = f"left_{part}", f"right_{part}"
        expected = (joint(coco17, left) + joint(coco17, right)) / 2
        np.testing.assert_allclose(joint(mapped, middle), expected, rtol=1e-6)
        lower = np.minimum(score(coco17, left), score(coco17, right))
        np.testing.assert_array_equal(score(mapped, middle), lower)


def test_a_midpoint_of_an_unknown_joint_is_unknown() -> None:
    poses = make_poses(COCO17)
    poses.keypoints[1, COCO17.index("left_hip")] = np.nan
    mapped = poses.to("h36m17")
    assert np.isnan(joint(mapped, "hip")[1]).all()
    assert score(mapped, "hip")[1] == 0
    assert np.isfinite(joint(mapped, "hip")[[0, 2, 3, 4]]).all()


def test_what_cannot_be_had_is_nan_with_score_zero() -> None:
    mapped = make_poses(COCO17).to("h36m17")
    unknown = {name for name in H36M17.joints if np.isnan(joint(mapped, name)).all()}
    assert unknown == {"spine", "neck", "head"}
    assert all((score(mapped, name) == 0).all() for name in unknown)
    assert not mapped.valid().any()


def test_a_head_does_not_become_a_nose() -> None:
    mapped = make_poses(COCO13).to("coco17")
    unknown = {name for name in COCO17.joints if np.isnan(joint(mapped, name)).all()}
    assert unknown == {"nose", "left_eye", "right_eye", "left_ear", "right_ear"}


def test_mapping_to_the_same_skeleton_changes_nothing() -> None:
    poses = make_poses(COCO13)
    assert poses.to("coco13") is poses


def test_mapping_there_and_back_keeps_shared_joints() -> None:
    poses = make_poses(H36M17)
    back = poses.to("coco13").to("h36m17")
    for name in COCO13.joints:
        np.testing.assert_array_equal(joint(back, name), joint(poses, name))


def test_the_head_of_mpii_lies_between_its_ends() -> None:
    mpii = make_poses(MPII16)
    mapped = mpii.to("coco13")
    middle = (joint(mpii, "head_top") + joint(mpii, "upper_neck")) / 2
    np.testing.assert_allclose(joint(mapped, "head"), middle, rtol=1e-6)
    lower = np.minimum(score(mpii, "head_top"), score(mpii, "upper_neck"))
    np.testing.assert_array_equal(score(mapped, "head"), lower)
    np.testing.assert_array_equal(joint(mapped, "left_knee"), joint(mpii, "left_knee"))
    assert mapped.valid().all()


def test_the_head_of_h36m17_is_the_top() -> None:
    mpii = make_poses(MPII16)
    np.testing.assert_array_equal(joint(mpii.to("h36m17"), "head"), joint(mpii, "head_top"))
    assert np.isnan(joint(mpii.to("h36m17"), "neck")).all()


def test_a_head_seen_from_behind_lies_between_its_ends() -> None:
    halpe = make_poses(HALPE26)
    halpe.keypoints[1:, HALPE26.index("nose")] = np.nan
    halpe.keypoints[2, HALPE26.index("upper_neck")] = np.nan
    halpe.keypoints[3, HALPE26.index("head_top")] = np.nan
    mapped = halpe.to("coco13")
    head, top = joint(mapped, "head"), joint(halpe, "head_top")
    np.testing.assert_array_equal(head[0], joint(halpe, "nose")[0])
    np.testing.assert_allclose(head[1], (top + joint(halpe, "upper_neck"))[1] / 2, rtol=1e-6)
    np.testing.assert_array_equal(head[2], top[2])
    assert np.isnan(head[3]).all()
    assert score(mapped, "head")[3] == 0
    lower = min(score(halpe, "head_top")[1], score(halpe, "upper_neck")[1])
    assert score(mapped, "head")[1] == lower


@pytest.mark.parametrize("source", [COCO18, HALPE26, MEDIAPIPE33], ids=lambda each: each.name)
def test_detectors_have_all_that_the_network_reads(source: Skeleton) -> None:
    poses = make_poses(source)
    mapped = poses.to("coco13")
    assert mapped.valid().all()
    np.testing.assert_array_equal(joint(mapped, "head"), joint(poses, "nose"))
    for name in COCO13.joints[1:]:
        np.testing.assert_array_equal(joint(mapped, name), joint(poses, name))


def test_a_hip_that_halpe_names_is_taken_and_made_where_it_is_missing() -> None:
    halpe = make_poses(HALPE26)
    halpe.keypoints[1, HALPE26.index("hip")] = np.nan
    hip = joint(halpe.to("h36m17"), "hip")
    np.testing.assert_array_equal(hip[0], joint(halpe, "hip")[0])
    middle = (joint(halpe, "left_hip") + joint(halpe, "right_hip"))[1] / 2
    np.testing.assert_allclose(hip[1], middle, rtol=1e-6)
    top = joint(halpe, "head_top")
    np.testing.assert_array_equal(joint(halpe.to("h36m17"), "head"), top)


@pytest.mark.parametrize("source", BUILT_IN.values(), ids=BUILT_IN)
def test_a_pose_without_joints_stays_without(source: Skeleton) -> None:
    empty = Poses(np.full((1, len(source.joints), 2), np.nan), None, source)
    assert not empty.to("coco13").scores.any()
