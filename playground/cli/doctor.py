"""`doctor`: show what is installed and what is missing."""

import argparse
import json
import platform
from collections.abc import Sequence
from importlib import metadata
from typing import Any

from playground import __version__
from playground.errors import PlaygroundError
from playground.presets import load_presets, presets_folder
from playground.settings import Settings

PACKAGES = ("gradio", "fastapi", "httpx", "aiohttp", "pydantic", "orjson", "huggingface_hub", "xllamacpp", "mcp")
OPTIONAL = {
    "xllamacpp": "missing: pip install 'chat-playground[local]' for the embedded model",
    "mcp": "missing: pip install 'chat-playground[mcp]' for the tools of MCP servers",
}


def add(commands: Any) -> None:
    """The command's parser."""
    parser = commands.add_parser("doctor", help="show what is installed and what is missing", allow_abbrev=False)
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the facts; what is missing is a fact, not a failure."""
    from playground.engines.hardware.hardware import find_gpus  # only this command asks
    from playground.engines.kinds.locate import find_installations

    facts: dict[str, Any] = {
        "playground": __version__,
        "python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "packages": {name: _version(name) for name in PACKAGES},
        "model_file": _model_file(settings),
        "therouter_key": _key(is_set=bool(settings.therouter_api_key), name="THEROUTER_API_KEY"),
        "custom_key": _key(is_set=bool(settings.custom_api_key), name="CUSTOM_API_KEY"),
        "gpus": find_gpus(),
        "engines": {name: places(found) for name, found in find_installations().items()},
        "presets": _presets(settings),
    }
    if arguments.json:
        print(json.dumps(facts, indent=2, ensure_ascii=False))
        return 0
    for name, value in facts.items():
        for index, line in enumerate(_lines(value)):
            print(f"{name if index == 0 else '':14} {line}")
    return 0


def places(found: Sequence[Any]) -> str:
    """Where an engine is, with its version; `engines` looks into other environments too."""
    return "; ".join(f"{' '.join(one.program)} {one.version}".strip() for one in found)


def _lines(value: Any) -> list[str]:
    if isinstance(value, dict):
        value = [f"{key} {item}" for key, item in value.items()]
    return [str(item) for item in value] or ["none found"] if isinstance(value, list) else [str(value)]


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return OPTIONAL.get(package, "missing")


def _key(*, is_set: bool, name: str) -> str:
    return "set" if is_set else f"not set: {name}"


def _presets(settings: Settings) -> str:
    folder = presets_folder(settings.presets_dir)
    try:
        return f"{len(load_presets(folder))} in {folder}"
    except PlaygroundError as error:
        return error.message


def _model_file(settings: Settings) -> str:
    from playground.engines.embedded.models import find_model  # as above

    try:
        found = find_model(
            settings.model_path,
            hf_repo=settings.model_repo,
            hf_file=settings.model_file,
            cache_dir=settings.cache_dir,
        )
    except PlaygroundError as error:
        return f"missing: {error.message}"
    return str(found) if found else "missing: downloaded when the embedded model first starts"
