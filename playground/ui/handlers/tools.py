"""The Tools tab's events."""

from dataclasses import replace
from typing import Any

import gradio as gr
import orjson

from playground.tools.definitions import name_of, parse_tools, render_tools
from playground.tools.form import Row, ToolForm, apply_form, form_of
from playground.ui.draw.tools import draw_tool_forms, draw_tools_status

CHOICES = [("not sent", ""), ("auto", "auto"), ("none", "none"), ("required", "required")]


class ToolHandlers:
    """Checks the tools as they are typed, and applies what is changed in a form."""

    def check(self, text: str, choice: str) -> tuple[str, str, Any]:
        """What the text says, the forms, and the choices that there are now."""
        read = parse_tools(text)
        names = list(dict.fromkeys(filter(None, map(name_of, read.tools))))
        return (
            draw_tools_status(read),
            draw_tool_forms(text),
            gr.update(choices=[*CHOICES, *((name, name) for name in names)], value=choice),
        )

    def edit(self, text: str, edit: str) -> Any:
        """The text with a form's change; what cannot be read stays as it is."""
        read = parse_tools(text)
        if not edit or (read.problems and not read.tools):
            return gr.skip()
        return render_tools(edited(list(read.tools), orjson.loads(edit)))


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
    return next(name for n in range(1, len(names) + 2) if (name := f"{word}_{n}") not in names)
