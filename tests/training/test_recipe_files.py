"""Recipes by name and by file, and what is said of those that cannot be read."""

import os
from pathlib import Path

import pytest

from prvipe.errors import InputError
from prvipe.training.recipe_files import load_recipe, parse_config, recipe_names


def test_the_recipes_that_come_with_the_package() -> None:
    names = {"best", "fast", "lift", "lifting", "small"} | {
        n + s for n in ("paper", "vipe", "l2-vipe") for s in ("", "-no-augmentation")
    }
    assert names <= set(recipe_names())


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_loads_and_says_what_it_is(name: str) -> None:
    assert load_recipe(name).description


def test_every_error_of_a_recipe_is_listed() -> None:
    with pytest.raises(InputError) as caught:
        parse_config({"batch_size": 0, "network": {"width": 0}}, "recipe mine")
    assert str(caught.value).startswith("recipe mine: not a valid training configuration")
    assert "batch_size" in str(caught.value)
    assert "network.width" in str(caught.value)


def test_an_unknown_recipe_lists_those_there_are() -> None:
    with pytest.raises(InputError, match=r"'papers'; there are best, fast, .*paper"):
        load_recipe("papers")


def test_a_recipe_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text('description = "mine"\n[network]\nwidth = 32\n')
    assert load_recipe(str(path)).network.width == 32
    assert load_recipe(str(path), {"network.width": "64"}).network.width == 64


def test_unreadable_recipes_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.toml: cannot read"):
        load_recipe(str(tmp_path / "missing.toml"))
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(InputError, match=r"folder\.toml: cannot read"):
        load_recipe(str(tmp_path / "folder.toml"))
    (tmp_path / "latin.toml").write_bytes("description = 'Größe'".encode("latin-1"))
    with pytest.raises(InputError, match=r"latin\.toml: cannot read"):
        load_recipe(str(tmp_path / "latin.toml"))
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(InputError, match=r"pipe\.toml: is a named pipe, no file"):
        load_recipe(str(tmp_path / "pipe.toml"))
    (tmp_path / "broken.toml").write_text("[network\nwidth = 3")
    with pytest.raises(InputError, match=r"broken\.toml: not valid TOML"):
        load_recipe(str(tmp_path / "broken.toml"))
