"""Text of any characters as text that needs no quoting in an expression of Milvus."""

from __future__ import annotations

import re
from urllib.parse import unquote

from prvipe.errors import InputError

UNKNOWN = ""
"""What stands for a text that is not known; one that is known starts with another character."""

_KNOWN = "="
_MOST_BYTES = 65_535
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\\"'%]")


def as_stored(value: str | None) -> str:
    """Text as Milvus keeps it: with neither quotes, backslashes nor control characters.

    Equal for equal texts only, so that expressions compare these instead.

    Raises:
        InputError: it is too long for Milvus.
    """
    if value is None:
        return UNKNOWN
    stored = _KNOWN + _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", value)
    if len(stored.encode("utf-8", "surrogatepass")) > _MOST_BYTES:
        raise InputError(
            f"the text {value[:40]!r}… is longer than the 65,535 bytes that Milvus keeps; shorten "
            "it or leave its column out"
        )
    return stored


def as_read(stored: str) -> str | None:
    """Undo `as_stored`."""
    if stored == UNKNOWN:
        return None
    text = stored[len(_KNOWN) :]
    return unquote(text, errors="strict") if "%" in text else text


def literal(value: str) -> str:
    """A text as an expression names it."""
    return f'"{as_stored(value)}"'
