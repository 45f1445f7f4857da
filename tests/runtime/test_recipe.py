from __future__ import annotations

import pytest

from barehull.core.errors import InputError
from barehull.runtime.recipe import load_recipe, recipe_names


@pytest.mark.parametrize("debian", [12, 13])
@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_is_on_debian_12_and_13(name: str, debian: int) -> None:
    recipe = load_recipe(name, debian)
    assert recipe.packages
    assert len(set(recipe.packages)) == len(recipe.packages)
    assert dict(recipe.env)["PATH"]


def test_a_recipe_has_what_it_extends_first() -> None:
    assert load_recipe("cc", 13).packages[: len(load_recipe("base", 13).packages)] == load_recipe("base", 13).packages
    assert dict(load_recipe("python3", 13).env).keys() == {"PATH", "SSL_CERT_FILE", "LANG"}


def test_minimal_recipes_run_as_nobody_that_is_known() -> None:
    assert {load_recipe(name, 13).user for name in recipe_names() if load_recipe(name, 13).minimal} == {"65532"}


@pytest.mark.parametrize("name", ["debian", "python3"])
def test_each_release_has_its_own_python(name: str) -> None:
    assert [load_recipe(name, number).python for number in (12, 13)] == ["3.11", "3.13"]


def test_a_recipe_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(InputError) as caught:
        load_recipe("ruby", 13)
    assert "python3" in caught.value.advice


def test_a_release_that_a_recipe_is_not_on_is_refused() -> None:
    with pytest.raises(InputError, match="Debian 11"):
        load_recipe("python3", 11)
