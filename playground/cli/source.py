"""The options that say which request goes where, and how they become one."""

import argparse
import codecs
import sys
from pathlib import Path
from typing import Any

from playground.app.form.parameters import BY_NAME, read_parameter
from playground.backends import Backend, resolve
from playground.errors import InvalidInput, InvalidRequest
from playground.presets import Preset, load_presets, presets_folder
from playground.settings import Settings
from playground.wire.json_text import parse_json
from playground.wire.request import ChatRequest

STDIN = Path("-")


def add_options(parser: argparse.ArgumentParser) -> None:
    """PRESET or --request, --backend, --model, --param."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("preset", nargs="?", metavar="PRESET", help="a preset's name (`playground presets`)")
    source.add_argument(
        "--request",
        type=Path,
        metavar="FILE",
        help="a JSON file with a Chat Completions request; - reads standard input",
    )
    parser.add_argument(
        "--backend",
        metavar="NAME|URL",
        help="therouter, embedded, custom, or a base URL such as http://127.0.0.1:8000/v1",
    )
    parser.add_argument("--model", help="the model, overriding the request's own")
    parser.add_argument(
        "--param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a field of the request, overriding its own; can be repeated (`playground parameters`)",
    )


def choose_backend(arguments: argparse.Namespace, settings: Settings, *, embedded_url: str | None = None) -> Backend:
    """--backend, else the setting, else TheRouter.

    Raises:
        UnknownBackend: neither a name nor a URL.
    """
    return resolve(arguments.backend or settings.backend or "therouter", settings, embedded_url=embedded_url)


def read_request(arguments: argparse.Namespace, settings: Settings, backend: Backend) -> ChatRequest:
    """The request, with its fields and its model replaced where that was asked for.

    --model comes after `--param model=…`; the embedded engine has one model alone.

    Raises:
        InvalidInput: no such preset or file, no request in it, or a parameter that cannot be read.
    """
    request = find_preset(arguments.preset, settings).request if arguments.request is None else _file(arguments.request)
    if arguments.param:
        # Not `replace`: a name may be any text.
        request = ChatRequest.parse(request.to_wire() | dict(map(read_assignment, arguments.param)))
    model = arguments.model or (backend.default_model if backend.name == "embedded" else None)
    return request.replace(model=model) if model else request


def read_assignment(text: str) -> tuple[str, Any]:
    """NAME=VALUE as a field of the request: a parameter's value is read as the form reads it.

    The value of any other name is read as JSON where it is JSON, and is text where it is none.

    Raises:
        InvalidRequest: there is no name, or the value cannot be read; the message says what is wanted.
    """
    name, equals, value = text.partition("=")
    name = name.strip()
    if not (name and equals):
        raise InvalidRequest(f"--param must be NAME=VALUE, not {text[:40]!r}.", advice="Such as temperature=0.5.")
    if name in BY_NAME:
        return name, read_parameter(BY_NAME[name], value)
    try:
        return name, parse_json(value)
    except ValueError:
        return name, value


def find_preset(name: str, settings: Settings) -> Preset:
    """The preset of that name.

    Raises:
        InvalidInput: there is none.
    """
    found = {preset.name: preset for preset in load_presets(presets_folder(settings.presets_dir))}
    if name not in found:
        raise InvalidInput(
            f"There is no preset {name!r}.",
            advice=f"Available: {', '.join(found) or 'none'}. To send a file, use --request.",
        )
    return found[name]


def _file(path: Path) -> ChatRequest:
    name = "standard input" if path == STDIN else str(path)
    try:
        text = sys.stdin.buffer.read() if path == STDIN else path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{name} cannot be read: {error.strerror}.", advice="Check the path.") from None
    try:
        return ChatRequest.parse_json(text.removeprefix(codecs.BOM_UTF8))
    except InvalidRequest as error:
        advice = error.advice or 'It must be JSON with "messages", as `playground presets --json` shows.'
        raise InvalidRequest(f"{name}: {error.message}", field=error.field, advice=advice) from None
