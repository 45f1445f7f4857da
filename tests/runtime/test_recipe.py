from __future__ import annotations

import pytest

from barehull.core.errors import InputError
from barehull.runtime.recipe import load_recipe, recipe_names


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_can_be_read_for_debian_13(name: str) -> None:
    recipe = load_recipe(name, 13)
    assert recipe.packages
    assert len(set(recipe.packages)) == len(recipe.packages)
    assert dict(recipe.env)["PATH"]


def test_a_recipe_has_what_it_extends_first() -> None:
    assert load_recipe("cc", 13).packages[: len(load_recipe("base", 13).packages)] == load_recipe("base", 13).packages
    assert dict(load_recipe("python3", 13).env).keys() == {"PATH", "SSL_CERT_FILE", "LANG"}


def test_minimal_recipes_run_as_nobody_that_is_known() -> None:
    assert {load_recipe(name, 13).user for name in recipe_names() if load_recipe(name, 13).minimal} == {"65532"}


def test_the_conventional_recipe_is_on_debian_12_and_13() -> None:
    assert [load_recipe("debian", number).python for number in (12, 13)] == ["3.11", "3.13"]


def test_a_recipe_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(InputError) as caught:
        load_recipe("ruby", 13)
    assert "python3" in caught.value.advice


def test_a_release_that_a_recipe_is_not_on_is_refused() -> None:
    with pytest.raises(InputError, match="Debian 11"):
        load_recipe("python3", 11)
