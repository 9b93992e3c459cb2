"""What a recipe says of itself."""

from html import escape

from playground.engines.recipes import Recipe


def draw_recipe(recipe: Recipe) -> str:
    """What it gives, what it takes, the command as its source prints it, and where each value is from."""
    card = f"<pre tabindex='0'>{escape(recipe.card.strip())}</pre>" if recipe.card else ""
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(source)}</dd>" for name, source in recipe.sources.items())
    printed = "The command as published, and " if card else ""
    return (
        f"<p class='line'>{escape(recipe.about)} <b>Needs</b> {escape(recipe.needs)}</p>"
        f"<details><summary>{printed}{'where' if printed else 'Where'} each value comes from</summary>{card}"
        f"<dl class='headers'>{rows}</dl></details>"
    )
