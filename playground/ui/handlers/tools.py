"""The Tools tab's events."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import gradio as gr
import orjson

from playground.errors import InvalidTools, PlaygroundError
from playground.server.calls import mcp_session
from playground.server.context import Context
from playground.tools.definitions import name_of, parse_tools, render_tools
from playground.tools.form import Row, ToolForm, apply_form, form_of
from playground.tools.importers.imported import Imported
from playground.tools.importers.openapi import OpenApi
from playground.tools.importers.pydantic_schema import tool_from_schema
from playground.tools.importers.python_function import tools_from_python
from playground.tools.problems import Problem
from playground.ui.draw.problems import draw_problems
from playground.ui.draw.tools import draw_imported, draw_tool_forms, draw_tools_status
from playground.ui.handlers.visitor import visitor

FUNCTION, SCHEMA, OPENAPI, MCP = "a Python function", "a JSON schema", "an OpenAPI operation", "an MCP server"
IMPORTS = (FUNCTION, SCHEMA, OPENAPI, MCP)
CHOICES = [("not sent", ""), ("auto", "auto"), ("none", "none"), ("required", "required")]


class ToolHandlers:
    """Checks the tools as they are typed, applies what is changed in a form, brings tools in from elsewhere."""

    def __init__(self, context: Context) -> None:
        self._context = context

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

    async def bring_in(self, request: gr.Request, text: str, kind: str, *given: str) -> tuple[Any, str]:
        """The tools with those of a source, and what became of it. `given`: source, operation, MCP server."""
        source, operation, mcp = given
        read = parse_tools(text)
        if read.problems and not read.tools:
            return gr.skip(), draw_problems(read.problems)
        try:
            if kind == MCP:
                async with mcp_session(mcp, self._context, visitor(request)) as session:
                    found = Imported(session.tools, session.notes)
            else:
                found = import_tools(kind, source, operation)
        except PlaygroundError as error:
            return gr.skip(), draw_problems((Problem(f"{error.message} {error.advice}".strip()),))
        if not found.tools:
            return gr.skip(), draw_problems(found.problems)
        return render_tools(joined(read.tools, found.tools)), draw_imported(found)


def import_tools(kind: str, source: str, operation: str) -> Imported:
    """Tools from text.

    Raises:
        InvalidTools: an OpenAPI document that is none, or one with several operations where none is named.
    """
    if kind == FUNCTION:
        return tools_from_python(source)
    if kind == SCHEMA:
        return tool_from_schema(source)
    document = OpenApi(source)
    names = [found.id for found in document.operations()]
    if not operation.strip() and len(names) != 1:
        raise InvalidTools(f"Name one of its operations: {', '.join(names) or 'there are none'}.")
    return document.tool(operation.strip() or names[0])


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
    return next(name for n in range(1, len(names) + 2) if (name := f"{word}_{n}") not in names)
