"""Paths of this machine, and URLs of what fsspec reads."""

from __future__ import annotations

import os
import re
from typing import Any

from prvipe.errors import InputError

_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")
_HERE = ("file://", "local://")


def is_remote(address: str) -> bool:
    """Whether an address is a URL of something else than a file of this machine."""
    return _URL.match(address) is not None and not address.startswith(_HERE)


def local_path(address: str) -> str:
    """Absolute path of a file of this machine, given by its path or as ``file://``."""
    for scheme in _HERE:
        address = address.removeprefix(scheme)
    return os.path.abspath(address)


def absolute(address: str) -> str:
    """The address, if it is a path made absolute: workers may run in other folders."""
    return address if is_remote(address) else local_path(address)


def filesystem_of(address: str) -> tuple[Any, str]:
    """Return fsspec's file system of a URL, and the path in it.

    Raises:
        InputError: no such scheme, or a library that it needs is not installed.
    """
    import fsspec

    try:
        files, path = fsspec.core.url_to_fs(address)
    except ImportError as error:
        raise InputError(f"{address}: {error}; install that library with pip") from error
    except ValueError as error:
        raise InputError(f"{address}: {error}") from error
    return files, str(path)


def ending_of(address: str) -> str:
    """The ending of a file's name, in lower case with the dot."""
    return os.path.splitext(address)[1].lower()
