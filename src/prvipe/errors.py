"""The errors this package raises on purpose."""


class PrvipeError(Exception):
    """Anything reported to the user on purpose; its message stands without a traceback."""


class InputError(PrvipeError):
    """Something the user handed over is unusable.

    The message names the file, the row and the joint where they are known, and the remedy. The
    command line turns it into exit code 2.
    """
