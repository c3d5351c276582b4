"""Why a server does not answer a request that nothing is wrong with."""

from __future__ import annotations

from prvipe.errors import InputError, PrvipeError


class BusyError(PrvipeError):
    """Too much is waiting already; the request was not begun.

    Attributes:
        retry_after: seconds until there should be room, by how fast work is being done.
    """

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"the server is busy; try again in {retry_after:.0f} s")
        self.retry_after = retry_after


class TooSlowError(PrvipeError):
    """The answer took longer than the server waits for one."""


class StoppingError(PrvipeError):
    """The server is being stopped and begins nothing new."""


class WorkerDiedError(PrvipeError):
    """A process that decoded an upload ended in the middle of it."""


class LibraryDamagedError(PrvipeError):
    """Files of a library that is being served were cut or overwritten; a search cannot go on."""


class UnknownLibraryError(InputError):
    """No library of that name is served."""


class UnknownModelError(InputError):
    """No model of that name is served."""
