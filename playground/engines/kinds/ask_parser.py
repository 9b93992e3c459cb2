"""Run by an engine's own interpreter: asks the engine's argument parser about a command.

    PYTHON -c TEXT-OF-THIS-FILE ENGINE < ARGUMENTS-AS-JSON

prints one line of JSON after the mark: `{unknown: [words], error: text, options: [--names]}`. It is given as text,
since a script's own folder comes first among Python's, and this one holds a sglang.py and a vllm.py. It needs the
standard library and the engine; no model is looked at.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

MARK = "ask_parser-answer: "


class _Refused(Exception):
    """What the parser says instead of ending the process."""


def _refuse(message: str) -> NoReturn:
    raise _Refused(message)


def _first(*modules: str) -> Any:
    """The first of these modules that this version has."""
    for name in modules[:-1]:
        try:
            return import_module(name)
        except ModuleNotFoundError:
            continue
    return import_module(modules[-1])


def _parser(engine: str) -> argparse.ArgumentParser:
    """The parser as the engine makes it for itself."""
    parser: argparse.ArgumentParser
    if engine == "sglang":
        parser = argparse.ArgumentParser(prog="sglang serve")
        import_module("sglang.srt.server_args").ServerArgs.add_cli_args(parser)
    else:
        empty = _first("vllm.utils.argparse_utils", "vllm.utils").FlexibleArgumentParser()
        arguments = _first("vllm.entrypoints.launchers.cli_args", "vllm.entrypoints.openai.cli_args")
        parser = arguments.make_arg_parser(empty)
    return parser


def _vllm_names(kind: str) -> list[str]:
    """The names that vLLM takes for a parser; they are no choices of its arguments, it looks them up as it starts."""
    try:
        if kind == "tool":
            return list(import_module("vllm.tool_parsers").ToolParserManager.list_registered())
        return list(import_module("vllm.reasoning").ReasoningParserManager.list_registered())
    except Exception:  # noqa: BLE001 - another version: then the engine itself will say it
        return []


def _ask(engine: str, words: Sequence[str]) -> dict[str, Any]:
    parser = _parser(engine)
    options = sorted({name for action in parser._actions for name in action.option_strings})  # noqa: SLF001
    unknown: list[str] = []
    real = parser.parse_known_args

    def known(args: Any = None, namespace: Any = None) -> Any:
        """parse_args, which puts the words in order first, would end at what is not known."""
        parsed, others = real(args, namespace)
        unknown.extend(others)
        return parsed, []

    parser.error, parser.parse_known_args = _refuse, known  # type: ignore[method-assign]
    try:
        parsed = parser.parse_args(list(words))
    except _Refused as refused:
        return {"unknown": [], "error": str(refused), "options": options}
    error = ""
    if engine == "vllm":
        for kind, option in (("tool", "--tool-call-parser"), ("reasoning", "--reasoning-parser")):
            name = getattr(parsed, option[2:].replace("-", "_"), None)
            names = _vllm_names(kind) if name else []
            if names and name not in names:
                choices = ", ".join(map(repr, names))
                error = f"argument {option}: invalid choice: {name!r} (choose from {choices})"
    return {"unknown": unknown, "error": error, "options": options}


if __name__ == "__main__":
    print("\n" + MARK + json.dumps(_ask(sys.argv[1], json.load(sys.stdin))), flush=True)  # noqa: T201 - its answer
