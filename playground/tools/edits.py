"""Changes to a text of tools: one that a form makes, and tools that are added to it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson

from playground.tools.definitions import name_of, read_tools, render_tools
from playground.tools.form import Row, ToolForm, apply_form, form_of
from playground.tools.problems import Problem


def edited_text(text: str, edit: str) -> str | None:
    """The text with a form's change, as JSON; None where either cannot be read."""
    read = read_tools(text)
    if not edit or (read.problems and not read.tools):
        return None
    try:
        return render_tools(edited(list(read.tools), orjson.loads(edit)))
    except (ValueError, LookupError, TypeError, AttributeError):  # no change that the page's forms make
        return None


def joined_text(text: str, more: Sequence[dict[str, Any]]) -> str | tuple[Problem, ...]:
    """The text with more tools; its problems where it cannot be read."""
    read = read_tools(text)
    if read.problems and not read.tools:
        return read.problems
    return render_tools(joined(read.tools, more))


def joined(tools: Sequence[dict[str, Any]], more: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """All of them; of two with one name the newer stays."""
    names = {name_of(tool) for tool in more}
    return [*(tool for tool in tools if name_of(tool) not in names), *more]


def edited(tools: list[dict[str, Any]], edit: dict[str, Any]) -> list[dict[str, Any]]:
    """The tools after one change: `set`, `add-tool`, `remove-tool`, `add-row`, `remove-row`."""
    if edit["edit"] == "add-tool":
        return [*tools, apply_form(ToolForm(_unused("tool", [name_of(tool) for tool in tools])))]
    index = edit["index"]
    if not 0 <= index < len(tools):
        return tools
    if edit["edit"] == "remove-tool":
        return [*tools[:index], *tools[index + 1 :]]
    form = form_of(tools[index])
    rows = list(form.rows)
    if edit["edit"] == "set":
        said = edit["form"]
        kept = {row.name: row for row in rows}
        rows = [_row(row, kept) for row in said["rows"]]
        form = replace(form, name=said["name"], description=said["description"])
    elif edit["edit"] == "add-row":
        rows.append(Row(_unused("parameter", [row.name for row in rows])))
    elif 0 <= edit["row"] < len(rows):
        del rows[edit["row"]]
    return [*tools[:index], apply_form(replace(form, rows=tuple(rows)), tools[index]), *tools[index + 1 :]]


def _row(said: dict[str, Any], kept: dict[str, Row]) -> Row:
    before = kept.get(said["was"], Row(said["name"]))
    return replace(
        before, name=said["name"], type=said["type"], description=said["description"], required=said["required"]
    )


def _unused(word: str, names: list[str]) -> str:
    taken = set(names)
    return next(name for n in range(1, len(names) + 2) if (name := f"{word}_{n}") not in taken)
