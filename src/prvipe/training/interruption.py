"""Stopping between steps, not within one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def interruption_deferred() -> Iterator[Callable[[], bool]]:
    """Turn a first Ctrl-C or termination signal into a question to ask between steps.

    Yields:
        Whether a signal has come. A second one interrupts at once, as usual. Outside the main
        thread signals cannot be caught, and the answer is always no.
    """
    came = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield came.is_set
        return

    def remember(number: int, frame: FrameType | None) -> None:
        if came.is_set():
            raise KeyboardInterrupt
        came.set()

    caught = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, remember) for number in caught]
    try:
        yield came.is_set
    finally:
        for number, handler in zip(caught, before, strict=True):
            signal.signal(number, handler)
