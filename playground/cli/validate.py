"""`validate`: check a JSON answer against a JSON Schema."""

import argparse
import codecs
import json
import sys
from pathlib import Path
from typing import Any

from playground.cli.output import visible
from playground.cli.source import STDIN
from playground.errors import InvalidInput
from playground.settings import Settings

INVALID = 1


def add(commands: Any) -> None:
    """The command's parser."""
    parser = commands.add_parser("validate", help="check a JSON answer against a JSON Schema", allow_abbrev=False)
    parser.add_argument("--schema", type=Path, required=True, metavar="FILE", help="a JSON Schema (2020-12)")
    parser.add_argument("answer", type=Path, metavar="ANSWER", help="a file with the answer; - reads standard input")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, _: Settings) -> int:
    """Print each error with its JSON Pointer; 1 if there are any."""
    from playground.schema.check import check_schema  # the validator is loaded where it is needed
    from playground.schema.verdict import judge

    check = check_schema(_read(arguments.schema))
    if check.schema is None:
        told = "; ".join(str(problem) for problem in check.problems)
        raise InvalidInput(f"{arguments.schema} is not a usable JSON Schema: {told}.", advice="Correct it.")
    verdict = judge(_read(arguments.answer), schema=check.schema)
    if arguments.json:
        print(json.dumps(verdict.to_dict(), indent=2, ensure_ascii=False, default=str))
    elif verdict.outcome == "valid":
        print("valid")
    else:
        lines = [] if verdict.outcome == "wrong_shape" else [verdict.message]
        print(visible("\n".join([*lines, *(violation.message for violation in verdict.violations)])))
    return 0 if verdict.outcome == "valid" else INVALID


def _read(path: Path) -> str:
    name = "standard input" if path == STDIN else str(path)
    try:
        data = sys.stdin.buffer.read() if path == STDIN else path.read_bytes()
        return data.removeprefix(codecs.BOM_UTF8).decode()
    except OSError as error:
        raise InvalidInput(f"{name} cannot be read: {error.strerror}.", advice="Check the path.") from None
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{name} is not UTF-8: byte {error.start}.", advice="Save it as UTF-8.") from None
