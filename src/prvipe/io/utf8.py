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
        raise InputError(
            f"is no text in UTF-8 ({error.reason}, byte 0x{error.object[error.start]:02x}); save "
            "it as UTF-8"
        ) from error
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})") from error


def read_utf8(path: Path) -> str:
    """Return the text of a file; see `read_pieces`."""
    return "".join(read_pieces(path))


def refuse_other_encodings(start: bytes) -> None:
    """Refuse a file that begins as text in UTF-16 or UTF-32 does.

    Raises:
        InputError: naming the encoding and the remedy.
    """
    for mark, name in _OTHER_ENCODINGS.items():
        if start.startswith(mark):
            raise InputError(f"is text in {name}; save it as UTF-8")
    if start[:2] in (b"[\0", b"{\0", b"\0[", b"\0{"):
        raise InputError("is text in UTF-16; save it as UTF-8")
