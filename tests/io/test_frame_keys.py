from pathlib import Path

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.io.frame_keys import FrameKey, read_frame_keys, select_frames
from prvipe.io.multi_view import MultiViewPoses


@pytest.fixture
def write(tmp_path: Path):
    def write(*keys: str, name: str = "keys.txt") -> Path:
        (tmp_path / name).write_text("\n".join(keys) + "\n")
        return tmp_path / name

    return write


def test_both_kinds_of_keys_are_read(write) -> None:
    path = write("S11:Directions 1:54138969:000020", "", "S1:Seq1:V0:C0:003370")
    assert read_frame_keys(path) == [
        FrameKey("S11/Directions 1", "54138969", 20, f"{path}, line 1"),
        FrameKey("S1/Seq1", "C0", 3370, f"{path}, line 3"),
    ]


def test_actions_are_called_as_in_videopose3ds_files(write) -> None:
    keys = read_frame_keys(write("S9:TakingPhoto 1:54138969:0", "S9:WalkingDog:54138969:0"))
    assert [key.recording for key in keys] == ["S9/Photo 1", "S9/WalkDog"]


def test_the_lists_of_several_cameras_pick_the_same_frames(recorded_people, write) -> None:
    lists = [
        write(
            *(f"S1:Seq1:V{c}:C{c}:{frame:06d}" for frame in (30, 10)),
            f"S1:Seq2:V{c}:C{c}:000001",
            name=f"C{c}.txt",
        )
        for c in (1, 0)
    ]
    found = select_frames(recorded_people, read_frame_keys(lists))
    assert found.dropped == ()
    assert found.poses.camera_names.tolist() == ["C0", "C1"]
    assert found.poses.poses.frame.tolist() == [10, 30, 1]
    rows = np.array([1, 3, 5])
    np.testing.assert_array_equal(
        found.poses.keypoints["gt"], recorded_people.keypoints["gt"][rows][:, :2]
    )


def test_a_frame_that_one_camera_lacks_is_dropped_for_all_and_reported(
    recorded_people: MultiViewPoses, write
) -> None:
    keys = [f"S1:Seq1:V{c}:C{c}:{frame:06d}" for c in (0, 1) for frame in (0, 10, 20)]
    keys.remove("S1:Seq1:V1:C1:000010")
    found = select_frames(recorded_people, read_frame_keys(write(*keys)))
    assert found.poses.poses.frame.tolist() == [0, 20]
    assert found.dropped == ("S1/Seq1, frame 10: not in camera C1",)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("S12:Seq1:V0:C0:000000", "recordings has no subject S12, only S1, S11"),
        ("S1:Seq3:V0:C0:000000", "recordings has no action 'Seq3' of S1, only Seq1, Seq2"),
        ("S11:Walking:54138969:000000", "no action 'Walking' of S11, only Photo 1"),
        ("S1:Seq1:V7:C7:000000", "recordings has no camera C7, only 54138969, C0, C1"),
        ("S1:Seq1:V0:C0:000015", "no frame 15 of S1/Seq1, only 4 frames from 0 to 30"),
        ("S11:TakingPhoto 1:54138969:000005", "no frame 5 of S11/Photo 1, only 5 frames from 0"),
    ],
)
def test_keys_of_what_does_not_exist_name_file_and_line(
    recorded_people, write, key: str, message: str
) -> None:
    path = write("S1:Seq1:V0:C0:000000", key)
    with pytest.raises(InputError, match=rf"keys.txt, line 2: .*{message}"):
        select_frames(recorded_people, read_frame_keys(path))


@pytest.mark.parametrize(
    "line",
    [
        "S11:Directions 1:54138969",
        "S11:Directions 1:54138969:first",
        "S11:Directions 1:54138969:-1",
        "S1:Seq1:V0:C1:000000",
        "S1::C1:000000",
        "S1:Seq1:V0:C0:C0:000000",
        "some text",
    ],
)
def test_lines_that_are_no_keys_are_refused(write, line: str) -> None:
    with pytest.raises(InputError, match=r"keys.txt, line 2: '.*' is no frame key; expected one"):
        read_frame_keys(write("S1:Seq1:V0:C0:000000", line))


def test_a_key_that_stands_twice_is_refused(write) -> None:
    first = write("S1:Seq1:V0:C0:000000", name="a.txt")
    second = write("S1:Seq1:V0:C0:000010", "S1:Seq1:V0:C0:000000", name="b.txt")
    with pytest.raises(InputError, match=r"b.txt, line 2: this frame stands at .*a.txt, line 1"):
        read_frame_keys([first, second])


def test_empty_lists_are_refused(write, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no frame keys in .*keys.txt"):
        read_frame_keys(write("", ""))
    with pytest.raises(InputError, match=r"none.txt: no such file"):
        read_frame_keys(tmp_path / "none.txt")
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"binary.txt: is no text"):
        read_frame_keys(tmp_path / "binary.txt")
    with pytest.raises(InputError, match="no frame keys in no files"):
        read_frame_keys([])


def test_lists_that_share_no_frame_are_refused(recorded_people, write) -> None:
    path = write("S1:Seq1:V0:C0:000000", "S1:Seq1:V1:C1:000010")
    with pytest.raises(InputError, match="no frame is named for all of the cameras C0, C1"):
        select_frames(recorded_people, read_frame_keys(path))
