"""Why a server does not answer a request that nothing is wrong with."""

from __future__ import annotations

from prvipe.errors import InputError, PrvipeError


class Busy(PrvipeError):
    """Too much is waiting already; the request was not begun.

    Attributes:
        retry_after: seconds until there should be room, by how fast work is being done.
    """

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"the server is busy; try again in {retry_after:.0f} s")
        self.retry_after = retry_after


class TooSlow(PrvipeError):
    """The answer took longer than the server waits for one."""


class Stopping(PrvipeError):
    """The server is being stopped and begins nothing new."""


class WorkerDied(PrvipeError):
    """A process that decoded an upload ended in the middle of it."""


class LibraryDamaged(PrvipeError):
    """Files of a library that is being served were cut or overwritten; a search cannot go on."""


class UnknownLibrary(InputError):
    """No library of that name is served."""


class UnknownModel(InputError):
    """No model of that name is served."""
