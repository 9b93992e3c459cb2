"""What a recipe says of itself."""

import pytest

from playground.engines.recipes import Recipe, load_recipes, recipes_folder
from playground.engines.spec import LaunchSpec
from playground.ui.draw.recipe import draw_recipe
from tests.ui.draw.hostile import HOSTILE, safe

RECIPES = load_recipes(recipes_folder())


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_each_says_what_it_takes_and_where_its_values_are_from(recipe: Recipe) -> None:
    drawn = safe(draw_recipe(recipe))
    assert recipe.about in drawn.text
    assert recipe.needs in drawn.text
    for name, source in recipe.sources.items():
        assert f"{name}{source}" in drawn.text
    assert ("pre" in drawn.names) == bool(recipe.card)
    assert recipe.card.strip() in drawn.text  # to the letter


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_becomes_markup(text: str) -> None:
    spec = LaunchSpec.parse({"engine": "vllm", "model": "a/b"})
    recipe = Recipe(
        name="a", title=text, about=text, needs=text, order=1, spec=spec, card=text, sources={text: text, "b": text}
    )
    safe(draw_recipe(recipe))
    safe(draw_recipe(recipe.model_copy(update={"card": ""})))
