"""Libraries that extras of this package install, imported when they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from prvipe.errors import InputError

_EXTRAS = {
    "httpx": "client",
    "rtmlib": "rtmlib",
    **dict.fromkeys(("fastapi", "httptools", "prometheus_client", "uvicorn"), "serve"),
}


def import_extra(module: str, purpose: str) -> Any:
    """Return a module that an extra of this package installs.

    Args:
        module: its name, such as ``av`` or ``mediapipe``.
        purpose: what it is needed for, such as "reading videos".

    Raises:
        InputError: it is not installed; the message says what to install.
    """
    try:
        return import_module(module)
    except ImportError as error:
        extra = _EXTRAS.get(module, "detect")
        raise InputError(
            f'{purpose} needs {module}; install it with pip install "prvipe[{extra}]" ({error})'
        ) from error
