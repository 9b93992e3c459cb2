"""Tools from the operations of an OpenAPI document, 3.0 or 3.1, as JSON or YAML.

An operation's parameters and the fields of its JSON body become one object, as a call's arguments are one. Nothing is
fetched: a `$ref` to another file is a problem that is told. (OpenAPI Specification 3.1.1, "Operation Object".)
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from playground.errors import InvalidTools
from playground.schema.document import read_document
from playground.tools.definitions import make_tool
from playground.tools.importers.imported import Imported, fitting_name
from playground.tools.importers.openapi_schema import Inliner
from playground.yaml_text import YamlError, read_yaml

MAX_CHARACTERS = 4_000_000
MAX_YAML_CHARACTERS = 2_000_000  # YAML takes ten times as long to read
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_JSON = re.compile(r"application/(?:[\w.+-]+\+)?json\b", re.IGNORECASE)
_OF_HTTP = {"accept", "content-type", "authorization"}  # OpenAPI: as header parameters they are ignored


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a document.

    Attributes:
        id: its `operationId`, or `GET /path` where it has none.
        method: in capitals.
        path: as the document has it, `/pets/{id}`.
        summary: one line, or "".
    """

    id: str
    method: str
    path: str
    summary: str = ""


class OpenApi:
    """A document.

    Raises:
        InvalidTools: the text is neither JSON nor YAML, or no OpenAPI 3 document.
    """

    def __init__(self, text: str) -> None:
        self._document = _read(text)
        self._operations: dict[str, tuple[Operation, Mapping[str, Any], Mapping[str, Any]]] = {}
        for operation, raw, shared in self._list():
            if operation.id in self._operations:  # against the specification: the later one goes by its path
                operation = replace(operation, id=f"{operation.method} {operation.path}")  # noqa: PLW2901
            self._operations[operation.id] = (operation, raw, shared)

    @property
    def title(self) -> str:
        """The API's name, or ""."""
        return _text(_object(self._document.get("info")).get("title"))

    def operations(self) -> tuple[Operation, ...]:
        """All of them, in the order of the document."""
        return tuple(operation for operation, _, _ in self._operations.values())

    def tool(self, operation_id: str) -> Imported:
        """One operation as a tool; `operation_id` may also be `GET /path`."""
        found = self._find(operation_id)
        if found is None:
            there = ", ".join(list(self._operations)[:20]) or "none"
            return Imported.failed(f"there is no operation {operation_id!r}; there are {there}")
        operation, raw, shared = found
        try:
            return self._tool(operation, raw, shared)
        except InvalidTools as error:
            return Imported.failed(f"{operation.id}: {error.message}")
        except RecursionError:
            return Imported.failed(f"{operation.id}: the schemas are nested too deeply")

    def _find(self, operation_id: str) -> "tuple[Operation, Mapping[str, Any], Mapping[str, Any]] | None":
        if operation_id in self._operations:
            return self._operations[operation_id]
        words = operation_id.split(maxsplit=1)
        wanted = (words[0].upper(), words[-1]) if len(words) > 1 else None
        return next((item for item in self._operations.values() if (item[0].method, item[0].path) == wanted), None)

    def _list(self) -> Iterator[tuple[Operation, Mapping[str, Any], Mapping[str, Any]]]:
        for path, item in _object(self._document.get("paths")).items():
            shared = _object(item)
            for method in METHODS:
                raw = shared.get(method)
                if isinstance(raw, dict):
                    name = f"{method.upper()} {path}"
                    summary = _text(raw.get("summary")) or _text(raw.get("description"))
                    first = summary.strip().partition("\n")[0]
                    yield (
                        Operation(_text(raw.get("operationId")) or name, method.upper(), str(path), first),
                        raw,
                        shared,
                    )

    def _tool(self, operation: Operation, raw: Mapping[str, Any], shared: Mapping[str, Any]) -> Imported:
        inliner = Inliner(self._document)
        properties: dict[str, Any] = {}
        required: list[str] = []
        notes: list[str] = []
        for parameter in _parameters(inliner, shared.get("parameters"), raw.get("parameters")):
            name, place = _text(parameter.get("name")), _text(parameter.get("in"))
            if not name or (place == "header" and name.lower() in _OF_HTTP):
                continue
            if name in properties:
                notes.append(f"{name} appears twice: the one in the {place} is called {place}_{name}")
                name = f"{place}_{name}"
            properties[name] = _parameter_schema(inliner, parameter)
            if parameter.get("required") is True or place == "path":
                required.append(name)
        notes += _add_body(inliner, raw.get("requestBody"), properties, required)
        parameters: dict[str, Any] = {"type": "object", "properties": properties}
        if required:
            parameters["required"] = required
        if inliner.defs:
            parameters["$defs"] = inliner.defs
        name = fitting_name(operation.id if " " not in operation.id else f"{operation.method.lower()}{operation.path}")
        if name != operation.id:
            notes.insert(0, f"the name is {name}: {operation.id!r} is not accepted by every server")
        words = [_text(raw.get("summary")).strip(), _text(raw.get("description")).strip()]
        about = "\n\n".join(dict.fromkeys(filter(None, words)))
        return Imported((make_tool(name, about, parameters),), (*notes, *inliner.notes))


def _read(text: str) -> Mapping[str, Any]:
    if len(text) > MAX_CHARACTERS:
        raise InvalidTools(f"This document has more than {MAX_CHARACTERS:,} characters.")
    if text.lstrip().startswith("{"):
        document = read_document(text)
        if document.problem is not None:
            raise InvalidTools(f"Invalid JSON: {document.problem}.")
        value = document.value
    else:
        try:
            value = read_yaml(text, dates=False, max_characters=MAX_YAML_CHARACTERS)
        except YamlError as error:
            raise InvalidTools(f"This document cannot be read: {error.message}") from None
    if isinstance(value, dict) and str(value.get("openapi", "")).startswith("3."):
        return value
    if isinstance(value, dict) and "swagger" in value:
        raise InvalidTools("This is Swagger 2.0.", advice="Convert it to OpenAPI 3 first (editor.swagger.io does).")
    raise InvalidTools("Not an OpenAPI 3 document.", advice="It begins with openapi: 3.0 or 3.1, and has paths.")


def _parameters(inliner: Inliner, *lists: Any) -> Iterator[Mapping[str, Any]]:
    """The path's own and the operation's; the operation's win (by name and place)."""
    found: dict[tuple[Any, Any], Mapping[str, Any]] = {}
    for items in lists:
        for item in items if isinstance(items, list) else ():
            parameter = inliner.follow(item)
            found[parameter.get("name"), parameter.get("in")] = parameter
    yield from found.values()


def _parameter_schema(inliner: Inliner, parameter: Mapping[str, Any]) -> dict[str, Any]:
    raw = parameter.get("schema")
    if raw is None:  # `content` instead, with one media type
        raw = next((_object(media).get("schema") for media in _object(parameter.get("content")).values()), None)
    schema = inliner.schema(raw if raw is not None else {})
    made = dict(schema) if isinstance(schema, dict) else {}
    about = _text(parameter.get("description"))
    return made | ({"description": about} if about and "$ref" not in made else {})


def _add_body(inliner: Inliner, raw: Any, properties: dict[str, Any], required: list[str]) -> list[str]:
    """The body's fields beside the parameters; a body that is not an object, or whose names are taken, as `body`."""
    if raw is None:
        return []
    body = inliner.follow(raw)
    media = next((_object(m) for kind, m in _object(body.get("content")).items() if _JSON.match(str(kind))), None)
    if media is None:
        return [f"the body is left out: it is not JSON, but {', '.join(_object(body.get('content'))) or 'nothing'}"]
    schema = inliner.schema(media.get("schema", {}))
    schema = schema if isinstance(schema, dict) else {}
    fields = schema.get("properties")
    fields = fields if isinstance(fields, dict) else {}
    simple = bool(fields) and not set(schema) & {"allOf", "anyOf", "oneOf", "$ref", "if", "not"}
    needed = body.get("required") is True
    if simple and not set(fields) & set(properties):
        properties |= fields
        if needed:
            required += [name for name in schema.get("required", []) if name in fields]
        return []
    properties["body"] = schema
    if needed:
        required.append("body")
    return ["the body is passed as body: its fields have the names of parameters"] if simple else []


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
