import sys

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.io.mocap import c3d
from prvipe.io.mocap.c3d import read_c3d

NAMES = ("LASI", "RASI")
POSITIONS = np.arange(1.0, 25.0).reshape(4, 2, 3)


def test_markers_units_and_rate_are_read(write_c3d) -> None:
    recording = read_c3d(write_c3d(NAMES, POSITIONS))
    assert recording.joints == NAMES
    np.testing.assert_allclose(recording.positions, POSITIONS)
    assert (recording.unit, recording.up, recording.fps) == ("mm", "z", 100)


@pytest.mark.parametrize(("screen", "up"), [("+Y", "y"), ("-Y", "-y"), ("+Z", "z")])
def test_the_vertical_axis_is_that_of_the_screen(write_c3d, screen: str, up: str) -> None:
    assert read_c3d(write_c3d(NAMES, POSITIONS, screen=screen)).up == up


def test_a_marker_that_was_not_seen_is_nan(write_c3d) -> None:
    positions = POSITIONS.copy()
    positions[1, 0] = np.nan
    positions[2, 1] = 0
    found = read_c3d(write_c3d(NAMES, positions)).positions
    unseen = np.zeros((4, 2), bool)
    unseen[1, 0] = unseen[2, 1] = True
    np.testing.assert_array_equal(np.isnan(found).all(axis=-1), unseen)
    np.testing.assert_allclose(found[~unseen], POSITIONS[~unseen])


def test_more_markers_than_one_list_of_names_holds(write_c3d) -> None:
    names = [f"M{number}" for number in range(260)]
    recording = read_c3d(write_c3d(names, np.ones((2, 260, 3))))
    assert recording.joints == tuple(names)


def test_an_unknown_unit_or_axis_is_refused(write_c3d) -> None:
    with pytest.raises(InputError, match=r"clip.c3d: POINT:UNITS: unknown unit 'ell'"):
        read_c3d(write_c3d(NAMES, POSITIONS, units="ell"))
    with pytest.raises(InputError, match=r"POINT:Y_SCREEN is 'up', expected an axis such as \+Z"):
        read_c3d(write_c3d(NAMES, POSITIONS, screen="up"))


def test_a_file_cut_short_or_of_another_kind_is_refused(write_c3d) -> None:
    path = write_c3d(NAMES, np.ones((200, 2, 3)))
    whole = path.read_bytes()
    for broken in (whole[: len(whole) // 2], whole[:6000], whole[:600], whole[:9], b"text" * 400):
        path.write_bytes(broken)
        with pytest.raises(InputError, match=r"clip.c3d: truncated"):
            read_c3d(path)


def test_its_reader_finds_no_libraries_beside_itself(write_c3d, monkeypatch) -> None:
    path = write_c3d(NAMES, POSITIONS)
    program = path.with_name("program.py")
    program.write_text("import impostor")
    program.with_name("impostor.py").write_text("import os; os._exit(3)")
    monkeypatch.setattr(c3d, "_PROGRAM", program)
    with pytest.raises(InputError, match=r"ezc3d crashed on it"):
        read_c3d(path)


def test_a_crash_of_its_reader_is_a_damaged_file(write_c3d, monkeypatch) -> None:
    path = write_c3d(NAMES, POSITIONS)
    crash = path.with_name("crash.py")
    crash.write_text("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    monkeypatch.setattr(c3d, "_PROGRAM", crash)
    with pytest.raises(InputError, match=r"clip.c3d: truncated, damaged .*ezc3d crashed on it"):
        read_c3d(path)
    crash.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(c3d, "_PATIENCE", 0.1)
    with pytest.raises(InputError, match=r"ezc3d did not end within 0\.1 s"):
        read_c3d(path)


def test_without_ezc3d_the_remedy_is_named(write_c3d, monkeypatch) -> None:
    path = write_c3d(NAMES, POSITIONS)
    monkeypatch.setitem(sys.modules, "ezc3d", None)
    with pytest.raises(InputError, match=r'pip install "prvipe\[mocap\]"'):
        read_c3d(path)
