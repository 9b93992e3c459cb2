"""Type hints as JSON Schema, read from the syntax tree alone."""

import ast
from collections.abc import Sequence
from math import isfinite
from typing import Any

from playground.errors import InvalidTools
from playground.schema.numbers import MAX_BITS

NO_VALUE = object()
MAX_READS = 20_000  # of hints in hints: aliases of aliases unfold to any number
_PLAIN: dict[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "complex": {"type": "string"},
    "bool": {"type": "boolean"},
    "None": {"type": "null"},
    "NoneType": {"type": "null"},
    "list": {"type": "array"},
    "List": {"type": "array"},
    "Sequence": {"type": "array"},
    "Iterable": {"type": "array"},
    "tuple": {"type": "array"},
    "Tuple": {"type": "array"},
    "set": {"type": "array", "uniqueItems": True},
    "Set": {"type": "array", "uniqueItems": True},
    "frozenset": {"type": "array", "uniqueItems": True},
    "dict": {"type": "object"},
    "Dict": {"type": "object"},
    "Mapping": {"type": "object"},
    "bytes": {"type": "string"},
    "Any": {},
    "object": {},
    "Decimal": {"type": "number"},
    "Number": {"type": "number"},
    "datetime": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "time"},
    "timedelta": {"type": "string", "format": "duration"},
    "UUID": {"type": "string", "format": "uuid"},
    "Path": {"type": "string"},
    # the words of docstrings
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "array": {"type": "array"},
}
_PASSES = {"Required", "NotRequired", "ReadOnly", "Final", "Type", "type"}
_LIMITS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
    "description": "description",
    "examples": "examples",
}
_KINDS: dict[type, str] = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
_ENUMS = {"Enum", "StrEnum", "IntEnum"}


class Names:
    """The classes and type aliases of one text, found once for all its functions; and how much was read so far."""

    def __init__(self, module: ast.Module) -> None:
        self.classes = {node.name: node for node in module.body if isinstance(node, ast.ClassDef)}
        self.aliases = {
            node.targets[0].id: node.value
            for node in module.body
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
        }
        self._reads = 0

    def count(self) -> None:
        """One more hint is read.

        Raises:
            InvalidTools: the hints of all functions together unfold to too much.
        """
        self._reads += 1
        if self._reads > MAX_READS:
            raise InvalidTools(f"The type hints unfold to more than {MAX_READS:,} parts, which is the most.")


class Annotations:
    """One function's hints to schemas.

    Attributes:
        defs: schemas of those classes that were needed, for `$defs`.
        notes: hints that say nothing a schema could, each once.
    """

    def __init__(self, names: Names) -> None:
        self.defs: dict[str, Any] = {}
        self.notes: dict[str, None] = {}
        self._names = names
        self._open: set[str] = set()

    def schema(self, hint: ast.expr | None) -> dict[str, Any]:  # noqa: PLR0911 - one for each form
        """The schema of a hint; {} where it says nothing.

        Raises:
            InvalidTools: the hints unfold to too much.
        """
        self._names.count()
        match hint:
            case None:
                return {}
            case ast.Constant(value=None):
                return {"type": "null"}
            case ast.Constant(value=str() as text):
                return self.from_words(text)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return _any_of([self.schema(left), self.schema(right)])
            case ast.Name(id=name) | ast.Attribute(attr=name):
                return self._named(name)
            case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner):
                return self._generic(name, list(inner.elts) if isinstance(inner, ast.Tuple) else [inner])
        return self._unknown(ast.unparse(hint))

    def from_words(self, text: str) -> dict[str, Any]:
        """A hint in quotes, or a docstring's: `int`, `list[str]`, `str, optional`."""
        try:
            return self.schema(ast.parse(text.removesuffix(", optional").strip(), mode="eval").body)
        except (SyntaxError, ValueError, MemoryError):
            return self._unknown(text)

    def _named(self, name: str) -> dict[str, Any]:
        if name in self._names.classes:
            return self._class(name)
        if name in self._names.aliases and name not in self._open:
            self._open.add(name)
            schema = self.schema(self._names.aliases[name])
            self._open.discard(name)
            return schema
        return dict(_PLAIN[name]) if name in _PLAIN else self._unknown(name)

    def _generic(self, name: str, inner: list[ast.expr]) -> dict[str, Any]:  # noqa: PLR0911 - as above
        if name == "Literal":
            return _enum([value for item in inner if (value := literal(item)) is not NO_VALUE])
        if name == "Optional":
            return _any_of([self.schema(inner[0]), {"type": "null"}])
        if name == "Union":
            return _any_of([self.schema(item) for item in inner])
        if name == "Annotated":
            return self._annotated(inner)
        if name in _PASSES:
            return self.schema(inner[0])
        schema = dict(_PLAIN.get(name, {}))
        if schema.get("type") == "object" and len(inner) == 2:  # noqa: PLR2004 - key and value
            values = self.schema(inner[1])
            return schema | ({"additionalProperties": values} if values else {})
        if schema.get("type") != "array":
            return self._unknown(name)
        if name.lower() == "tuple" and not (len(inner) == 2 and _is_dots(inner[1])):  # noqa: PLR2004 - tuple[X, ...]
            items = [self.schema(item) for item in inner]
            return schema | {"prefixItems": items, "minItems": len(items), "maxItems": len(items)}
        items_schema = self.schema(inner[0])
        return schema | ({"items": items_schema} if items_schema else {})

    def _annotated(self, inner: list[ast.expr]) -> dict[str, Any]:
        """`Annotated[X, "words"]`, `Annotated[X, Field(description=…, ge=…)]`, `Annotated[X, Doc("words")]`."""
        schema = self.schema(inner[0])
        for extra in inner[1:]:
            if isinstance(text := literal(extra), str):
                schema["description"] = text
            elif isinstance(extra, ast.Call):
                schema |= _limits(extra)
        return _as_lengths_of_lists(schema)

    def _class(self, name: str) -> dict[str, Any]:
        if name not in self._open and name not in self.defs:
            self._open.add(name)
            self.defs[name] = {}  # its place among the others
            self.defs[name] = self._class_schema(self._names.classes[name])
            self._open.discard(name)
        return {"$ref": f"#/$defs/{name}"}

    def _class_schema(self, node: ast.ClassDef) -> dict[str, Any]:
        bases = {_last_name(base) for base in node.bases}
        about = ast.get_docstring(node)
        said = {"description": " ".join(about.split())} if about else {}
        if bases & _ENUMS:
            values = [literal(item.value) for item in node.body if isinstance(item, ast.Assign)]
            return _enum([value for value in values if value is not NO_VALUE]) | said
        total = all(literal(word.value) is not False for word in node.keywords if word.arg == "total")
        properties: dict[str, Any] = {}
        required = []
        for item in node.body:
            if not isinstance(item, ast.AnnAssign) or not isinstance(item.target, ast.Name):
                continue
            schema, needed = self._field(item)
            properties[item.target.id] = schema
            if needed and total:
                required.append(item.target.id)
        made: dict[str, Any] = {"type": "object", "properties": properties}
        return made | ({"required": required} if required else {}) | said

    def _field(self, item: ast.AnnAssign) -> tuple[dict[str, Any], bool]:
        """An attribute's schema, and whether it must be given."""
        schema = self.schema(item.annotation)
        outer = _last_name(item.annotation.value) if isinstance(item.annotation, ast.Subscript) else ""
        if item.value is None:
            return schema, outer != "NotRequired"
        if isinstance(item.value, ast.Call):  # Field(…), field(default=…)
            schema = _as_lengths_of_lists(schema | _limits(item.value))
            words = {word.arg for word in item.value.keywords}
            first = item.value.args[:1]
            needed = not words & {"default", "default_factory"} and (not first or _is_dots(first[0]))
            return schema, needed
        value = literal(item.value)
        if value is not NO_VALUE and value is not None:
            schema["default"] = value
        return schema, False

    def _unknown(self, text: str) -> dict[str, Any]:
        self.notes[f"the hint {text[:80]} is not known; any value is taken"] = None
        return {}


def literal(node: ast.expr) -> Any:
    """A JSON value that stands in the source, or `NO_VALUE`."""
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return NO_VALUE
    return value if _is_json(value) else NO_VALUE


def _is_json(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_json, value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
    if isinstance(value, int):
        return value.bit_length() <= MAX_BITS
    return value is None or isinstance(value, str) or (isinstance(value, float) and isfinite(value))


def _any_of(schemas: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """`X | Y` flat, and short where all are plain types: `{"type": ["string", "null"]}`."""
    flat: list[dict[str, Any]] = []
    for schema in schemas:
        flat += schema["anyOf"] if list(schema) == ["anyOf"] else [schema]
    if any(not schema for schema in flat):
        return {}
    types: list[str] = []
    for schema in flat:
        kinds = schema["type"] if list(schema) == ["type"] else None
        if kinds is None:
            return {"anyOf": flat}
        types += [kind for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind not in types]
    return {"type": types if len(types) > 1 else types[0]}


def _enum(values: list[Any]) -> dict[str, Any]:
    kinds = {_KINDS.get(type(value), "") for value in values}
    return ({"type": kinds.pop()} if len(kinds) == 1 and "" not in kinds else {}) | {"enum": values}


def _limits(call: ast.Call) -> dict[str, Any]:
    """What `Field(…)` says that a schema can say too."""
    found = {
        _LIMITS[word.arg]: value
        for word in call.keywords
        if word.arg in _LIMITS and (value := literal(word.value)) is not NO_VALUE
    }
    default = next((word.value for word in call.keywords if word.arg == "default"), None)
    if default is None and call.args and _last_name(call.func) == "Field":
        default = call.args[0]
    if default is not None and not _is_dots(default) and (value := literal(default)) not in (NO_VALUE, None):
        found["default"] = value
    if call.args and _last_name(call.func) == "Doc" and isinstance(text := literal(call.args[0]), str):
        found["description"] = text
    return found


def _as_lengths_of_lists(schema: dict[str, Any]) -> dict[str, Any]:
    """Length is what pydantic says of lists too, where JSON Schema says items."""
    if schema.get("type") != "array":
        return schema
    return {{"minLength": "minItems", "maxLength": "maxItems"}.get(key, key): value for key, value in schema.items()}


def _is_dots(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
