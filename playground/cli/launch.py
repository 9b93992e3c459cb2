"""`launch`: start a server in the foreground, watch it load, stop it with Ctrl-C; or only print its command."""

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import Sequence
from typing import Any

from playground.cli.engines import named
from playground.cli.output import visible
from playground.errors import EngineUnavailable, InvalidLaunch, PlaygroundError
from playground.settings import Settings

SHOW_S = 0.5
TEXTS = (
    *("name", "served_name", "revision", "dtype", "kv_cache_dtype", "quantization"),
    *("tool_parser", "reasoning_parser", "chat_template"),
)
COUNTS = ("port", "tensor_parallel", "pipeline_parallel", "data_parallel", "context_length")
NUMBERS = ("memory_fraction", "idle_stop_min")


def add(commands: Any) -> None:
    """The command's parser."""
    parser = commands.add_parser(
        "launch",
        help="launch a server and watch it, or print its command with --dry-run",
        epilog="What follows -- goes to the engine as it is. The key that clients must send comes from SERVER_API_KEY.",
        allow_abbrev=False,
    )
    parser.add_argument("engine", nargs="?", metavar="ENGINE", help="as `engines` names it")
    parser.add_argument("model", nargs="?", metavar="MODEL", help="a repository of the Hub, a folder or a file")
    parser.add_argument("--recipe", metavar="NAME", help="a recipe of presets/servers; the options change it")
    parser.add_argument("--dry-run", action="store_true", help="print the command alone, and launch nothing")
    parser.add_argument("--where", metavar="PATH", help="the environment, interpreter or program of the engine")
    add_spec_options(parser)
    parser.set_defaults(run=run, extra=[])


def add_spec_options(parser: argparse.ArgumentParser) -> None:
    """An option for each field of `LaunchSpec` that engines have."""
    for name in TEXTS:
        parser.add_argument(_flag(name), dest=name, metavar="NAME")
    for name in COUNTS:
        parser.add_argument(_flag(name), dest=name, type=int, metavar="N")
    for name in NUMBERS:
        parser.add_argument(_flag(name), dest=name, type=float, metavar="X")
    parser.add_argument("--trust-remote-code", action="store_true", default=None)
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE", help="for the engine's environment")


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """The base URL goes to stdout once it is ready; phases go to stderr."""
    return asyncio.run(_launch(arguments, settings))


async def _launch(arguments: argparse.Namespace, settings: Settings) -> int:
    from playground.engines.kinds import find_engine
    from playground.server.launch_choices import Installations, command_of  # only this command needs them

    spec = read_options(arguments, settings)
    engine = find_engine(spec.engine)
    installations = Installations(settings.engine_places)
    installation = await installations.choose(spec.engine, arguments.where)
    if arguments.dry_run:
        print(visible(command_of(spec, installation).shown()))
        return 0
    if installation is None or not engine.launchable:
        raise EngineUnavailable(
            f"{engine.title} was not found on this machine.",
            advice=f"It needs {engine.needs}. Name its environment with --where, or print the command with --dry-run.",
        )
    from playground.engines.kinds.arguments import check_arguments

    unchecked = await check_arguments(engine, installation, command_of(spec, installation))
    if unchecked:
        _say(f"its arguments are {unchecked}")
    return await _watch(spec, installation, settings)


async def _watch(spec: Any, installation: Any, settings: Settings) -> int:
    from playground.engines.kinds import ENGINES
    from playground.engines.kinds.failures import diagnose, is_fatal
    from playground.engines.launch.supervisor import Supervisor, default_folder
    from playground.engines.models import default_cache_dir

    folder = default_folder(settings.cache_dir or default_cache_dir().parent)
    supervisor = Supervisor(folder, ENGINES, diagnose=diagnose, is_fatal=is_fatal)
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    try:
        server = await supervisor.launch(spec, installation)
        _say(f"{server.name}: {server.command}")
        shown, told = "", False
        while not server.state.has_ended and not asked.is_set():
            state = server.state
            share = f" {100 * state.fraction:.0f} %" if state.fraction is not None else ""
            words = f"{state.phase}{share}"
            if words != shown:
                shown = words
                _say(f"{words} after {state.seconds:.0f} s")
            if state.is_ready and not told:
                told = True
                print(state.base_url, flush=True)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asked.wait(), SHOW_S)
    finally:
        await supervisor.close()
    diagnosis = server.state.diagnosis
    if diagnosis is None:
        return 0
    fix = f" The fix: {diagnosis.fix_words}." if diagnosis.fix_words else ""
    raise PlaygroundError(f"{diagnosis.title}: {diagnosis.cause}", advice=f"{diagnosis.advice}{fix}")


def read_options(arguments: argparse.Namespace, settings: Settings) -> Any:
    """The specification that recipe and options stand for.

    Raises:
        InvalidLaunch: no engine or model, no such recipe, or a value that cannot be used.
    """
    from playground.engines.recipes import load_recipes, recipes_folder
    from playground.engines.spec import LaunchSpec

    data: dict[str, Any] = {}
    if arguments.recipe:
        recipes = {recipe.name: recipe for recipe in load_recipes(recipes_folder(settings.presets_dir))}
        if arguments.recipe not in recipes:
            raise InvalidLaunch(f"there is no recipe {arguments.recipe!r}.", advice=f"There are: {', '.join(recipes)}.")
        spec = recipes[arguments.recipe].spec
        data = {name: getattr(spec, name) for name in LaunchSpec.model_fields}
    names = ("engine", "model", *TEXTS, *COUNTS, *NUMBERS, "trust_remote_code")
    data |= {name: value for name in names if (value := getattr(arguments, name)) is not None}
    if data.get("model"):
        data["model"] = named(data["model"])
    if not data.get("engine") or not data.get("model"):
        raise InvalidLaunch("an engine and a model are needed, or --recipe.", advice="See `engines`.")
    data["extra"] = (*data.get("extra", ()), *arguments.extra)
    data["env"] = {**data.get("env", {}), **_variables(arguments.env)}
    if settings.server_api_key:
        data["api_key"] = settings.server_api_key
    return LaunchSpec.parse(data)


def split_extra(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words before and after a lone `--`, which argparse would mix with the others."""
    if "--" not in words:
        return list(words), []
    place = list(words).index("--")
    return list(words[:place]), list(words[place + 1 :])


def _variables(given: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidLaunch(f"{text!r} is not NAME=VALUE.", field="env")
        found[name] = value
    return found


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _say(words: str) -> None:
    print(visible(f"playground: {words}"), file=sys.stderr, flush=True)
