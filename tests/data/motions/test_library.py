import numpy as np
import pytest

from prvipe.data.motions.library import build_motion_library
from prvipe.errors import InputError
from prvipe.geometry import np_mpjpe_matrix
from prvipe.skeleton import H36M17

INDEX = {joint: number for number, joint in enumerate(H36M17.joints)}
LIMBS = (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"))


@pytest.fixture(scope="module")
def motions():
    return build_motion_library(seed=0)


def by_sequence(motions):
    """Poses (S, T, 17, 3); all sequences are equally long."""
    return motions.poses3d.reshape(len(motions.activity), -1, 17, 3)


def test_the_library_is_as_large_as_promised(motions):
    assert len(set(motions.activity)) >= 40
    assert len(motions.poses3d) >= 10_000
    assert motions.poses3d.dtype == np.float32
    assert np.isfinite(motions.poses3d).all()
    assert (motions.fps == 30).all()
    assert np.array_equal(np.unique(motions.sequence), np.arange(len(motions.sequence_names)))
    assert len(set(motions.sequence_names)) == len(motions.sequence_names)


def test_every_sequence_says_that_it_is_synthetic(motions):
    assert all(name.startswith("synthetic/") for name in motions.sequence_names)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("limb", LIMBS)
def test_limbs_keep_their_length_through_a_sequence(motions, side, limb):
    a, b = (by_sequence(motions)[:, :, INDEX[f"{side}_{joint}"]] for joint in limb)
    lengths = np.linalg.norm(a - b, axis=-1)
    assert np.ptp(lengths, axis=1).max() < 1e-5
    assert np.std(lengths[:, 0]) > 0.01  # bodies differ


@pytest.mark.parametrize(("limb", "limit"), [("leg", 155), ("arm", 150)])
def test_knees_and_elbows_do_not_fold_further_than_people_can(motions, limb, limit):
    names = ("hip", "knee", "ankle") if limb == "leg" else ("shoulder", "elbow", "wrist")
    for side in ("left", "right"):
        top, hinge, end = (motions.poses3d[:, INDEX[f"{side}_{name}"]] for name in names)
        upper, lower = hinge - top, end - hinge
        cos = np.sum(upper * lower, axis=1)
        cos /= np.linalg.norm(upper, axis=1) * np.linalg.norm(lower, axis=1)
        assert cos.min() > np.cos(np.deg2rad(limit + 1))


def test_nobody_sinks_into_the_floor_or_floats(motions):
    lowest = motions.poses3d[..., 2].min(axis=1)
    assert lowest.min() > 0.02
    by_name = {
        name: lowest[motions.activity[motions.sequence] == name] for name in motions.activity
    }
    for grounded in ("standing", "walking", "squatting", "warrior_one", "crawling", "lying_prone"):
        assert by_name[grounded].max() < 0.11, grounded
    for airborne in ("star_jump", "running", "grand_jete"):
        assert by_name[airborne].max() > 0.1, airborne


def test_feet_stand_level_where_both_are_planted(motions):
    heights = motions.poses3d[:, [INDEX["left_ankle"], INDEX["right_ankle"]], 2]
    for name in ("standing", "golf_swing", "warrior_one", "triangle_pose", "goddess_pose"):
        rows = motions.activity[motions.sequence] == name
        assert np.abs(np.diff(heights[rows], axis=1)).max() < 0.03, name


def test_people_move_no_faster_than_people_can(motions):
    relative = by_sequence(motions) - by_sequence(motions)[:, :, :1]
    speed = np.linalg.norm(np.diff(relative, axis=1), axis=-1) * 30
    assert speed.max() < 15  # metres a second; a fast throw
    hips = np.linalg.norm(np.diff(by_sequence(motions)[:, :, 0], axis=1), axis=-1) * 30
    assert hips.max() < 6


def test_walking_travels_and_standing_does_not(motions):
    hips = by_sequence(motions)[:, :, 0, :2]
    travelled = np.linalg.norm(hips[:, -1] - hips[:, 0], axis=1)
    seconds = hips.shape[1] / 30
    assert 0.5 < np.median(travelled[motions.activity == "walking"]) / seconds < 2.0
    assert travelled[motions.activity == "standing"].max() < 0.3


def test_headings_and_sides_vary(motions):
    across = by_sequence(motions)[:, 0, INDEX["left_hip"]] - by_sequence(motions)[:, 0, 0]
    heading = np.arctan2(across[:, 1], across[:, 0])
    assert len(np.unique(np.round(heading / (np.pi / 4)))) >= 8


def test_no_two_sequences_are_alike(motions):
    poses = by_sequence(motions)[:, 0]
    distances = np_mpjpe_matrix(poses, poses)
    np.fill_diagonal(distances, np.inf)
    assert distances.min() > 1e-3


def test_activities_differ(motions):
    rows = np.arange(0, len(motions.poses3d), 40)
    labels = motions.activity[motions.sequence[rows]]
    distances = np_mpjpe_matrix(motions.poses3d[rows], motions.poses3d[rows])
    distances[labels[:, None] == labels] = np.inf
    assert np.median(distances.min(axis=1)) > 0.05


def test_the_same_seed_gives_the_same_motions_and_another_gives_others():
    first, again, other = (build_motion_library(seed, 12, 2) for seed in (5, 5, 6))
    assert np.array_equal(first.poses3d, again.poses3d)
    assert not np.allclose(first.poses3d, other.poses3d)


@pytest.mark.parametrize(
    "arguments",
    [
        {"seed": -1},
        {"frames_per_activity": 3, "bodies_per_activity": 2},
        {"bodies_per_activity": 0},
        {"fps": 0.0},
        {"fps": float("nan")},
    ],
)
def test_impossible_sizes_are_refused(arguments):
    with pytest.raises(InputError, match="motion library"):
        build_motion_library(**arguments)
