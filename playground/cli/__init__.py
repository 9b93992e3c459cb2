"""The command line, for scripts and for checking. It imports Gradio for `serve` alone."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from playground import __version__
from playground.cli.commands import doctor, presets, send, serve, snippet
from playground.errors import PlaygroundError
from playground.settings import Settings

BAD_INPUT = 2


def build_parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    parser = argparse.ArgumentParser(prog="playground", description="The playground for OpenAI-compatible chat APIs.")
    parser.add_argument("--version", action="version", version=f"playground {__version__}")
    commands = parser.add_subparsers(dest="command")

    listed = commands.add_parser("presets", help="list the presets")
    listed.add_argument("--json", action="store_true", help="as JSON, requests included")
    listed.set_defaults(run=presets)

    shown = commands.add_parser("snippet", help="print a request as code")
    _request(shown)
    shown.add_argument("--lang", default="curl", help="the language (curl)")
    shown.set_defaults(run=snippet)

    sent = commands.add_parser("send", help="send a request and stream the answer")
    _request(sent)
    sent.add_argument("--json", action="store_true", help="print one JSON document instead")
    sent.add_argument("--retries", type=int, default=0, help="try again this often where it can help (0)")
    sent.set_defaults(run=send)

    served = commands.add_parser("serve", help="open the app")
    served.add_argument("--host", help="address to listen on")
    served.add_argument("--port", type=int, help="port to listen on; 0 takes a free one")
    served.set_defaults(run=serve)

    checked = commands.add_parser("doctor", help="say what is there and what is missing")
    checked.add_argument("--json", action="store_true", help="as JSON")
    checked.set_defaults(run=doctor)
    return parser


def _request(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("preset", nargs="?", metavar="PRESET", help="a preset's name")
    source.add_argument(
        "--request", type=Path, metavar="FILE", help="a JSON file with a request; - reads standard input"
    )
    parser.add_argument("--backend", help="therouter, embedded, custom, or a base URL that ends in /v1")
    parser.add_argument("--model", help="the model, in place of the request's own")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        0 on success, 1 on an error of the API, 2 on bad input, 130 when interrupted.
    """
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if arguments.command is None:
        arguments = parser.parse_args(["serve"])
    try:
        status: int = arguments.run(arguments, Settings.from_environment())
    except PlaygroundError as error:
        print(f"playground: {error.message} {error.advice}".rstrip(), file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return 130
    return status
