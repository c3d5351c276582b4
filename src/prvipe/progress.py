"""How long work says how far it is."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with the number of files, poses or queries done and the number of all of them."""
