"""Recipes: every value has its source, and DeepSeek V3.2 is launched as the page says, to the letter."""

import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from playground.engines.kinds import ENGINES, find_engine
from playground.engines.kinds.base import Installation
from playground.engines.recipes import Recipe, load_recipes, recipes_folder
from playground.errors import InvalidPreset
from playground.presets import load_presets, presets_folder

ROOT = Path(__file__).parents[2]
SEED = ROOT / "tests" / "data" / "seed" / "servers"
RECIPES = {recipe.name: recipe for recipe in load_recipes(recipes_folder())}
GOOD = """
title: t
about: a
needs: n
order: 1
spec: {engine: sglang, model: a/b}
sources: {engine: e, model: m, needs: n}
"""
# SGLang's other names of one argument, as its --help lists them.
SAME = {"--model": "--model-path", "--tp": "--tp-size", "--dp": "--dp-size", "-tp": "--tensor-parallel-size"}


def words_of(command: str) -> dict[str, str | bool]:
    """A command as options with their values, in their one name."""
    words = shlex.split(command.replace("\\\n", " "))
    words = words[next((i for i, word in enumerate(words) if word in ("-m", "serve")), 0) + 2 :]
    if words and not words[0].startswith("-"):
        words.insert(0, "--model-path")
    options: dict[str, str | bool] = {}
    for index, word in enumerate(words):
        if word.startswith("-"):
            after = words[index + 1] if index + 1 < len(words) else "-"
            options[SAME.get(word, word)] = True if after.startswith("-") else after
    return options


def test_the_pages_launch_is_a_recipe_to_the_letter() -> None:
    names = {path.stem: path.read_text() for path in SEED.glob("*.sh")}
    assert names
    for name, text in names.items():
        assert RECIPES[name].card == text


def test_the_launch_of_the_page_is_what_the_app_runs() -> None:
    recipe = RECIPES["deepseek-v3-2-sglang"]
    shown = shlex.split(recipe.shown())
    start = shown.index("python")
    assert shown[start : start + 5] == ["python", "-m", "sglang.launch_server", "--model-path", recipe.spec.model]
    ours = words_of(recipe.shown())
    # Beyond the page's words only where it listens, and its metrics.
    assert ours.pop("--host") == "127.0.0.1"
    assert ours.pop("--enable-metrics") is True
    assert ours == words_of(recipe.card)


@pytest.mark.parametrize("name", [name for name, recipe in RECIPES.items() if recipe.card])
def test_a_recipe_runs_what_its_source_prints(name: str) -> None:
    ours, card = words_of(RECIPES[name].shown()), words_of(RECIPES[name].card)
    for added in ("--host", "--port", "--enable-metrics"):
        if added not in card:
            ours.pop(added, None)
    template = card.get("--chat-template")
    if isinstance(template, str):
        card["--chat-template"] = str(Path(template).absolute())
    assert {SAME.get(k, k): v for k, v in ours.items()} == card


def test_all_variants_are_there() -> None:
    models = {(recipe.spec.engine, recipe.spec.model) for recipe in RECIPES.values()}
    assert {
        ("sglang", "deepseek-ai/DeepSeek-V3.2"),
        ("vllm", "deepseek-ai/DeepSeek-V3.2"),
        ("sglang", "nvidia/DeepSeek-V3.2-NVFP4"),
        ("sglang", "deepseek-ai/DeepSeek-V3.2-Exp"),
        ("vllm", "HuggingFaceTB/SmolLM2-135M-Instruct"),
        ("llama_cpp", "SmolLM2-135M-Instruct.Q4_1.gguf"),
    } <= models
    assert any("BF16" in recipe.title for recipe in RECIPES.values())
    assert any("rocm" in recipe.image for recipe in RECIPES.values())
    tools = RECIPES["deepseek-v3-2-sglang-tools"]
    assert ENGINES["sglang"].capabilities(tools.spec).tools
    assert not ENGINES["sglang"].capabilities(RECIPES["deepseek-v3-2-sglang"].spec).tools
    assert "no tool calls" in RECIPES["deepseek-v3-2-sglang"].about
    assert ENGINES["vllm"].capabilities(RECIPES["deepseek-v3-2-vllm"].spec).tools


@pytest.mark.parametrize("path", sorted(recipes_folder().glob("*.yaml")), ids=lambda path: path.stem)
def test_every_value_has_a_source(path: Path) -> None:
    data = yaml.safe_load(path.read_text())
    values = {*data["spec"]} | {name for name in ("needs", "image", "card") if name in data}
    assert set(data["sources"]) == values
    assert all(len(source) > 10 for source in data["sources"].values())


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_has_a_command_by_each_way_its_engine_knows(name: str) -> None:
    recipe = RECIPES[name]
    assert recipe.shown()
    engine = find_engine(recipe.spec.engine)
    assert engine.launchable
    if recipe.image:
        image = Installation("container", ("docker", "run", recipe.image))
        assert recipe.image in recipe.shown(image)
        assert any(recipe.image.rpartition(":")[0].endswith(known) for known in engine.images)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (GOOD.replace("title: t\n", ""), "title"),
        (GOOD + "extra: 1\n", "extra"),
        (GOOD.replace("order: 1", "order: one"), "order"),
        (GOOD.replace("model: a/b", "model: a b"), "spec.model"),
        (GOOD.replace("model: a/b", "model: a/b, port: 99999"), "spec.port"),
        (GOOD.replace("model: a/b", "model: a/b, api_key: sk-1"), "spec.api_key"),
        (GOOD.replace("model: a/b", "model: a/b, extra: [--x, 8]"), "spec.extra.1"),
        (GOOD.replace("engine: sglang", "engine: ollama"), "spec.engine"),
        (GOOD.replace("model: a/b", "model: a/b, port: 1"), "sources.port"),
        (GOOD.replace("model: m", "model: ''"), "sources.model"),
        (GOOD.replace("model: m", "model: m, port: p"), "sources.port"),
        (GOOD.replace("spec: {engine: sglang, model: a/b}", "spec: a/b"), "spec"),
        (GOOD.replace("needs: n\n", "needs: 2026-01-31\n"), "needs"),
        (GOOD.replace("title: t", "title: [t"), "it is not valid YAML"),
        (GOOD + "title: u\n", "title appears twice"),
        ("- a\n", "it has no fields"),
    ],
)
def test_a_broken_file_is_named_with_its_field(text: str, field: str, tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text(text)
    with pytest.raises(InvalidPreset) as refused:
        load_recipes(tmp_path)
    assert refused.value.message.startswith("one.yaml: ")
    assert field in refused.value.message
    assert "sk-1" not in refused.value.message


def test_files_that_cannot_be_read_say_so(tmp_path: Path) -> None:
    (tmp_path / "Big Name.yaml").write_text(GOOD)
    with pytest.raises(InvalidPreset, match="a-z"):
        load_recipes(tmp_path)
    (tmp_path / "Big Name.yaml").unlink()
    (tmp_path / "bad.yaml").write_bytes(b"\xff")
    with pytest.raises(InvalidPreset, match="not UTF-8"):
        load_recipes(tmp_path)
    with pytest.raises(InvalidPreset, match="cannot be read"):
        Recipe.from_file(tmp_path / "nonesuch.yaml")
    assert load_recipes(tmp_path / "nonesuch") == ()


def test_a_good_file_is_read_and_has_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "servers"
    folder.mkdir()
    (folder / "one.yaml").write_text(GOOD)
    assert recipes_folder(tmp_path) == folder
    (recipe,) = load_recipes(recipes_folder(tmp_path))
    assert (recipe.name, recipe.spec.model, recipe.sources["needs"]) == ("one", "a/b", "n")


def test_the_presets_do_not_see_the_recipes_and_the_wheel_takes_both() -> None:
    assert {preset.name for preset in load_presets(presets_folder())}.isdisjoint(RECIPES)
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included == {"presets": "playground/_presets"}  # the whole folder, recipes_folder's `servers` with it
