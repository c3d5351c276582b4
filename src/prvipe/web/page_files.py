"""The page: files that come with the package, known by name before the first request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable

START = "index.html"
"""The file that is also had under /."""

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True)
class PageFile:
    """A file of the page.

    Attributes:
        content: its bytes.
        media_type: for Content-Type.
        etag: changes with the content.
    """

    content: bytes
    media_type: str
    etag: str


def read_page() -> Mapping[str, PageFile]:
    """Read every file of the page, by the path of its URL, such as `/app/main.js`.

    A request is looked up in this table and never becomes the name of a file. Files of other kinds
    than browsers load are left out.
    """
    table = {f"/{name}": _read(file) for name, file in _files(_folder(), "") if _type_of(name)}
    if f"/{START}" in table:
        table["/"] = table[f"/{START}"]
    return table


def _folder() -> Traversable:
    return resources.files("prvipe.web").joinpath("page")


def _files(folder: Traversable, before: str) -> Iterator[tuple[str, Traversable]]:
    if not folder.is_dir():
        return
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files(entry, f"{before}{entry.name}/")
        else:
            yield f"{before}{entry.name}", entry


def _type_of(name: str) -> str | None:
    return next((kind for ending, kind in _TYPES.items() if name.endswith(ending)), None)


def _read(file: Traversable) -> PageFile:
    content, media_type = file.read_bytes(), _type_of(file.name)
    assert media_type is not None
    return PageFile(content, media_type, f'"{sha256(content).hexdigest()[:32]}"')
