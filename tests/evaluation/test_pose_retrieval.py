from pathlib import Path

import numpy as np
import pytest
import torch

from prvipe.evaluation.baselines import KeypointRetrieval, LiftingRetrieval
from prvipe.evaluation.pose_retrieval import PoseRetrieval, load_pose_retrieval
from prvipe.model.checkpoint import ModelCard, save_checkpoint
from prvipe.model.lifting import build_network
from prvipe.model.network import NetworkConfig
from prvipe.poses import Poses


def make_model(folder: Path, **network: object) -> Path:
    config = NetworkConfig.model_validate({"width": 8, "dimension": 4} | network)
    path = folder / "model.safetensors"
    torch.manual_seed(0)
    save_checkpoint(path, build_network(config), ModelCard(network=config))
    return path


@pytest.fixture
def poses() -> Poses:
    """One whole pose, one without a wrist, one with three joints only, scores below 1."""
    rng = np.random.default_rng(0)
    scores = np.full((3, 13), 0.6)
    scores[1, 5] = 0
    scores[2, 3:] = 0
    return Poses(rng.normal(size=(3, 13, 2)), scores, "coco13")


def test_a_model_that_reads_scores_takes_missing_joints_and_is_told_the_scores(
    tmp_path: Path, poses: Poses
) -> None:
    retrieval = load_pose_retrieval(make_model(tmp_path, inputs="keypoints_and_scores"))
    taken = retrieval.takes(poses)
    assert taken.tolist() == [True, True, False]
    described = retrieval.describe(poses[taken])
    surer = Poses(poses.keypoints, np.where(poses.scores > 0, 0.9, 0), "coco13")
    assert not torch.allclose(described.mean, retrieval.describe(surer[taken]).mean)


def test_other_models_take_whole_poses_only(tmp_path: Path, poses: Poses) -> None:
    retrieval = load_pose_retrieval(make_model(tmp_path))
    assert retrieval.takes(poses).tolist() == [True, False, False]
    assert len(retrieval.describe(poses[:1])) == 1


def test_lifting_and_keypoints_take_whole_poses_only(tmp_path: Path, poses: Poses) -> None:
    lifting = load_pose_retrieval(make_model(tmp_path, head="lifting", dimension=39))
    assert isinstance(lifting.system, LiftingRetrieval)
    for retrieval in (lifting, PoseRetrieval.of_whole_poses(KeypointRetrieval())):
        assert retrieval.takes(poses).tolist() == [True, False, False]
        assert retrieval.describe(poses[:1]).shape[:2] == (1, 13)
