"""The Tools tab: what the text of tools says, and each tool as a small form."""

from html import escape
from typing import Any

from playground.tools.definitions import ToolsText, name_of, parse_tools
from playground.tools.form import TYPES, Row, ToolForm, form_of
from playground.tools.importers.imported import Imported
from playground.tools.problems import Problem
from playground.ui.draw.numbers import plural
from playground.ui.draw.problems import draw_problems

MAX_FORMS = 20
MAX_NAMES = 12
MAX_ROWS = 200  # parameters of one form


def draw_tools(text: str) -> tuple[str, str, list[str]]:
    """What a text of tools says, the forms, and the tools' names, each once."""
    read = parse_tools(text)
    return draw_tools_status(read), draw_tool_forms(read), list(dict.fromkeys(filter(None, map(name_of, read.tools))))


def draw_tools_status(read: ToolsText) -> str:
    """Which tools there are, what is wrong with them, what is worth a word."""
    names = [name_of(tool) or "?" for tool in read.tools]
    listed = ", ".join(names[:MAX_NAMES]) + (", …" if len(names) > MAX_NAMES else "")
    head = f"{plural(len(names), 'tool')}: {escape(listed)}" if names else "No tools: no tool fields are sent."
    if read.problems and not names:
        head = "The tool definitions are not valid yet: the request cannot be sent."
    mark = "bad" if read.problems else "good" if names else ""
    state = f'<p class="line {mark}" role="status">{head}</p>'
    return state + draw_problems(read.problems) + draw_problems(read.notes, "note")


def draw_imported(found: Imported) -> str:
    """What was added, and what is worth knowing of it."""
    names = escape(", ".join(name_of(tool) for tool in found.tools))
    notes = [Problem(note) for note in found.notes]
    return f'<p class="line good" role="status">Added: {names}</p>{draw_problems(notes, "note")}'


def draw_tool_forms(read: ToolsText) -> str:
    """Each tool as name, description and a row for each parameter."""
    if read.problems and not read.tools:
        return '<p class="empty">The text under Definitions is not a valid list of tools yet.</p>'
    forms = "".join(map(_form_of_few, range(MAX_FORMS), read.tools))
    more = f'<p class="empty">{len(read.tools) - MAX_FORMS} more tools: edit them as JSON.</p>'
    return (
        f"{forms}{more if len(read.tools) > MAX_FORMS else ''}"
        '<p><button type="button" class="link" data-act="tool-edit" data-edit="add-tool">add a tool</button></p>'
    )


def _form_of_few(index: int, tool: dict[str, Any]) -> str:
    form = form_of(tool)
    if len(form.rows) <= MAX_ROWS:
        return _form(form, index)
    return f'<p class="empty">{escape(form.name)} has {len(form.rows):,} parameters: edit it as JSON.</p>'


def _form(form: ToolForm, index: int) -> str:
    rows = "".join(_row(row, at) for at, row in enumerate(form.rows))
    return (
        f'<fieldset class="tool" data-index="{index}"><legend>{escape(form.name or "a tool without a name")}</legend>'
        f'<label>name <input data-field="name" value="{escape(form.name)}" spellcheck="false"></label>'
        f'<label class="wide">description <input data-field="description" value="{escape(form.description)}"></label>'
        f'<table><thead><tr><th scope="col">parameter</th><th scope="col">type</th><th scope="col">required</th>'
        f'<th scope="col">description</th><td></td></tr></thead><tbody>{rows}</tbody></table>'
        f"<p>{_act('add-row', 'add a parameter')} {_act('remove-tool', 'remove the tool')}</p></fieldset>"
    )


def _row(row: Row, at: int) -> str:
    known = [*TYPES] if row.type in TYPES else [row.type, *TYPES]
    options = "".join(f"<option{' selected' if t == row.type else ''}>{escape(t)}</option>" for t in known)
    name, about = escape(row.name), escape(row.description)
    return (
        f'<tr data-row="{at}" data-was="{escape(row.was)}">'
        f'<td><input data-field="name" aria-label="parameter name" value="{name}" spellcheck="false"></td>'
        f'<td><select data-field="type" aria-label="type of {name}">{options}</select></td>'
        f'<td><input type="checkbox" data-field="required" aria-label="{name} is required"'
        f"{' checked' if row.required else ''}></td>"
        f'<td><input data-field="description" aria-label="description of {name}" value="{about}"></td>'
        f"<td>{_act('remove-row', '×', f'remove {row.name}')}</td></tr>"
    )


def _act(edit: str, words: str, label: str = "") -> str:
    named = f' aria-label="{escape(label)}"' if label else ""
    return f'<button type="button" class="link" data-act="tool-edit" data-edit="{edit}"{named}>{words}</button>'
