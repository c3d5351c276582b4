import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from prvipe.errors import InputError
from prvipe.io.pickled_npz import read_object

EXPECTED = "poses.npz of some project"


def write_member(path: Path, pickled: bytes) -> Path:
    """Write an npz whose only entry is an object array with this pickle."""
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (), }"
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    with zipfile.ZipFile(path, "w") as archive:
        content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + pickled
        archive.writestr("data.npy", content)
    return path


def as_object_array(content: object) -> np.ndarray:
    array = np.empty((), dtype=object)
    array[()] = content
    return array


NESTED = {
    "S1": {"Walking 1": np.arange(6, dtype=np.float32).reshape(2, 3), "fps": 50},
    "views": [np.float32(2.5), (1, "two", None, b"three", True)],
    "ordered": OrderedDict(a=np.array(["x", "y"])),
}


@pytest.mark.parametrize("protocol", range(2, 6))
def test_nested_arrays_are_read_whatever_the_protocol(tmp_path: Path, protocol: int) -> None:
    pickled = pickle.dumps(as_object_array(NESTED), protocol=protocol)
    found = read_object(write_member(tmp_path / "poses.npz", pickled), "data", EXPECTED)
    np.testing.assert_array_equal(found["S1"]["Walking 1"], NESTED["S1"]["Walking 1"])
    assert found["S1"]["Walking 1"].dtype == np.float32
    assert found["views"] == NESTED["views"]
    assert found["ordered"]["a"].tolist() == ["x", "y"]


def test_what_numpy_writes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "poses.npz"
    np.savez_compressed(path, data=NESTED, plain=np.arange(3), ragged=as_object_array([1]))
    assert read_object(path, "data", EXPECTED)["S1"]["fps"] == 50
    assert read_object(path, "plain", EXPECTED).tolist() == [0, 1, 2]
    assert read_object(path, "ragged", EXPECTED) == [1]


class Malicious:
    """Writes a file when it is unpickled by the ordinary means."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return Path.write_text, (self.trace, "I ran")


def test_a_pickle_that_runs_code_is_refused_before_it_runs(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    pickled = pickle.dumps(as_object_array({"S1": Malicious(trace)}))
    path = write_member(tmp_path / "poses.npz", pickled)
    with pytest.raises(InputError, match=r"poses.npz: data refers to pathlib.*refused"):
        read_object(path, "data", EXPECTED)
    assert not trace.exists()
    np.load(path, allow_pickle=True)["data"]
    assert trace.exists()  # the file does what it is accused of


@pytest.mark.parametrize(
    "pickled",
    [
        b"cos\nsystem\n(S'true'\ntR.",
        b"cbuiltins\neval\n(S'1'\ntR.",
        b"cnumpy\nload\n(S'x'\ntR.",
        b"c_codecs\nencode\n(X\x01\x00\x00\x00aS'zip'\ntR.",
    ],
)
def test_functions_outside_the_list_are_refused(tmp_path: Path, pickled: bytes) -> None:
    with pytest.raises(InputError, match="refused"):
        read_object(write_member(tmp_path / "poses.npz", pickled), "data", EXPECTED)


@pytest.mark.parametrize("pickled", [b"", b"\x80\x04garbage"])
def test_damaged_pickles_are_refused(tmp_path: Path, pickled: bytes) -> None:
    path = write_member(tmp_path / "poses.npz", pickled)
    with pytest.raises(InputError, match="truncated, damaged"):
        read_object(path, "data", EXPECTED)


def test_wrong_files_name_the_expected_one(tmp_path: Path) -> None:
    path = tmp_path / "poses.npz"
    with pytest.raises(InputError, match=r"no such file. Expected poses.npz of some project"):
        read_object(path, "data", EXPECTED)
    path.write_bytes(b"not a zip archive")
    with pytest.raises(InputError, match=r"no npz file.*Expected poses.npz of some project"):
        read_object(path, "data", EXPECTED)
    np.savez(path, other=np.zeros(3))
    with pytest.raises(InputError, match=r"has no array data, only other. Expected poses.npz"):
        read_object(path, "data", EXPECTED)
