"""Text in UTF-8, read piece by piece, and what to say where it is none."""

import codecs
from collections.abc import Iterator
from pathlib import Path

from prvipe.errors import InputError
from prvipe.files import require_file

_OTHER_ENCODINGS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}

OTHER_TEXT = "perhaps Latin-1 or Windows-1252"
"""What text that is no UTF-8 mostly is."""


def read_pieces(path: Path, size: int = 1 << 20) -> Iterator[str]:
    """Yield the text of a file in pieces of about `size` bytes; a byte order mark is left out.

    Raises:
        InputError: the file is missing, empty, unreadable or no text in UTF-8.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        with require_file(path).open("rb") as stream:
            piece = stream.read(size)
            refuse_other_encodings(piece)
            while piece:
                yield decoder.decode(piece)
                piece = stream.read(size)
            yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise no_utf8(error) from error
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})") from error


def read_utf8(path: Path) -> str:
    """Return the text of a file; see `read_pieces`."""
    return "".join(read_pieces(path))


def no_utf8(error: UnicodeDecodeError) -> InputError:
    """Return what to say of bytes that are no UTF-8."""
    byte = error.object[error.start]
    return InputError(
        f"is no text in UTF-8 ({error.reason}, byte 0x{byte:02x}), {OTHER_TEXT}; save it as UTF-8"
    )


def refuse_other_encodings(start: bytes) -> None:
    """Refuse a file that begins as text in UTF-16 or UTF-32 does.

    Raises:
        InputError: naming the encoding and the remedy.
    """
    for mark, name in _OTHER_ENCODINGS.items():
        if start.startswith(mark):
            raise InputError(f"is text in {name}; save it as UTF-8")
    if b"\0" in start[:2] and start.strip(b"\0"):  # without a mark, and no text starts with NUL
        raise InputError("is text in UTF-16; save it as UTF-8")
