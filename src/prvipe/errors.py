"""The errors this package raises on purpose."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


class PrvipeError(Exception):
    """Anything reported to the user on purpose; its message stands without a traceback."""


class InputError(PrvipeError):
    """Something the user handed over is unusable.

    The message names the file, the row and the joint where they are known, and the remedy. The
    command line turns it into exit code 2.
    """


class NoPeopleError(InputError):
    """A file has nobody in it. Where there are millions of frames that is no fault of any."""


class ServerError(PrvipeError):
    """A server did not answer a request that nothing seems to be wrong with."""


class ServerUnreachableError(ServerError):
    """Nobody answers at the address of a server."""


class ServerVersionError(ServerError):
    """What answers speaks another version of the interface, or is no server of prvipe."""


class TokenRefusedError(ServerError):
    """The server wants a token, or another one."""


class ServerBusyError(ServerError):
    """The server had too much to do for as long as was waited."""


class ServerTooSlowError(ServerError):
    """The answer took longer than the server, or the client, waits for one."""


class ModelMismatchError(ServerError):
    """The server embeds by another model than before: embeddings of both cannot be compared."""


def printable(path: str | os.PathLike[str]) -> str:
    """Return a path as text that can be written as UTF-8; bytes that are not UTF-8 are replaced.

    Under a locale without UTF-8, and in names that are not UTF-8, Python keeps such bytes as lone
    surrogates, which UTF-8 cannot encode.
    """
    return os.fsencode(path).decode("utf-8", "replace")


def on_one_line(text: str) -> str:
    """Return text without line ends and what else steers a terminal, as damaged files bring it."""
    shown = (each if each.isprintable() else " " for each in text)
    return " ".join("".join(shown).split())


@contextmanager
def errors_naming(source: str | os.PathLike[str]) -> Iterator[None]:
    """Put a file's name in front of every InputError raised in the block, once.

    An error that already names `source`, or a file inside it, stays as it is; a NoPeopleError
    stays one.
    """
    prefixes = (f"{printable(source)}: ", f"{os.fspath(source)}: ")
    inside = tuple(prefix.removesuffix(": ") + os.sep for prefix in prefixes)
    try:
        yield
    except InputError as error:
        if str(error).startswith(prefixes + inside):
            raise
        kind = NoPeopleError if isinstance(error, NoPeopleError) else InputError
        raise kind(f"{prefixes[0]}{error}") from error
