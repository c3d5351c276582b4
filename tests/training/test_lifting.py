"""Training of the lifting baseline."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from prvipe.data.benchmark import CrossViewBenchmark
from prvipe.geometry import normalize_2d, normalize_3d
from prvipe.geometry.cameras import COCO13_FROM_H36M17, PinholeCamera
from prvipe.geometry.normalization import trunk_length_3d
from prvipe.model.lifter import Lifter
from prvipe.model.lifting import LiftingNetwork
from prvipe.skeleton import COCO13, H36M17
from prvipe.training import lifting
from prvipe.training.config import TrainingConfig
from prvipe.training.lifting import (
    LiftingTask,
    lifting_losses,
    poses_before_cameras,
    poses_in_own_frame,
)
from prvipe.training.limits import Limits
from prvipe.training.loop import train
from prvipe.training.pairs import PairSampler

BenchmarkMaker = Callable[..., CrossViewBenchmark]
RecipeMaker = Callable[..., TrainingConfig]


@pytest.fixture(scope="module")
def benchmark(make_benchmark: BenchmarkMaker) -> CrossViewBenchmark:
    return make_benchmark(64)


def lifting_network(config: TrainingConfig) -> LiftingNetwork:
    torch.manual_seed(0)
    return LiftingNetwork(config.network)


def test_poses_before_cameras_by_the_cameras_own_projection(
    benchmark: CrossViewBenchmark,
) -> None:
    """Seen from very far away, the image of a pose is its x and y in the camera's frame."""
    rotations = benchmark.camera_rotations()[benchmark.sequence].swapaxes(0, 1)
    poses = normalize_3d(benchmark.poses3d)
    before = poses_before_cameras(poses, rotations)
    assert before.shape == (4, 64, 13, 3)
    assert before.dtype == np.float32
    far = 1e4
    for view, (azimuth, elevation, _) in enumerate(benchmark.cameras):
        camera = PinholeCamera.around(np.zeros(3), azimuth, elevation, far, focal_length=far)
        image = camera.project(poses[:, COCO13_FROM_H36M17])
        np.testing.assert_allclose(before[view, ..., :2], image, atol=2e-3)
        position = -camera.rotation.T @ camera.translation
        depth = np.linalg.norm(poses[:, COCO13_FROM_H36M17] - position, axis=-1) - far
        np.testing.assert_allclose(before[view, ..., 2], depth, atol=2e-3)


@pytest.mark.parametrize("mirror", ["0.0", "1.0"])
@pytest.mark.parametrize("inputs", ["detected", "projected", "mixed"])
def test_every_view_of_a_batch_shows_its_target(
    inputs: str, mirror: str, benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    """Projected as its camera does, the target gives the features: nearer limbs are larger."""
    distance = 5 / trunk_length_3d(benchmark.poses3d).mean()  # of the rig, in units of the pose
    config = small_recipe(
        "lifting",
        views__inputs=inputs,
        views__distance=f"[{distance}, {distance}]",
        augmentation__mirror=mirror,
    )
    batch = PairSampler(benchmark, config).batch(0)
    np.testing.assert_allclose(np.linalg.det(batch.rotations), 1, atol=1e-5)
    target = poses_before_cameras(batch.poses, batch.rotations)
    keypoints = batch.features.reshape(2, -1, 13, 2)[..., ::-1]
    seen = normalize_2d(target[..., :2] / (target[..., 2:] + distance))
    np.testing.assert_allclose(seen, keypoints, atol=1e-3)


def test_the_loss_is_the_mean_squared_error(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    config = small_recipe("lifting")
    network = lifting_network(config).eval()
    batch = PairSampler(benchmark, config).batch(0)
    losses = LiftingTask(config).losses(network, batch, torch.device("cpu")).detach()
    target = poses_before_cameras(batch.poses, batch.rotations).reshape(-1, 13, 3)
    lifted = network(torch.from_numpy(batch.features.reshape(-1, 26))).detach().numpy()
    expected = float(np.square(lifted - target).mean())
    assert losses.as_numbers() == pytest.approx(
        {"loss": expected, "regression": expected, "expectation": 0.0}
    )


def test_measures_of_perfect_and_of_wrong_poses(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The truth in each camera's frame is retrieved and without error; noise is neither."""
    rotations = benchmark.camera_rotations()[benchmark.sequence].swapaxes(0, 1)
    truth = poses_before_cameras(normalize_3d(benchmark.poses3d), rotations)
    known = normalize_2d(benchmark.get_keypoints("det")).swapaxes(0, 1)
    rng, noise = np.random.default_rng(0), np.zeros(())

    def lift_keypoints(_: Lifter, keypoints: np.ndarray) -> np.ndarray:
        same = np.abs(normalize_2d(keypoints)[:, None] - known.reshape(1, -1, 13, 2)).max((2, 3))
        poses = truth.reshape(-1, 13, 3)[same.argmin(axis=1)]
        return np.asarray(poses + noise * rng.normal(size=poses.shape))

    monkeypatch.setattr(Lifter, "lift_keypoints", lift_keypoints)
    config = small_recipe("lifting")
    task, network = LiftingTask(config), lifting_network(config)
    assert task.measure(network, benchmark) == pytest.approx({"hit_at_1": 1.0, "joint_error": 0.0})
    noise += 1
    wrong = task.measure(network, benchmark)
    assert wrong["hit_at_1"] < 0.5
    assert wrong["joint_error"] == pytest.approx(np.sqrt(8 / np.pi), rel=0.05)  # of a Maxwell


def test_validation_takes_evenly_spaced_frames(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []

    def lift_keypoints(_: Lifter, keypoints: np.ndarray) -> np.ndarray:
        counts.append(len(keypoints))
        return np.random.default_rng(0).normal(size=(len(keypoints), 13, 3)).astype(np.float32)

    monkeypatch.setattr(Lifter, "lift_keypoints", lift_keypoints)
    monkeypatch.setattr(lifting, "VALIDATION_FRAMES", 10)
    config = small_recipe("lifting")
    LiftingTask(config).measure(lifting_network(config), benchmark)
    assert counts == [10, 10, 10, 10, 40]


def test_a_run_learns_to_lift_and_can_be_resumed(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker, tmp_path: Path
) -> None:
    """Validated on its own training poses: the test is of learning, not of generalising."""
    config = small_recipe(
        "lifting",
        network__width="64",
        network__dropout="0.0",
        batch_size="32",
        optimizer="{name = 'adamw', learning_rate = 0.003, average_decay = 0.9}",
    )
    train(config, benchmark, benchmark, tmp_path, Limits(steps=1))
    card = train(config, benchmark, benchmark, tmp_path, Limits(steps=300), resume=True)
    records = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    measured = [record for record in records if "hit_at_1" in record]
    assert measured[-1]["hit_at_1"] > measured[0]["hit_at_1"] + 0.1
    assert measured[-1]["joint_error"] < 0.3 * measured[0]["joint_error"]
    assert card.network.head == "lifting"
    assert card.metrics.keys() == {"validation_hit_at_1", "validation_joint_error"}
    lifted = Lifter.load(tmp_path / "best.safetensors").lift_keypoints(
        benchmark.get_keypoints("det")[:, 2]
    )
    rotation = benchmark.camera_rotations()[0, 2]
    truth = normalize_3d(benchmark.poses3d)[:, COCO13_FROM_H36M17] @ rotation.T
    mirrored = lifted * np.array([1, 1, -1], np.float32)
    error, mirrored_error = (
        np.linalg.norm(poses - truth, axis=-1).mean() for poses in (lifted, mirrored)
    )
    assert error < 0.8 * mirrored_error


def test_own_frame_has_the_trunk_upright_and_the_left_at_the_left(
    benchmark: CrossViewBenchmark,
) -> None:
    poses = normalize_3d(benchmark.poses3d)
    turned = poses @ Rotation.random(random_state=0).as_matrix().T
    own = poses_in_own_frame(poses)
    assert (own.shape, own.dtype) == ((64, 13, 3), np.float32)
    np.testing.assert_allclose(poses_in_own_frame(turned), own, atol=1e-5)
    (left_shoulder, right_shoulder), (left_hip, right_hip) = (
        (own[:, COCO13.index(f"left_{part}")], own[:, COCO13.index(f"right_{part}")])
        for part in ("shoulder", "hip")
    )
    trunk = (left_shoulder + right_shoulder - left_hip - right_hip) / 2
    np.testing.assert_allclose(trunk[:, [0, 2]], 0, atol=1e-5)
    assert (trunk[:, 1] > 0).all()
    across = left_shoulder - right_shoulder + left_hip - right_hip
    assert (across[:, 0] > 0).all()
    np.testing.assert_allclose(across[:, 2], 0, atol=1e-5)


def test_own_frame_has_the_front_ahead(standing_bodies: Callable[..., np.ndarray]) -> None:
    """Bodies that face -y: what is moved towards -y is moved along z."""
    pose = normalize_3d(standing_bodies(1, np.random.default_rng(0), 0.0))
    ahead = pose.copy()
    ahead[:, H36M17.index("left_wrist"), 1] -= 1
    moved = (poses_in_own_frame(ahead) - poses_in_own_frame(pose))[0]
    np.testing.assert_allclose(moved[COCO13.index("left_wrist")], [0, 0, 1], atol=1e-5)


def test_expected_errors_are_learnt_from_the_errors_made(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker
) -> None:
    """The expectation is of the distance per joint, and moves no pose."""
    config = small_recipe("lift")
    network = lifting_network(config).eval()
    batch = PairSampler(benchmark, config).batch(0)
    losses = LiftingTask(config).losses(network, batch, torch.device("cpu"))
    wanted = np.concatenate([poses_in_own_frame(batch.poses)] * 2)
    features = torch.from_numpy(batch.features.reshape(-1, 39))
    with torch.no_grad():
        lifted, expected = network.with_errors(features)
    made = np.linalg.norm(lifted.numpy() - wanted, axis=-1)
    assert float(losses.detach().expectation) == pytest.approx(
        np.square(expected.numpy() - made).mean(), rel=1e-4
    )
    assert float(losses.detach().regression) == pytest.approx(
        np.square(lifted.numpy() - wanted).mean(), rel=1e-4
    )
    lifting_losses(network, features, torch.from_numpy(wanted)).expectation.backward()
    assert network.pose.weight.grad is not None
    assert network.pose.weight.grad[:39].abs().max() == 0


def test_body_poses_are_measured_in_their_own_frame(
    benchmark: CrossViewBenchmark, small_recipe: RecipeMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = np.tile(poses_in_own_frame(normalize_3d(benchmark.poses3d)), (4, 1, 1))
    monkeypatch.setattr(Lifter, "lift_keypoints", lambda _, seen: truth[: len(seen)])
    config = small_recipe("lift")
    measured = LiftingTask(config).measure(lifting_network(config), benchmark)
    assert measured == pytest.approx({"hit_at_1": 1.0, "joint_error": 0.0})
