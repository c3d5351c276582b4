from pathlib import Path

import pytest
from motion_samples import write_motion_samples

from prvipe import load
from prvipe.cli.reading import parse_reading, reads_keypoints
from prvipe.errors import InputError
from prvipe.io.reading import said_once


def test_both_are_read() -> None:
    assert parse_reading("45,-8,5", "1920x1080") == ((45, -8, 5), (1920, 1080))
    assert parse_reading(None, None) == (None, None)


@pytest.mark.parametrize("text", ["", "45,8", "45,8,0", "45,99,5", "a,b,c", "45,8,5;90,8,5"])
def test_no_camera_is_refused_by_its_own_option(text: str) -> None:
    with pytest.raises(InputError, match=r"^--seen-from"):
        parse_reading(text, None)


@pytest.mark.parametrize(
    "text", ["", "1920", "1920x", "0x5", "-1x5", "1920,1080", "1.5x2", "\u00b2x3"]
)
def test_no_size_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"--image-size .* such as 1920x1080"):
        parse_reading(None, text)


def test_what_is_said_holds_for_all_that_a_command_reads_and_no_longer(tmp_path: Path) -> None:
    path = write_motion_samples(tmp_path)["bvh"]
    read = []

    @reads_keypoints
    def command(file: Path) -> None:
        read.append(load(file))
        read.append(load(file, camera=(90, 0, 3)))
        raise InputError("in the midst")

    with pytest.raises(InputError, match="in the midst"):
        command(file=path, seen_from="45,8,5", image_size="640x480")
    assert [poses.table["camera"][0].as_py() for poses in read] == ["45,8,5", "90,0,3"]
    assert read[0].table["width"][0].as_py() == 640
    assert "width" not in read[1].table.column_names
    assert said_once.get() is None


def test_commands_that_read_keypoints_see_motion(prvipe, tmp_path: Path) -> None:
    path = write_motion_samples(tmp_path)["bvh"]
    out = str(tmp_path / "out.parquet")
    done = prvipe("embed", str(path), "--out", out, "--seen-from", "45,8,5")
    assert (done.code, done.err) == (0, "")
    refused = prvipe("embed", str(path), "--out", out)
    assert refused.code == 2
    assert "--seen-from 45,8,5" in refused.err.replace("\n", " ")
