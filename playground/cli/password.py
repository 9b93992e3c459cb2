"""`hash-password`: what `PLAYGROUND_USERS` takes in place of a password."""

import argparse
import getpass
import sys
from typing import Any

from playground.errors import InvalidInput
from playground.settings import Settings


def add(commands: Any) -> None:
    """The command's parser."""
    words = "read a password and print its hash for PLAYGROUND_USERS"
    parser = commands.add_parser("hash-password", help=words, allow_abbrev=False)
    parser.set_defaults(run=run)


def run(_: argparse.Namespace, __: Settings) -> int:
    """Ask on a terminal, else read standard input."""
    from playground.auth.passwords import MIN_LENGTH, PasswordHash  # no other command needs it

    terminal = sys.stdin.isatty()
    password = getpass.getpass() if terminal else sys.stdin.readline().rstrip("\r\n")
    if len(password) < MIN_LENGTH:
        raise InvalidInput(f"This password is shorter than {MIN_LENGTH} characters.", advice="Choose a longer one.")
    print(PasswordHash.of(password))
    return 0
