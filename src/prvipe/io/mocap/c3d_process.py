"""Runs ezc3d in a process of its own: on damaged files it may crash, or take all the memory.

    python c3d_process.py CLIP.c3d OUT.npz

This file imports nothing of prvipe, so that starting it takes no longer than ezc3d does.
"""

import contextlib
import importlib
import json
import sys

import numpy as np

MOST_MEMORY = 8 << 30
"""Bytes. Damaged headers announce more frames than there is memory for."""


def main(path: str, out: str) -> int:
    """Read a file and write its points, residuals and what its parameters say; return 0.

    On a file that ezc3d refuses its reason is written to standard error, and 3 returned.
    """
    ezc3d = importlib.import_module("ezc3d")
    with contextlib.suppress(ImportError, OSError, ValueError):  # not everywhere
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    try:
        file = ezc3d.c3d(path)
        parameters = {
            name: [str(value) for value in np.ravel(parameter["value"])]
            for name, parameter in file["parameters"]["POINT"].items()
            if name.startswith("LABELS") or name in ("UNITS", "Y_SCREEN")
        }
        note = {
            "rate": float(file["header"]["points"]["frame_rate"]),
            "parameters": parameters,
        }
        points, residuals = file["data"]["points"], file["data"]["meta_points"]["residuals"]
    except Exception as error:  # whatever it is, the reader reports it
        print(error, file=sys.stderr)
        return 3
    np.savez(out, points=points, residuals=residuals, note=np.array(json.dumps(note)))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
