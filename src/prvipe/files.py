"""Reading and writing files so that no reader ever meets half a file."""

import json
import math
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prvipe.errors import InputError, errors_naming

_NO_FILES = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}
"""What may stand where a file is looked for, and keep whoever opens it waiting for ever."""

_KEPT_OF_STEM = 32


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; it is renamed to ``path`` once the block succeeds.

    A block that raises (Ctrl-C included) leaves whatever lay at ``path`` untouched and no temporary
    file behind. The temporary name keeps the suffix, as some writers choose a format by it.

    Raises:
        InputError: the folder does not exist or cannot be written, ``path`` is a folder, or writing
            fails, as on a full disk.
    """
    target = Path(path)
    temporary = _reserve_temporary(target)
    try:
        yield temporary
        os.replace(temporary, target)
    except OSError as error:
        raise _cannot_be_written(target, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: str | os.PathLike[str], contents: Any) -> None:
    """Write ``contents`` as JSON, atomically; NaN and infinity, which JSON lacks, become null.

    Raises:
        InputError: as `atomic_path`.
    """
    text = json.dumps(_without_nan(contents), indent=2, allow_nan=False)
    with atomic_path(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def require_writable(path: str | os.PathLike[str]) -> Path:
    """Return ``path`` as a Path that `atomic_path` can write to; to be asked before long work.

    Raises:
        InputError: the folder does not exist or cannot be written, or ``path`` is a folder.
    """
    target = Path(path)
    _reserve_temporary(target).unlink()
    return target


def make_folder(path: str | os.PathLike[str]) -> Path:
    """Make a folder that can be written to, with its parents, unless it is there.

    Raises:
        InputError: it cannot be made or written to.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = "it is a file" if folder.is_file() else error.strerror
        raise InputError(f"{folder}: cannot write to this folder ({reason})") from error
    return folder


def require_file(path: str | os.PathLike[str]) -> Path:
    """Return ``path`` as a Path to a readable, non-empty file.

    Raises:
        InputError: it is missing, a folder, a pipe, socket or device, unreadable or empty, or no
            path.
    """
    if not isinstance(path, str | os.PathLike):
        raise InputError(f"{path!r}: expected the path of a file, got {type(path).__name__}")
    file = Path(path)
    try:
        if not file.exists():
            raise InputError(f"{file}: no such file")
        if file.is_dir():
            raise InputError(f"{file}: is a folder, a file is needed")
        with errors_naming(file):
            require_ordinary(file.stat())
        with file.open("rb") as stream:
            if not stream.read(1):
                raise InputError(f"{file}: the file is empty")
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror})") from error
    return file


def require_ordinary(status: os.stat_result) -> None:
    """See that something can be opened without waiting for who writes it.

    Raises:
        InputError: it is a pipe, socket or device.
    """
    if (kind := _NO_FILES.get(stat.S_IFMT(status.st_mode))) is not None:
        raise InputError(f"is {kind}, no file; write what comes from it into a file")


def _without_nan(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nan(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _reserve_temporary(target: Path) -> Path:
    folder = target.parent
    if not folder.is_dir():
        raise InputError(f"{target}: cannot be written, there is no folder {folder}")
    if target.is_dir():
        raise InputError(f"{target}: cannot be written, it is a folder")
    try:
        return make_beside(target)
    except OSError as error:
        raise _cannot_be_written(target, error) from error


def make_beside(target: Path) -> Path:
    """Make an empty, hidden file that is to become ``target``; its suffix is the same.

    Its permissions are those of ``target``, or of any new file there.

    Raises:
        OSError: it cannot be made.
    """
    # Of the stem no more than leaves room where the name is as long as a name may be.
    unique = f"{target.stem[:_KEPT_OF_STEM]}-{secrets.token_hex(8)}"
    temporary = target.with_name(f".{unique}{target.suffix}")
    # tempfile would make it private, and to ask for the umask is to change it for all threads.
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    if target.exists():
        temporary.chmod(target.stat().st_mode & 0o777)
    return temporary


def sync_to_disk(path: str | os.PathLike[str]) -> None:
    """Wait until a file, or the names of the files in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cannot_be_written(target: Path, error: OSError) -> InputError:
    return InputError(f"{target}: cannot be written ({error.strerror or error})")
