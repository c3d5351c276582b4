"""Where alerts go besides the screen: a file, pictures of their frames, a command."""

from __future__ import annotations

import json
import math
import os
import queue
import re
import shlex
import signal
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from prvipe.errors import InputError
from prvipe.files import atomic_path, make_folder
from prvipe.watch.instants import Instant
from prvipe.watch.notes import Notes
from prvipe.watch.records import Alert

LONGEST_COMMAND = 10.0
"""Seconds after which a command that was started for an alert is ended; and for which, at the end
of a watch, those that wait are waited for."""

MOST_WAITING = 16
"""Alerts that wait for the command; those beyond start none."""

_FIELDS = ("name", "probability", "person", "frame", "time", "latency", "row")
_FIELD = re.compile(r"\{(\w*)\}")


class Outlet(Protocol):
    """Takes alerts; what goes wrong is noted and never stops the watch."""

    def take(self, alert: Alert, instant: Instant | None) -> None:
        """Take an alert, and the instant that raised it if it is still known."""

    def close(self) -> None:
        """No more alerts come."""


class AlertFile:
    """Appends alerts to a file of JSON lines, each handed to the system at once.

    Raises:
        InputError: the file cannot be written, or what it holds cannot be read.
    """

    def __init__(self, path: Path, notes: Notes) -> None:
        self._path, self._notes = path, notes
        self._append(b"")
        _ends_within_a_line(path)  # what could not be read later is refused now

    def take(self, alert: Alert, instant: Instant | None) -> None:
        """Append a line."""
        line = json.dumps(alert.as_json(), allow_nan=False).encode() + b"\n"
        try:
            self._append(line)
        except InputError as error:
            self._notes.count("alerts not written", str(error))

    def close(self) -> None:
        """Do nothing: no line waits."""

    def _append(self, line: bytes) -> None:
        # A full disk or a loss of power may have cut the line before.
        start = b"\n" if line and _ends_within_a_line(self._path) else b""
        try:
            # Opened for each line, so that a file which was moved away is made anew.
            with self._path.open("ab") as stream:
                stream.write(start + line)
        except OSError as error:
            raise InputError(f"{self._path}: cannot be written ({error.strerror})") from error


def _ends_within_a_line(path: Path) -> bool:
    """Whether the last line of a file has no end."""
    try:
        if not (path.is_file() and path.stat().st_size):
            return False
        with path.open("rb") as stream:
            stream.seek(-1, os.SEEK_END)
            return stream.read(1) != b"\n"
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error


class FrameFolder:
    """Keeps the frame of each alert as a JPEG, named by its number among the alerts and its frame.

    Raises:
        InputError: the folder cannot be made or written to.
    """

    def __init__(self, folder: Path, notes: Notes) -> None:
        self._folder, self._notes = make_folder(folder), notes
        self._count = 0

    def take(self, alert: Alert, instant: Instant | None) -> None:
        """Write the frame, if the source has pictures."""
        if instant is None or instant.image is None:
            return
        from PIL import Image

        name = re.sub(r"[^\w-]+", "_", alert.name)[:60]
        stamp = time.strftime("%Y%m%dT%H%M%S")
        self._count += 1
        path = self._folder / f"{stamp}-{self._count:06d}-frame{alert.frame}-{name}.jpg"
        try:
            with atomic_path(path) as temporary:
                Image.fromarray(instant.image).save(temporary, quality=90)
        except InputError as error:
            self._notes.count("frames not saved", str(error))

    def close(self) -> None:
        """Do nothing: no frame waits."""


class AlertCommand:
    """Starts a command for each alert, one after the other, beside the watch.

    The command is split into words once; fields such as ``{name}`` are put into words, so that
    nothing in a name is ever read by a shell. One that takes longer than `LONGEST_COMMAND` seconds
    is ended, with what it started; when `MOST_WAITING` alerts wait, more start none.

    Args:
        template: words with fields ``{name}``, ``{probability}``, ``{person}``, ``{frame}``,
            ``{time}``, ``{latency}``, ``{row}``.
        notes: told of commands that fail.

    Raises:
        InputError: no command, or a field that alerts do not have.
    """

    def __init__(self, template: str, notes: Notes) -> None:
        self._words, self._notes = _read_command(template), notes
        self._waiting: queue.Queue[list[str] | None] = queue.Queue(MOST_WAITING + 1)
        self._ends = math.inf
        self._thread = threading.Thread(target=self._run_all, name="alert command", daemon=True)
        self._thread.start()

    def take(self, alert: Alert, instant: Instant | None) -> None:
        """Have the command started when those before it have ended."""
        if self._waiting.qsize() >= MOST_WAITING:
            self._leave_out("too slow, an alert starts no command")
            return
        values = {**alert.as_json(), "time": "" if alert.time is None else alert.time}
        self._waiting.put([_fill(word, values) for word in self._words])

    def close(self) -> None:
        """Wait for the commands that were asked for, as long as one may take; no more starts."""
        self._ends = time.monotonic() + LONGEST_COMMAND
        self._waiting.put(None)
        self._thread.join()

    def _run_all(self) -> None:
        while (words := self._waiting.get()) is not None:
            patience = min(LONGEST_COMMAND, self._ends - time.monotonic())
            if patience <= 0:
                self._leave_out("an alert starts no command, as the watch has ended")
            elif reason := _run(words, patience):
                self._notes.count("commands failed", f"{words[0]}: {reason}")

    def _leave_out(self, why: str) -> None:
        self._notes.count("commands not started", f"{self._words[0]}: {why}")


def _run(words: list[str], patience: float) -> str | None:
    """Run a command for so many seconds at most; return what went wrong."""
    try:
        # In a session of its own: Ctrl-C ends the watch, not what its alerts have started.
        # What it prints goes where notes go: standard output is for alerts alone.
        started = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=2, start_new_session=True
        )
    except (OSError, ValueError) as error:
        return str(error)
    try:
        code = started.wait(patience)
    except subprocess.TimeoutExpired:
        _end(started)
        return f"ended after {patience:.3g} seconds"
    return f"ended with code {code}" if code else None


def _end(started: subprocess.Popen[bytes]) -> None:
    if os.name == "posix":
        with suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
    else:
        started.kill()
    started.wait()


def _read_command(template: str) -> list[str]:
    try:
        words = shlex.split(template)
    except ValueError as error:
        raise InputError(f"--command {template!r}: {error}") from error
    if not words:
        raise InputError("--command: say which command to start")
    unknown = [field for word in words for field in _FIELD.findall(word) if field not in _FIELDS]
    if unknown:
        raise InputError(
            f"--command: alerts have no field {{{unknown[0]}}}, only {', '.join(_FIELDS)}"
        )
    return words


def _fill(word: str, values: dict[str, Any]) -> str:
    return _FIELD.sub(lambda found: str(values[found[1]]).replace("\0", ""), word)
