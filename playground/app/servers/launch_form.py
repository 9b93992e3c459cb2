"""The Servers tab's form, as text the way it was typed, to a checked specification and back."""

import shlex
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import SecretStr

from playground.engines.kinds.base import Command
from playground.engines.launch.log_store import MASK
from playground.engines.spec import LaunchSpec, check_word
from playground.errors import InvalidLaunch

WORDS = (
    *("engine", "model", "name", "served_name", "revision", "dtype", "kv_cache_dtype", "quantization"),
    *("tool_parser", "reasoning_parser", "chat_template"),
)
MAX_TEXT = 64 * 1024  # of a field: the words of a command are split one character after another
COUNTS = ("port", "tensor_parallel", "pipeline_parallel", "data_parallel", "context_length")
NUMBERS = ("memory_fraction", "idle_stop_min")
FIELDS = (*WORDS, *COUNTS, *NUMBERS, "trust_remote_code", "extra", "env", "api_key")


def read_spec(typed: Mapping[str, Any]) -> LaunchSpec:
    """The specification that the form stands for.

    Args:
        typed: the names of `FIELDS` to what was typed; empty and missing ones are left to the engine.

    Raises:
        InvalidLaunch: a field that cannot be used, with its name.
    """
    for field in FIELDS:
        _check_length(str(typed.get(field) or ""), field)
    data: dict[str, Any] = {name: text(typed, name) for name in WORDS}
    if not data["model"]:
        raise InvalidLaunch(
            "no model is given.", field="model", advice="Give a repository of the Hub, or the path of a folder."
        )
    data |= {name: _number(typed, name, int) for name in COUNTS if text(typed, name)}
    data |= {name: _number(typed, name, float) for name in NUMBERS if text(typed, name)}
    data["trust_remote_code"] = bool(typed.get("trust_remote_code"))
    data["extra"] = tuple(_words(str(typed.get("extra") or ""), "extra"))
    data["env"] = _variables(str(typed.get("env") or ""))
    if key := text(typed, "api_key"):
        data["api_key"] = SecretStr(key)
    return LaunchSpec.parse(data)


def show_spec(spec: LaunchSpec) -> dict[str, Any]:
    """The form as `read_spec` reads it back; without the key, which is never shown."""
    shown: dict[str, Any] = {name: getattr(spec, name) for name in WORDS}
    for name in (*COUNTS, *NUMBERS):
        value = getattr(spec, name)
        ones = value == 1 and name.endswith("_parallel")  # what is left to the engine
        shown[name] = "" if value is None or ones else str(value).removesuffix(".0")
    shown["trust_remote_code"] = spec.trust_remote_code
    shown["extra"] = shlex.join(spec.extra)
    shown["env"] = "\n".join(f"{name}={value}" for name, value in spec.env.items())
    shown["api_key"] = ""
    return shown


def read_command(shown: str, made: Command, masked: Mapping[str, str] | None = None) -> Command:
    """A command that was edited as text: variables, then words, as a POSIX shell splits them; no shell runs it.

    Args:
        shown: as edited.
        made: what was shown before: its secrets and files stay.
        masked: words that were shown without a key in them, to what they are.

    Raises:
        InvalidLaunch: it cannot be split, has no program, or a word that no command may have.
    """
    _check_length(shown, "command")
    words = deque(_words(shown, "command"))
    variables: dict[str, str] = {}
    while words and "=" in words[0] and words[0].split("=", 1)[0].isidentifier():
        name, value = words.popleft().split("=", 1)
        if name not in made.secrets:
            # a token is shown as its name, or masked: it stays what it was
            variables[name] = made.env[name] if value in {f"${name}", MASK} and name in made.env else value
    words = deque((masked or {}).get(word, word) for word in words)
    try:
        for word in words:
            check_word(word)
    except ValueError as error:
        raise InvalidLaunch(f"{error}.", field="command") from None
    if not words:
        raise InvalidLaunch(
            "it names no program to run.", field="command", advice="Change the form to rebuild the command."
        )
    return Command(tuple(words), variables, made.secrets, **_rest(made))


def _rest(made: Command) -> dict[str, Any]:
    """What a command has beyond words, variables and secrets."""
    known = {"argv", "env", "secrets"}
    return {name: getattr(made, name) for name in made.__dataclass_fields__ if name not in known}


def port_of(argv: Sequence[str], otherwise: int) -> int:
    """The port that a command names, the last where it names several, as parsers do; `otherwise` where it names none.

    Raises:
        InvalidLaunch: it is not a port.
    """
    port = otherwise
    for word, following in zip(argv, [*argv[1:], ""], strict=True):
        given = following if word in {"--port", "--server-port"} else word.partition("=")[2]
        if word.split("=", 1)[0] in {"--port", "--server-port"}:
            if not (given.isdecimal() and len(given) <= len("65535") and 1 <= int(given) <= 65535):  # noqa: PLR2004
                raise InvalidLaunch(f"{given[:40]!r} is not a port number (1 to 65535).", field="command")
            port = int(given)
    return port


def text(typed: Mapping[str, Any], name: str) -> str:
    """A field without the space around it."""
    return str(typed.get(name) or "").strip()


def _check_length(typed: str, field: str) -> None:
    if len(typed) > MAX_TEXT:
        message = f"it has {len(typed):,} characters; the limit is {MAX_TEXT:,}."
        raise InvalidLaunch(message, field=field)


def _number(typed: Mapping[str, Any], name: str, kind: type[int] | type[float]) -> int | float:
    typed_text = text(typed, name)
    try:
        return kind(typed_text)
    except ValueError:
        what = "a whole number" if kind is int else "a number"
        raise InvalidLaunch(f"{typed_text[:40]!r} is not {what}.", field=name) from None


def _words(typed: str, field: str) -> list[str]:
    try:
        return shlex.split(typed.replace("\\\n", " "))
    except ValueError as error:
        raise InvalidLaunch(f"its quotes do not match ({error}).", field=field) from None


def _variables(typed: str) -> dict[str, str]:
    found = {}
    for line in filter(None, (line.strip() for line in typed.splitlines())):
        name, equals, value = line.partition("=")
        if not equals:
            raise InvalidLaunch(f"{line!r} is not NAME=value.", field="env")
        found[name.strip()] = value.strip()
    return found
