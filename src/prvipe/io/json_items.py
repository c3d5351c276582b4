"""The items of a JSON file one after another, so that large files need little memory."""

import json
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from prvipe.errors import InputError
from prvipe.io.utf8 import read_pieces

_DECODER = json.JSONDecoder()
_LONGEST_WORD = 16
"""An error this close to the end of what was read may be no more than a word cut in two."""


def iterate_json(path: Path, lists: Collection[str] = ()) -> Iterator[tuple[str | None, Any]]:
    """Yield what a JSON file holds, one piece at a time.

    Args:
        path: the file.
        lists: keys of the outermost object whose lists are to be yielded item by item.

    Yields:
        (None, item) for each item of an outermost list; (key, value) for an outermost object, and
        (key, item) for each item of the lists named; (None, value) for anything else.

    Raises:
        InputError: the file is missing, empty, truncated, no JSON or not in UTF-8.
    """
    text = _Text(path)
    opening = text.next_character()
    if opening == "[":
        for item in text.items():
            yield None, item
    elif opening == "{":
        yield from _members(text, lists)
    else:
        yield None, text.value()
    if text.next_character():
        raise text.error("something follows its end")


def first_items(
    path: Path, lists: Collection[str] = (), count: int = 1
) -> list[tuple[str | None, Any]]:
    """Return the first of what `iterate_json` yields; nothing where the file is no JSON.

    Raises:
        InputError: the file is missing, empty or not in UTF-8.
    """
    found = []
    try:
        for pair in islice(iterate_json(path, lists), count):
            found.append(pair)
    except _JsonError:
        pass
    return found


class _JsonError(InputError):
    """A file that is no JSON, or no whole one."""


def _members(text: "_Text", lists: Collection[str]) -> Iterator[tuple[str | None, Any]]:
    text.skip("{")
    while text.next_character() != "}":
        key = text.value()
        if not isinstance(key, str):
            raise text.error(f"{key!r} is no key")
        text.skip(":")
        if key in lists and text.next_character() == "[":
            for item in text.items():
                yield key, item
        else:
            yield key, text.value()
        text.skip_comma("}")
    text.skip("}")


class _Text:
    """A window on the text of a file that moves forward as values are taken."""

    def __init__(self, path: Path) -> None:
        self._pieces = read_pieces(path)
        self._window = ""
        self._place = 0
        self._whole = False
        self._taken = 0

    def next_character(self) -> str:
        """Return the next character that is no blank; none at the end."""
        while True:
            while self._place < len(self._window):
                if self._window[self._place] not in " \t\r\n":
                    return self._window[self._place]
                self._place += 1
            if self._whole:
                return ""
            self._read_on()

    def skip(self, character: str) -> None:
        """Go past a character that must come next."""
        if (found := self.next_character()) != character:
            raise self.error(f"expected {character!r}, found {found!r}")
        self._place += 1

    def skip_comma(self, closing: str) -> None:
        """Go past the comma between two members, unless the last was there."""
        if self.next_character() != closing:
            self.skip(",")
            if self.next_character() == closing:
                raise self.error("nothing follows a comma")

    def items(self) -> Iterator[Any]:
        """Yield the items of the list that comes next, and go past it."""
        self.skip("[")
        while self.next_character() != "]":
            yield self.value()
            self._taken += 1
            self.skip_comma("]")
        self.skip("]")

    def value(self) -> Any:
        """Take the next value."""
        self.next_character()
        pieces = 1
        while True:
            try:
                value, end = _DECODER.raw_decode(self._window, self._place)
            except json.JSONDecodeError as error:
                cut = error.pos + _LONGEST_WORD >= len(self._window)
                if self._whole or not (cut or error.msg.startswith("Unterminated string")):
                    raise self.error(error.msg) from error
            except RecursionError as error:
                raise self.error("lists or objects within each other, too many") from error
            except ValueError as error:
                raise self.error(str(error)) from error
            else:
                # A number may go on behind the window, which cuts 2.5e+7 anywhere.
                if end + len("e+") < len(self._window) or self._whole:
                    self._place = end
                    return value
            self._read_on(pieces)
            pieces *= 2

    def error(self, what: str) -> InputError:
        where = f"after {self._taken:,} items" if self._taken else "at its start"
        return _JsonError(f"truncated or no JSON ({what}, {where}); write or copy it again")

    def _read_on(self, pieces: int = 1) -> None:
        read = list(islice(self._pieces, pieces))
        self._whole = len(read) < pieces
        self._window = "".join([self._window[self._place :], *read])
        self._place = 0
