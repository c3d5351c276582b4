"""TRC: marker positions as a table of text, as OpenSim, Pose2Sim and Motion Analysis write it.

The header gives the unit; y up is OpenSim's custom.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError, errors_naming
from prvipe.io.mocap.recording import Recording
from prvipe.io.mocap.text import parse_numbers, read_text
from prvipe.io.mocap.units import unit_named

_HEADER_LINES = 5


def read_trc(path: Path) -> Recording:
    """Read a TRC file; an empty cell is a marker that was not seen (NaN).

    Raises:
        InputError: the file is missing, truncated or otherwise not as the format demands; the
            message names the line.
    """
    with errors_naming(path):
        lines = read_text(path)
        if len(lines) < _HEADER_LINES or not lines[0].startswith("PathFileType"):
            raise InputError("does not begin with the header of a TRC file (PathFileType ...)")
        header = dict(zip(lines[1].split(), lines[2].split(), strict=False))
        rate, frames, count = (
            _header_number(header, key) for key in ("DataRate", "NumFrames", "NumMarkers")
        )
        names = _marker_names(lines[3])
        if len(names) != count:
            raise InputError(f"line 4 names {len(names)} markers, the header says {count:.0f}")
        rows = [
            _read_row(text, len(names), number)
            for number, text in enumerate(lines[_HEADER_LINES:], _HEADER_LINES + 1)
            if text.strip()
        ]
        if len(rows) != frames or not rows:
            raise InputError(
                f"announces {frames:.0f} frames (line 3), but {len(rows)} follow; it is truncated "
                "or was edited, copy or export it again"
            )
        unit = unit_named(header.get("Units", ""), "Units in line 3")
    return Recording(
        positions=np.array(rows).reshape(len(rows), len(names), 3),
        joints=names,
        fps=rate,
        unit=unit,
        up="y",
        source=str(path),
    )


def _header_number(header: dict[str, str], key: str) -> float:
    if key not in header:
        raise InputError(f"its header (lines 2 and 3) has no {key}")
    number = float(parse_numbers([header[key]], 1, f"line 3 ({key})")[0])
    if not number > 0:
        raise InputError(f"line 3: {key} is {header[key]}, it must be above 0")
    return number


def _marker_names(line: str) -> tuple[str, ...]:
    # After Frame# and Time; a name stands over the first of its marker's three columns.
    return tuple(name.strip() for name in line.split("\t")[2:] if name.strip())


def _read_row(text: str, markers: int, number: int) -> npt.NDArray[np.float64]:
    cells = [cell.strip() for cell in text.rstrip("\r\n").split("\t")]
    columns = 2 + 3 * markers
    if len(cells) < columns or any(cells[columns:]):
        raise InputError(
            f"line {number}: {len(cells)} columns, expected {columns} (frame, time and x, y, z of "
            f"{markers} markers, separated by tabs)"
        )
    row = np.full(3 * markers, np.nan)
    given = [i for i, cell in enumerate(cells[2:columns]) if cell and cell.lower() != "nan"]
    row[given] = parse_numbers([cells[2 + i] for i in given], len(given), f"line {number}")
    return row
