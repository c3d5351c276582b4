"""The first hour of somebody with four real videos, from an empty folder."""

import json
from pathlib import Path

import pytest
from running import Reader, blocks_of_commands

CAMERAS = ("cam01", "cam02", "cam03", "cam04")
FRAME = 40

pytestmark = pytest.mark.slow


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared_data: Path) -> Reader:
    """A folder with the videos and OpenPose's keypoints of Pose2Sim's demonstration."""
    pytest.importorskip("mediapipe", reason="the extra detect finds people")
    for camera in CAMERAS:
        demo = shared_data / "pose2sim_demo"
        (tmp_path / f"{camera}.mp4").symlink_to(demo / "videos" / f"{camera}.mp4")
        (tmp_path / f"{camera}_json").symlink_to(demo / "pose" / f"{camera}_json")
    (tmp_path / "kick.bvh").symlink_to(shared_data / "readers" / "bvh" / "cmu_10_01.bvh")
    monkeypatch.chdir(tmp_path)
    return Reader(tmp_path)


def run(reader: Reader, command: str) -> str:
    return reader.follow(blocks_of_commands(command))


def test_real_videos_are_detected_indexed_searched_and_aligned(reader: Reader) -> None:
    videos = " ".join(f"{camera}.mp4" for camera in CAMERAS)
    run(reader, f"prvipe detect {videos} --out poses.parquet --overlay drawn")
    assert len(list((reader.folder / "drawn").iterdir())) == len(CAMERAS)
    run(reader, "prvipe index build moves.pvi poses.parquet")
    for camera in CAMERAS[1:]:
        search = f"prvipe search moves.pvi cam01.mp4 --frame {FRAME} -k 3 --distinct 0.2s --json"
        found = json.loads(run(reader, f"{search} --where source={camera}.mp4"))
        assert found["trusted"]
        frames = [match["frame"] for match in found["matches"]]
        assert min(abs(frame - FRAME) for frame in frames) <= 6
        assert found["matches"][0]["probability"] > 0.3
    run(reader, "prvipe search moves.pvi cam01.mp4 --frame 40 --gallery gallery.html")
    aligned = run(reader, "prvipe align cam01.mp4 cam03.mp4 --out side-by-side.mp4")
    assert "the same motion" in aligned


def test_another_detector_and_motion_capture_are_queries_too(reader: Reader) -> None:
    run(reader, "prvipe index build moves.pvi cam02_json cam03_json cam04_json")
    search = f"prvipe search moves.pvi cam01_json --frame {FRAME} -k 3 --json"
    frames = [match["frame"] for match in json.loads(run(reader, search))["matches"]]
    assert min(abs(frame - FRAME) for frame in frames) <= 6
    search = "prvipe search moves.pvi kick.bvh --seen-from 20,5,4 --frame 100 -k 1 --json"
    found = json.loads(run(reader, search))
    assert 0 <= found["matches"][0]["probability"] < 0.3  # nobody kicks there, and that is said
    assert found["doubts"]
