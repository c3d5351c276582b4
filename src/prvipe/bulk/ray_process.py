"""The process that talks to Ray, seen from the one that started it: its messages, and its end."""

from __future__ import annotations

import multiprocessing
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Any

from prvipe.bulk.outcome import Outcome
from prvipe.bulk.ray_plan import CLIENT, Connected, RayPlan
from prvipe.errors import InputError

SECONDS_TO_CONNECT = 120.0  # a busy machine takes half a minute to start Ray
SECONDS_TO_ANSWER = 5.0
_SILENCE = 5.0  # after which those it depends on are asked whether they live
_ASKED_IN_VAIN = 3
_SECONDS_TO_END = 15.0
_LAST_WORDS = 4000
_AGAIN = "what is done is kept, and the same command does the rest"


class RayProcess:
    """Runs a plan in a process of its own; a context, which ends it."""

    def __init__(self, plan: RayPlan) -> None:
        self._plan = plan
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._link, far = multiprocessing.Pipe()
        self._connected: Connected | None = None
        with far:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "prvipe.bulk.ray_driver", str(far.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                env=_environment(plan),
                pass_fds=[far.fileno()],
                start_new_session=True,  # Ctrl-C is for this process to answer
            )

    def __enter__(self) -> RayProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._link.close()
        self._process.terminate()
        try:
            self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def outcomes(self, notify: Callable[[str], None]) -> Iterator[Outcome]:
        """Yield what becomes of the partitions, and tell what is waited for.

        Raises:
            InputError: the cluster cannot be reached, was lost, or what ends the job.
            RuntimeError: a mistake of this program, with the traceback of the other process.
        """
        with suppress(BrokenPipeError):  # its end is met again below, with its last words
            self._link.send(self._plan)
        while True:
            word, content = self._message()
            if word == "connected":
                self._connected = content
            elif word == "outcome":
                yield content
            elif word == "notice":
                notify(content)
            elif word == "refused":
                raise InputError(content)
            elif word == "crashed":
                raise RuntimeError(f"the process that talks to Ray failed:\n{content}")
            else:
                return

    def _message(self) -> tuple[str, Any]:
        started, in_vain = time.monotonic(), 0
        try:
            while not self._link.poll(_SILENCE if self._connected else 1):
                if self._connected is None:
                    self._require_connection(time.monotonic() - started)
                    continue
                in_vain = 0 if _alive(self._connected) else in_vain + 1
                if in_vain == _ASKED_IN_VAIN:
                    raise InputError(f"{self._place} answers no more; {self._restart}")
            message: tuple[str, Any] = self._link.recv()
            return message
        except (EOFError, ConnectionError) as error:
            raise InputError(
                f"{self._place} was lost ({self._last_word()}); {self._restart}"
            ) from error

    def _require_connection(self, seconds: float) -> None:
        said = self._said()
        if "InvalidAuthToken" in said or "AuthenticationError" in said:
            raise InputError(
                f"{self._plan.address}: the cluster wants a token; set RAY_AUTH_MODE=token, and "
                "RAY_AUTH_TOKEN to what ~/.ray/auth_token holds on its head"
            )
        if seconds > SECONDS_TO_CONNECT:
            raise InputError(
                f"{self._plan.address or 'a Ray of this machine'}: no answer of Ray within "
                f"{SECONDS_TO_CONNECT:.0f} s ({self._last_word()})"
            )

    @property
    def _place(self) -> str:
        if self._plan.address is None:
            return "the Ray of this machine"
        return f"the Ray cluster {self._plan.address}"

    @property
    def _restart(self) -> str:
        return _AGAIN if self._plan.address is None else f"start it again: {_AGAIN}"

    def _said(self) -> str:
        size = os.fstat(self._log.fileno()).st_size
        start = max(0, size - _LAST_WORDS)
        return os.pread(self._log.fileno(), _LAST_WORDS, start).decode(errors="replace")

    def _last_word(self) -> str:
        lines = [line.strip() for line in self._said().splitlines() if line.strip()]
        return lines[-1][:300] if lines else "it said nothing"


def require_answer(address: str) -> None:
    """See that something listens at ``host:port`` or ``ray://host:port``; ``auto`` is for Ray.

    Raises:
        InputError: no such address, or nobody answers within seconds.
    """
    if address == "auto":
        return
    place = address.removeprefix(CLIENT)
    host, _, port = place.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise InputError(
            f"--address {address}: expected auto, host:port of a cluster's head, or "
            "ray://host:port of its server for clients"
        )
    try:
        _call(place)
    except OSError as error:
        raise InputError(
            f"--address {address}: nobody answers there ({error.strerror or error}); see that the "
            "head of the cluster runs (ray start --head --port ...) and can be reached from here"
        ) from error


def _alive(connected: Connected) -> bool:
    try:
        _call(connected.head)
        if connected.socket is not None:
            with socket.socket(socket.AF_UNIX) as node:
                node.settimeout(SECONDS_TO_ANSWER)
                node.connect(connected.socket)
    except OSError:
        return False
    return True


def _call(place: str) -> None:
    host, _, port = place.rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), SECONDS_TO_ANSWER):
        pass


def _environment(plan: RayPlan) -> dict[str, str]:
    environment = {"RAY_USAGE_STATS_ENABLED": "0", **os.environ}
    if plan.address is None:
        # Nobody else may give work to it, and Ray need not write a token into the home folder.
        environment |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    return environment
