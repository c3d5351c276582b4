"""Keeping freed memory."""

import ctypes
import platform
import subprocess
import sys

import pytest

from prvipe import memory
from prvipe.errors import InputError
from prvipe.memory import MOST_UNPACKED, keep_freed_memory, require_room, unpacking_at_most

WITH_GLIBC = platform.libc_ver()[0] == "glibc"

# Page faults of one hundred allocations and releases of 16 MiB, before and after the call.
COUNT_FAULTS = """
import resource
from prvipe.memory import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(100):
        bytearray(16 * 2**20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

without = faults()
assert keep_freed_memory()
faults()
print(without, faults())
"""


@pytest.mark.skipif(not WITH_GLIBC, reason="no glibc here")
def test_glibc_takes_the_settings() -> None:
    assert keep_freed_memory()
    assert keep_freed_memory()  # again, without harm


def test_other_c_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without mallopt, without a library to open, and where the settings are turned down."""
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    assert not keep_freed_memory()

    def missing(_: object) -> None:
        raise OSError("no library")

    monkeypatch.setattr(ctypes, "CDLL", missing)
    assert not keep_freed_memory()


def test_settings_turned_down_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        @staticmethod
        def mallopt(option: int, value: int) -> int:
            return int(option != memory._M_MMAP_THRESHOLD)

    monkeypatch.setattr(ctypes, "CDLL", lambda _: Library)
    assert not keep_freed_memory()


@pytest.mark.skipif(not WITH_GLIBC, reason="no glibc here")
def test_freed_blocks_are_used_again() -> None:
    output = subprocess.run(
        [sys.executable, "-c", COUNT_FAULTS], capture_output=True, text=True, check=True
    ).stdout
    without, kept = map(int, output.split())
    assert kept < without / 10


def test_how_to_allow_more_is_said_to_those_who_chose_no_limit() -> None:
    with pytest.raises(InputError, match=r"a part of it, or in Python .*unpacking_at_most"):
        require_room(MOST_UNPACKED + 1)
    with unpacking_at_most(10), pytest.raises(InputError, match=r"11 bytes.* a part of it$"):
        require_room(11)
