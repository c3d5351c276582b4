from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prvipe.errors import InputError
from prvipe.io.npz import npz_names, read_npy, read_npz

ARRAYS = {
    "keypoints": np.random.default_rng(0).normal(size=(7, 13, 2)),
    "activity": np.array(["walk", "läuft"]),
}
fuzz = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(params=["stored", "compressed"])
def npz(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    save = {"stored": np.savez, "compressed": np.savez_compressed}[request.param]
    save(tmp_path / "a.npz", **ARRAYS)
    return tmp_path / "a.npz"


@pytest.fixture
def npy(tmp_path: Path) -> Path:
    np.save(tmp_path / "a.npy", ARRAYS["keypoints"])
    return tmp_path / "a.npy"


def test_arrays_are_read_by_name(npz: Path) -> None:
    assert npz_names(npz) == ("keypoints", "activity")
    arrays = read_npz(npz)
    assert list(arrays) == ["keypoints", "activity"]
    np.testing.assert_array_equal(arrays["keypoints"], ARRAYS["keypoints"])
    np.testing.assert_array_equal(arrays["activity"], ARRAYS["activity"])


def test_only_the_arrays_asked_for_are_read(npz: Path) -> None:
    assert list(read_npz(npz, only=("activity", "missing"))) == ["activity"]


def test_an_npy_file_is_one_array(npy: Path) -> None:
    np.testing.assert_array_equal(read_npy(npy), ARRAYS["keypoints"])


@fuzz
@given(keep=st.floats(0, 1, exclude_max=True))
def test_a_truncated_npz_is_an_input_error(npz: Path, keep: float) -> None:
    whole = npz.read_bytes()
    cut = npz.with_name("cut.npz")
    cut.write_bytes(whole[: int(keep * len(whole))])
    with pytest.raises(InputError, match=r"cut\.npz: (truncated|the file is empty)"):
        read_npz(cut)


@fuzz
@given(keep=st.floats(0, 1, exclude_max=True))
def test_a_truncated_npy_is_an_input_error(npy: Path, keep: float) -> None:
    whole = npy.read_bytes()
    cut = npy.with_name("cut.npy")
    cut.write_bytes(whole[: int(keep * len(whole))])
    with pytest.raises(InputError, match=r"cut\.npy: (truncated|the file is empty)"):
        read_npy(cut)


@fuzz
@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_damage_never_changes_a_number_unnoticed(npz: Path, place: float, flip: int) -> None:
    damaged = bytearray(npz.read_bytes())
    damaged[int(place * len(damaged))] ^= flip
    file = npz.with_name("damaged.npz")
    file.write_bytes(damaged)
    try:
        arrays = read_npz(file)
    except InputError as error:
        arrays, message = {}, str(error)
    else:
        message = f"{file}: read"
    assert message.startswith(f"{file}: ")
    for name in arrays.keys() & ARRAYS.keys():
        np.testing.assert_array_equal(arrays[name], ARRAYS[name])


@fuzz
@given(content=st.binary(min_size=1, max_size=200), header=st.sampled_from([b"", b"\x93NUMPY\1\0"]))
def test_arbitrary_bytes_are_an_input_error(tmp_path: Path, content: bytes, header: bytes) -> None:
    for name, read in (("b.npz", read_npz), ("b.npy", read_npy)):
        (tmp_path / name).write_bytes(header + content)
        with pytest.raises(InputError, match="truncated, damaged"):
            read(tmp_path / name)


def test_python_objects_are_never_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", positions=np.array({"S1": 1}, dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match=r"a\.npz: positions holds Python objects, .*never"):
        read_npz(tmp_path / "a.npz")
    np.save(tmp_path / "a.npy", np.array([None]), allow_pickle=True)
    with pytest.raises(InputError, match=r"a\.npy: its array holds Python objects"):
        read_npy(tmp_path / "a.npy")
