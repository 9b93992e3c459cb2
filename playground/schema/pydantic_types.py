"""An annotation of a pydantic field, read as syntax, to a JSON Schema; nothing is imported or run."""

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playground.schema.pydantic_fields import CONSTRAINTS, FieldInfo, NotUnderstood, literal, read_field

_STRING = {"type": "string"}

SIMPLE: dict[str, dict[str, Any]] = {
    "str": _STRING,
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "None": {"type": "null"},
    "NoneType": {"type": "null"},
    "Any": {},
    "object": {},
    "bytes": _STRING | {"format": "binary"},
    "datetime": _STRING | {"format": "date-time"},
    "AwareDatetime": _STRING | {"format": "date-time"},
    "NaiveDatetime": _STRING | {"format": "date-time"},
    "date": _STRING | {"format": "date"},
    "time": _STRING | {"format": "time"},
    "timedelta": _STRING | {"format": "duration"},
    "UUID": _STRING | {"format": "uuid"},
    "Decimal": {"anyOf": [{"type": "number"}, _STRING]},
    "Path": _STRING | {"format": "path"},
    "EmailStr": _STRING | {"format": "email"},
    "AnyUrl": _STRING | {"format": "uri", "minLength": 1},
    "HttpUrl": _STRING | {"format": "uri", "minLength": 1, "maxLength": 2083},
    "SecretStr": _STRING | {"format": "password", "writeOnly": True},
    "StrictStr": _STRING,
    "StrictInt": {"type": "integer"},
    "StrictFloat": {"type": "number"},
    "StrictBool": {"type": "boolean"},
    "PositiveInt": {"type": "integer", "exclusiveMinimum": 0},
    "NegativeInt": {"type": "integer", "exclusiveMaximum": 0},
    "NonNegativeInt": {"type": "integer", "minimum": 0},
    "NonPositiveInt": {"type": "integer", "maximum": 0},
    "PositiveFloat": {"type": "number", "exclusiveMinimum": 0},
    "NegativeFloat": {"type": "number", "exclusiveMaximum": 0},
    "NonNegativeFloat": {"type": "number", "minimum": 0},
    "NonPositiveFloat": {"type": "number", "maximum": 0},
}
ARRAYS = frozenset("list List Sequence Iterable Collection MutableSequence".split())
SETS = frozenset("set Set frozenset FrozenSet AbstractSet".split())
TUPLES = frozenset(("tuple", "Tuple"))
MAPPINGS = frozenset("dict Dict Mapping MutableMapping".split())
MAX_READS = 20_000  # of types in types; an alias of aliases unfolds to any number, and a union reads a part twice
_NULL = {"type": "null"}
_PAIR = 2


@dataclass(frozen=True, slots=True)
class Typed:
    """A type.

    Attributes:
        schema: its schema.
        has_name: it is a model or an enum, which has a title of its own.
        is_nullable: it is another type, or None.
        info: what `Annotated` says about it.
    """

    schema: dict[str, Any]
    has_name: bool = False
    is_nullable: bool = False
    info: FieldInfo | None = None


class Types:
    """Reads annotations.

    Args:
        imports: what each imported name stands for, dotted: `dt` for `datetime`.
        named: the models and enums of the source.
        aliases: `Tags = list[str]` and the like.
        enums: each enum's members with their values.
    """

    def __init__(
        self,
        imports: Mapping[str, str],
        named: frozenset[str],
        aliases: Mapping[str, ast.expr],
        enums: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self.used: dict[str, None] = {}
        self.enums = enums
        self._imports = imports
        self._named = named
        self._aliases = aliases
        self._open: list[str] = []
        self._reads = 0

    def read(self, node: ast.expr) -> Typed:
        """The type that an annotation says.

        Raises:
            NotUnderstood: with the part of it that is not; or when all types together are too much.
        """
        self._reads += 1
        if self._reads > MAX_READS:
            raise NotUnderstood(node, f"the types unfold to more than {MAX_READS:,} parts, which is the most")
        if isinstance(node, ast.Constant):
            return self._constant(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self._union(_alternatives(node), node)
        if isinstance(node, ast.Subscript):
            return self._generic(node)
        return self._name(node)

    def name(self, node: ast.expr) -> str:
        """What a name stands for, without its module: `dt.date` and `date` are both `date`."""
        dotted = _dotted(node)
        first, _, rest = dotted.partition(".")
        full = self._imports.get(first, first) + (f".{rest}" if rest else "")
        return full.rpartition(".")[2]

    def _constant(self, node: ast.Constant) -> Typed:
        if node.value is None:
            return Typed(_NULL)
        if not isinstance(node.value, str):
            raise NotUnderstood(node, f"{node.value!r} is not a type")
        try:
            inner = ast.parse(node.value, mode="eval").body
        except (SyntaxError, ValueError):
            raise NotUnderstood(node, f"{node.value!r} is not a type") from None
        for part in ast.walk(inner):
            ast.copy_location(part, node)
        return self.read(inner)

    def _name(self, node: ast.expr) -> Typed:
        name = self.name(node)
        if name in self._named:
            self.used[name] = None
            return Typed({"$ref": f"#/$defs/{name}"}, has_name=True)
        if name in self._aliases:
            return self._alias(name, node)
        if name in SIMPLE:
            return Typed(dict(SIMPLE[name]))
        if name in ARRAYS | TUPLES:
            return Typed({"items": {}, "type": "array"})
        if name in SETS:
            return Typed({"items": {}, "type": "array", "uniqueItems": True})
        if name in MAPPINGS:
            return Typed({"additionalProperties": True, "type": "object"})
        raise NotUnderstood(node, f"the type {_dotted(node)} is not known here")

    def _alias(self, name: str, node: ast.expr) -> Typed:
        if name in self._open:
            raise NotUnderstood(node, f"{name} stands for itself")
        self._open.append(name)
        try:
            return self.read(self._aliases[name])
        finally:
            self._open.pop()

    def _generic(self, node: ast.Subscript) -> Typed:  # noqa: PLR0911 - one line a kind of type
        name = self.name(node.value)
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if name == "Optional" and len(inner) == 1:
            return self._union([*inner, ast.copy_location(ast.Constant(None), node)], node)
        if name == "Union":
            return self._union(inner, node)
        if name == "Literal":
            return self._literal(inner)
        if name == "Annotated" and len(inner) >= _PAIR:
            return self._annotated(inner)
        if name in ARRAYS and len(inner) == 1:
            return Typed({"items": self._plain(inner[0]), "type": "array"})
        if name in SETS and len(inner) == 1:
            return Typed({"items": self._plain(inner[0]), "type": "array", "uniqueItems": True})
        if name in TUPLES:
            return self._tuple(inner)
        if name in MAPPINGS and len(inner) == _PAIR:
            return self._mapping(*inner)
        raise NotUnderstood(node, f"{ast.unparse(node)} is not understood")

    def _plain(self, node: ast.expr) -> dict[str, Any]:
        """A type inside another, with what `Annotated` says about it."""
        typed = self.read(node)
        if typed.info is None:
            return typed.schema
        if typed.info.has_default or typed.info.alias is not None:
            raise NotUnderstood(node, "a default or an alias stands only at a field")
        return self.constrained(typed, typed.info, node) | typed.info.annotations

    def _union(self, nodes: list[ast.expr], node: ast.expr) -> Typed:
        found = [(part, self.read(part)) for part in nodes]
        others = [(part, typed) for part, typed in found if typed.schema != _NULL or typed.has_name]
        is_nullable = len(others) < len(found) or any(typed.is_nullable for _, typed in others)
        once: dict[str, dict[str, Any]] = {}
        for part, typed in others:
            schema = self._plain(part) if typed.info else typed.schema
            for each in schema["anyOf"] if schema.keys() == {"anyOf"} else [schema]:
                if each != _NULL:
                    once.setdefault(json.dumps(each, sort_keys=True), each)
        schemas = [*once.values(), *([_NULL] if is_nullable else [])]
        if len(schemas) == 1:
            return Typed(schemas[0], has_name=others[0][1].has_name if others else False)
        if not schemas:
            raise NotUnderstood(node, "a union of nothing")
        has_name = is_nullable and len(others) == 1 and others[0][1].has_name
        return Typed({"anyOf": schemas}, has_name=has_name, is_nullable=is_nullable and len(schemas) == _PAIR)

    def _literal(self, nodes: list[ast.expr]) -> Typed:
        values = list(dict.fromkeys(_Exactly(literal(node, self)) for node in nodes))
        plain = [exactly.value for exactly in values]
        kinds = {type(value) for value in plain}
        found: dict[str, Any] = {"const": plain[0]} if len(plain) == 1 else {"enum": plain}
        names = {str: "string", int: "integer", bool: "boolean", type(None): "null"}
        if len(kinds) == 1 and (kind := kinds.pop()) in names:
            found["type"] = names[kind]
        return Typed(found)

    def _annotated(self, nodes: list[ast.expr]) -> Typed:
        typed = self.read(nodes[0])
        info = typed.info or FieldInfo()
        for node in nodes[1:]:
            if isinstance(node, ast.Call) and self.name(node.func) == "Field":
                info = info.merged(read_field(node, self, is_default=False))
            elif not isinstance(node, ast.Constant):
                raise NotUnderstood(node, f"{ast.unparse(node)} is not understood: only Field(…) is")
        return Typed(typed.schema, typed.has_name, typed.is_nullable, info)

    def _tuple(self, nodes: list[ast.expr]) -> Typed:
        if len(nodes) == _PAIR and isinstance(nodes[1], ast.Constant) and nodes[1].value is ...:
            return Typed({"items": self._plain(nodes[0]), "type": "array"})
        if not nodes or (len(nodes) == 1 and isinstance(nodes[0], ast.Tuple)):
            return Typed({"maxItems": 0, "minItems": 0, "type": "array"})
        items = [self._plain(node) for node in nodes]
        return Typed({"maxItems": len(items), "minItems": len(items), "prefixItems": items, "type": "array"})

    def _mapping(self, key: ast.expr, value: ast.expr) -> Typed:
        if self.read(key).schema != _STRING:
            raise NotUnderstood(key, f"names are texts in JSON, not {ast.unparse(key)}: use str")
        inner = self._plain(value)
        return Typed({"additionalProperties": inner or True, "type": "object"})

    def constrained(self, typed: Typed, info: FieldInfo, node: ast.expr) -> dict[str, Any]:
        """The type's schema with `ge`, `min_length` and the like; of a nullable type they are for the other one."""
        if not info.constraints:
            return typed.schema
        if typed.is_nullable:
            inner, null = typed.schema["anyOf"]
            return {"anyOf": [self.constrained(Typed(inner), info, node), null]}
        kind = typed.schema.get("type")
        extra = {}
        for name, value in info.constraints.items():
            keyword = CONSTRAINTS[name].get(kind) if isinstance(kind, str) else None
            if keyword is None or "enum" in typed.schema or "const" in typed.schema:
                raise NotUnderstood(node, f"{name} is not understood for {ast.unparse(node)}")
            extra[keyword] = value
        return typed.schema | extra


@dataclass(frozen=True, slots=True)
class _Exactly:
    """A value that equals no value of another type: for Python, 1 and True are one."""

    value: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Exactly) and type(self.value) is type(other.value) and self.value == other.value

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))


def _alternatives(node: ast.expr) -> list[ast.expr]:
    """`a | b | c`, which is nested to the left, as a list."""
    found: list[ast.expr] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        found.append(node.right)
        node = node.left
    return [node, *reversed(found)]


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    raise NotUnderstood(node, f"{ast.unparse(node)} is not a type")
