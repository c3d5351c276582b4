"""Settings of a recipe as typed on the command line."""

from __future__ import annotations

from prvipe.errors import InputError


def parse_settings(settings: list[str]) -> dict[str, str]:
    """Split KEY=VALUE settings.

    Raises:
        InputError: one has no "=".
    """
    for setting in settings:
        if "=" not in setting:
            raise InputError(f"--set {setting}: expected KEY=VALUE, such as network.width=512")
    return dict(setting.split("=", 1) for setting in settings)
