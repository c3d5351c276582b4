import sys
from pathlib import Path

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.io.mpi_inf_3dhp.matlab import read_cells

from .conftest import write_version_5, write_version_7_3

CELLS = {"annot2": [np.arange(12.0).reshape(2, 6) + n for n in range(14)]}


@pytest.mark.parametrize("write", [write_version_5, write_version_7_3])
def test_cells_are_read_from_either_version(tmp_path: Path, write) -> None:
    write(tmp_path / "annot.mat", CELLS)
    found = read_cells(tmp_path / "annot.mat", ["annot2"])["annot2"]
    assert len(found) == 14
    for matrix, expected in zip(found, CELLS["annot2"], strict=True):
        np.testing.assert_array_equal(matrix, expected)


@pytest.mark.parametrize("write", [write_version_5, write_version_7_3])
def test_missing_variables_are_named(tmp_path: Path, write) -> None:
    write(tmp_path / "annot.mat", CELLS)
    with pytest.raises(InputError, match=r"annot.mat: has no variable annot3. Expected annot.mat"):
        read_cells(tmp_path / "annot.mat", ["annot2", "annot3"])


def test_the_test_sets_arrays_are_no_cells(tmp_path: Path) -> None:
    from scipy.io import savemat

    savemat(tmp_path / "annot.mat", {"annot2": np.zeros((5, 1, 17, 2))})
    with pytest.raises(InputError, match="annot2 is no cell array"):
        read_cells(tmp_path / "annot.mat", ["annot2"])


@pytest.mark.parametrize(
    "content", [b"", b"not a MATLAB file" * 60, b"\x89HDF\r\n\x1a\n" + b"x" * 900]
)
def test_damaged_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "annot.mat").write_bytes(content)
    with pytest.raises(InputError, match=r"annot.mat: (the file is empty|damaged or no MATLAB)"):
        read_cells(tmp_path / "annot.mat", ["annot2"])


@pytest.mark.parametrize("write", [write_version_5, write_version_7_3])
def test_truncated_files_are_refused(tmp_path: Path, write) -> None:
    path = tmp_path / "annot.mat"
    write(path, CELLS)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match=r"annot.mat: .* Expected annot.mat of an MPI"):
        read_cells(path, ["annot2"])


def test_without_h5py_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_version_7_3(tmp_path / "annot.mat", CELLS)
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(InputError, match=r"version 7.3; install h5py .*prvipe\[datasets\]"):
        read_cells(tmp_path / "annot.mat", ["annot2"])
