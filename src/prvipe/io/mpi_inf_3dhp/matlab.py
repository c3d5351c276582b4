"""Reading annot.mat, whichever version of MATLAB wrote it.

Up to version 7 scipy reads it; version 7.3 is HDF5 and needs h5py, which the extra "datasets"
installs. HDF5 keeps MATLAB's arrays transposed, and cells as references.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from prvipe.errors import InputError
from prvipe.files import require_file

_EXPECTED = "annot.mat of an MPI-INF-3DHP training sequence (S1/Seq1/annot.mat)"
_HDF5 = b"\x89HDF\r\n\x1a\n"

AnyArray = npt.NDArray[Any]


def read_cells(path: str | Path, names: Sequence[str]) -> dict[str, list[AnyArray]]:
    """Read cell arrays of matrices.

    Args:
        path: annot.mat.
        names: of the variables, such as ``annot2``.

    Returns:
        By name, the matrices (rows, columns) in the order of their cells.

    Raises:
        InputError: the file is missing, damaged, another one, lacks a variable, or is of version
            7.3 and h5py is not installed.
    """
    read = _read_hdf5 if _is_hdf5(require_file(path)) else _read_version_5
    try:
        return read(Path(path), names)
    except InputError as error:
        raise InputError(f"{error}. Expected {_EXPECTED}") from error
    except Exception as error:  # both readers raise anything on a damaged file
        raise InputError(
            f"{path}: damaged or no MATLAB file ({error}). Expected {_EXPECTED}"
        ) from error


def _is_hdf5(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(520)
    return start.startswith(_HDF5) or start[512:] == _HDF5


def _read_version_5(path: Path, names: Sequence[str]) -> dict[str, list[AnyArray]]:
    from scipy.io import loadmat

    content = loadmat(path, variable_names=list(names))
    found = {}
    for name in names:
        _require(name in content, path, f"has no variable {name}")
        cells = content[name]
        _require(cells.dtype == object, path, f"{name} is no cell array")
        found[name] = [np.asarray(cell) for cell in cells.ravel()]
    return found


def _read_hdf5(path: Path, names: Sequence[str]) -> dict[str, list[AnyArray]]:
    try:
        import h5py
    except ImportError as error:
        raise InputError(
            f"{path}: is of MATLAB version 7.3; install h5py to read it, as in "
            "pip install 'prvipe[datasets]', or save it again with -v7"
        ) from error
    found = {}
    with h5py.File(path, "r") as file:
        for name in names:
            _require(name in file, path, f"has no variable {name}")
            cells = file[name]
            _require(cells.dtype == h5py.ref_dtype, path, f"{name} is no cell array")
            found[name] = [np.asarray(file[cell]).T for cell in cells[()].ravel()]
    return found


def _require(condition: bool, path: Path, fault: str) -> None:
    if not condition:
        raise InputError(f"{path}: {fault}")
