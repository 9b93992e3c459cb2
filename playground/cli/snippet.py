"""`snippet`: print a request as code, and nothing else."""

import argparse
from typing import Any

from playground.cli.source import add_options, choose_backend, read_request
from playground.errors import InvalidInput
from playground.settings import Settings
from playground.snippets import BY_ID, DEFAULT, render_snippet
from playground.wire.prepared import prepare


def add(commands: Any) -> None:
    """The command's parser."""
    parser = commands.add_parser("snippet", help="print a request as code", allow_abbrev=False)
    add_options(parser)
    parser.add_argument("--lang", default=DEFAULT, help=f"the language: {', '.join(BY_ID)} (default {DEFAULT})")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the snippet; it sends the very bytes that `send` does."""
    backend = choose_backend(arguments, settings)
    if not backend.target.base_url:
        raise InvalidInput(
            "The embedded model has an address only while the app is running.",
            advice="Pass that address as --backend URL.",
        )
    request = read_request(arguments, settings, backend)
    print(render_snippet(prepare(request, backend.target), arguments.lang))
    return 0
