"""Makes the real engines ready: an environment for each in the user's cache, and a model that both can load.

    python -m tests.real_engines.provision [vllm] [sglang]

The first time it fetches about 1 GB and needs 7 GB of space, 5 GB of them for good. It may be interrupted at any
time: what was fetched is kept, and the next run goes on. When all is there it does nothing. Standard library only.
"""

import argparse
import fcntl
import hashlib
import platform
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from playground.engines.embedded.models import fetch_model
from playground.errors import EngineError, EngineUnavailable
from tests.real_engines.commands import call, must
from tests.real_engines.engine import ENGINES, HERE, RealEngine, checkpoint, home
from tests.real_engines.wheels import PIP, Wheels

_MB = 1_000_000
_WHEELS_MB = 1200  # removed at the end
_CHECKPOINT_MB = 300
_PYTHONS = ("python3.11", "python3.12", "python3.13", "python3")  # 3.11 first: most builds are published for it
_STAMP = ".provisioned"


def tell(words: str) -> None:
    """One line for the person who waits."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def is_there(engine: RealEngine) -> bool:
    """Whether the engine is installed, whole, from the list as it now is."""
    stamp = engine.venv / _STAMP
    return stamp.is_file() and stamp.read_text() == _key(engine)


def _key(engine: RealEngine) -> str:
    # With the place, which the environment's scripts name: a moved one is made anew.
    return f"{hashlib.sha256(engine.requirements.read_bytes()).hexdigest()} {engine.venv}\n"


def provision(engines: Sequence[RealEngine]) -> None:
    """Makes the engines and the model ready; blocks for minutes if they are not.

    Raises:
        EngineUnavailable: something is missing that this cannot bring; its advice says what to do.
    """
    if all(map(is_there, engines)) and checkpoint().is_dir():
        return
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise EngineUnavailable(
            f"The engines' builds for the CPU are for Linux on x86_64; this is {sys.platform}, {platform.machine()}.",
            advice="Run these tests there; all others run here with `make test`.",
        )
    home().mkdir(parents=True, exist_ok=True)
    with (home() / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the system lets go of it when this process ends
        missing = [engine for engine in engines if not is_there(engine)]
        _require_space(missing)
        folder = home() / "wheels"
        for engine in missing:
            _install(engine, folder)
        shutil.rmtree(folder, ignore_errors=True)
        if not checkpoint().is_dir():
            _make_checkpoint(engines[0])


def _require_space(missing: Sequence[RealEngine]) -> None:
    needed = _CHECKPOINT_MB + (sum(engine.megabytes for engine in missing) + _WHEELS_MB if missing else 0)
    free = shutil.disk_usage(home()).free // _MB
    if free < needed:
        raise EngineUnavailable(
            f"The engines need {needed} MB of space, and {home()} has {free} MB.",
            advice="Make room there, or set XDG_CACHE_HOME to a folder with more.",
        )


def _install(engine: RealEngine, folder: Path) -> None:
    began = time.monotonic()
    title = f"{engine.name} {engine.version}"
    lines = engine.requirements.read_text().splitlines()
    packages = [line for line in lines if line and not line.startswith("#")]
    python = _find_python()
    tell(f"{title}: {len(packages)} packages into {engine.venv}, {engine.megabytes} MB")
    must(python, "-m", "venv", "--clear", engine.venv, doing=f"make an environment with {python}")
    # Fetched first and installed from the disk: an environment that was interrupted is made anew, with no network.
    Wheels(folder, engine.python).fetch(packages, lambda words: tell(f"{title}: {words}"))
    tell(f"{title}: installing")
    # Not compiled: most of their modules are never imported.
    chosen = ("--no-deps", "--no-index", "--no-compile", "--find-links", folder, "-r", engine.requirements)
    must(engine.python, *PIP, "install", "-q", *chosen, doing=f"install {title}")
    must(engine.python, "-c", f"import {engine.imports}", doing=f"import {title}", env=engine.environment())
    (engine.venv / _STAMP).write_text(_key(engine))
    tell(f"{title}: ready after {time.monotonic() - began:.0f} s")


def _find_python() -> str:
    for name in _PYTHONS:
        path = shutil.which(name)
        if path and call(path, "-c", "import sys, ensurepip; sys.exit(sys.version_info < (3, 11))")[0] == 0:
            return path
    return sys.executable


def _make_checkpoint(engine: RealEngine) -> None:
    tell(f"the model: {checkpoint()}, 270 MB")
    gguf = fetch_model(lambda words: tell(f"the model: {words}"))
    coming = checkpoint().with_suffix(".coming")
    shutil.rmtree(coming, ignore_errors=True)
    script = HERE / "checkpoint.py"
    must(engine.python, script, gguf, coming, doing="make the model's checkpoint", env=engine.environment())
    coming.rename(checkpoint())


def main() -> int:
    """Make the real engines ready, or say what is missing."""
    parser = argparse.ArgumentParser(prog="python -m tests.real_engines.provision", description=main.__doc__)
    parser.add_argument("engines", nargs="*", metavar="ENGINE", help=f"of {', '.join(ENGINES)}; all unless named")
    named = parser.parse_args().engines or list(ENGINES)
    if unknown := [name for name in named if name not in ENGINES]:
        parser.error(f"there is no {unknown[0]}; the engines are {', '.join(ENGINES)}")
    try:
        provision([ENGINES[name] for name in named])
    except EngineError as error:
        sys.stderr.write(f"{error.message}\n{error.advice}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
