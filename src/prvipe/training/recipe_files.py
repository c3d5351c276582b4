"""Recipes: small TOML files of settings, those of the package and one's own."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from prvipe.errors import InputError, errors_naming
from prvipe.files import require_ordinary
from prvipe.training.config import TrainingConfig


def recipe_names() -> list[str]:
    """Names of the recipes that come with the package."""
    return sorted(
        file.name.removesuffix(".toml")
        for file in resources.files("prvipe.training").joinpath("recipes").iterdir()
        if file.name.endswith(".toml")
    )


def load_recipe(name: str, overrides: dict[str, str] | None = None) -> TrainingConfig:
    """Read a built-in recipe or a TOML file, with settings replaced by dotted key.

    Args:
        name: one of `recipe_names()` or a path ending in .toml.
        overrides: dotted key to TOML value, such as {"network.width": "512"}.

    Raises:
        InputError: unknown recipe, malformed TOML, unknown key or a value out of range.
    """
    settings = _parse(_recipe_text(name), f"recipe {name}")
    for key, value in (overrides or {}).items():
        _replace(settings, key, value)
    return parse_config(settings, f"recipe {name}")


def parse_config(settings: dict[str, Any], what: str) -> TrainingConfig:
    """Validate `settings`; `what` names their origin in the error."""
    try:
        return TrainingConfig.model_validate(settings)
    except ValidationError as error:
        lines = []
        for issue in error.errors():
            setting = ".".join(map(str, issue["loc"])) or "recipe"
            unknown = issue["type"] == "extra_forbidden"
            lines.append(f"  {setting}: {'no such setting' if unknown else issue['msg']}")
        raise InputError(
            "\n".join([f"{what}: not a valid training configuration", *lines])
        ) from None


def _recipe_text(name: str) -> str:
    if name.endswith(".toml"):
        try:
            with errors_naming(name):
                require_ordinary(Path(name).stat())
            return Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{name}: cannot read the recipe ({error})") from error
    if name not in recipe_names():
        raise InputError(
            f"no recipe {name!r}; there are {', '.join(recipe_names())}, or a .toml file"
        )
    recipe = resources.files("prvipe.training").joinpath("recipes", f"{name}.toml")
    return recipe.read_text(encoding="utf-8")


def _parse(text: str, what: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{what}: not valid TOML ({error})") from error


def _replace(settings: dict[str, Any], key: str, value: str) -> None:
    *sections, last = key.split(".")
    for section in sections:
        settings = settings.setdefault(section, {})
        if not isinstance(settings, dict):
            raise InputError(f"--set {key}: {section} is a value, not a section")
    try:
        settings[last] = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        settings[last] = value
