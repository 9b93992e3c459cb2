"""What the Servers tab offers: engines, models, recipes, where an engine is, forms for several machines."""

import asyncio
import contextlib
import math
import time
from collections.abc import Sequence
from pathlib import Path

from huggingface_hub import scan_cache_dir
from huggingface_hub.errors import CacheNotFound

from playground.engines.distributed import FORMS, Nodes, WrittenLaunch, generate
from playground.engines.embedded.models import MODEL_FILE
from playground.engines.kinds import ENGINES, find_engine
from playground.engines.kinds.base import Command, Installation
from playground.engines.kinds.locate import find_installations
from playground.engines.recipes import Recipe
from playground.engines.spec import LaunchSpec
from playground.errors import InvalidLaunch

Choice = tuple[str, str]  # what is shown, and what it stands for
_BY_PROGRAM = {"llama_cpp": "llama-server", "tensorrt_llm": "trtllm-serve"}  # the others begin with an interpreter
_FORM_TITLES = {
    "multi-node": "A command for each machine",
    "ray": "vLLM on Ray",
    "router": "Replicas behind a router",
    "kubernetes": "Kubernetes (LeaderWorkerSet)",
    "skypilot": "SkyPilot task",
}


class Installations:
    """Where the engines are; looked for once, and again when what was found is too old for who asks.

    Args:
        environments: Python environments to look into beside PATH and the app's own.
    """

    def __init__(self, environments: Sequence[Path] = ()) -> None:
        self._environments = tuple(environments)
        self._found: dict[str, list[Installation]] = {}
        self._looked_at_s: float | None = None  # on the monotonic clock
        self._lock = asyncio.Lock()

    async def of(self, engine: str, *, max_age_s: float = math.inf) -> list[Installation]:
        """Those of an engine; the first is the one to take."""
        async with self._lock:
            if self._looked_at_s is None or time.monotonic() - self._looked_at_s > max_age_s:
                self._found = await asyncio.to_thread(self.look)
                self._looked_at_s = time.monotonic()
            return self._found.get(engine, [])

    def look(self) -> dict[str, list[Installation]]:
        """All of them, by engine; it takes a few hundred milliseconds. Given environments come first."""
        found: dict[str, list[Installation]] = {}
        for environment in (*self._environments, None):
            for engine, there in find_installations(environment).items():
                kept = found.setdefault(engine, [])
                kept += [one for one in there if one not in kept]
        given = {str(path) for path in self._environments}
        for there in found.values():
            there.sort(key=lambda one: not any(one.program[0].startswith(path) for path in given))
        return found

    def _typed(self, engine: str, place: Path) -> list[Installation]:
        """The engine in an environment, or as a program, that is none of the given ones."""
        if not place.exists():
            return []
        if place.name in find_engine(engine).programs:
            return find_installations(path=str(place.parent)).get(engine, [])
        return find_installations(place, path="").get(engine, [])

    async def choose(self, engine: str, where: str | None) -> Installation | None:
        """The one that `where` names, as `choice_of` writes it; the first where it names none; None if there is none.

        Raises:
            InvalidLaunch: `where` names one that is not there.
        """
        found = await self.of(engine)
        if not where:
            return found[0] if found else None
        place = _place(where)
        if "/" in where:
            found = [*found, *await asyncio.to_thread(self._typed, engine, place)]
        for one in found:
            if {where, str(place)} & {choice_of(one)[1], one.program[0], str(Path(one.program[0]).parents[1])}:
                return one
        raise InvalidLaunch(
            f"{engine} was not found in {where}.",
            field="where",
            advice="Give the folder of a Python environment, its interpreter, or a program; or leave it empty.",
        )


def _place(where: str) -> Path:
    """What a person means by a path."""
    return Path(where).expanduser().absolute()


def command_of(spec: LaunchSpec, installation: Installation | None) -> Command:
    """The command of a launch, as it would be on a machine that has the engine where this one has not.

    Raises:
        InvalidLaunch: it cannot be launched so.
    """
    engine = find_engine(spec.engine)
    return engine.command(spec, installation or elsewhere(spec.engine), spec.port or engine.default_port)


def elsewhere(engine: str) -> Installation:
    """What a command is written for where the engine is not found: a machine that has it."""
    program = _BY_PROGRAM.get(engine)
    return Installation("program", (program,)) if program else Installation("python", ("python",))


def write_form(
    kind: str, spec: LaunchSpec, installation: Installation | None, addresses: str, count: str
) -> WrittenLaunch:
    """A launch over several machines, written down.

    Args:
        kind: a name of the forms.
        spec: what is to be served.
        installation: where the engine is on this machine, if it is: the others are taken to have it there too.
        addresses: of the machines, with commas or spaces between; the first leads.
        count: how many machines hold one copy; "" is as many as there are addresses.

    Raises:
        InvalidLaunch: what this form cannot express, or a field that cannot be read.
    """
    if not kind:
        raise InvalidLaunch("no form is chosen.", field="form", advice="Choose one from the list.")
    if count.strip() and not count.strip().isdecimal():
        raise InvalidLaunch(f"{count.strip()!r} is not a whole number.", field="machines")
    named = tuple(addresses.replace(",", " ").split())
    nodes = Nodes(addresses=named, count=int(count.strip() or 0))
    return generate(
        kind, spec, nodes, engine=find_engine(spec.engine), installation=installation or elsewhere(spec.engine)
    )


def choice_of(installation: Installation) -> Choice:
    """An installation for a list."""
    kind = {"program": "", "python": "Python ", "container": "image "}[installation.kind]
    word = installation.program[-1] if installation.kind == "container" else installation.program[0]
    version = f" ({installation.version})" if installation.version and installation.kind != "container" else ""
    return f"{kind}{_short(word)}{version}", word


def engine_choices() -> list[Choice]:
    """All engines, those that this app launches first."""
    engines = sorted(ENGINES.values(), key=lambda engine: not engine.launchable)
    return [(engine.title, engine.name) for engine in engines]


def model_choices(recipes: Sequence[Recipe]) -> list[Choice]:
    """Models that are here already, then those of the recipes."""
    named = [MODEL_FILE, *cached_models(), *(recipe.spec.model for recipe in recipes)]
    return [(name, name) for name in dict.fromkeys(named)]


def cached_models() -> list[str]:
    """Models in the Hub's cache on this machine."""
    with contextlib.suppress(CacheNotFound, OSError):
        return sorted(repo.repo_id for repo in scan_cache_dir().repos if repo.repo_type == "model")
    return []


def recipe_choices(recipes: Sequence[Recipe]) -> list[Choice]:
    """All recipes."""
    return [(recipe.title, recipe.name) for recipe in recipes]


def form_choices() -> list[Choice]:
    """The forms for several machines."""
    return [(_FORM_TITLES.get(name, name), name) for name in FORMS]


def _short(path: str) -> str:
    home = str(Path.home())
    return f"~{path.removeprefix(home)}" if path.startswith(f"{home}/") else path
