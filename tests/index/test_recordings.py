"""Recordings of an index."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from prvipe.errors import InputError
from prvipe.index import PoseIndex
from prvipe.model.embedder import Embedder
from prvipe.poses import Poses

MakePoses = Callable[..., Poses]


def test_recordings_say_what_they_hold(index: PoseIndex) -> None:
    recordings = index.recordings()
    assert [each.source for each in recordings] == [f"clip {number}.mp4" for number in range(20)]
    first = recordings[3]
    assert (first.camera, first.person, first.sequence, first.poses) == ("cam01", 0, None, 10)
    assert (first.first_time, first.last_time) == (0.0, 9.0)
    assert (first.first_frame, first.last_frame) == (0, 9)
    assert index.recording(first.id).tolist() == list(range(30, 40))
    with pytest.raises(InputError, match=r"recording clip 3\.mp4: the index has no such recording"):
        index.recording("clip 3.mp4")


def test_ids_and_rows_stay_when_others_come_and_go(
    index: PoseIndex, make_poses: MakePoses, embedder: Embedder, tmp_path: Path
) -> None:
    before = {each.source: each.id for each in index.recordings()}
    assert len(set(before.values())) == 20
    index.save(tmp_path / "lib.pvi")
    index.remove("source=clip 2.mp4")
    index.remove("row=30")
    index.add(make_poses(20).with_fields(source=["new.mp4"] * 20))
    index.save()
    again = PoseIndex.load(tmp_path / "lib.pvi", embedder)
    for each in (index, again):
        after = {found.source: found.id for found in each.recordings() if found.source != "new.mp4"}
        assert after == {source: before[source] for source in after}
        assert "clip 2.mp4" not in after
        assert each.recording(before["clip 3.mp4"]).tolist() == list(range(31, 40))
        with pytest.raises(InputError, match="was removed"):
            each.recording(before["clip 2.mp4"])
    new = [each for each in again.recordings() if each.source == "new.mp4"]
    assert [(each.camera, each.poses) for each in new] == [("cam00", 10), ("cam01", 10)]


def test_rows_are_in_order_of_time(embedder: Embedder, make_poses: MakePoses) -> None:
    rng = np.random.default_rng(0)
    time = rng.permutation(60).astype(float)
    person = pa.array([None if number % 3 == 2 else number % 3 for number in range(60)], pa.int64())
    poses = make_poses(60)
    keypoints = Poses(poses.keypoints, poses.scores, "coco13")
    index = PoseIndex.create(embedder)
    index.add(keypoints.with_fields(person=person, time=time))
    assert [each.person for each in index.recordings()] == [0, 1, None]
    for each in index.recordings():
        rows = index.recording(each.id)
        assert np.array_equal(rows, np.array(sorted(rows, key=lambda row: time[row])))
        assert each.first_time == time[rows[0]]
        assert each.last_time == time[rows[-1]]
        assert each.poses == 20
        assert each.first_frame is None


def test_poses_without_such_columns_are_one_recording(
    embedder: Embedder, make_poses: MakePoses
) -> None:
    poses = make_poses(10)
    index = PoseIndex.create(embedder)
    index.add(Poses(poses.keypoints, poses.scores, "coco13"))
    (only,) = index.recordings()
    assert (only.source, only.person, only.poses) == (None, None, 10)
    assert index.recording(only.id).tolist() == list(range(10))
