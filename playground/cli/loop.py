"""The loop with tools for `send`: its options, what goes into it, and what is printed of it."""

import argparse
import sys
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any, NamedTuple

from playground.addresses import InternalHosts
from playground.cli.document import exchange_document
from playground.cli.output import write
from playground.cli.source import find_preset
from playground.client import Client
from playground.errors import InvalidInput, InvalidTools
from playground.loop import MAX_TURNS, End, LoopSnapshot, LoopTurn, forces_calls, run_loop
from playground.settings import Settings
from playground.tools.builtin import BUILTINS, make_builtins
from playground.tools.definitions import name_of, parse_tools
from playground.tools.execute import ToolBox
from playground.tools.mock import load_rows
from playground.wire.exchange import Exchange
from playground.wire.prepared import Target
from playground.wire.request import ChatRequest


class Prepared(NamedTuple):
    """What the options make of a request: the request, who answers its calls, and what was done to it, in words."""

    request: ChatRequest
    toolbox: ToolBox
    said: tuple[str, ...]


def add_options(parser: argparse.ArgumentParser) -> None:
    """--tools, --mock, --builtin, --max-turns, --tool-choice-after: with any of them `send` runs the loop."""
    group = parser.add_argument_group(
        "tools", "with any of these, tool calls are answered until the model replies in text"
    )
    group.add_argument("--tools", type=Path, metavar="FILE", help="a JSON file with tools to add to the request's")
    group.add_argument("--mock", type=Path, metavar="FILE", help="a YAML or JSON file with mock results for calls")
    group.add_argument(
        "--builtin",
        action="append",
        default=[],
        metavar="NAME",
        help=f"a built-in function to run here: {', '.join(BUILTINS)}",
    )
    group.add_argument(
        "--max-turns", type=_turns, metavar="N", help=f"maximum number of requests (default {MAX_TURNS})"
    )
    group.add_argument(
        "--tool-choice-after",
        choices=("keep", "auto", "none"),
        help="what tool_choice becomes once a call has been answered (default keep)",
    )
    group.add_argument(
        "--send-reasoning",
        choices=("never", "calls", "always"),
        default="calls",
        help="which of the model's messages are sent back with their reasoning (default calls: those with tool calls)",
    )


def is_wanted(arguments: argparse.Namespace, settings: Settings) -> bool:
    """Whether an option of the loop is given, or the preset has mock results."""
    given = (arguments.tools, arguments.mock, arguments.max_turns, arguments.tool_choice_after)
    if arguments.builtin or any(value is not None for value in given):
        return True
    return bool(arguments.preset) and bool(find_preset(arguments.preset, settings).mock)


def prepare_loop(request: ChatRequest, arguments: argparse.Namespace, settings: Settings) -> Prepared:
    """Add the tools to the request, as they are typed, and gather who answers.

    Raises:
        InvalidInput: a file that cannot be used, an unknown built-in function, or --retries beside it.
    """
    if arguments.retries:
        raise InvalidInput(
            "--retries applies to a single request; a tool loop is not retried.",
            advice="Omit --retries, or the options of the loop.",
        )
    said = []
    tools = list(request.to_wire().get("tools") or [])
    if arguments.tools is not None:
        added, notes = _read_tools(arguments.tools, {name_of(tool) for tool in tools})
        tools += added
        said += [f"{arguments.tools}: {_names(added)} added to the request's tools", *notes]
    internal = InternalHosts.parse(settings.internal_hosts)
    builtins = make_builtins(arguments.builtin, hosts=settings.tool_hosts.split(","), internal=internal)
    missing = [builtin.tool for name, builtin in builtins.items() if name not in {name_of(tool) for tool in tools}]
    if missing:
        tools += missing
        said.append(f"--builtin: {_names(missing)} added to the request's tools")
    rows = load_rows(arguments.mock) if arguments.mock is not None else ()
    if arguments.mock is None and arguments.preset:
        rows = find_preset(arguments.preset, settings).mock
    if tools != (request.tools or []):
        request = request.replace(tools=tools)
    if forces_calls(request) and (arguments.tool_choice_after or "keep") == "keep":
        said.append("tool_choice forces a call in every turn: --tool-choice-after auto lets the model answer")
    return Prepared(request, ToolBox(tools=tools, mocks=rows, builtins=builtins), tuple(said))


async def send_loop(
    prepared: Prepared,
    target: Target,
    *,
    client: Client,
    key: str | None,
    arguments: argparse.Namespace,
    show: Callable[[LoopSnapshot], None] | None,
) -> LoopSnapshot:
    """Run it to its end."""
    snapshots = run_loop(
        prepared.request,
        target,
        client=client,
        toolbox=prepared.toolbox,
        key=key,
        max_turns=arguments.max_turns or MAX_TURNS,
        tool_choice_after=arguments.tool_choice_after or "keep",
        send_reasoning=arguments.send_reasoning,
    )
    last = None
    async with aclosing(snapshots):
        async for last in snapshots:
            if show is not None:
                show(last)
    assert last is not None  # noqa: S101 - a loop gives one snapshot at least; this tells the type checker
    return last


def loop_document(snapshot: LoopSnapshot) -> dict[str, Any]:
    """The last exchange's document, with every turn's in `turns` and the loop's `end`."""
    turns = [_turn_document(turn) for turn in snapshot.turns]
    last = {key: value for key, value in turns[-1].items() if key != "results"}
    return last | {"turns": turns, "end": snapshot.end.value if snapshot.end else None}


def ending(snapshot: LoopSnapshot) -> str:
    """What is to be said of how it ended; "" after an answer, and after an error, which is said anyway."""
    if snapshot.end is End.MAX_TURNS:
        turns = len(snapshot.turns)
        return f"The model still called tools in turn {turns}, the last one; --max-turns allows more."
    if snapshot.end is End.UNANSWERED:
        names = sorted({call.call.name for call in snapshot.turns[-1].calls if call.result is None})
        return f"Nothing here answers {', '.join(names)}: supply results with --mock, or run a function with --builtin."
    return ""


class LoopPrinter:
    """Writes what is new in each snapshot: a printer of exchanges for each turn, and the results."""

    def __init__(self, make_printer: "Callable[[], Any]") -> None:
        self._make_printer = make_printer
        self._printer = make_printer()
        self._turn = 0
        self._ended = False
        self._results: set[int] = set()

    def __call__(self, snapshot: LoopSnapshot) -> None:
        """Write what came since the last snapshot."""
        for index in range(self._turn, len(snapshot.turns)):
            if index > self._turn:
                self._printer, self._turn, self._ended, self._results = self._make_printer(), index, False, set()
            self._show(snapshot.turns[index])

    def _show(self, turn: LoopTurn) -> None:
        exchange: Exchange = turn.exchange
        self._printer(exchange)
        if exchange.done and not self._ended:
            self._printer.end(exchange)
            self._ended = True
        for number, call in enumerate(turn.calls):
            if call.result is not None and number not in self._results:
                self._results.add(number)
                for problem in (*call.check.problems, *call.check.notes):
                    write(f"{call.call.name}: {problem}\n", sys.stderr)
                word = " failed" if call.result.failed else ""
                write(f"{call.call.name} ({call.result.source.value}{word}) → {call.result.content}\n", sys.stdout)


def _turn_document(turn: LoopTurn) -> dict[str, Any]:
    """One turn: the exchange's fields, the message with its calls as they were made, and the results."""
    document = exchange_document(turn.exchange)
    if document["message"] is not None:
        document["message"] = turn.answer.to_wire()
    results = [
        {
            "tool_call_id": call.result.tool_call_id,
            "name": call.result.name,
            "content": call.result.content,
            "source": call.result.source.value,
            "took_s": call.result.took_s,
            "failed": call.result.failed,
            "problems": [str(problem) for problem in call.check.problems],
        }
        for call in turn.calls
        if call.result is not None
    ]
    return document | {"results": results}


def _read_tools(path: Path, taken: set[str]) -> tuple[list[Any], list[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidTools(f"{path} cannot be read: {error.strerror}.", advice="Check the path.") from None
    except UnicodeDecodeError as error:
        raise InvalidTools(f"{path} is not UTF-8: byte {error.start}.") from None
    found = parse_tools(text)
    if not found.ok:
        more = f" ({len(found.problems) - 1} more)" if len(found.problems) > 1 else ""
        advice = "The file must hold the list that a request sends as tools."
        raise InvalidTools(f"{path}: {found.problems[0]}{more}.", advice=advice)
    if twice := taken & {name_of(tool) for tool in found.tools}:
        raise InvalidTools(f"{path}: the request already has a tool called {min(twice)}.", advice="Rename one of them.")
    return list(found.tools), [f"{path}: {note}" for note in found.notes]


def _names(tools: list[Any]) -> str:
    return ", ".join(name_of(tool) or "a tool" for tool in tools) or "nothing"


def _turns(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{count} is less than 1")
    return count
