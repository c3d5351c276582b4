"""The command line: a thin skin over the library."""

from prvipe.cli.main import main

__all__ = ["main"]
