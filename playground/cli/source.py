"""The options that say which request goes where, and how they become one."""

import argparse
import codecs
import sys
from pathlib import Path

from playground.backends import Backend, resolve
from playground.errors import InvalidInput, InvalidRequest
from playground.presets import Preset, load_presets, presets_folder
from playground.settings import Settings
from playground.wire.request import ChatRequest

STDIN = Path("-")


def add_options(parser: argparse.ArgumentParser) -> None:
    """PRESET or --request, --backend, --model."""
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


def choose_backend(arguments: argparse.Namespace, settings: Settings, *, embedded_url: str | None = None) -> Backend:
    """--backend, else the setting, else TheRouter.

    Raises:
        UnknownBackend: neither a name nor a URL.
    """
    return resolve(arguments.backend or settings.backend or "therouter", settings, embedded_url=embedded_url)


def read_request(arguments: argparse.Namespace, settings: Settings, backend: Backend) -> ChatRequest:
    """The request, with its model replaced where that was asked for; the embedded engine has one model alone.

    Raises:
        InvalidInput: no such preset or file, or no request in it.
    """
    request = find_preset(arguments.preset, settings).request if arguments.request is None else _file(arguments.request)
    model = arguments.model or (backend.default_model if backend.name == "embedded" else None)
    return request.replace(model=model) if model else request


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
