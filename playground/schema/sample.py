"""A schema from a sample document: every value that it was made from is valid by it."""

import re
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

import jsonschema_rs

from playground.schema.check import SchemaCheck
from playground.schema.document import read_document
from playground.schema.engine import compile_schema

# Only what cannot be anything else; the validator's word is asked as well.
_FORMATS = {
    "uuid": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "date-time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[-+]\d\d:\d\d)", re.ASCII),
    "date": re.compile(r"\d{4}-\d\d-\d\d", re.ASCII),
}
_ORDER = ("object", "array", "string", "number", "integer", "boolean", "null")


def schema_from_sample(text: str) -> SchemaCheck:
    """From JSON text; if it is none, its problem with line and column."""
    document = read_document(text)
    if document.problem is not None:
        return SchemaCheck(None, (document.problem,))
    return SchemaCheck(infer_schema(document.value))


def infer_schema(value: Any) -> dict[str, Any]:
    """From a JSON value.

    Objects are closed, and what all of them have is required; the objects of an array are taken together. A string
    has a format only if all samples of it are a UUID, a date or a date and time.
    """
    shape = _Shape()
    shape.add(value)
    return shape.schema()


@dataclass(slots=True)
class _Shape:
    """What was seen at one place.

    Attributes:
        kinds: the types seen there.
        objects: how many objects.
        members: each name with what was seen under it, in the order of the first sight.
        seen: in how many of the objects each name stands.
        items: what was seen in arrays, or None if all were empty.
        formats: the formats that all strings have so far; None before the first.
    """

    kinds: set[str] = field(default_factory=set)
    objects: int = 0
    members: dict[str, "_Shape"] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    items: "_Shape | None" = None
    formats: set[str] | None = None

    def add(self, value: Any) -> None:
        kind = _kind(value)
        self.kinds.add(kind)
        if kind == "object":
            self.objects += 1
            for name, item in value.items():
                self.members.setdefault(name, _Shape()).add(item)
                self.seen[name] = self.seen.get(name, 0) + 1
        elif kind == "array":
            for item in value:
                self.items = self.items or _Shape()
                self.items.add(item)
        elif kind == "string":
            self.formats = _formats(value) if self.formats is None else self.formats & _formats(value)

    def schema(self) -> dict[str, Any]:
        """Scalars share one `type`; beside them a container is an alternative of its own."""
        kinds = self.kinds - {"integer"} if "number" in self.kinds else self.kinds
        containers = [self._container(kind) for kind in ("object", "array") if kind in kinds]
        scalars = [kind for kind in _ORDER if kind in kinds - {"object", "array"}]
        if scalars:
            found: dict[str, Any] = {"type": scalars[0] if len(scalars) == 1 else scalars}
            if self.formats:
                found["format"] = min(self.formats)
            containers.append(found)
        return containers[0] if len(containers) == 1 else {"anyOf": containers}

    def _container(self, kind: str) -> dict[str, Any]:
        if kind == "array":
            return {"type": "array"} | ({"items": self.items.schema()} if self.items is not None else {})
        return {
            "type": "object",
            "properties": {name: shape.schema() for name, shape in self.members.items()},
            "required": [name for name in self.members if self.seen[name] == self.objects],
            "additionalProperties": False,
        }


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    kinds = {dict: "object", list: "array", str: "string", float: "number", Decimal: "number", type(None): "null"}
    return kinds[type(value)]


def _formats(text: str) -> set[str]:
    return {name for name, pattern in _FORMATS.items() if pattern.fullmatch(text) and _checker(name).is_valid(text)}


@cache
def _checker(name: str) -> jsonschema_rs.Validator:
    return compile_schema({"format": name})
