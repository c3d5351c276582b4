"""How many of the best matches a search by lists finds, of poses of people."""

from pathlib import Path

import numpy as np
import pytest

import prvipe.index.candidates as candidates_module
from prvipe.data.benchmark import load_benchmark
from prvipe.index import PoseIndex
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses
from prvipe.skeleton import COCO13

SEGMENTS, SIZE, READ = 3, 4_000, 600


@pytest.fixture(scope="module")
def library(shared_data: Path) -> tuple[Poses, Poses]:
    """Poses of people seen by the first cameras, and 200 seen by the last."""
    seen = load_benchmark(shared_data / "xview" / "val.npz").get_keypoints("det")
    every = np.linspace(0, len(seen) - 1, SIZE).astype(int)
    keypoints = np.concatenate([seen[every, camera] for camera in range(SEGMENTS)])
    return Poses(keypoints, None, COCO13), Poses(seen[every[7::20], -1], None, COCO13)


def test_a_twentieth_of_the_poses_holds_nearly_all_of_the_ten_best(
    library: tuple[Poses, Poses], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("prvipe.index.segment.APPROXIMATE_FROM", SIZE)
    monkeypatch.setattr("prvipe.index.saving.APPROXIMATE_FROM", SIZE)
    monkeypatch.setattr("prvipe.index.saving.FULL", SIZE)
    monkeypatch.setattr(candidates_module, "VECTORS_READ", READ)
    monkeypatch.setattr(candidates_module, "_FEW", 2 * READ)
    embedder = Embedder.load("base")
    poses, queries = library
    index = PoseIndex.create(embedder)
    for start in range(0, len(poses), SIZE):
        index.add(poses[start : start + SIZE])
        index.save(tmp_path / "lib.pvi")
    embeddings = embedder.embed(queries)
    found, exact = (
        [{hit.row for hit in result} for result in index.search(embeddings, exact=exact)]
        for exact in (False, True)
    )
    recall = np.mean([len(a & b) / 10 for a, b in zip(found, exact, strict=True)])
    assert len(queries) == 200
    assert 0.98 < recall < 1
