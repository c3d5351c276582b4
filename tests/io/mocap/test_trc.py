from pathlib import Path

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.io.mocap.trc import read_trc

NAMES = ("RHip", "Left Knee")
POSITIONS = np.arange(18.0).reshape(3, 2, 3)


def test_markers_units_and_rate_are_read(write_trc) -> None:
    recording = read_trc(write_trc(NAMES, POSITIONS))
    assert recording.joints == NAMES
    np.testing.assert_array_equal(recording.positions, POSITIONS)
    assert (recording.unit, recording.up, recording.fps) == ("mm", "y", 60)


def test_empty_cells_are_markers_that_were_not_seen(write_trc) -> None:
    positions = POSITIONS.copy()
    positions[1, 0] = positions[2, 1] = np.nan
    np.testing.assert_array_equal(read_trc(write_trc(NAMES, positions)).positions, positions)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("PathFileType", "Path", "does not begin with the header of a TRC file"),
        ("DataRate", "Rate", "has no DataRate"),
        ("\tmm\t", "\tfoot\t", "Units in line 3: unknown unit 'foot', expected one of m, cm"),
        ("60\t60\t3", "0\t60\t3", "line 3: DataRate is 0, it must be above 0"),
        ("60\t60\t3\t2", "60\t60\t3\t3", "line 4 names 2 markers, the header says 3"),
        ("60\t60\t3\t2", "60\t60\t4\t2", r"announces 4 frames \(line 3\), but 3 follow"),
        ("16.0\t17.0", "16.0", "line 9: 7 columns, expected 8"),
        ("16.0\t17.0", "16.0\t17.0\t18.0", "line 9: 9 columns, expected 8"),
        ("16.0", "abc", "line 9: 'abc' is no finite number"),
    ],
)
def test_a_damaged_file_is_refused(write_trc, old: str, new: str, message: str) -> None:
    path = write_trc(NAMES, POSITIONS)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=message) as error:
        read_trc(path)
    assert str(error.value).startswith(str(path))


def test_a_real_file(shared_data: Path) -> None:
    recording = read_trc(shared_data / "pose2sim_demo" / "balancing.trc")
    assert recording.positions.shape == (100, 21, 3)
    assert (recording.unit, recording.fps) == ("m", 60)
    head, hip = (recording.joints.index(name) for name in ("Head", "RHip"))
    assert np.median(recording.positions[:, head, 1] - recording.positions[:, hip, 1]) > 0.6
