import pytest

from prvipe.errors import InputError
from prvipe.io.mpi_inf_3dhp.layout import (
    CAMERAS,
    CHEST_CAMERAS,
    RECORDED_JOINTS,
    RELEVANT_JOINTS,
    SEQUENCES,
    h36m17_from,
    require_published,
)
from prvipe.skeleton import H36M17

from .conftest import JOINT_SET, RECORDED


def test_the_relevant_joints_are_the_published_choice() -> None:
    assert len(RECORDED_JOINTS) == 28
    assert [RECORDED_JOINTS[number] for number in JOINT_SET] == list(RELEVANT_JOINTS)


def test_pelvis_neck_head_and_head_top_play_the_parts_that_poem_gives_them() -> None:
    found = dict(zip(H36M17.joints, h36m17_from(RECORDED_JOINTS), strict=True))
    assert found == RECORDED
    relevant = dict(zip(H36M17.joints, h36m17_from(RELEVANT_JOINTS), strict=True))
    assert relevant["hip"] == 14
    assert {joint: JOINT_SET[place] for joint, place in relevant.items()} == RECORDED


def test_eleven_cameras_five_of_them_at_the_chest() -> None:
    assert len(CAMERAS) == 11
    assert len(CHEST_CAMERAS) == 5
    assert set(CHEST_CAMERAS) < set(CAMERAS)


def test_sixteen_sequences_at_25_or_50_frames_per_second() -> None:
    assert len(SEQUENCES) == 16
    for fps, frames in SEQUENCES.values():
        # Every sequence was cut to about four minutes.
        assert 230 < frames / fps < 270
    assert require_published("S3/Seq2", "x") == (50, 12283)
    with pytest.raises(InputError, match="x: S9/Seq1 is none of"):
        require_published("S9/Seq1", "x")
