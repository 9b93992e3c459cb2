"""`parameters`: list the request's parameters."""

import argparse
import json
from collections.abc import Iterator, Sequence
from typing import Any

from playground.app.form.parameters import PARAMETERS
from playground.settings import Settings
from playground.wire.parameters import NamedParameter, names_of


def add(commands: Any) -> None:
    """The command's parser."""
    parser = commands.add_parser("parameters", help="list the parameters of a request", allow_abbrev=False)
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, _: Settings) -> int:
    """Print a line for each, or all of them as JSON."""
    if arguments.json:
        print(json.dumps([parameter.to_dict() for parameter in PARAMETERS], indent=2, ensure_ascii=False))
        return 0
    for line in lines(PARAMETERS):
        print(line)
    return 0


def lines(parameters: Sequence[NamedParameter]) -> Iterator[str]:
    """Name, type, range, who knows it and what it does, in columns; a line for each."""
    rows = [(one.name, one.kind.value, one.range, _known(one), one.help) for one in parameters]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(f"{word:{width}}" for word, width in zip(row, widths, strict=True)).rstrip()


def _known(parameter: NamedParameter) -> str:
    return ", ".join(names_of(parameter.known_by)) or "not known"
