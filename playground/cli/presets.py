"""`presets`: list the presets."""

import argparse
import json
from typing import Any

from playground.presets import Preset, load_presets, presets_folder
from playground.settings import Settings


def add(commands: Any) -> None:
    """The command's parser."""
    parser = commands.add_parser("presets", help="list the presets", allow_abbrev=False)
    parser.add_argument("--json", action="store_true", help="as JSON, requests included")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print a line for each, or all of them as JSON."""
    found = load_presets(presets_folder(settings.presets_dir))
    if arguments.json:
        print(json.dumps([_fields(preset) for preset in found], indent=2, ensure_ascii=False))
        return 0
    width = max((len(preset.name) for preset in found), default=0)
    for preset in found:
        print(f"{preset.name:{width}}  {preset.tab:9}  {preset.about}")
    return 0


def _fields(preset: Preset) -> dict[str, Any]:
    """The preset as JSON; `mock` only where there is one."""
    fields = preset.model_dump(exclude={"request", "mock"}) | {"request": preset.request.to_wire()}
    return fields | ({"mock": [row.to_file() for row in preset.mock]} if preset.mock else {})
