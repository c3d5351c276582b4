"""C3D files written by ezc3d, in a process of its own.

ezc3d and FAISS are both made by SWIG and share its table of types: where FAISS was imported, ezc3d
no longer knows its own lists.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np


def write_c3d_file(
    path: Path,
    names: Sequence[str],
    positions: np.ndarray,
    rate: float,
    units: str,
    screen: str | None = None,
) -> Path:
    """Write markers (T, M, 3); NaN is a marker that was not seen.

    Args:
        path: the file.
        names: of the M markers.
        positions: of the markers.
        rate: frames per second.
        units: of the positions.
        screen: what the parameter Y_SCREEN says; None: not there.
    """
    settings = {"names": list(names), "rate": rate, "units": units, "screen": screen}
    markers = path.with_name(f"{path.name}.markers.npy")
    np.save(markers, positions)
    command = [sys.executable, __file__, str(path), str(markers), json.dumps(settings)]
    subprocess.run(command, check=True)
    markers.unlink()
    return path


def main() -> None:
    """Write the file that the arguments describe."""
    import ezc3d

    path, markers, text = sys.argv[1:]
    settings, positions = json.loads(text), np.load(markers)
    file = ezc3d.c3d()
    point = file["parameters"]["POINT"]
    point["RATE"]["value"] = [settings["rate"]]
    point["LABELS"]["value"] = tuple(settings["names"])
    point["UNITS"]["value"] = [settings["units"]]
    if settings["screen"] is not None:
        file.add_parameter("POINT", "Y_SCREEN", [settings["screen"]])
    points = np.ones((4, positions.shape[1], len(positions)))
    points[:3] = np.moveaxis(positions, -1, 0).swapaxes(1, 2)
    file["data"]["points"] = points
    file.write(path)


if __name__ == "__main__":
    main()
