"""`presets`: list the presets."""

import argparse
import json
from typing import Any

from playground.presets import load_presets, presets_folder
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
        fields = [p.model_dump(exclude={"request"}) | {"request": p.request.to_wire()} for p in found]
        print(json.dumps(fields, indent=2, ensure_ascii=False))
        return 0
    width = max((len(preset.name) for preset in found), default=0)
    for preset in found:
        print(f"{preset.name:{width}}  {preset.tab:9}  {preset.about}")
    return 0
