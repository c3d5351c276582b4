import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.io.pose2sim import read_pose2sim
from prvipe.poses import Poses
from prvipe.skeleton import COCO13

FRAMES = 3


@pytest.fixture
def folder(shared_data: Path, tmp_path: Path) -> Path:
    """The first frames of the real recording."""
    source = shared_data / "pose2sim_demo"
    shutil.copy(source / "calibration.toml", tmp_path)
    lines = (source / "balancing.trc").read_text().splitlines()
    lines[2] = lines[2].replace("\t100\t", f"\t{FRAMES}\t", 1)
    (tmp_path / "short.trc").write_text("\n".join(lines[: 5 + FRAMES]))
    for camera in range(1, 5):
        detections = tmp_path / "pose" / f"cam0{camera}_json"
        detections.mkdir(parents=True)
        for frame in range(FRAMES):
            name = f"cam0{camera}.{frame:04d}.json"
            shutil.copy(source / "pose" / detections.name / name, detections)
    return tmp_path


def test_detections_lie_where_the_cameras_see_the_markers(folder: Path) -> None:
    recording = read_pose2sim(folder)
    assert recording.fps == 60
    assert recording.markers.shape == (FRAMES, 13, 3)
    feet = recording.markers[:, [COCO13.index("left_ankle"), COCO13.index("right_ankle")], 2]
    assert (feet < recording.markers[:, COCO13.index("head"), None, 2] - 1).all()
    for view in range(4):
        people = recording.nearest_people(view)
        assert people.table["frame"].to_pylist() == [0, 1, 2]
        errors = np.linalg.norm(people.keypoints - recording.reprojected(view), axis=-1)
        assert np.nanmedian(errors) < 30  # pixels, of a person 1,000 tall


def test_the_other_person_is_not_taken(folder: Path) -> None:
    recording = read_pose2sim(folder)
    counts = [len(detections) for detections in recording.detections]
    assert counts == [2 * FRAMES, 2 * FRAMES, FRAMES, FRAMES]
    assert len(recording.nearest_people(0)) == FRAMES
    # The order of the people in a file does not matter.
    for file in folder.glob("pose/cam01_json/*.json"):
        content = json.loads(file.read_text())
        file.write_text(json.dumps(content | {"people": content["people"][::-1]}))
    swapped = read_pose2sim(folder).nearest_people(0)
    np.testing.assert_array_equal(swapped.keypoints, recording.nearest_people(0).keypoints)


def test_a_marker_that_was_not_triangulated_hides_nobody(folder: Path) -> None:
    whole = read_pose2sim(folder)
    markers = whole.markers.copy()
    markers[:, COCO13.index("left_wrist")] = np.nan
    markers[1] = np.nan  # in this frame nobody is nearest; someone is taken all the same
    people = replace(whole, markers=markers).nearest_people(0)
    assert people.table["frame"].to_pylist() == [0, 1, 2]
    known = people.table["frame"].to_numpy() != 1
    np.testing.assert_array_equal(people.keypoints[known], whole.nearest_people(0).keypoints[known])
    for file in folder.glob("pose/cam01_json/*.json"):
        content = json.loads(file.read_text())
        file.write_text(json.dumps(content | {"people": content["people"][::-1]}))
    swapped = replace(read_pose2sim(folder), markers=markers).nearest_people(0)
    np.testing.assert_array_equal(swapped.keypoints[known], people.keypoints[known])


def test_a_frame_without_anyone_has_no_row(folder: Path) -> None:
    (folder / "pose/cam03_json/cam03.0001.json").write_text('{"version": 1.3, "people": []}')
    people: Poses = read_pose2sim(folder).nearest_people(2)
    assert people.table["frame"].to_pylist() == [0, 2]


def test_folders_and_cameras_must_agree(folder: Path) -> None:
    shutil.rmtree(folder / "pose" / "cam04_json")
    with pytest.raises(InputError, match=r"describes 4 cameras, but pose/ has 3 folders \*_json"):
        read_pose2sim(folder)


def test_frames_must_be_those_of_the_markers(folder: Path) -> None:
    detections = folder / "pose" / "cam02_json"
    (detections / "cam02.0000.json").rename(detections / "cam02.0003.json")
    with pytest.raises(InputError, match=r"cam02_json: .* number of their frame, 0 to 2"):
        read_pose2sim(folder)


def test_the_markers_must_have_a_unit(folder: Path) -> None:
    file = folder / "short.trc"
    file.write_text(file.read_text().replace("\tUnits\t", "\tLength\t", 1))
    with pytest.raises(InputError, match=r"short\.trc: does not say its unit"):
        read_pose2sim(folder)


def test_there_must_be_one_file_of_markers(folder: Path) -> None:
    shutil.copy(folder / "short.trc", folder / "again.trc")
    with pytest.raises(InputError, match=r"has 2 files \*\.trc, expected one"):
        read_pose2sim(folder)
