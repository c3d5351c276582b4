"""The libraries of one server."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from threading import Event, Thread

from prvipe.errors import InputError
from prvipe.model.embedder import Embedder
from prvipe.service.errors import UnknownLibraryError
from prvipe.service.library import Library, manifest_bytes, open_library
from prvipe.service.limits import Limits
from prvipe.service.models import Models
from prvipe.service.served import ServedLibrary

_CLOSING_SECONDS = 0.5


class Libraries:
    """Libraries by name; a name is that of the folder without its ending. Threads may ask at once.

    Example:
        >>> with Libraries.open(["people.pvi"]) as libraries:
        ...     libraries.watch()
        ...     library = libraries.get("people")
    """

    def __init__(self, served: dict[str, ServedLibrary], models: Models, limits: Limits) -> None:
        self.models = models
        self._served = served
        self._seconds = limits.watch_seconds
        self._closing = Event()
        self._watcher: Thread | None = None

    @classmethod
    def open(
        cls,
        paths: Sequence[str | os.PathLike[str]],
        media: Sequence[str | os.PathLike[str]] = (),
        limits: Limits | None = None,
    ) -> Libraries:
        """Open libraries, and load their models.

        Args:
            paths: folders of indexes.
            media: folders where their images and videos may lie, besides the one that each index
                lies in.
            limits: of the server; the usual ones if None.

        Raises:
            InputError: none, too many, two of one name, or see `open_library`.
        """
        limits = limits or Limits()
        named = _name(paths, limits)
        models, folders = Models(), [Path(folder) for folder in media]
        served: dict[str, ServedLibrary] = {}
        memory = limits.memory_bytes
        for name, path in named.items():
            served[name] = ServedLibrary(partial(open_library, path, name, folders, models, memory))
            library = served[name].current
            if library.in_memory:
                memory -= manifest_bytes(library.manifest)
        return cls(served, models, limits)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the libraries, in the order given."""
        return tuple(self._served)

    @property
    def problems(self) -> dict[str, str]:
        """What is wrong with libraries on the disk, by name; what was served before still is."""
        said = {name: served.problem for name, served in self._served.items()}
        return {name: problem for name, problem in said.items() if problem is not None}

    def get(self, name: str | None = None) -> Library:
        """Return a library as it is now; without a name the only one.

        Raises:
            UnknownLibraryError: there is none of that name, or no name and several libraries.
        """
        return self._find(name).current

    def embedder(self, model: str | None = None) -> Embedder:
        """Return a model by name or fingerprint; by default that of the first library.

        Raises:
            UnknownModelError: it is not served.
        """
        first = next(iter(self._served.values())).current
        return first.index.model.embedder if model is None else self.models.embedder(model)

    def reload(self, name: str) -> Library:
        """Take in a library as it is on the disk now.

        Raises:
            UnknownLibraryError: there is none of that name.
            InputError: it cannot be served; what was served before still is.
        """
        return self._find(name).reload()

    def watch(self) -> None:
        """Take in libraries that change on the disk, from a thread, until `close`."""
        if self._watcher is None:
            self._watcher = Thread(target=self._watch, name="prvipe-watch", daemon=True)
            self._watcher.start()

    def close(self) -> None:
        """Stop watching; a library that is being opened is not waited for."""
        self._closing.set()
        if self._watcher is not None:
            self._watcher.join(_CLOSING_SECONDS)

    def __enter__(self) -> Libraries:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _find(self, name: str | None) -> ServedLibrary:
        if name is None and len(self._served) == 1:
            return next(iter(self._served.values()))
        if name is None:
            raise UnknownLibraryError(f"name one of the libraries: {', '.join(self._served)}")
        if name not in self._served:
            raise UnknownLibraryError(
                f"library {name}: is not served; there are {', '.join(self._served)}"
            )
        return self._served[name]

    def _watch(self) -> None:
        while not self._closing.wait(self._seconds):
            for served in self._served.values():
                served.look()


def _name(paths: Sequence[str | os.PathLike[str]], limits: Limits) -> dict[str, Path]:
    if not paths:
        raise InputError("no library: give the folder of an index, as prvipe index build makes it")
    if len(paths) > limits.libraries:
        raise InputError(f"{len(paths)} libraries: a server opens {limits.libraries} at most")
    named: dict[str, Path] = {}
    for path in map(Path, paths):
        name = path.absolute().stem
        if name in named:
            raise InputError(
                f"two libraries are called {name}: {named[name]} and {path}; rename the folder of "
                "one, or serve them by two servers"
            )
        named[name] = path
    return named
