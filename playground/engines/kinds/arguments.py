"""Asks the installed engine's own argument parser whether it knows the arguments, before anything is loaded.

The engine is the authority: names change from version to version. It takes a few seconds, the time its parser needs to
be imported; no weights are read, and the API key is not given to it.
"""

import asyncio
import contextlib
import difflib
import json
import os
import re
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playground.engines.kinds.ask_parser import MARK
from playground.engines.kinds.base import Command, Engine, Installation
from playground.engines.kinds.failure_rules import FIELDS, closest
from playground.engines.kinds.locate import find_interpreter
from playground.environment import child_environment
from playground.errors import InvalidLaunch

_SCRIPT = Path(__file__).with_name("ask_parser.py")
_ASKABLE = ("sglang", "vllm")
_TAIL_CHARS = 300


async def check_arguments(
    engine: Engine, installation: Installation, command: Command, *, timeout_s: float = 60
) -> str | None:
    """Ask it.

    Args:
        engine: whose command it is.
        installation: what `command` was made for.
        command: as `engine.command` gave it; its environment is used.
        timeout_s: how long it may take.

    Returns:
        None when the engine knows all of them; else `not checked: ` and why, which is no reason not to launch.

    Raises:
        InvalidLaunch: an argument that it does not know (field `extra`), or a value that it refuses.
    """
    if engine.name not in _ASKABLE:
        return f"not checked: {engine.title} is not asked."
    if installation.kind == "container":
        return "not checked: the engine is in a container."
    interpreter = find_interpreter(installation)
    if interpreter is None:
        return f"not checked: {installation.program[0]} does not say which Python it uses."
    words = _words(engine, installation, command)
    answer = await _ask(interpreter, engine.name, words, command.env, timeout_s)
    if isinstance(answer, str):
        return f"not checked: {answer}"
    if answer["unknown"]:
        raise _unknown(engine, answer["unknown"], answer["options"])
    if answer["error"]:
        raise _refused(engine, answer["error"])
    return None


def _words(engine: Engine, installation: Installation, command: Command) -> list[str]:
    """The arguments after the program, the model as an option, and no file that holds a key."""
    words = list(command.argv[len(installation.program) :])
    for file in command.files:
        at = words.index(file.placeholder)
        del words[at - 1 : at + 1]
    if words[0] == "serve":
        option = "--model-path" if engine.name == "sglang" else "--model"
        return [option, *words[1:]]
    return words[2:]  # -m MODULE


async def _ask(
    interpreter: str, engine: str, words: Sequence[str], env: Mapping[str, str], timeout_s: float
) -> dict[str, Any] | str:
    """The parser's answer, or why there is none."""
    # Nothing that the parser's module does may reach a network, or sees a key of another server.
    try:
        process = await asyncio.create_subprocess_exec(
            interpreter,
            "-c",
            _SCRIPT.read_text(encoding="utf-8"),
            engine,
            cwd="/",  # it comes first among Python's folders
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=child_environment() | dict(env) | {"HF_HUB_OFFLINE": "1"},
            start_new_session=True,
        )
    except OSError as error:
        return f"{interpreter} cannot be run: {error.strerror or error}."
    try:
        async with asyncio.timeout(timeout_s):
            said, _ = await process.communicate(json.dumps(list(words)).encode())
    except TimeoutError:
        return f"the engine's parser did not respond within {timeout_s:g} s."
    finally:
        # Also its children, and also when this task is cancelled.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    text = said.decode(errors="replace")
    for line in reversed(text.splitlines()):
        if line.startswith(MARK):
            answer: dict[str, Any] = json.loads(line.removeprefix(MARK))
            return answer
    return f"its parser cannot be asked: {text.strip()[-_TAIL_CHARS:] or 'it printed nothing'}"


def _unknown(engine: Engine, words: Sequence[str], options: Sequence[str]) -> InvalidLaunch:
    """What is unknown, and what it may have been meant for."""
    names = [word for word in words if word.startswith("-")] or list(words)
    alike = {}
    for name in names:
        close = difflib.get_close_matches(name.partition("=")[0].replace("_", "-"), options, n=3, cutoff=0.6)
        if close:
            alike[name] = " or ".join(close)
    meant = "; ".join(f"{name}: did you mean {close}?" for name, close in alike.items())
    return InvalidLaunch(
        f"this {engine.title} does not know {' '.join(words)}.",
        field="extra",
        advice=meant or f"Remove it, or check the arguments that {engine.title} lists with --help.",
    )


def _refused(engine: Engine, message: str) -> InvalidLaunch:
    """A value that it refuses, under the field that it came from."""
    found = re.match(r"argument (?P<option>-\S+?):? (?P<what>.*)", message, re.DOTALL)
    names = found["option"].split("/") if found else []
    field = next((FIELDS[name] for name in names if name in FIELDS), "extra")
    choice = re.search(r"invalid choice: '(?P<value>[^']*)' \(choose from (?P<choices>.+)\)", message)
    close = closest(choice["value"], choice["choices"]) if choice else ""
    advice = f"Did you mean {close}?" if close else "Correct it, or leave it out."
    return InvalidLaunch(f"{engine.title} says: {message}", field=field, advice=advice)
