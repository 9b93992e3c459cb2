"""The conversation: turns, figures, and errors where the answer would stand."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from html import escape
from typing import Any

import orjson

from playground.app.conversations import Conversation, Turn, text_of
from playground.app.judging import Question, is_json, question_of
from playground.errors import PlaygroundError, TooMuchWork
from playground.markup.markdown import is_light, render_markdown
from playground.ui.draw.calls import MAX_SHOWN, draw_calls, draw_leaks
from playground.ui.draw.images import draw_pictures
from playground.ui.draw.numbers import dollars, rate, seconds
from playground.ui.draw.text import Do, cut_off, here, plain
from playground.ui.draw.tree import draw_tree
from playground.ui.draw.verdict import draw_verdict
from playground.wire.answer import Answer
from playground.wire.exchange import Exchange
from playground.wire.metrics import percentile
from playground.wire.shapes import is_reasoning

STRETCH = 10  # turns
MAX_RENDERED = 256 * 2**10  # characters that are read as Markdown or as JSON; a longer answer stands as plain text
MAX_OTHERS = 16  # choices besides the first
MAX_OTHER = 32 * 2**10  # characters of one of them
MAX_DRAWN = 8 * 2**20  # characters of all turns' HTML; of what is before that, only the beginnings stand
BEGINNING = 500  # characters

BACK = (
    '<p class="back"><button type="button" class="link" data-act="bring-back">'
    "Restore the previous conversation</button></p>"
)


def draw_conversation(conversation: Conversation, do: Do = here, empty: str = "") -> str:
    """All turns; a turn that was drawn before is not drawn again.

    Args:
        conversation: whose turns.
        do: draws what a model has written, which may be made to take long; it raises `TooMuchWork` where it does.
        empty: what stands there before the first turn, as HTML.
    """
    back = BACK if conversation.before and not conversation.turns else ""
    if not conversation.turns and not conversation.preface:
        return empty + back
    parts = [_preface(message, index) for index, message in enumerate(conversation.preface)]
    for index, turn in enumerate(conversation.turns):
        turn.html = turn.html or _turn(turn, index, do)
    parts += _as_room_is(conversation.turns)
    return _in_stretches(parts) + back


def _as_room_is(turns: Sequence[Turn]) -> list[str]:
    """The drawn turns; the earliest ones only by their beginnings, where all are more than a page can hold."""
    room = MAX_DRAWN
    first = len(turns)
    while first and (first == len(turns) or len(turns[first - 1].html) <= room):  # the last one stands in any case
        first -= 1
        room -= len(turns[first].html)
    return [*map(_beginning, turns[:first]), *(turn.html for turn in turns[first:])]


def _beginning(turn: Turn) -> str:
    """A turn for which there is no room."""
    asked = text_of(turn.message)[:BEGINNING] if turn.message else ""
    answer = turn.edited or (turn.exchange.answer.content if turn.exchange else "")
    note = '<p class="note">Not shown: the conversation is too long for one page. All of it is kept.</p>'
    return _said("…", f"{asked}\n\n{answer[:BEGINNING]}".strip(), note)


def _in_stretches(parts: Sequence[str]) -> str:
    """The parts, all but the last of them in stretches: the browser lays one out when it comes into view."""
    whole = max(0, len(parts) - STRETCH) // STRETCH * STRETCH
    past = ("".join(parts[i : i + STRETCH]) for i in range(0, whole, STRETCH))
    return "".join([*(f'<div class="stretch">{stretch}</div>' for stretch in past), *parts[whole:]])


def _said(who: str, text: str, extra: str = "", links: str = "") -> str:
    return (
        f'<article class="turn"><div class="who">{who}</div><div class="said">'
        f'<div class="plain" data-text>{escape(text)}</div>{extra}{links}</div></article>'
    )


def _preface(message: Mapping[str, Any], index: int) -> str:
    links = f'<div class="meter quiet">{_link("edit", index, "preface")}{_link("copy", index, "preface")}</div>'
    return _said(escape(str(message.get("role", "?"))), text_of(message), draw_pictures(message), links)


def _turn(turn: Turn, index: int, do: Do) -> str:
    parts = []
    if turn.message is not None:
        links = f'<div class="meter quiet">{_link("edit", index, "user")}{_link("copy", index, "user")}</div>'
        parts.append(_said("you", text_of(turn.message), draw_pictures(turn.message), links))
    if turn.exchange is not None:
        name = escape((turn.exchange.model or turn.model or "model").split("/")[-1])
        parts.append(
            f'<article class="turn"><div class="who">{name}</div>'
            f'<div class="said">{_answer(turn, turn.exchange, index, do)}</div></article>'
        )
    return "".join(parts)


def _answer(turn: Turn, exchange: Exchange, index: int, do: Do) -> str:
    answer = exchange.answer
    body = _reasoning(answer, exchange)
    if turn.edited is not None:
        raw, body = turn.edited, _bounded(do, turn.edited, render_markdown)
    else:
        raw = answer.content
        body += _content(exchange, index, do)
        body += _refusal(answer)
        body += draw_calls(turn.calls, index) or "".join(_call(call.name, call.arguments) for call in answer.tool_calls)
        body += _extras(answer)
        body += _others(exchange.answers[1:], do)
    body += "".join(f'<p class="note">{escape(words)}</p>' for words in exchange.left_out)
    is_long = bool(cut_off(raw)[1])  # it can be neither copied nor changed: not all of it is on the page
    source = "" if is_long else f'<div class="source" data-text hidden>{escape(raw)}</div>'
    if exchange.error is not None:
        return source + body + draw_error(exchange.error, exchange, index)
    if exchange.stopped:
        body += '<p class="note">Stopped. The text so far is kept.</p>'
    return source + body + _meter(turn, exchange, index, is_long=is_long)


def _refusal(answer: Answer) -> str:
    shown, note = cut_off(answer.refusal)
    return f'<p class="note">Refused: {escape(shown)}</p>{note}' if shown else ""


def _others(answers: Sequence[Answer], do: Do) -> str:
    """The choices after the first."""
    drawn = [
        _bounded(do, other.content, render_markdown)
        if len(other.content) <= MAX_OTHER
        else plain(other.content, MAX_OTHER)
        for other in answers[:MAX_OTHERS]
    ]
    parts = [f'<div class="choice"><span class="who">choice {n}</span>{html}</div>' for n, html in enumerate(drawn, 2)]
    if len(answers) > MAX_OTHERS:
        parts.append(f'<p class="note">{len(answers) - MAX_OTHERS:,} more choices are not shown.</p>')
    return "".join(parts)


def _content(exchange: Exchange, index: int, do: Do) -> str:
    """The answer's text: a tree with its verdict where JSON was asked for, else Markdown."""
    text = exchange.answer.content
    if not is_json(exchange.request):
        return _bounded(do, text, draw_text) if text else ""
    return _bounded(do, text, draw_json, question_of(exchange), index)


def draw_text(text: str, *, colours: bool = True) -> str:
    """An answer in Markdown."""
    return render_markdown(text, colours=colours) + draw_leaks(text)


def draw_json(text: str, question: Question | None, index: int) -> str:
    """An answer in JSON, with its verdict where there is a question to judge it by."""
    verdict = question.judge() if question else None
    marked = {violation.pointer for violation in verdict.violations} if verdict else set()
    return (draw_tree(text, marked) if text else "") + (draw_verdict(verdict, index) if verdict else "")


def _bounded(do: Do, text: str, function: Callable[..., str], *given: Any) -> str:
    """What `function` draws of a text, at worst without colours; or the text as it is, and why."""
    if function is not draw_json and is_light(text):
        return function(text, *given)
    ways = [function] if function is draw_json else [function, partial(function, colours=False)]
    for way in ways if len(text) <= MAX_RENDERED else ():
        try:
            return do(way, text, *given)
        except TooMuchWork:
            continue
    why = "it is too long to render" if len(text) > MAX_RENDERED else "rendering it took too much time or memory"
    said = "is shown as plain text" + (", and is not checked" if function is draw_json else "")
    return f'{plain(text)}<p class="note">This answer {said}: {why}.</p>'


def _extras(answer: Answer) -> str:
    """What the message carries besides texts and calls, as it came."""
    if not (extras := answer.extras()):
        return ""
    names = escape(", ".join(extras)[:BEGINNING])
    text = orjson.dumps(extras, option=orjson.OPT_INDENT_2).decode()
    return f"<details><summary>Also in the message: {names}</summary>{plain(text)}</details>"


def _reasoning(answer: Answer, exchange: Exchange) -> str:
    if not answer.reasoning:
        is_there = any(is_reasoning(name) for name in answer.fields)
        return '<p class="note">The reasoning is encrypted and cannot be shown.</p>' if is_there else ""
    details = (exchange.usage or {}).get("completion_tokens_details") or {}
    tokens = details.get("reasoning_tokens") if isinstance(details, dict) else None
    head = "Reasoning" + (f" · {tokens:,} tokens" if isinstance(tokens, int) and tokens else "")
    return f"<details><summary>{head}</summary>{plain(answer.reasoning)}</details>"


def _call(name: str, arguments: str) -> str:
    shown, note = cut_off(arguments, MAX_SHOWN)
    return (
        f'<div class="code"><div class="code-bar"><span>calls {escape(name or "?")}</span></div>'
        f'<pre tabindex="0" role="group" aria-label="arguments of {escape(name or "?")}"><code>'
        f"{escape(shown)}</code></pre>{note}</div>"
    )


def _link(act: str, index: int, part: str = "assistant") -> str:
    data = f'data-act="{act}" data-part="{part}" data-turn="{index}"'
    return f'<button type="button" class="link" {data}>{act}</button>'


def _meter(turn: Turn, exchange: Exchange, index: int, *, is_long: bool) -> str:
    times = exchange.timings
    items = []
    if times.completion_tokens is not None:
        items.append(f"<span><b>{times.completion_tokens:,}</b> tokens</span>")
    if times.itl_s:
        items.append(f"<span>TTFT <b>{seconds(times.ttft_s)}</b></span>")
    if times.output_tokens_per_s:
        items.append(f"<span><b>{rate(times.output_tokens_per_s)}</b> tok/s</span>")
    if (p99_s := percentile(times.itl_s, 99)) is not None:
        items.append(f"<span>p99 gap <b>{seconds(p99_s)}</b></span>")
    items.append(f"<span><b>{seconds(times.e2e_s)}</b></span>")
    if turn.cost is not None:
        items.append(f"<span><b>{dollars(turn.cost)}</b></span>")
    if exchange.finish_reason:
        items.append(f"<span>finish <b>{escape(exchange.finish_reason)}</b></span>")
    if turn.edited is not None:
        items.append("<span>edited</span>")
    links = _link("retry", index) + ("" if is_long else _link("edit", index) + _link("copy", index))
    return f'<div class="meter num">{"".join(items)}{links}</div>'


def draw_error(error: PlaygroundError, exchange: Exchange | None = None, index: int | None = None) -> str:
    """What happened, what to do next, status and request id; details folded. `index`: the turn to retry."""
    facts = []
    if exchange is not None and exchange.status_code is not None:
        facts.append(str(exchange.status_code))
    if exchange is not None and exchange.request_id:
        facts.append(escape(exchange.request_id))
    if exchange is not None and exchange.timings.e2e_s is not None:
        facts.append(seconds(exchange.timings.e2e_s))
    rows = "".join(f"<dt>{escape(k)}</dt><dd>{escape(str(v))}</dd>" for k, v in error.to_dict().items())
    line = " · ".join(facts)
    retry = "" if index is None else _link("retry", index)
    return (
        f'<div class="error" role="alert"><p><strong>{escape(error.message)}</strong> {escape(error.advice)}</p>'
        f'<small class="num">{line} {retry}</small>'
        f"<details><summary>details</summary><dl>{rows}</dl></details></div>"
    )
