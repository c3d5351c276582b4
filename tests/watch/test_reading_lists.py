"""Lists from libraries, keypoints and embeddings."""

from __future__ import annotations

from pathlib import Path

import pytest

from prvipe.errors import InputError
from prvipe.index import PoseIndex
from prvipe.io.embeddings import save_embeddings
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses
from prvipe.watch.reading_lists import read_pose_list


@pytest.fixture(scope="module")
def unnamed(listed: Poses) -> Poses:
    """Three poses of two sources."""
    sources = ["in/a.jpg", "in/b.mp4", "in/b.mp4"]
    return Poses(listed.keypoints, None, "coco13", {"source": sources})


def test_keypoints_with_names(tmp_path: Path, listed: Poses, embedder: Embedder) -> None:
    listed.save(tmp_path / "list.parquet")
    watched = read_pose_list(tmp_path / "list.parquet", embedder)
    assert watched.names == ("tree", "bow", "throw")
    assert len(watched) == 3


def test_poses_without_names_are_called_by_source_and_row(
    tmp_path: Path, unnamed: Poses, embedder: Embedder
) -> None:
    unnamed.save(tmp_path / "list.parquet")
    assert read_pose_list(tmp_path / "list.parquet", embedder).names == ("a", "b.mp4/1", "b.mp4/2")


def test_a_library(tmp_path: Path, unnamed: Poses, embedder: Embedder) -> None:
    index = PoseIndex.create(embedder)
    index.add(unnamed)
    index.save(tmp_path / "moves.pvi")
    watched = read_pose_list(tmp_path / "moves.pvi", embedder)
    assert watched.names == ("a", "b.mp4/1", "b.mp4/2")
    own = embedder.embed(unnamed)
    likeness = embedder.similarity(own, watched.embeddings)
    assert likeness.argmax(dim=1).tolist() == [0, 1, 2]
    with pytest.raises(InputError, match=r"moves\.pvi: .*model"):
        read_pose_list(tmp_path / "moves.pvi", Embedder.load("base"))


def test_an_empty_library_is_refused(tmp_path: Path, embedder: Embedder) -> None:
    PoseIndex.create(embedder).save(tmp_path / "empty.pvi")
    with pytest.raises(InputError, match=r"empty\.pvi: holds no poses"):
        read_pose_list(tmp_path / "empty.pvi", embedder)


def test_embeddings(tmp_path: Path, listed: Poses, embedder: Embedder) -> None:
    z = embedder.embed(listed)
    file = tmp_path / "list.parquet"
    save_embeddings(file, z.mean.numpy(), z.std.numpy(), listed.table, "small")
    watched = read_pose_list(file, embedder)
    assert watched.names == ("tree", "bow", "throw")
    assert watched.embeddings.mean.equal(z.mean)
    with pytest.raises(InputError, match="embedded by small, another model"):
        read_pose_list(file, Embedder.load("base"))
    save_embeddings(file, z.mean.numpy(), z.std.numpy(), listed.table, "gone.safetensors")
    with pytest.raises(InputError, match=r"embedded by gone\.safetensors, which is not there"):
        read_pose_list(file, embedder)


def test_a_list_that_is_not_there(tmp_path: Path, embedder: Embedder) -> None:
    with pytest.raises(InputError, match=r"none\.csv: no such file"):
        read_pose_list(tmp_path / "none.csv", embedder)
