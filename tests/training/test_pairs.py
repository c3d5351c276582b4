"""Batches of anchor/positive pairs."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.errors import InputError
from prvipe.geometry import normalize_3d
from prvipe.geometry.mirrors import mirror_keypoints, mirror_poses
from prvipe.model.features import FEATURES, keypoints_to_features
from prvipe.training.config import TrainingConfig
from prvipe.training.pairs import PairBatch, PairSampler

from .conftest import DETECTED

BenchmarkMaker = Callable[..., CrossViewBenchmark]
RecipeMaker = Callable[..., TrainingConfig]
Array = npt.NDArray[np.float32]


def assert_equal(first: PairBatch, second: PairBatch) -> None:
    np.testing.assert_array_equal(first.features, second.features)
    np.testing.assert_array_equal(first.poses, second.poses)
    np.testing.assert_array_equal(first.rotations, second.rotations)


def rows_of(poses: Array, known: Array) -> npt.NDArray[np.intp]:
    """Which known pose each of `poses` is, or -1."""
    same = np.all(np.isclose(poses[:, None], known[None], atol=1e-5), axis=(2, 3))
    return np.where(np.any(same, axis=1), np.argmax(same, axis=1), -1)


def views_of(
    batch: PairBatch, benchmark: CrossViewBenchmark, rows: npt.NDArray[np.intp]
) -> npt.NDArray[np.intp]:
    """Camera (2, N) whose detection each instance is, or -1."""
    detections = keypoints_to_features(benchmark.get_keypoints("det"))[rows]
    close = np.isclose(batch.features[:, :, None], detections[None], atol=1e-5)
    same = np.all(close, axis=-1)
    return np.where(np.any(same, axis=-1), np.argmax(same, axis=-1), -1)


@pytest.mark.parametrize("recipe", ["paper", "best", "fast", "paper-no-augmentation"])
def test_shapes_types_and_finite_numbers(
    recipe: str, benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    config = small_recipe(recipe)
    batch = PairSampler(benchmark, config).batch(0)
    assert batch.features.shape == (2, 16, FEATURES[config.network.inputs])
    assert batch.poses.shape == (16, 17, 3)
    assert batch.rotations.shape == (2, 16, 3, 3)
    assert batch.rotations.dtype == np.float32
    for array in (batch.features, batch.poses):
        assert array.dtype == np.float32
        assert array.flags.c_contiguous
        assert np.isfinite(array).all()
    np.testing.assert_allclose(batch.poses, normalize_3d(batch.poses), atol=1e-5)


@pytest.mark.parametrize("recipe", ["paper", "best", "fast"])
def test_a_batch_is_a_function_of_seed_and_step(
    recipe: str, benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    config = small_recipe(recipe)
    in_order, out_of_order = PairSampler(benchmark, config), PairSampler(benchmark, config)
    batches = [in_order.batch(step) for step in range(15)]  # over two epochs
    for step in (14, 3, 0, 9, 9):
        assert_equal(out_of_order.batch(step), batches[step])
    other = PairSampler(benchmark, small_recipe(recipe, seed="1")).batch(0)
    assert not np.array_equal(other.features, batches[0].features)
    assert not np.array_equal(batches[0].features, batches[6].features)


def test_batches_leave_the_benchmark_alone(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    poses, keypoints = benchmark.poses3d.copy(), benchmark.get_keypoints("det").copy()
    sampler = PairSampler(benchmark, small_recipe("best"))
    first = sampler.batch(0)
    for step in range(3):
        sampler.batch(step)
    assert_equal(sampler.batch(0), first)
    np.testing.assert_array_equal(benchmark.poses3d, poses)
    np.testing.assert_array_equal(benchmark.get_keypoints("det"), keypoints)


def test_an_epoch_shows_each_pose_once(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    """But for the rest of less than a batch; the next epoch has another order."""
    sampler = PairSampler(benchmark, small_recipe(**DETECTED))
    known = normalize_3d(benchmark.poses3d)
    epochs = [
        np.concatenate([rows_of(sampler.batch(step).poses, known) for step in steps])
        for steps in (range(6), range(6, 12))
    ]
    for rows in epochs:
        assert rows.min() >= 0
        assert len(set(rows.tolist())) == len(rows) == 96
    assert epochs[0].tolist() != epochs[1].tolist()


def test_detected_pairs_are_two_cameras_of_one_pose(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    sampler = PairSampler(benchmark, small_recipe(batch_size="100", **DETECTED))
    known = normalize_3d(benchmark.poses3d)
    pairs = set()
    for step in range(4):
        batch = sampler.batch(step)
        anchors, positives = views_of(batch, benchmark, rows_of(batch.poses, known))
        assert min(anchors.min(), positives.min()) >= 0
        assert (anchors != positives).all()
        pairs |= set(zip(anchors.tolist(), positives.tolist(), strict=True))
    assert len(pairs) == 12  # every ordered pair of four cameras


@pytest.mark.parametrize(("inputs", "share"), [("detected", 0), ("projected", 1), ("mixed", 0.5)])
def test_shares_of_projections(
    inputs: str, share: float, benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    """In `mixed`, anchors and positives are projections independently of each other."""
    sampler = PairSampler(benchmark, small_recipe(batch_size="100", views__inputs=inputs))
    known = normalize_3d(benchmark.poses3d)
    batches = [sampler.batch(step) for step in range(20)]
    views = [views_of(batch, benchmark, rows_of(batch.poses, known)) for batch in batches]
    anchors, positives = np.concatenate(views, axis=1) < 0
    assert anchors.mean() == pytest.approx(share, abs=0.04)
    assert positives.mean() == pytest.approx(share, abs=0.04)
    assert (anchors & positives).mean() == pytest.approx(share * share, abs=0.04)


def test_mirrored_pairs_are_mirrored_in_2d_and_3d(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    plain = PairSampler(benchmark, small_recipe(**DETECTED))
    mirrored = PairSampler(benchmark, small_recipe(augmentation__mirror="1.0", **DETECTED))
    first, second = plain.batch(3), mirrored.batch(3)
    np.testing.assert_array_equal(second.poses, mirror_poses(first.poses))
    keypoints = first.features.reshape(2, -1, 13, 2)[..., ::-1]
    np.testing.assert_allclose(
        second.features, keypoints_to_features(mirror_keypoints(keypoints)), atol=1e-5
    )


@pytest.mark.parametrize("mirror", ["0.0", "1.0"])
def test_rotations_are_those_of_the_sequence_and_camera(
    mirror: str, make_benchmark: BenchmarkMaker, small_recipe: RecipeMaker
) -> None:
    """Cameras that stood elsewhere in the second sequence; mirrors exchange left and right."""
    plain = make_benchmark(40)
    rotations = np.stack([plain.camera_rotations()[0], plain.camera_rotations()[0, ::-1]])
    benchmark = replace(
        plain,
        sequence=np.arange(40, dtype=np.int32) % 2,
        sequence_names=np.array(["first", "second"]),
        activity=np.array(["standing", "standing"]),
        fps=np.array([30, 30], np.float32),
        view_rotations=rotations,
    )
    config = small_recipe(augmentation__mirror=mirror, **DETECTED)
    batch = PairSampler(benchmark, config).batch(0)
    unmirrored = PairSampler(benchmark, small_recipe(**DETECTED)).batch(0)
    rows = rows_of(unmirrored.poses, normalize_3d(benchmark.poses3d))
    views = views_of(unmirrored, benchmark, rows)
    expected = rotations[rows % 2, views]
    if mirror == "1.0":
        expected = np.diag([-1, 1, 1]) @ expected @ np.diag([-1, 1, 1])
    np.testing.assert_allclose(batch.rotations, expected, atol=1e-6)


def test_the_share_of_mirrored_pairs(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    config = small_recipe(batch_size="100", augmentation__mirror="0.3", **DETECTED)
    known = normalize_3d(benchmark.poses3d)
    sampler = PairSampler(benchmark, config)
    poses = np.concatenate([sampler.batch(step).poses for step in range(5)])
    assert (rows_of(poses, known) < 0).mean() == pytest.approx(0.3, abs=0.07)
    assert rows_of(poses, np.concatenate([known, mirror_poses(known)])).min() >= 0


@pytest.mark.parametrize("kind", ["recombine_limbs", "bend_joints", "proportions"])
def test_changed_bodies_are_never_shown_by_detections(
    kind: str, benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    sampler = PairSampler(
        benchmark, small_recipe(batch_size="100", **{f"augmentation__{kind}": "0.6"})
    )
    known = normalize_3d(benchmark.poses3d)
    detections = keypoints_to_features(benchmark.get_keypoints("det")).reshape(-1, 26)
    changed_rows = []
    for step in range(5):
        batch = sampler.batch(step)
        changed = rows_of(batch.poses, known) < 0
        difference = np.abs(batch.features[:, changed, None] - detections).max(axis=-1)
        assert difference.min() > 1e-4
        changed_rows.append(changed)
    # Of recombined poses one in sixteen keeps all its limbs.
    share = 0.6 * (15 / 16 if kind == "recombine_limbs" else 1)
    assert np.mean(changed_rows) == pytest.approx(share, abs=0.08)


def test_detector_noise_moves_projections_alone(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    settings = {"batch_size": "100", "views__distance": "[5, 5]"}
    known = normalize_3d(benchmark.poses3d)
    exact, noisy = (
        PairSampler(benchmark, small_recipe(views__detector_noise=noise, **settings)).batch(0)
        for noise in ("[0, 0]", "[1, 1]")
    )
    np.testing.assert_array_equal(exact.poses, noisy.poses)
    views = views_of(exact, benchmark, rows_of(exact.poses, known))
    difference = np.abs(exact.features - noisy.features).max(axis=-1)
    assert difference[views >= 0].max() < 1e-6
    assert np.median(difference[views < 0]) > 0.01
    assert difference[views < 0].min() > 0


def test_rare_poses_are_shown_more_often(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    """Sixty frames of one pose among forty others; no frame twice in a batch."""
    poses = benchmark.poses3d.copy()
    poses[:60] = poses[0]
    repetitive = replace(benchmark, poses3d=poses)
    known = normalize_3d(poses[60:])
    shares = []
    for rarity in ("0.0", "1.0"):
        sampler = PairSampler(repetitive, small_recipe(rarity=rarity, **DETECTED))
        shown = [rows_of(sampler.batch(step).poses, known) for step in range(12)]
        for rows in shown:
            others = rows[rows >= 0].tolist()
            assert len(set(others)) == len(others)
        shares.append(np.mean(np.concatenate(shown) < 0))
    assert shares[0] == pytest.approx(0.6, abs=0.06)
    assert shares[1] < 0.2


def test_too_few_poses_are_refused(
    make_benchmark: BenchmarkMaker, small_recipe: RecipeMaker
) -> None:
    with pytest.raises(InputError, match=r"bodies-0\.npz: 15 poses are fewer than one batch of 16"):
        PairSampler(make_benchmark(15), small_recipe())
    PairSampler(make_benchmark(16), small_recipe()).batch(5)


def test_poses_in_another_world_frame_are_refused(
    make_benchmark: BenchmarkMaker, small_recipe: RecipeMaker
) -> None:
    benchmark = make_benchmark(16)
    for poses, message in (
        (1000 * benchmark.poses3d, r"bodies-0\.npz: recording bodies: .* in millimetres"),
        (benchmark.poses3d[..., [1, 2, 0]], r"bodies-0\.npz: recording bodies: .* stand along y"),
    ):
        with pytest.raises(InputError, match=message):
            PairSampler(replace(benchmark, poses3d=poses), small_recipe())


def test_one_camera_serves_projections_alone(
    make_benchmark: BenchmarkMaker, small_recipe: RecipeMaker
) -> None:
    single = make_benchmark(20, cameras=1)
    for inputs in ("detected", "mixed"):
        with pytest.raises(InputError, match="need two cameras"):
            PairSampler(single, small_recipe(views__inputs=inputs))
    batch = PairSampler(single, small_recipe(views__inputs="projected")).batch(0)
    assert np.abs(batch.features[0] - batch.features[1]).max() > 0.1
