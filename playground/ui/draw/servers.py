"""The Servers tab: one card a server."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from playground.app.servers.views import Action, Load, Problem, ServerView
from playground.engines.hardware.hardware import Hardware
from playground.ui.draw.machine import draw_machine

EMPTY = (
    '<p class="empty"><b>No servers running.</b> Choose an engine and a model and press Launch, or attach to a server '
    "that runs elsewhere. A server that is ready appears in the list of backends at the top.</p>"
)
WORDS: dict[Action, str] = {
    "use": "Use as backend",
    "stop": "Stop server",
    "again": "Restart",
    "fix": "Restart with the fix",
    "log": "Show log",
    "adopt": "Adopt",
    "end": "Terminate",
    "forget": "Remove from the list",
}
KINDS = {"launched": "", "attached": "attached", "left": "left behind by an app that was killed"}
WIDTH, HEIGHT = 120, 24


def draw_servers(views: Sequence[ServerView], hardware: Hardware) -> Mapping[str, Any]:
    """What the page asks for every second."""
    return {"servers": [draw_server(view) for view in views], "empty": EMPTY, "machine": draw_machine(hardware)}


def draw_server(view: ServerView) -> dict[str, str]:
    """Its card in two parts, so that a button keeps its focus while figures change: `html` and `actions`."""
    return {"name": view.name, "html": _head(view) + _body(view), "actions": _actions(view)}


def _head(view: ServerView) -> str:
    kind = f"<span class='hint'>{KINDS[view.kind]}</span>" if KINDS[view.kind] else ""
    return (
        f"<header><b>{escape(view.name)}</b><span class='state {view.shape}' role='status'>{escape(view.words)}</span>"
        f"{kind}<span class='num hint'>{_time(view)}</span></header>"
    )


def _time(view: ServerView) -> str:
    if view.elapsed_s is None:
        return ""
    typical = f" of a typical {view.typical_s:.0f} s" if view.typical_s and view.shape == "loading" else ""
    return f"{view.elapsed_s:.0f} s{typical}"


def _body(view: ServerView) -> str:
    facts = [("engine", view.engine), ("model", view.model), *([("URL", view.base_url)] if view.base_url else [])]
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in (*facts, *view.facts))
    parts = [_bar(view) if view.shape == "loading" else "", f"<dl>{rows}</dl>"]
    if view.problem:
        parts.append(_problem(view.problem))
    if view.load and view.shape == "ready":
        parts.append(_load(view.load))
    if view.command:
        parts.append(f"<details><summary>command</summary><pre>{escape(view.command)}</pre></details>")
    return "".join(parts)


def _bar(view: ServerView) -> str:
    if view.fraction is None:
        return f"<progress aria-label='{escape(view.name)}: {escape(view.words)}'></progress>"
    share = f"{100 * view.fraction:.0f}"
    return f"<progress aria-label='{escape(view.name)}: {escape(view.words)}' max='100' value='{share}'></progress>"


def _problem(problem: Problem) -> str:
    cause = f"<pre>{escape(problem.cause)}</pre>" if problem.cause else ""
    advice = f"<small>{escape(problem.advice)}</small>" if problem.advice else ""
    fix = f"<small>Fix: {escape(problem.fix_words)}</small>" if problem.fix_words else ""
    return f"<div class='error'><strong>{escape(problem.title)}</strong>{cause}{advice}{fix}</div>"


def _load(load: Load) -> str:
    figures = [
        ("running", _count(load.running)),
        ("waiting", _count(load.waiting)),
        ("KV cache", None if load.cache is None else f"{100 * load.cache:.0f} %"),
        ("tokens/s", None if load.tokens_per_s is None else f"{load.tokens_per_s:.0f}"),
    ]
    told = "".join(f"<span>{name} <b>{value}</b></span>" for name, value in figures if value is not None)
    return f"<div class='figures num'>{told}{_spark(load.history)}</div>" if told else ""


def _count(value: float | None) -> str | None:
    return None if value is None else f"{value:.0f}"


def _spark(history: tuple[float, ...]) -> str:
    """Tokens per second over time, as a line; nothing where nothing was generated."""
    top = max(history, default=0)
    if top <= 0 or len(history) < 2:  # noqa: PLR2004 - a line has two ends
        return ""
    step = WIDTH / (len(history) - 1)
    heights = [HEIGHT - 1 - (HEIGHT - 2) * value / top for value in history]
    points = " ".join(f"{i * step:.1f},{height:.1f}" for i, height in enumerate(heights))
    label = f"Tokens per second, peak {top:.0f}"
    return (
        f"<svg class='spark' viewBox='0 0 {WIDTH} {HEIGHT}' role='img' aria-label='{label}'>"
        f"<polyline points='{points}'/></svg>"
    )


def _actions(view: ServerView) -> str:
    fix = view.problem.fix_words if view.problem else ""
    return "".join(_button(view.name, action, fix) for action in view.actions)


def _button(name: str, action: Action, fix: str) -> str:
    title = f" title='{escape(fix)}'" if action == "fix" and fix else ""
    pressed = " aria-expanded='false'" if action == "log" else ""
    return (
        f"<button type='button' class='button' data-act='server-{action}' data-name='{escape(name)}'{title}{pressed}>"
        f"{WORDS[action]}</button>"
    )
