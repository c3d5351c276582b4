"""Tasks of a worker in the tests: whatever may go wrong while a file is decoded."""

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prvipe.errors import InputError
from prvipe.service.decoding.messages import Message
from prvipe.service.limits import Limits


def prepare() -> None:
    pass


def answer(request: Mapping[str, Any], file: Path, limits: Limits) -> Message:
    return getattr(sys.modules[__name__], request["do"])(request, file)


def read(request: Mapping[str, Any], file: Path) -> Message:
    return Message({"pid": os.getpid()}, file.read_bytes())


def sleep(request: Mapping[str, Any], file: Path) -> Message:
    time.sleep(request["seconds"])
    return Message({"pid": os.getpid()})


def burn(request: Mapping[str, Any], file: Path) -> Message:
    while True:
        pass


def ignore_signals(request: Mapping[str, Any], file: Path) -> Message:
    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    time.sleep(60)
    return Message({})


def crash(request: Mapping[str, Any], file: Path) -> Message:
    ctypes.string_at(0)
    return Message({})


def leave(request: Mapping[str, Any], file: Path) -> Message:
    os._exit(0)


def refuse(request: Mapping[str, Any], file: Path) -> Message:
    raise InputError(f"{file}: is\x1b[31m no \x00good")


def fail(request: Mapping[str, Any], file: Path) -> Message:
    raise KeyError("unexpected")


def take_memory(request: Mapping[str, Any], file: Path) -> Message:
    return Message({"taken": len(bytearray(request["bytes"]))})


def take_memory_natively(request: Mapping[str, Any], file: Path) -> Message:
    allocate = ctypes.CDLL(None).malloc
    allocate.restype = ctypes.c_void_p
    while address := allocate(ctypes.c_size_t(2**24)):
        ctypes.memset(address, 1, 2**24)
    os.abort()


def fill_disk(request: Mapping[str, Any], file: Path) -> Message:
    with open("large", "wb") as large:
        for _ in range(100):
            large.write(bytes(2**20))
    return Message({})


def print_much(request: Mapping[str, Any], file: Path) -> Message:
    for _ in range(40):
        try:
            os.write(2, b"x" * 2**20)
        except OSError:
            break
    return Message({"size": os.fstat(2).st_size})


def open_many(request: Mapping[str, Any], file: Path) -> Message:
    kept = [os.open(file, os.O_RDONLY) for _ in range(1_000)]
    return Message({"open": len(kept)})


def leave_files(request: Mapping[str, Any], file: Path) -> Message:
    folder = Path(tempfile.mkdtemp())
    (folder / "copy").write_bytes(file.read_bytes())
    Path("beside").write_bytes(file.read_bytes())
    if request["then"] != "end":
        getattr(sys.modules[__name__], request["then"])(request, file)
    return Message({"folder": str(folder), "own": str(Path.cwd())})


def look_around(request: Mapping[str, Any], file: Path) -> Message:
    here = sorted(path.name for path in Path.cwd().iterdir())
    return Message({"environment": dict(os.environ), "files": here, "group": os.getpgid(0)})


def start_another(request: Mapping[str, Any], file: Path) -> Message:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    Path(request["note"]).write_text(str(other.pid))
    time.sleep(60)
    return Message({})


def lie(request: Mapping[str, Any], file: Path) -> Message:
    """Write to the link to the server, which has taken over the worker."""
    for name in os.listdir("/proc/self/fd"):
        try:
            if os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
                os.write(int(name), bytes.fromhex(request["bytes"]))
        except OSError:
            continue
    time.sleep(60)
    return Message({})


def answer_with(request: Mapping[str, Any], file: Path) -> Message:
    return Message(request["note"], bytes.fromhex(request["body"]))
