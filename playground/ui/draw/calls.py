"""Tool calls of an answer: what the model wrote, what is wrong with it, and who answers."""

from collections.abc import Sequence
from html import escape

from playground.markup.code import colour_json
from playground.schema.document import Problem
from playground.tools.execute import Source, ToolResult
from playground.tools.leaks import Leak, find_leaks
from playground.tools.turns import Call
from playground.ui.draw.numbers import plural, seconds
from playground.ui.draw.problems import draw_problems
from playground.ui.draw.text import cut_off, pretty

MAX_SHOWN = 20_000
DECISIONS = (("call-run", "Run tool"), ("call-by-hand", "Use this result"), ("call-reject", "Reject"))
SOURCES = {
    Source.MOCK: "mock result",
    Source.BUILTIN: "built-in function",
    Source.MCP: "MCP server",
    Source.BY_HAND: "typed by hand",
    Source.CHECK: "not run",
    Source.REJECTED: "rejected",
}


def draw_calls(calls: Sequence[Call], turn: int) -> str:
    """The calls side by side; those without a result with what can be done about them."""
    if not calls:
        return ""
    waiting = sum(call.result is None for call in calls)
    cards = "".join(_card(call, turn, index) for index, call in enumerate(calls))
    return f'<div class="calls">{cards}</div>{_all(turn, waiting)}'


def _all(turn: int, waiting: int) -> str:
    if not waiting:
        return ""
    words = f"{plural(waiting, 'call')} without a result: the model continues once every call has one."
    run = _button("call-all", "Run all", turn) if waiting > 1 else ""
    return f'<p class="note calls-note">{words} {run}</p>'


def _card(call: Call, turn: int, index: int) -> str:
    name = escape(call.call.name or "no name")
    body = _result(call.result) if call.result else _open(call, turn, index)
    call_id = f"<code>{escape(call.call.id or '')}</code>"
    edited = "" if call.call.arguments == call.written else '<span class="quiet-word">arguments edited</span>'
    return (
        f'<section class="call" aria-label="call {index + 1} of turn {turn + 1}: {name}"><header><b>{name}</b>{call_id}'
        f"{edited}</header>{_arguments(call)}{draw_problems(call.check.problems)}"
        f"{draw_problems(call.check.notes, 'note')}{body}</section>"
    )


def _arguments(call: Call) -> str:
    text = call.call.arguments
    shown = pretty(text)[:MAX_SHOWN] if call.check.is_json else text[:MAX_SHOWN]
    name = escape(call.call.name or "no name")
    more = _more(text)
    pre = f'<pre tabindex="0" role="group" aria-label="arguments of {name}">'
    return f"{pre}<code>{colour_json(shown)}</code></pre>{more}"


def _more(text: str) -> str:
    return cut_off(text, MAX_SHOWN)[1]


def _open(call: Call, turn: int, index: int) -> str:
    """What a person can do: change the arguments, unless they are too long, run it, answer it, reject it."""
    return (
        f"{_edit(call) if len(call.call.arguments) <= MAX_SHOWN else ''}"
        '<textarea data-part="text" rows="1" aria-label="Result or reason" '
        'placeholder="Type a result, or the reason for rejecting the call"></textarea>'
        f"<footer>{''.join(_button(act, words, turn, index) for act, words in DECISIONS)}</footer>"
    )


def _edit(call: Call) -> str:
    rows = min(8, pretty(call.call.arguments).count("\n") + 1)
    said = escape(pretty(call.call.arguments) if call.check.is_json else call.call.arguments)
    return (
        f'<details><summary>edit arguments</summary><textarea data-part="arguments" rows="{rows}" '
        f'aria-label="Arguments" spellcheck="false" data-before="{said}">{said}</textarea></details>'
    )


def _button(act: str, words: str, turn: int, call: int | None = None) -> str:
    place = "" if call is None else f' data-call="{call}"'
    return f'<button type="button" class="button" data-act="{act}" data-turn="{turn}"{place}>{words}</button>'


def _result(result: ToolResult) -> str:
    mark = "bad" if result.failed else "good"
    took = f" · {seconds(result.took_s)}" if result.took_s else ""
    shown = pretty(result.content)[:MAX_SHOWN]
    words = f"{SOURCES[result.source]}{' · failed' if result.failed else ''}{took}"
    return (
        f'<p class="line {mark}">→ {words}</p><pre tabindex="0" role="group" aria-label="result"><code>'
        f"{colour_json(shown)}</code></pre>{_more(result.content)}"
    )


def draw_leaks(text: str) -> str:
    """A word about tool markup that stands in the answer's text; the text itself stays as it is."""
    leaks = find_leaks(text)
    if not leaks:
        return ""
    problems = [Problem(_about(leak), pointer=f"character {leak.start + 1}") for leak in leaks]
    advice = "The server did not parse it as a tool call: it may be running without the right tool-call parser."
    return f'<div class="note">The text contains tool-call markup.{draw_problems(problems)}{advice}</div>'


def _about(leak: Leak) -> str:
    return f"{leak.format} markup{'' if leak.complete else ', unclosed'}"
