"""One worker, seen from the server."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from prvipe.errors import InputError
from prvipe.service.decoding import messages
from prvipe.service.decoding.environment import worker_environment
from prvipe.service.decoding.messages import Message, Request
from prvipe.service.decoding.worker import MESSAGES
from prvipe.service.errors import TooSlowError, WorkerDiedError
from prvipe.service.limits import Limits

_log = logging.getLogger(__name__)

_START_SECONDS = 60.0
_LAST_WORDS = 2_000


@dataclass(frozen=True)
class Program:
    """What a worker is for.

    Attributes:
        tasks: name of the module that does it, see `prvipe.service.decoding.worker.main`.
        limits: that it keeps to.
        seconds: that it may take for one request.
    """

    tasks: str
    limits: Limits
    seconds: float


class WorkerProcess:
    """A process that decodes, started at once; what it needs is loaded in the meantime.

    It ends when it is killed, or with the thread that made this object.
    """

    def __init__(self, program: Program, folder: Path) -> None:
        """Start it in a folder of its own, which is removed when it has ended."""
        self._program = program
        self._folder = folder
        self._link, far = socket.socketpair()
        self._link.setblocking(False)
        self._ready = False
        self._ended: asyncio.Future[int] | None = None
        with far, (folder / MESSAGES).open("ab") as words:
            self._process = subprocess.Popen(
                self._command(far.fileno()),
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                cwd=folder,
                env=worker_environment(folder),
                pass_fds=[far.fileno()],
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process number, and that of its process group."""
        return self._process.pid

    @property
    def usable(self) -> bool:
        """Whether it can be asked: it was not killed here, and has not ended by itself."""
        return self._ended is None and not messages.has_ended(self._link)

    async def ask(self, request: Request) -> Message:
        """Let it do something. Whoever stops waiting kills it.

        Raises:
            InputError: it refuses, and says why.
            TooSlowError: it took too long, and was killed.
            WorkerDiedError: it ended, or answered nonsense and was killed.
        """
        try:
            answer = await self._answer(request)
        except TimeoutError:
            self.kill()
            raise TooSlowError(
                f"reading took longer than {self._program.seconds:g} s and was stopped"
            ) from None
        except (OSError, EOFError, ValueError, RecursionError) as error:
            raise await self._death(error) from error
        except BaseException:
            self.kill()
            raise
        if answer.note.get("spent"):
            self.kill()
        if trace := answer.note.get("trace"):
            _log.warning("a file could not be read for a reason of ours:\n%s", _printable(trace))
        if "refused" in answer.note:
            raise InputError(_printable(answer.note["refused"]))
        return answer

    def kill(self) -> asyncio.Future[int]:
        """End it with all that it started; the future has its exit status, its folder is gone."""
        if self._ended is None:
            # Not yet waited for, so that nobody else can have its number.
            os.killpg(self._process.pid, signal.SIGKILL)
            self._link.shutdown(socket.SHUT_RDWR)  # wakes who waits for an answer
            self._ended = asyncio.get_running_loop().run_in_executor(None, self._bury)
            self._ended.add_done_callback(lambda _: self._link.close())
        return self._ended

    async def _answer(self, request: Request) -> Message:
        if not self._ready:
            async with asyncio.timeout(_START_SECONDS):
                await messages.receive(self._link)
            self._ready = True
        async with asyncio.timeout(self._program.seconds):
            await messages.ask(self._link, request)
            return await messages.receive(self._link)

    async def _death(self, error: Exception) -> WorkerDiedError | TooSlowError:
        last_words = self._last_words()
        by_itself = isinstance(error, OSError | EOFError)
        status = await asyncio.shield(self.kill())
        _log.warning("worker %d is gone: %s, status %d: %s", self.pid, error, status, last_words)
        if status == -signal.SIGXCPU:
            return TooSlowError("reading took too much of the processor and was stopped")
        if not by_itself:
            return WorkerDiedError("the process that read it answered nonsense and was stopped")
        return WorkerDiedError(
            f"the process that read it ended ({_name_of(status)}); the file may be damaged, or "
            "need too much memory"
        )

    def _last_words(self) -> str:
        try:
            words = (self._folder / MESSAGES).read_bytes()[-_LAST_WORDS:]
        except OSError:
            return ""
        return _printable(words.decode("utf-8", "replace"))

    def _bury(self) -> int:
        status = self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
        return status

    def _command(self, link: int) -> list[str]:
        program = self._program
        limits = json.dumps(asdict(program.limits))
        # -P: what lies in its folder is not found as if it were a library.
        start = [sys.executable, "-P", "-m", "prvipe.service.decoding.worker"]
        return [*start, program.tasks, str(link), str(os.getpid()), limits]


def _name_of(status: int) -> str:
    return signal.Signals(-status).name if status < 0 else f"exit status {status}"


def _printable(text: object) -> str:
    return "".join(each if each.isprintable() or each == "\n" else "?" for each in str(text)[:4000])
