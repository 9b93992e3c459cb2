"""The parser, and what every command has in common: settings, errors and exit statuses."""

import argparse
import io
import logging
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from playground import __version__
from playground.cli import (
    doctor,
    engines,
    launch,
    parameters,
    password,
    presets,
    send,
    serve,
    servers,
    snippet,
    validate,
)
from playground.cli.document import render_document
from playground.cli.output import say_error
from playground.environment import secrets_in
from playground.errors import InvalidInput, PlaygroundError
from playground.logs import masked_logs
from playground.settings import Settings

FAILED = 1
BAD_INPUT = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells give it
BROKEN_PIPE = 141  # 128 + SIGPIPE


class Parser(argparse.ArgumentParser):
    """An argparse parser whose errors are ours: one line, and a document where one was asked for."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print with the whole usage."""
        raise InvalidInput(f"{message}.", advice=f"See {self.prog} --help.")


def build_parser() -> argparse.ArgumentParser:
    """Every command with its options."""
    parser = Parser(
        prog="playground",
        description="The playground for OpenAI-compatible chat APIs. Without a command, it starts the app.",
        epilog="Exit status: 0 success, 1 API or connection error, 2 bad input, 130 interrupted.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"playground {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for command in (presets, parameters, snippet, send, validate, serve, engines, launch, servers, password, doctor):
        command.add(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv: the words after the program's name; None takes the process's.

    Returns:
        0 on success, 1 on an error of the API or on the way to it, 2 on bad input, 130 when interrupted.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Snippets and documents are UTF-8 wherever they go; a lone surrogate is \ud83d, which JSON reads too.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        words, extra = launch.split_extra(words) if words[:1] == ["launch"] else (words, [])
        arguments = build_parser().parse_args(words or ["serve"])
        if extra:
            arguments.extra = extra
        settings = Settings.from_environment()
        logging.basicConfig(level=settings.log_level.upper())
        known = (*settings.secrets(), *secrets_in(os.environ))
        with masked_logs(lambda: known):
            status: int = arguments.run(arguments, settings)
        sys.stdout.flush()
    except PlaygroundError as error:
        if "--json" in words:
            print(render_document(None, error))
        say_error(error)
        return BAD_INPUT if isinstance(error, InvalidInput) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; Python would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    return status
