"""Where a library in Milvus is: a server, or a path of Milvus Lite."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from prvipe.errors import InputError

TOKEN = "PRVIPE_MILVUS_TOKEN"
"""Environment variable that holds the token, or `user:password`, of a server."""

_SCHEMES = {"milvus": "http", "milvus+tls": "https"}
_DEFAULT_PORT = 19530
_DEFAULT_COLLECTION = "poses"
_LITE = ".db"

# What Milvus takes as the name of a collection; ours may not meet that of their own notes.
_COLLECTION = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,200}")


@dataclass(frozen=True)
class MilvusAddress:
    """A collection of a server, or of a path of Milvus Lite.

    Attributes:
        uri: as pymilvus takes it.
        collection: name.
        path: of Milvus Lite; None for a server.
        text: as it was given, for messages.
    """

    uri: str
    collection: str
    path: Path | None
    text: str

    def __str__(self) -> str:
        return self.text

    @classmethod
    def parse(cls, address: str | os.PathLike[str]) -> MilvusAddress:
        """Read `milvus://host:port/collection`, `moves.db` or `moves.db/collection`.

        Raises:
            InputError: it is none of these.
        """
        text = os.fspath(address)
        scheme, separator, _ = text.partition("://")
        if separator:
            return cls._of_server(text, scheme)
        return cls._of_lite(text)

    @classmethod
    def _of_server(cls, text: str, scheme: str) -> MilvusAddress:
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port or _DEFAULT_PORT
        except ValueError as error:
            raise _refused(text, str(error)) from error
        if scheme not in _SCHEMES:
            raise _refused(text, f"{scheme} is no scheme of Milvus")
        if not host:
            raise _refused(text, "it names no host")
        if parts.username is not None or parts.query or parts.fragment:
            raise _refused(
                parts.hostname or "milvus://", f"a token belongs into the environment as {TOKEN}"
            )
        shown = f"[{host}]" if ":" in host else host
        collection = parts.path.strip("/") or _DEFAULT_COLLECTION
        return cls(
            f"{_SCHEMES[scheme]}://{shown}:{port}", _require_name(collection, text), None, text
        )

    @classmethod
    def _of_lite(cls, text: str) -> MilvusAddress:
        path, collection = Path(text), _DEFAULT_COLLECTION
        if path.suffix != _LITE and path.parent.suffix == _LITE:
            path, collection = path.parent, path.name
        if path.suffix != _LITE:
            raise _refused(text, "it has no scheme and no name ending in .db")
        return cls(str(path), _require_name(collection, text), path, text)


def is_address(text: str | os.PathLike[str]) -> bool:
    """Whether this names a library in Milvus rather than the folder of an index."""
    address = os.fspath(text)
    if address.partition("://")[0] in _SCHEMES and "://" in address:
        return True
    path = Path(address)
    # The folder of an index may have any name.
    if (path / "manifest.json").exists() and not (path / "LOCK").exists():
        return False
    return path.suffix == _LITE or path.parent.suffix == _LITE


def _require_name(collection: str, text: str) -> str:
    if not _COLLECTION.fullmatch(collection):
        raise _refused(
            text, f"a collection is named by letters, digits and _, and not {collection!r}"
        )
    return collection


def _refused(text: str, why: str) -> InputError:
    return InputError(
        f"{text}: is no address of Milvus ({why}); expected milvus://host:port/collection, or a "
        "path of Milvus Lite such as moves.db or moves.db/collection"
    )
