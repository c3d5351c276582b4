"""One library on a server: which it is, and of which model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from urllib.parse import quote

from prvipe.client.connection import Connection
from prvipe.errors import InputError, ModelMismatchError
from prvipe.wire.hits import HitBody
from prvipe.wire.libraries import LibrariesAnswer, LibraryBody


class RemoteLibrary:
    """What all parts of `Client` share: the connection, and what is known of the library."""

    def __init__(self, connection: Connection, library: str | None) -> None:
        self._connection = connection
        self._chosen = library
        self._lock = Lock()
        self._known: LibraryBody | None = None

    def libraries(self) -> list[LibraryBody]:
        """Return what the server has, its first library first."""
        return self._connection.get("/v1/libraries", LibrariesAnswer).libraries

    def _name(self) -> str:
        return self._library().name

    def _path(self) -> str:
        return f"/v1/libraries/{quote(self._name(), safe='')}"

    def _library(self) -> LibraryBody:
        """What is known of the library; asked for once."""
        return self._known or self._look()

    def _look(self) -> LibraryBody:
        """Ask what there is to know of the library now.

        Raises:
            InputError: there is no such library, or there are several and none was chosen.
            ModelMismatchError: it is of another model than before.
        """
        now = self._choose(self.libraries())
        with self._lock:
            if self._known is not None:
                self._require_same_model(self._known, now.model, now.fingerprint)
            self._known = now
        return now

    def _choose(self, libraries: Sequence[LibraryBody]) -> LibraryBody:
        named = [each for each in libraries if self._chosen in (None, each.name)]
        if len(named) == 1:
            return named[0]
        names = ", ".join(each.name for each in libraries) or "none"
        address = self._connection.address
        if self._chosen is None:
            raise InputError(
                f"{address}: has {len(libraries)} libraries; choose one with library=, there are "
                f"{names}"
            )
        raise InputError(f"{address}: has no library {self._chosen}; there are {names}")

    def _require_same_model(self, known: LibraryBody, model: str, fingerprint: str) -> None:
        if fingerprint != known.fingerprint:
            raise ModelMismatchError(
                f"{self._connection.address}: embeds by the model {model} ({fingerprint}) now, and "
                f"by {known.model} ({known.fingerprint}) before: embeddings of both cannot be "
                "compared; make a new client and embed anew"
            )

    @contextmanager
    def _noticing_another_model(self) -> Iterator[None]:
        """Say so if a request was refused because the server has another model than before."""
        try:
            yield
        except InputError:
            self._look()
            raise

    def _types_of(self, hits: Sequence[HitBody]) -> dict[str, str]:
        """Types of the columns of hits; asked for anew if there is one not seen before."""
        columns = self._library().columns
        names = {name for hit in hits for name in hit.fields}
        if any(columns.get(name, "null") == "null" for name in names):
            columns = self._look().columns
        return columns
