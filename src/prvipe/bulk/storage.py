"""Where a bulk embedding is written: a folder, or a prefix of an object store, by fsspec."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from prvipe.bulk.addresses import filesystem_of, is_remote, local_path
from prvipe.errors import InputError
from prvipe.files import make_beside, sync_to_disk

_ENDINGS = (".json", ".parquet")
"""Of the files whose hidden beginnings `remove_unfinished` looks for."""


class OutputError(InputError):
    """The output cannot be written: out of disk, no permission. It ends the job."""


class Storage(Protocol):
    """Files under one address, each written whole or not at all; names have `/` between folders."""

    address: str

    def read(self, name: str) -> bytes | None:
        """Return a file's bytes; None if there is none."""

    def write(self, name: str, content: bytes) -> None:
        """Write a small file.

        Raises:
            OutputError: it cannot be written.
        """

    def writing(self, name: str) -> Any:
        """Return a context with a local path; what it holds at the end becomes the file.

        Raises:
            OutputError: it cannot be written.
        """

    def names(self) -> list[str]:
        """Return what lies here, files and folders; nothing if the address leads nowhere."""

    def sizes(self, folder: str) -> dict[str, int]:
        """Return the bytes of every file below a folder, by its name from here."""

    def remove(self, name: str) -> None:
        """Remove a file or a folder, unless it is gone already.

        Raises:
            OutputError: it cannot be removed.
        """

    def remove_unfinished(self, folder: str) -> None:
        """Remove what was being written right in a folder when a program was killed.

        Raises:
            OutputError: it cannot be removed.
        """

    def open(self, name: str) -> Any:
        """Open a file to read parts of it; a context.

        Raises:
            FileNotFoundError: there is none.
        """


def open_storage(address: str) -> Storage:
    """Return what is at an address, without making it.

    Raises:
        InputError: fsspec knows no such address, or wants a library that is not installed.
    """
    return ObjectStorage(address) if is_remote(address) else FolderStorage(address)


def read_json(storage: Storage, name: str) -> Any:
    """Return what a JSON file holds; None if there is no such file.

    Raises:
        InputError: it is damaged.
    """
    content = storage.read(name)
    if content is None:
        return None
    try:
        return json.loads(content)
    except ValueError as error:
        raise InputError(f"{storage.address}/{name}: damaged ({error})") from error


def write_json(storage: Storage, name: str, content: Any) -> None:
    """Write a JSON file.

    Raises:
        OutputError: it cannot be written.
    """
    storage.write(name, (json.dumps(content, indent=1) + "\n").encode())


@contextmanager
def output_errors(place: str) -> Iterator[None]:
    """Make an OutputError of what keeps files from being written in the block."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{place}: cannot be written ({error.strerror or error})") from error


class FolderStorage:
    """A folder of this machine, or of a disk that machines share."""

    def __init__(self, address: str) -> None:
        self._root = Path(local_path(address))
        self.address = str(self._root)

    def read(self, name: str) -> bytes | None:
        """See `Storage`."""
        try:
            return (self._root / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise InputError(f"{self._root / name}: cannot be read ({error.strerror})") from error

    def write(self, name: str, content: bytes) -> None:
        """See `Storage`."""
        with self.writing(name) as temporary:
            temporary.write_bytes(content)

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """See `Storage`; what the file is renamed from lies beside it and is hidden."""
        target = self._root / name
        with output_errors(str(target)):
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = make_beside(target)
            try:
                yield temporary
                sync_to_disk(temporary)
                os.replace(temporary, target)
                sync_to_disk(target.parent)
            finally:
                temporary.unlink(missing_ok=True)

    def names(self) -> list[str]:
        """See `Storage`; what is hidden is left out, as in `sizes`."""
        if not self._root.is_dir():
            return []
        return sorted(name for name in os.listdir(self._root) if not name.startswith("."))

    def sizes(self, folder: str) -> dict[str, int]:
        """See `Storage`; what is hidden is left out: it was being written when a worker ended."""
        found = {}
        for place, folders, files in os.walk(self._root / folder):
            folders.sort()
            for file in sorted(files):
                if not file.startswith("."):
                    path = Path(place) / file
                    found[path.relative_to(self._root).as_posix()] = path.stat().st_size
        return found

    def remove(self, name: str) -> None:
        """See `Storage`."""
        path = self._root / name
        with output_errors(str(path)), suppress(FileNotFoundError):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def remove_unfinished(self, folder: str) -> None:
        """See `Storage`."""
        with output_errors(str(self._root / folder)):
            for path in (self._root / folder).glob(".*-*"):
                if path.suffix in _ENDINGS:
                    path.unlink(missing_ok=True)

    def open(self, name: str) -> Any:
        """See `Storage`."""
        return (self._root / name).open("rb")


class ObjectStorage:
    """A prefix of an object store: a file appears when all of it has been sent."""

    def __init__(self, address: str) -> None:
        self._files, root = filesystem_of(address)
        self._root = root.rstrip("/")
        self.address = address.rstrip("/")

    def read(self, name: str) -> bytes | None:
        """See `Storage`."""
        try:
            return bytes(self._files.cat_file(self._path(name)))
        except FileNotFoundError:
            return None
        except Exception as error:
            raise InputError(f"{self.address}/{name}: cannot be read ({error})") from error

    def write(self, name: str, content: bytes) -> None:
        """See `Storage`."""
        with self._sending(name):
            self._files.pipe_file(self._path(name), content)

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        """See `Storage`; the path lies in the temporary folder of this machine."""
        with (
            output_errors(tempfile.gettempdir()),
            tempfile.TemporaryDirectory(prefix="prvipe-part-") as folder,
        ):
            path = Path(folder) / Path(name).name
            yield path
            with self._sending(name):
                self._files.put_file(str(path), self._path(name))

    def names(self) -> list[str]:
        """See `Storage`."""
        self._files.invalidate_cache()
        try:
            found = self._files.ls(self._root, detail=False)
        except FileNotFoundError:
            return []
        except Exception as error:
            raise InputError(f"{self.address}: cannot be looked into ({error})") from error
        return sorted(str(path).rstrip("/").rpartition("/")[2] for path in found)

    def sizes(self, folder: str) -> dict[str, int]:
        """See `Storage`."""
        self._files.invalidate_cache()
        try:
            found = self._files.find(self._path(folder), detail=True)
        except FileNotFoundError:
            return {}
        except Exception as error:
            place = f"{self.address}/{folder}"
            raise InputError(f"{place}: cannot be looked into ({error})") from error
        start = len(self._root) + 1
        return {path[start:]: int(info["size"]) for path, info in sorted(found.items())}

    def remove(self, name: str) -> None:
        """See `Storage`."""
        with self._sending(name), suppress(FileNotFoundError):
            self._files.rm(self._path(name), recursive=True)

    def remove_unfinished(self, folder: str) -> None:
        """See `Storage`; here is nothing of the kind."""

    def open(self, name: str) -> Any:
        """See `Storage`."""
        return self._files.open(self._path(name), "rb")

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}" if name else self._root

    @contextmanager
    def _sending(self, name: str) -> Iterator[None]:
        # Each store has errors of its own, and few of them are OSErrors.
        try:
            yield
        except FileNotFoundError:
            raise
        except Exception as error:
            raise OutputError(f"{self.address}/{name}: cannot be written ({error})") from error
