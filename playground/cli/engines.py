"""`engines`: which engines there are, where this machine has them, and its GPUs; `fit`: whether a model fits."""

import argparse
import asyncio
import dataclasses
import json
import math
from pathlib import Path
from typing import Any

from playground.settings import Settings

GIB = 2**30


def add(commands: Any) -> None:
    """The commands' parsers."""
    listed = commands.add_parser("engines", help="list the engines and where they are installed", allow_abbrev=False)
    listed.add_argument("--json", action="store_true", help="as JSON")
    listed.set_defaults(run=run_engines)
    fit = commands.add_parser("fit", help="check whether a model fits on this machine", allow_abbrev=False)
    fit.add_argument("model", metavar="MODEL", help="a repository of the Hub, a folder, or a GGUF file")
    fit.add_argument("--revision", default="", metavar="NAME")
    fit.add_argument(
        "--tensor-parallel", type=int, metavar="N", help="number of GPUs to split over (default: the fewest possible)"
    )
    fit.add_argument("--context-length", type=int, metavar="N", help="in tokens (default: what fits)")
    fit.add_argument("--kv-cache-dtype", default="auto", metavar="NAME")
    fit.add_argument(
        "--memory-fraction", type=float, metavar="X", help="share of each GPU's memory that the engine may use"
    )
    fit.add_argument(
        "--gpus",
        type=_gpus,
        metavar="NxGIB",
        help="plan for these instead of this machine's GPUs: 8x141 is 8 of 141 GiB",
    )
    fit.add_argument("--cpu", action="store_true", help="use this machine's main memory, no GPU")
    fit.add_argument("--json", action="store_true", help="as JSON")
    fit.set_defaults(run=run_fit)


def run_engines(arguments: argparse.Namespace, settings: Settings) -> int:
    """A line for each engine, one for each place it was found, and the hardware."""
    from playground.app.servers.launch_choices import Installations
    from playground.engines.hardware.hardware import read_hardware
    from playground.engines.kinds import ENGINES

    found, hardware = Installations(settings.engine_places).look(), read_hardware()
    if arguments.json:
        engines = [
            {
                "name": engine.name,
                "title": engine.title,
                "launchable": engine.launchable,
                "port": engine.default_port,
                "health": engine.health_path,
                "needs": engine.needs,
                "installations": [dataclasses.asdict(one) for one in found.get(engine.name, [])],
            }
            for engine in ENGINES.values()
        ]
        print(json.dumps({"engines": engines, "hardware": dataclasses.asdict(hardware)}, indent=2, ensure_ascii=False))
        return 0
    for engine in ENGINES.values():
        how = "" if engine.launchable else " (attach only)"
        print(f"{engine.name:16} {engine.title}{how}, port {engine.default_port}; needs {engine.needs}")
        for one in found.get(engine.name, []):
            print(f"{'':16}   {one.version or 'version unknown'}: {' '.join(one.program)}")
    for line in hardware.words:
        print(line)
    return 0


def run_fit(arguments: argparse.Namespace, settings: Settings) -> int:
    """The verdict and the arithmetic; the status is 1 where it does not fit."""
    del settings
    from playground.engines.fit.fit import estimate
    from playground.engines.fit.hub import read_model
    from playground.engines.fit.places import host_place, places
    from playground.engines.fit.plan import Place
    from playground.engines.hardware.hardware import read_hardware
    from playground.engines.kinds.llama_cpp import gguf_file
    from playground.engines.spec import LaunchSpec

    model = LaunchSpec.parse({"engine": "", "model": named(arguments.model)}).model
    model = gguf_file(model) if model.endswith(".gguf") else model
    facts = asyncio.run(asyncio.to_thread(read_model, model, arguments.revision))
    hardware = read_hardware()
    there = places(hardware)
    if arguments.gpus:
        count, gib = arguments.gpus
        there = tuple(Place(f"GPU of {gib:g} GiB", int(gib * GIB), int(gib * GIB)) for _ in range(count))
    elif arguments.cpu or model.endswith(".gguf"):
        there = (host_place(hardware.host),)
    fit = estimate(
        facts,
        there,
        tensor_parallel=arguments.tensor_parallel,
        context=arguments.context_length,
        kv_dtype=arguments.kv_cache_dtype,
        fraction=arguments.memory_fraction,
    )
    if arguments.json:
        print(json.dumps(dataclasses.asdict(fit), indent=2, ensure_ascii=False))
        return 0 if fit.fits else 1
    for line in (fit.verdict[:1].upper() + fit.verdict[1:], *fit.lines, *fit.notes):
        print(line)
    if not fit.fits:
        print("What would fit: " + "; ".join(need.shown() for need in fit.needs))
    return 0 if fit.fits else 1


def named(model: str) -> str:
    """A folder of this place by its whole path: without a leading `./` it looks like a repository of the Hub."""
    return str(Path(model).absolute()) if Path(model).is_dir() else model


def _gpus(text: str) -> tuple[int, float]:
    count, _, gib = text.lower().partition("x")
    try:
        found = int(count), float(gib)
    except ValueError:
        found = (0, 0.0)
    if found[0] < 1 or not 0 < found[1] < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form 8x141: the number of GPUs, and the GiB of each")
    return found
