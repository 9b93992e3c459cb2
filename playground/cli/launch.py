"""`launch`: start a server in the foreground, watch it load, stop it with Ctrl-C; or only print its command."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from playground.cli.engines import named
from playground.cli.output import visible
from playground.errors import EngineUnavailable, InvalidLaunch, PlaygroundError
from playground.settings import Settings

if TYPE_CHECKING:
    from playground.engines.launch.prepared import PreparedLaunch
    from playground.engines.launch.server import LaunchedServer
    from playground.engines.launch.supervisor import Supervisor

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
        epilog="Arguments after -- are passed to the engine unchanged. SERVER_API_KEY sets the API key that clients "
        "must send.",
        allow_abbrev=False,
    )
    parser.add_argument("engine", nargs="?", metavar="ENGINE", help="the engine's name, as `engines` lists it")
    parser.add_argument("model", nargs="?", metavar="MODEL", help="a repository of the Hub, a folder or a file")
    parser.add_argument("--recipe", metavar="NAME", help="a recipe in presets/servers; options override its values")
    parser.add_argument("--dry-run", action="store_true", help="print the command and launch nothing")
    parser.add_argument("--where", metavar="PATH", help="the engine's environment, interpreter or program")
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
    parser.add_argument(
        "--env", action="append", default=[], metavar="NAME=VALUE", help="set a variable in the engine's environment"
    )


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """The base URL goes to stdout once it is ready; phases go to stderr."""
    return asyncio.run(_launch(arguments, settings))


async def _launch(arguments: argparse.Namespace, settings: Settings) -> int:
    from playground.app.servers.launch_choices import Installations, command_of  # only this command needs them
    from playground.app.servers.supervising import make_supervisor
    from playground.client import Client
    from playground.engines.kinds import find_engine

    spec = read_options(arguments, settings)
    engine = find_engine(spec.engine)
    installation = await Installations(settings.engine_places).choose(spec.engine, arguments.where)
    if installation is None or not engine.launchable:
        if arguments.dry_run:
            print(visible(command_of(spec, installation).shown()))
            return 0
        raise EngineUnavailable(
            f"{engine.title} was not found on this machine.",
            advice=f"It needs {engine.needs}. Name its environment with --where, or print the command with --dry-run.",
        )
    client = Client()
    supervisor = make_supervisor(settings, client)
    try:
        prepared = await supervisor.prepare(spec, installation)
        if arguments.dry_run:
            print(visible(prepared.shown))
            return 0
        return await _watch(supervisor, prepared, settings.drain_s)
    finally:
        await supervisor.close()
        await client.aclose()


async def _watch(supervisor: "Supervisor", prepared: "PreparedLaunch", drain_s: float) -> int:
    """Check it, start it and watch it until it has ended, or a signal asks for its end."""
    from playground.app.servers.supervising import launch_as_shown

    asked = _signals()
    unchecked = await prepared.check()
    if unchecked:
        _say(f"its arguments are {unchecked}")
    server = await launch_as_shown(supervisor, prepared)
    _say(f"{server.name}: {server.command}")
    waits = [asyncio.create_task(server.wait_ended()), asyncio.create_task(asked.wait())]
    shown, told = "", False
    while not any(wait.done() for wait in waits):
        state = server.state
        share = f" {100 * state.fraction:.0f} %" if state.fraction is not None else ""
        words = f"{state.phase}{share}"
        if words != shown:
            shown = words
            _say(f"{words} after {state.seconds:.0f} s")
        if state.is_ready and not told:
            told = True
            print(state.base_url, flush=True)
        await asyncio.wait(waits, timeout=SHOW_S, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    if not server.state.has_ended:
        await _stop(server, asked, drain_s)
    diagnosis = server.state.diagnosis
    if diagnosis is None:
        return 0
    fix = f" Fix: {diagnosis.fix_words}." if diagnosis.fix_words else ""
    raise PlaygroundError(f"{diagnosis.title}: {diagnosis.cause}", advice=f"{diagnosis.advice}{fix}")


async def _stop(server: "LaunchedServer", asked: asyncio.Event, drain_s: float) -> None:
    """Stop it as the page does: running requests are waited for, unless a second signal comes."""
    asked.clear()
    if server.state.is_ready and drain_s:
        _say(f"stopping: running requests have {drain_s:g} s to finish; press Ctrl-C again to stop at once")
    again = asyncio.create_task(asked.wait())
    stopping = asyncio.create_task(server.stop())
    await asyncio.wait([stopping, again], return_when=asyncio.FIRST_COMPLETED)
    again.cancel()
    await server.stop(0)
    await stopping


def _signals() -> asyncio.Event:
    """Set by each SIGINT and SIGTERM from now on."""
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    return asked


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
            raise InvalidLaunch(f"there is no recipe {arguments.recipe!r}.", advice=f"Available: {', '.join(recipes)}.")
        spec = recipes[arguments.recipe].spec
        data = {name: getattr(spec, name) for name in LaunchSpec.model_fields}
    names = ("engine", "model", *TEXTS, *COUNTS, *NUMBERS, "trust_remote_code")
    data |= {name: value for name in names if (value := getattr(arguments, name)) is not None}
    if data.get("model"):
        data["model"] = named(data["model"])
    if not data.get("engine") or not data.get("model"):
        raise InvalidLaunch("give an engine and a model, or --recipe.", advice="See `engines`.")
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
