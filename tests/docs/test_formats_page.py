"""Every sample on the page of formats is read as the format that its section is about."""

import re
from pathlib import Path

import pytest
from pages import files_of, read_page

from prvipe import load
from prvipe.io import registry

PAGE = read_page("docs/formats.md")
SAMPLES = files_of(PAGE)

READ_AS = {
    "results.json": "COCO results",
    "person_keypoints_val2017.json": "COCO people (json)",
    "walk/walk_000000000000_keypoints.json": "OpenPose",
    "alphapose-results.json": "AlphaPose",
    "mmpose.json": "MMPose",
    "labels/walk_1.txt": "YOLO-pose labels",
    "table.csv": "CSV by joint",
    "poem.csv": "POEM CSV",
    "mpii.json": "MPII people (json)",
}


def test_every_sample_is_looked_at() -> None:
    assert set(SAMPLES) == set(READ_AS)


@pytest.mark.parametrize("name", READ_AS)
def test_a_sample_is_a_person_in_its_format(name: str, tmp_path: Path) -> None:
    path = tmp_path / Path(name).name
    path.write_text(SAMPLES[name], encoding="utf-8")
    assert registry._find_loader(path).name == READ_AS[name]
    poses = load(path, image_size=(640, 480) if path.suffix == ".txt" else None)
    assert poses.to("coco13").valid().tolist() == [True]


def test_every_registered_ending_is_on_the_page() -> None:
    endings = {
        suffix
        for loader in registry._LOADERS.values()
        for suffix in loader.suffixes
        if loader.name != "images and videos" and suffix != registry.FOLDER
    }
    lacking = [ending for ending in endings if not re.search(rf"`{re.escape(ending)}`", PAGE)]
    assert not lacking
