from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from prvipe.data.benchmark import save_benchmark
from prvipe.data.synthetic import CAMERAS
from prvipe.errors import InputError
from prvipe.poses import Poses
from prvipe.reproduction.datasets import (
    DATA_FOLDER,
    ReproductionData,
    load_data,
    load_galleries,
    load_gallery,
    split_cameras,
)

from .conftest import UNSEEN, synthetic


@pytest.fixture
def folder(reproduction_data: ReproductionData, tmp_path: Path) -> Path:
    place = tmp_path / "data" / "mine"
    place.mkdir(parents=True)
    for name in ("train", "val"):
        save_benchmark(getattr(reproduction_data, name), place / f"{name}.npz")
    save_benchmark(reproduction_data.rig, place / "test.npz")
    return place


def test_cameras_are_split_by_where_they_stand(reproduction_data: ReproductionData) -> None:
    assert reproduction_data.rig.camera_ids.tolist() == [0, 1, 2, 3]
    assert reproduction_data.unseen is not None
    assert reproduction_data.unseen.camera_ids.tolist() == [4, 5, 6]
    assert reproduction_data.unseen_chest_level == (4, 5)


def test_chest_level_cameras_of_mpi_inf_3dhp_are_those_it_names(
    reproduction_data: ReproductionData,
) -> None:
    assert reproduction_data.unseen is not None
    named = replace(reproduction_data.unseen, camera_names=np.array(["C1", "C4", "C8"]))
    assert replace(reproduction_data, unseen=named).unseen_chest_level == (4, 5)
    sequences = np.array([f"S{i % 8 + 1}/Seq{i % 2 + 1}" for i in range(len(named.fps))])
    published = replace(named, sequence_names=sequences)
    assert replace(reproduction_data, unseen=published).unseen_chest_level == (5, 6)
    alone = published.select(cameras=[4, 5])
    assert replace(reproduction_data, unseen=alone).unseen_chest_level == ()


def test_a_folder_is_read(folder: Path) -> None:
    data = load_data(folder)
    assert data.name == "mine"
    assert len(data.rig.cameras) == 4
    assert data.unseen is None
    assert data.unseen_chest_level == ()


def test_other_unseen_data_takes_the_place_of_unseen_cameras(
    folder: Path, reproduction_data: ReproductionData
) -> None:
    assert reproduction_data.unseen is not None
    save_benchmark(reproduction_data.unseen, folder / "unseen.npz")
    data = load_data(folder)
    assert data.unseen is not None
    np.testing.assert_array_equal(data.unseen.cameras, reproduction_data.unseen.cameras)
    np.testing.assert_array_equal(data.rig.cameras, reproduction_data.rig.cameras)


def test_real_cameras_need_not_stand_where_they_were_trained_on(
    folder: Path, reproduction_data: ReproductionData
) -> None:
    rig = reproduction_data.rig
    moved = replace(
        rig,
        cameras=rig.cameras + np.array([3.0, 1.0, 0.2], np.float32),
        view_rotations=rig.camera_rotations(),
    )
    save_benchmark(moved, folder / "test.npz")
    data = load_data(folder)
    assert len(data.rig.cameras) == 4
    assert data.unseen is None


def test_unseen_data_does_not_make_other_cameras_trained_ones(
    folder: Path, reproduction_data: ReproductionData
) -> None:
    assert reproduction_data.unseen is not None
    everywhere = synthetic(2, np.concatenate([CAMERAS, UNSEEN]))
    save_benchmark(everywhere, folder / "test.npz")
    save_benchmark(reproduction_data.unseen, folder / "unseen.npz")
    data = load_data(folder)
    np.testing.assert_array_equal(data.rig.cameras, CAMERAS)
    assert data.unseen is not None
    assert data.unseen.source.endswith("unseen.npz")


def test_unseen_cameras_must_not_have_been_trained_on(
    folder: Path, reproduction_data: ReproductionData
) -> None:
    around = reproduction_data.rig.select(cameras=[2, 1])
    turned = replace(around, cameras=around.cameras + np.array([[360, 0, 0], [7, 0, 0]], "f4"))
    save_benchmark(turned, folder / "unseen.npz")
    with pytest.raises(
        InputError, match=r"unseen\.npz: cameras 0 stand as cameras of .*train\.npz"
    ):
        load_data(folder)


def test_a_whole_turn_leads_to_the_same_camera(reproduction_data: ReproductionData) -> None:
    turned = CAMERAS + np.array([[-360.0, 0, 0], [360, 0, 0], [0, 0, 0], [720, 0, 0]], np.float32)
    rig, unseen = split_cameras(reproduction_data.rig, turned)
    assert len(rig.cameras) == 4
    assert unseen is None
    with pytest.raises(InputError, match="0 of its 4 cameras"):
        split_cameras(reproduction_data.rig, CAMERAS * np.array([-1, 1, 1], np.float32) + 1)


def test_real_cameras_must_be_as_many_as_trained_on(
    folder: Path, reproduction_data: ReproductionData
) -> None:
    rig = reproduction_data.rig
    real = replace(rig, view_rotations=rig.camera_rotations()).select(cameras=[0, 1, 2])
    save_benchmark(real, folder / "test.npz")
    with pytest.raises(
        InputError, match=r"test\.npz: was seen by 3 real cameras, but .* by 4; make"
    ):
        load_data(folder)


@pytest.mark.parametrize(("cameras", "frames"), [(1, 24), (3, 19)])
def test_what_cannot_be_measured_is_refused_before_training(
    folder: Path, reproduction_data: ReproductionData, cameras: int, frames: int
) -> None:
    assert reproduction_data.unseen is not None
    some = reproduction_data.unseen.select(
        reproduction_data.unseen.camera_ids[:cameras].tolist(), slice(frames)
    )
    save_benchmark(some, folder / "unseen.npz")
    with pytest.raises(
        InputError,
        match=rf"unseen\.npz: {frames} frames seen by {cameras} cameras are too few .* per camera",
    ):
        load_data(folder)


def test_few_frames_of_the_trained_cameras_are_refused(
    folder: Path, reproduction_data: ReproductionData
) -> None:
    save_benchmark(reproduction_data.rig.select(rows=slice(19)), folder / "test.npz")
    with pytest.raises(InputError, match=r"test\.npz: 19 frames seen by 4 cameras are too few"):
        load_data(folder)


def test_a_name_is_looked_up_in_the_data_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(DATA_FOLDER, str(folder.parent))
    assert load_data("mine").name == "mine"
    with pytest.raises(InputError, match="yours: no such folder"):
        load_data("yours")


def test_a_missing_part_is_named(folder: Path) -> None:
    (folder / "val.npz").unlink()
    with pytest.raises(InputError, match=r"has no val\.npz; a reproduction needs"):
        load_data(folder)


def test_test_cameras_must_have_been_trained_on(reproduction_data: ReproductionData) -> None:
    elsewhere = CAMERAS + np.array([11.0, 0.0, 0.0], np.float32)
    with pytest.raises(InputError, match=r"0 of its 4 cameras stand as one of the training"):
        split_cameras(reproduction_data.rig, elsewhere)


def test_a_gallery_keeps_the_complete_people(
    reproduction_data: ReproductionData, tmp_path: Path
) -> None:
    keypoints = reproduction_data.rig.keypoints["det"][:5, 0].copy()
    keypoints[1, 3] = np.nan
    Poses(keypoints, None, "coco13").save(tmp_path / "people.parquet")
    people = load_gallery(tmp_path / "people.parquet")
    np.testing.assert_array_equal(people.keypoints, keypoints[[0, 2, 3, 4]])

    keypoints[:, 0] = np.nan
    Poses(keypoints, None, "coco13").save(tmp_path / "headless.parquet")
    with pytest.raises(InputError, match="none of its 5 people has all 13 joints"):
        load_gallery(tmp_path / "headless.parquet")


def test_galleries_of_one_name_do_not_replace_each_other(
    reproduction_data: ReproductionData, tmp_path: Path
) -> None:
    people = Poses(reproduction_data.rig.keypoints["det"][:5, 0], None, "coco13")
    (tmp_path / "other").mkdir()
    for name in ("a.parquet", "b.parquet", "other/a.parquet"):
        people.save(tmp_path / name)
    galleries = load_galleries([tmp_path / "a.parquet", tmp_path / "b.parquet"])
    assert list(galleries) == ["a", "b"]
    with pytest.raises(
        InputError, match=r"other.a\.parquet: a gallery called a is given already .* rename"
    ):
        load_galleries([tmp_path / "a.parquet", tmp_path / "other/a.parquet"])
