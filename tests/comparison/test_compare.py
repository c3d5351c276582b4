"""Two people compared."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

import prvipe
from prvipe.comparison import Comparison, compare
from prvipe.comparison.comparison import WHAT_IS_LEFT
from prvipe.data.synthetic import synthetic_benchmark
from prvipe.errors import InputError
from prvipe.model.embedder import Embedder, find_model
from prvipe.model.lifter import Lifter
from prvipe.poses import Poses
from prvipe.skeleton import COCO13

WRIST = COCO13.index("left_wrist")


@pytest.fixture(scope="module")
def models() -> tuple[Embedder, Lifter]:
    return Embedder.load("base"), Lifter.load("lift")


@pytest.fixture(scope="module")
def views() -> np.ndarray:
    """60 made-up poses in four cameras, seen exactly."""
    benchmark = synthetic_benchmark(0, frames_per_activity=30, bodies_per_activity=1)
    rows = np.random.default_rng(0).permutation(len(benchmark))[:60]
    return benchmark.get_keypoints("gt")[rows]


def pose(keypoints: np.ndarray) -> Poses:
    return Poses(keypoints[None], None, COCO13)


def compared(a: np.ndarray, b: np.ndarray, models: tuple[Embedder, Lifter]) -> Comparison:
    return compare(pose(a), pose(b), *models)


def test_a_pose_is_like_itself(views: np.ndarray, models: tuple[Embedder, Lifter]) -> None:
    result = compared(views[0, 0], views[0, 0], models)
    assert result.probability > 0.5  # not 1: in 3D two people who look alike need not be
    assert result.verdict.words == "probably the same pose, or nearly"
    assert max(joint.difference for joint in result.joints) < 1e-5
    assert (result.apart, result.missing) == ((), {})
    assert result.sentences[1] == "no joint is clearly apart"


def test_the_order_of_the_two_does_not_matter(
    views: np.ndarray, models: tuple[Embedder, Lifter]
) -> None:
    forth = compared(views[0, 0], views[1, 2], models)
    back = compared(views[1, 2], views[0, 0], models)
    assert forth.probability == pytest.approx(back.probability, abs=1e-6)
    for one, other in zip(forth.joints, back.joints, strict=True):
        assert one.joint == other.joint
        assert one.difference == pytest.approx(other.difference, abs=1e-5)


def test_the_probability_is_the_embedders(
    views: np.ndarray, models: tuple[Embedder, Lifter]
) -> None:
    z = models[0].embed_keypoints(views[:2, 0])
    expected = float(models[0].match_probability(z[:1], z[1:])[0])
    assert compared(views[0, 0], views[1, 0], models).probability == pytest.approx(expected)


def test_an_arm_that_differs_is_named_before_all_others(
    views: np.ndarray, models: tuple[Embedder, Lifter]
) -> None:
    """A wrist mirrored at its shoulder, in one view, in at least 3 of 4 poses."""
    right = []
    for view in views[:20, 0]:
        moved = view.copy()
        arm = [COCO13.index("left_elbow"), WRIST]
        moved[arm] = 2 * view[COCO13.index("left_shoulder")] - view[arm]
        result = compared(view, moved, models)
        right.append(result.joints[0].joint in ("left_wrist", "left_elbow"))
    assert np.mean(right) >= 0.75


def test_differences_come_largest_first(views: np.ndarray, models: tuple[Embedder, Lifter]) -> None:
    found = [joint.difference for joint in compared(views[0, 0], views[1, 1], models).joints]
    assert found == sorted(found, reverse=True)
    assert len(found) == 13


def test_missing_joints_are_told_and_not_compared(
    views: np.ndarray, models: tuple[Embedder, Lifter]
) -> None:
    a, b = views[0, 0].copy(), views[1, 1].copy()
    a[[WRIST, 0]] = np.nan
    b[[0, 12]] = np.nan
    result = compared(a, b, models)
    assert result.missing == {"head": "both", "left_wrist": "a", "right_ankle": "b"}
    assert len(result.joints) == 10
    assert result.sentences[-1] == (
        "not compared: head (missing in both); left wrist (missing in the first); right ankle "
        "(missing in the second)"
    )


def test_a_pose_of_few_joints_is_doubted(
    views: np.ndarray, models: tuple[Embedder, Lifter]
) -> None:
    legless = views[0, 0].copy()
    legless[7:] = np.nan
    doubts = compared(legless, views[0, 1], models).doubts
    assert any(doubt.startswith("the first pose: only 7 of 13 joints") for doubt in doubts)
    assert not any(doubt.startswith("the second") for doubt in doubts)


def test_a_pose_of_large_variance_is_doubtful(
    views: np.ndarray, models: tuple[Embedder, Lifter]
) -> None:
    doubted = replace(compared(views[0, 0], views[1, 1], models), doubts=("the first pose: so",))
    assert "but that is doubtful (matching" in doubted.sentences[0]


@pytest.mark.parametrize(
    ("lacking", "too_little"), [([0, 1, 2, 3], False), ([0, 1, 2, 3, 4], True)]
)
def test_of_too_few_common_joints_nothing_is_said(
    views: np.ndarray, models: tuple[Embedder, Lifter], lacking: list[int], too_little: bool
) -> None:
    """Each pose alone shows enough."""
    a, b = views[0, 0].copy(), views[1, 1].copy()
    a[lacking[:2]] = np.nan
    b[lacking[2:]] = np.nan
    result = compared(a, b, models)
    assert result.doubts == ()
    assert (result.headline == "too little in common to say") == too_little
    assert ("only 8 of 13 joints are seen in both" in result.sentences) == too_little
    assert (result.headline == result.verdict.words) != too_little


def test_it_is_explained_where_differences_show(
    views: np.ndarray, models: tuple[Embedder, Lifter]
) -> None:
    assert WHAT_IS_LEFT in compared(views[0, 0], views[1, 1], models).sentences
    assert WHAT_IS_LEFT not in compared(views[0, 0], views[0, 0], models).sentences


def test_bodies_without_four_common_joints_have_a_verdict_and_no_differences(
    views: np.ndarray, models: tuple[Embedder, Lifter]
) -> None:
    upper, lower = views[0, 0].copy(), views[0, 1].copy()
    upper[7:] = np.nan
    lower[:7] = np.nan
    result = compared(upper, lower, models)
    assert result.joints == ()
    assert len(result.missing) == 13
    assert "fewer than 4 joints are seen in both: no joint is compared" in result.sentences


def test_other_skeletons_are_mapped(views: np.ndarray, models: tuple[Embedder, Lifter]) -> None:
    coco17 = np.concatenate([views[:2, 0, :1], np.zeros((2, 4, 2)), views[:2, 0, 1:]], axis=1)
    scores = np.ones((2, 17))
    scores[:, 1:5] = 0
    both = Poses(coco17, scores, "coco17")
    result = compare(both[0], both[1], *models)
    expected = compared(views[0, 0], views[1, 0], models)
    assert result.probability == pytest.approx(expected.probability, abs=1e-6)
    assert result.joints[0].joint == expected.joints[0].joint


def test_what_cannot_be_compared_is_refused(
    views: np.ndarray, models: tuple[Embedder, Lifter]
) -> None:
    one, several = pose(views[0, 0]), Poses(views[:2, 0], None, COCO13)
    with pytest.raises(InputError, match="the second of the two has 2 poses"):
        compare(one, several, *models)
    with pytest.raises(InputError, match="the first pose is 3D"):
        compare(Poses(np.ones((1, 13, 3)), None, COCO13), one, *models)
    empty = views[0, 0].copy()
    empty[3:] = np.nan
    with pytest.raises(InputError, match=r"the second pose: 3 visible joints"):
        compare(one, pose(empty), *models)


def test_models_are_found_by_name(views: np.ndarray, models: tuple[Embedder, Lifter]) -> None:
    result = prvipe.compare(pose(views[0, 0]), pose(views[1, 0]))
    assert result == compared(views[0, 0], views[1, 0], models)
    paths = (find_model("base"), find_model("lift"))
    assert result == compare(pose(views[0, 0]), pose(views[1, 0]), *paths)
    with pytest.raises(InputError, match="a lifting model"):
        compare(pose(views[0, 0]), pose(views[1, 0]), embedder="lift")
    with pytest.raises(InputError, match="embeds poses"):
        compare(pose(views[0, 0]), pose(views[1, 0]), lifter="base")
    with pytest.raises(FrozenInstanceError):
        result.probability = 0.0  # type: ignore[misc]
