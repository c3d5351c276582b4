"""How long work says how far it is."""

from collections.abc import Callable
from contextvars import ContextVar

Progress = Callable[[int, int], None]
"""Called with the number of files, poses or queries done and the number of all of them."""

reading: ContextVar[Progress | None] = ContextVar("reading", default=None)
"""Told how far the reading of a file is that takes long, as a video in which people are looked for.
"""
