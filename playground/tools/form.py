"""One tool as a simple form: name, description, and a row for each parameter; and back without loss.

What a row has no place for (nested schemas, patterns, `$ref`) stays where it was: a form is applied to the tool that it
was made of.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from playground.tools.definitions import function_of

TYPES = ("string", "integer", "number", "boolean", "array", "object")


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter.

    Attributes:
        name: the property's name.
        type: a JSON type, or several joined by `|`; "" where the schema names none.
        description: "" where there is none.
        required: whether a call must give it.
        enum: the values allowed; () where any is.
        was: the name it had in the tool the form was made of; "" for a new row.
    """

    name: str
    type: str = "string"
    description: str = ""
    required: bool = False
    enum: tuple[Any, ...] = ()
    was: str = ""


@dataclass(frozen=True, slots=True)
class ToolForm:
    """A tool as a form."""

    name: str
    description: str = ""
    rows: tuple[Row, ...] = ()


def form_of(tool: Mapping[str, Any]) -> ToolForm:
    """The form of a tool; what it cannot show is not in it, and is not lost."""
    function = function_of(tool)
    parameters = function.get("parameters")
    properties = _properties(parameters)
    required = set(filter(_is_text, _required(parameters)))
    rows = [_row(name, schema, required=name in required) for name, schema in properties.items()]
    return ToolForm(_text(function.get("name")), _text(function.get("description")), tuple(rows))


def apply_form(form: ToolForm, tool: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A copy of `tool` (a new one without it) with what the form says; a form left as it was changes nothing."""
    made: dict[str, Any] = copy.deepcopy(dict(tool)) if tool else {"type": "function", "function": {}}
    before = form_of(made)
    function = made["function"] = function_of(made)
    _set(function, "name", form.name, before.name)
    _set(function, "description", form.description, before.description)
    if form.rows != before.rows:
        function["parameters"] = _parameters(form.rows, function.get("parameters"))
    elif not tool:
        function["parameters"] = {"type": "object", "properties": {}}
    return made


def _row(name: str, schema: Any, *, required: bool) -> Row:
    fields = schema if isinstance(schema, dict) else {}
    enum = fields.get("enum")
    return Row(
        name=name,
        type=_type(fields.get("type")),
        description=_text(fields.get("description")),
        required=required,
        enum=tuple(enum) if isinstance(enum, list) else (),
        was=name,
    )


def _parameters(rows: Sequence[Row], before: Any) -> dict[str, Any]:
    made: dict[str, Any] = before if isinstance(before, dict) else {"type": "object"}
    old = _properties(made)
    made["properties"] = {row.name: _schema(row, old.get(row.was)) for row in rows}
    listed = made.get("required")
    renamed = {row.was: row.name for row in rows if row.was}
    kept = [renamed[name] for name in listed if _is_text(name) and name in renamed] if isinstance(listed, list) else []
    wanted = [row.name for row in rows if row.required]
    if set(kept) != set(wanted):
        made["required"] = wanted
    elif isinstance(listed, list):
        made["required"] = kept
    if not made.get("required") and not isinstance(listed, list):
        made.pop("required", None)
    return made


def _schema(row: Row, before: Any) -> Any:
    if before is not None and replace(row, name=row.was) == _row(row.was, before, required=row.required):
        return before  # at most the name is new
    made: dict[str, Any] = before if isinstance(before, dict) else {}
    was = _row(row.was, made, required=row.required)
    if row.type != was.type:
        types = [word.strip() for word in row.type.split("|") if word.strip()]
        _put(made, "type", types[0] if len(types) == 1 else types)
    if row.description != was.description:
        _put(made, "description", row.description)
    if row.enum != was.enum:
        _put(made, "enum", list(row.enum))
    return made


def _put(fields: dict[str, Any], key: str, value: Any) -> None:
    """Set a field where it stands; an empty value takes it away."""
    if value in ("", []):
        fields.pop(key, None)
    else:
        fields[key] = value


def _set(fields: dict[str, Any], key: str, now: str, before: str) -> None:
    if now != before:
        _put(fields, key, now)


def _properties(parameters: Any) -> dict[str, Any]:
    properties = parameters.get("properties") if isinstance(parameters, dict) else None
    return properties if isinstance(properties, dict) else {}


def _required(parameters: Any) -> Sequence[Any]:
    required = parameters.get("required") if isinstance(parameters, dict) else None
    return required if isinstance(required, list) else ()


def _type(value: Any) -> str:
    if isinstance(value, list):
        return "|".join(word for word in value if isinstance(word, str))
    return _text(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
