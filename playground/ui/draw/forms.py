"""Launches over several machines, and the findings about an endpoint that could be an upstream."""

from collections.abc import Sequence
from html import escape

from playground.backends.upstream_check import NEEDS, Finding
from playground.engines.distributed import WrittenLaunch

SHAPES = {True: "yes", False: "no", None: ""}
SAID = {True: "yes", False: "no", None: "open"}


def draw_form(form: WrittenLaunch, *, present: bool) -> str:
    """Commands and files, to be copied; whether the tool that runs them is here."""
    where = (
        "is installed on this machine"
        if present
        else "is not installed on this machine: copy these to a machine that has it"
    )
    tool = f"<p class='line'>{escape(form.title)}. <b>{escape(form.tool)}</b> {where}.</p>"
    steps = "".join(_text(step.where, step.shown) for step in form.commands)
    files = "".join(_text(file.name, file.text) for file in form.files)
    notes = "".join(f"<li>{escape(note)}</li>" for note in form.notes)
    sources = escape("; ".join(form.sources))
    return (
        f"{tool}{steps}{files}{f'<ul class=findings>{notes}</ul>' if notes else ''}"
        f"<details><summary>sources</summary><p class='line'>{sources}</p></details>"
    )


def _text(title: str, text: str) -> str:
    return f"<h3>{escape(title)}</h3><pre tabindex='0'>{escape(text)}</pre>"


def draw_upstream_needs() -> str:
    """What a registration needs, before anything was looked at."""
    rows = "".join(f"<li><b>{escape(need.name)}</b>: {escape(need.words)}</li>" for need in NEEDS)
    return (
        "<p class='line'>What a server needs before it can be registered as an upstream. The check sends "
        f"a few small requests and registers nothing.</p><ul class='findings'>{rows}</ul>"
    )


def draw_upstream(findings: Sequence[Finding]) -> str:
    """What was found."""
    rows = "".join(
        f"<li class='{SHAPES[found.ok]}'><b>{escape(found.name)}</b> <span>({SAID[found.ok]})</span> "
        f"{escape(found.words)}</li>"
        for found in findings
    )
    return f"<ul class='findings' role='status'>{rows}</ul>"
