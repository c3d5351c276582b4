import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prvipe.errors import InputError
from prvipe.io.npz import npz_names, read_npy, read_npz
from prvipe.memory import unpacking_at_most

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


def header(text: str) -> bytes:
    """The start of an npy file that describes its array by this text."""
    body = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(body).to_bytes(2, "little") + body


HUGE = header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000)}")


@pytest.fixture
def peak() -> Iterator[Callable[[], int]]:
    """`peak()`: most bytes that Python and numpy have taken since the test began."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return path


def test_arrays_that_claim_to_be_huge_take_no_memory(
    tmp_path: Path, peak: Callable[[], int]
) -> None:
    with pytest.raises(InputError, match=r"a\.npz: truncated.*keypoints should be float64"):
        read_npz(zipped(tmp_path / "a.npz", keypoints=HUGE))
    (tmp_path / "a.npy").write_bytes(HUGE)
    with pytest.raises(InputError, match=r"a\.npy: truncated"):
        read_npy(tmp_path / "a.npy")
    assert peak() < 2**20


def test_bombs_are_refused_before_they_are_unpacked(
    tmp_path: Path, peak: Callable[[], int]
) -> None:
    zeros = header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000, 2000)}")
    bomb = zipped(tmp_path / "a.npz", **{str(n): zeros + bytes(16_000_000) for n in range(3)})
    assert bomb.stat().st_size < 100_000
    tracemalloc.reset_peak()
    with unpacking_at_most(40 * 10**6):
        with pytest.raises(InputError, match=r"a\.npz: unpacks to 48,000,384 bytes, more than"):
            read_npz(bomb)
        assert peak() < 2**20
        assert list(read_npz(bomb, only=["0", "2"])) == ["0", "2"]
    assert len(read_npz(bomb)) == 3


def test_a_directory_that_lies_about_sizes_unpacks_no_more_than_it_says(
    tmp_path: Path, peak: Callable[[], int]
) -> None:
    zeros = header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000, 2000)}")
    bomb = zipped(tmp_path / "a.npz", a=zeros + bytes(16_000_000))
    content = bytearray(bomb.read_bytes())
    for place in (content.index(b"PK\x03\x04") + 22, content.index(b"PK\x01\x02") + 24):
        content[place : place + 4] = (1000).to_bytes(4, "little")
    bomb.write_bytes(content)
    tracemalloc.reset_peak()
    with pytest.raises(InputError, match="truncated, damaged"):
        read_npz(bomb)
    assert peak() < 2**20


@pytest.mark.parametrize("lying", [False, True])
def test_archives_of_very_many_arrays_are_refused(tmp_path: Path, lying: bool) -> None:
    path = zipped(tmp_path / "a.npz", **{str(number): b"" for number in range(10_001)})
    if lying:
        content = bytearray(path.read_bytes())
        place = content.rindex(b"PK\x05\x06") + 12
        content[place : place + 4] = (2**31).to_bytes(4, "little")
        path.write_bytes(content)
    for read in (npz_names, read_npz):
        with pytest.raises(InputError, match="more than 10,000 arrays"):
            read(path)


def test_members_that_share_their_bytes_count_each(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.npz", a=header("{}") + bytes(10**6), b=b"")
    content = path.read_bytes()
    first = content.index(b"PK\x01\x02")
    second = content.index(b"PK\x01\x02", first + 4)
    end = content.index(b"PK\x05\x06")
    entry = bytearray(content[first:second])
    entry[46:47] = b"b"  # another name for the same member
    note = bytearray(content[end:])
    note[12:16] = (2 * len(entry)).to_bytes(4, "little")
    path.write_bytes(content[:first] + content[first:second] + entry + note)
    with unpacking_at_most(1_500_000), pytest.raises(InputError, match="unpacks to 2,0"):
        read_npz(path)


@pytest.mark.parametrize("read", [read_npy, read_npz])
def test_want_of_memory_is_no_fault_of_the_file(
    npz: Path, npy: Path, read: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **more: object) -> None:
        raise MemoryError("Unable to allocate 11.1 GiB")

    monkeypatch.setattr(np.lib.format, "read_array", fail)
    with pytest.raises(MemoryError, match=r"11\.1 GiB"):
        read(npz if read is read_npz else npy)


def test_a_header_nested_beyond_the_parser_is_damage(tmp_path: Path) -> None:
    """Python says MemoryError to it, whatever memory there is."""
    content = header("-" * 9000 + "1")
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.npy: truncated, damaged .*nested too deeply"):
        read_npy(tmp_path / "a.npy")
    with pytest.raises(InputError, match=r"a\.npz: truncated, damaged .*nested too deeply"):
        read_npz(zipped(tmp_path / "a.npz", keypoints=content))


@pytest.mark.parametrize("how", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_than_numpys_are_not_tried(npy: Path, how: int) -> None:
    """Their readers take memory and raise errors of their own."""
    file = npy.with_suffix(".npz")
    with zipfile.ZipFile(file, "w", how) as archive:
        archive.write(npy, "keypoints.npy")
    with pytest.raises(InputError, match=r"a\.npz: .*compressed in another way than numpy"):
        read_npz(file)
