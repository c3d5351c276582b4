"""Labelled clips read from folders, lists and files with activities."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses
from prvipe.sequences.labelled import load_labelled

Views = dict[str, np.ndarray]
MakePoses = Callable[..., Poses]


@pytest.fixture
def folder(tmp_path: Path, views: Views, as_poses: MakePoses) -> Path:
    """clips/waltz/1.parquet, clips/waltz/2.parquet, clips/macarena/1.parquet, and litter."""
    for label, name in (("waltz", "1"), ("waltz", "2"), ("macarena", "1")):
        file = tmp_path / "clips" / label / f"{name}.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        as_poses(views[f"{label}_0"][:30, int(name) % 2]).save(file)
    (tmp_path / "clips" / ".DS_Store").write_text("")
    (tmp_path / "clips" / "waltz" / ".hidden").write_text("")
    (tmp_path / "clips" / "notes.txt").write_text("")
    return tmp_path / "clips"


def test_sub_folders_are_labels(folder: Path, embedder: Embedder) -> None:
    progress: list[tuple[int, int]] = []
    clips = load_labelled(folder, embedder, progress=lambda *done: progress.append(done))
    assert [(clip.label, clip.name) for clip in clips] == [
        ("macarena", "macarena/1.parquet"),
        ("waltz", "waltz/1.parquet"),
        ("waltz", "waltz/2.parquet"),
    ]
    assert all(len(clip.recording) == 30 for clip in clips)
    by_name = load_labelled(str(folder), "small")
    for one, other in zip(by_name, clips, strict=True):
        assert (one.recording.embeddings.mean == other.recording.embeddings.mean).all()
    assert progress == [(1, 3), (2, 3), (3, 3)]


def test_arrays_are_of_the_skeleton_that_is_named(
    tmp_path: Path, views: Views, embedder: Embedder
) -> None:
    (tmp_path / "clips" / "waltz").mkdir(parents=True)
    np.save(tmp_path / "clips" / "waltz" / "1.npy", views["waltz_0"][:30, 0])
    with pytest.raises(InputError, match="name the skeleton"):
        load_labelled(tmp_path / "clips", embedder)
    (clip,) = load_labelled(tmp_path / "clips", embedder, skeleton="coco13")
    assert clip.poses.skeleton.name == "coco13"


def test_a_list_names_files_labels_and_cameras(folder: Path, embedder: Embedder) -> None:
    file = folder / "list.csv"
    file.write_text("path,label,camera\nwaltz/1.parquet,dance, left\nmacarena/1.parquet,dance,\n")
    clips = load_labelled(file, embedder)
    assert [(clip.label, clip.camera) for clip in clips] == [("dance", "left"), ("dance", "")]


def test_a_file_with_activities_is_split(
    tmp_path: Path, views: Views, as_poses: MakePoses, embedder: Embedder
) -> None:
    parts = [
        as_poses(views[f"{name}_0"][:25, camera]).with_fields(
            activity=[name] * 25, camera=[str(camera)] * 25, sequence=[f"{name} one"] * 25
        )
        for name in ("waltz", "macarena")
        for camera in (0, 1)
    ]
    file = tmp_path / "all.parquet"
    Poses.concatenate(parts).save(file)
    clips = load_labelled(file, embedder)
    assert [(clip.label, clip.camera, clip.performance) for clip in clips] == [
        ("waltz", "0", "waltz one"),
        ("waltz", "1", "waltz one"),
        ("macarena", "0", "macarena one"),
        ("macarena", "1", "macarena one"),
    ]


def test_a_benchmark_is_labelled(shared_data: Path, embedder: Embedder, tmp_path: Path) -> None:
    with np.load(shared_data / "xview" / "val.npz") as file:
        rows = np.flatnonzero(np.isin(file["sequence"], [0, 18]))[:120:2]
        arrays = {key: file[key] for key in file.files}
    for key in ("poses3d", "sequence", "kp2d_det", "kp2d_gt"):
        arrays[key] = arrays[key][rows]
    np.savez(tmp_path / "part.npz", **arrays)
    clips = load_labelled(tmp_path / "part.npz", embedder)
    assert {clip.camera for clip in clips} == {"0", "1", "2", "3"}
    assert {clip.label for clip in clips} == {str(arrays["activity"][n]) for n in (0, 18)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,label\n", "list.csv: lists no recordings"),
        ("path,label\nwaltz/1.parquet,\n", "list.csv: line 2: label is empty"),
        ("path,label\nwaltz/9.parquet,a\n", "list.csv: line 2: .*9.parquet: no such file"),
    ],
)
def test_lists_with_mistakes_are_refused(
    folder: Path, embedder: Embedder, text: str, message: str
) -> None:
    file = folder / "list.csv"
    file.write_text(text)
    with pytest.raises(InputError, match=message):
        load_labelled(file, embedder)


def test_a_list_that_is_not_utf8_is_refused(folder: Path, embedder: Embedder) -> None:
    file = folder / "list.csv"
    file.write_bytes(b"path,label\nwaltz/1.parquet,sch\xf6n\n")
    with pytest.raises(InputError, match="is no CSV in UTF-8"):
        load_labelled(file, embedder)


def test_what_names_no_labels_is_refused(folder: Path, embedder: Embedder) -> None:
    with pytest.raises(InputError, match="does not say what is done"):
        load_labelled(folder / "waltz" / "1.parquet", embedder)
    with pytest.raises(InputError, match="no recordings in sub-folders"):
        load_labelled(folder / "waltz", embedder)
    with pytest.raises(InputError, match="no such file"):
        load_labelled(folder / "nowhere", embedder)
