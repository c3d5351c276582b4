"""From what a command names to files: paths, folders, globs, URLs and listings of these."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from prvipe.bulk.addresses import absolute, ending_of, filesystem_of, is_remote
from prvipe.bulk.listings import LISTING, read_listing
from prvipe.bulk.stamps import SourceFile, from_info, from_stat
from prvipe.errors import InputError, errors_naming, printable
from prvipe.files import require_ordinary

_NAMED = 5
"""Missing files that a message names."""

_QUESTIONS_AT_ONCE = 16
"""Questions to an object store that are on their way at one time."""


def find_files(sources: Sequence[str], leave_out: str | None = None) -> list[SourceFile]:
    """Return the files that sources stand for, each once: in the order named, in folders by path.

    Args:
        sources: files; folders, of which all with an ending that `prvipe.load` reads are taken,
            but what is hidden; globs; ``@`` and the path of a listing (`read_listing`).
        leave_out: a folder of whose files none is taken, as the output's.

    Raises:
        InputError: a file does not exist or is a pipe, socket or device, or a folder or glob holds
            none that is read. Pipes and the like in folders and globs are for the report to name.
    """
    missing: list[str] = []
    found: dict[str, SourceFile] = {}
    for source in sources:
        named = read_listing(source) if source.startswith(LISTING) else [source]
        for file in _look_up(named, missing):
            found.setdefault(file.path, file)
    if missing:
        more = f" and {len(missing) - _NAMED:,} more" if len(missing) > _NAMED else ""
        raise InputError(f"no such file: {', '.join(map(printable, missing[:_NAMED]))}{more}")
    if leave_out is not None:
        inside = leave_out.rstrip("/") + "/"
        return [file for file in found.values() if not file.path.startswith(inside)]
    return list(found.values())


def _look_up(named: Iterable[str], missing: list[str]) -> Iterator[SourceFile]:
    addresses = [absolute(address) for address in named]
    with ThreadPoolExecutor(_QUESTIONS_AT_ONCE) as pool:
        # Only an object store is slow to answer, and a listing may ask it a million times.
        far = {a: pool.submit(_find_remote, a) for a in addresses if is_remote(a)}
        for address in addresses:
            files = far.pop(address).result() if address in far else _find_local(address)
            if files is None:
                missing.append(address)
            else:
                yield from files


def _find_local(address: str) -> list[SourceFile] | None:
    try:
        status = os.stat(address)
    except OSError:
        if not glob.has_magic(address):
            return None
        reads = _endings()
        inside = [
            file
            for path in sorted(glob.glob(address, recursive=True))
            for file in (_inside(path, reads) if os.path.isdir(path) else _one(path))
        ]
        return _require_some(address, inside)
    if os.path.isdir(address):
        return _require_some(address, _inside(address, _endings()))
    with errors_naming(address):
        require_ordinary(status)
    return [from_stat(address, status)]


def _one(path: str) -> list[SourceFile]:
    try:
        return [from_stat(path, os.stat(path))]
    except OSError:
        # A link that leads nowhere, or removed just now: for the report to name.
        return [SourceFile(path, 0, "")]


def _inside(folder: str, reads: Callable[[str], bool]) -> list[SourceFile]:
    found = []
    for place, folders, files in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            if not name.startswith(".") and reads(name):
                found += _one(os.path.join(place, name))
    return sorted(found, key=lambda file: file.path)


def _refuse(error: OSError) -> None:
    raise InputError(
        f"{printable(error.filename)}: cannot be looked into ({error.strerror})"
    ) from error


def _find_remote(address: str) -> list[SourceFile] | None:
    files, path = filesystem_of(address)
    try:
        if glob.has_magic(path):
            found = files.glob(path, detail=True)
            return _require_some(address, [_of(files, info) for info in _files(found.values())])
        info = files.info(path)
        if info.get("type") != "directory":
            return [from_info(address, info)]
        found, reads = files.find(path, detail=True), _endings()
        inside = [
            _of(files, info)
            for name, info in sorted(found.items())
            if reads(name) and not _hidden(name[len(path.rstrip("/")) :])
        ]
        return _require_some(address, inside)
    except FileNotFoundError:
        return None
    except InputError:
        raise
    except Exception as error:  # each store has errors of its own
        raise InputError(f"{address}: cannot be looked at ({error})") from error


def _files(found: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    kept = [info for info in found if info.get("type") != "directory"]
    return sorted(kept, key=lambda info: str(info["name"]))


def _of(files: object, info: dict[str, object]) -> SourceFile:
    name = files.unstrip_protocol(info["name"])  # type: ignore[attr-defined]
    return from_info(str(name), info)


def _hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))


def _endings() -> Callable[[str], bool]:
    from prvipe.io.registry import endings

    known = frozenset(endings())
    return lambda name: ending_of(name) in known


def _require_some(address: str, files: list[SourceFile]) -> list[SourceFile]:
    if not files:
        raise InputError(f"{printable(address)}: holds no file that is read")
    return files
