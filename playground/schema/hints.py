"""Type hints, read as syntax, to the JSON Schema that pydantic makes of them; nothing is imported or run.

The one reader for the fields of models (`pydantic_source`) and the parameters of functions (the tools' importer), so
that a hint means the same in both.
"""

import ast
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeGuard, TypeVar

from playground.schema.hint_fields import TEXT_ONLY, FieldInfo, NotUnderstood, TooMuch, literal, read_field
from playground.schema.hint_tables import ARRAYS, CALLS, CONSTRAINTS, MAPPINGS, PLAIN, SETS, SIMPLE, TUPLES, type_of

MAX_READS = 20_000  # of types in types: an alias of aliases unfolds to any number
_NULL = {"type": "null"}
_PAIR = 2
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Typed:
    """A type.

    Attributes:
        schema: its schema.
        has_name: it is a model or an enum, which has a title of its own.
        inner: the other type, of one that is another or None: its constraints are that one's.
        takes_first: constraints are those of the first of its alternatives: a `Decimal` is a number or a text.
        info: what `Annotated` says about it.
    """

    schema: dict[str, Any]
    has_name: bool = False
    inner: "Typed | None" = None
    takes_first: bool = False
    info: FieldInfo | None = None


class Hints:
    """Reads type hints. What is not understood is an error; a subclass may put up with it.

    Args:
        imports: what each imported name stands for, dotted: `dt` for `datetime`.
        named: the classes of the source that have schemas of their own.
        aliases: `Tags = list[str]` and the like.
        enums: each enum's members with their values.

    Attributes:
        used: the classes that were named since it was last emptied.
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
        self._failed: dict[ast.expr, NotUnderstood] = {}

    def read(self, node: ast.expr) -> Typed:
        """The type that a hint says.

        Raises:
            TooMuch: all types together are.
            NotUnderstood: with the part of it that is not.
        """
        self._reads += 1
        if self._reads > MAX_READS:
            raise TooMuch(node, f"the types unfold to more than {MAX_READS:,} parts, which is the most")
        return self._once(node, self._type)

    def _once(self, node: ast.expr, read: Callable[[ast.expr], _T]) -> _T:
        """What fails is not tried again: an alias is read wherever it stands, and its whole text is in the message."""
        if node in self._failed:
            raise self._failed[node].with_traceback(None)
        try:
            return read(node)
        except NotUnderstood as error:
            self._failed[node] = error
            raise

    def _type(self, node: ast.expr) -> Typed:
        if isinstance(node, ast.Constant):
            return self._constant(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            return self._union(_alternatives(node), node)
        if isinstance(node, ast.Subscript):
            return self.generic(node)
        if self.is_call(node, *CALLS):
            return self._call(node)
        return self._name(node)

    def refuse(self, error: NotUnderstood) -> None:
        """What is done about a part that is not understood, where the rest can do without it."""
        raise error

    def metadata(self, node: ast.expr) -> FieldInfo:
        """What stands beside the type in `Annotated`."""
        if self.is_call(node, "Field"):
            return read_field(node, self)
        if self.is_call(node, "StringConstraints"):
            return read_field(node, self, ignored=TEXT_ONLY)
        if isinstance(node, ast.Constant):
            return FieldInfo()
        raise NotUnderstood(node, f"{ast.unparse(node)} is not understood: only Field(…) is")

    def other(self, name: str, node: ast.expr) -> Typed:
        """A name that is in no table."""
        raise NotUnderstood(node, f"the type {name} is not known here")

    def is_call(self, node: ast.expr | None, *names: str) -> TypeGuard[ast.Call]:
        """Whether it is a call of one of these, under whatever name they were imported."""
        return (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name | ast.Attribute)
            and self.name(node.func) in names
        )

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
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            raise NotUnderstood(node, f"{node.value!r} is not a type") from None
        for part in ast.walk(inner):
            ast.copy_location(part, node)
        return self.read(inner)

    def _name(self, node: ast.expr) -> Typed:  # noqa: PLR0911 - as below
        name = self.name(node)
        if name in self._named:
            self.used[name] = None
            return Typed({"$ref": f"#/$defs/{name}"}, has_name=True)
        if name in self._aliases and not (name in self._open and name in SIMPLE):  # date = datetime.date
            return self._alias(name, node)
        if name in SIMPLE:
            return Typed(dict(SIMPLE[name]), takes_first=name == "Decimal")
        if name in ARRAYS | TUPLES:
            return Typed({"items": {}, "type": "array"})
        if name in SETS:
            return Typed({"items": {}, "type": "array", "uniqueItems": True})
        if name in MAPPINGS:
            return Typed({"additionalProperties": True, "type": "object"})
        return self.other(_dotted(node), node)

    def _alias(self, name: str, node: ast.expr) -> Typed:
        if name in self._open:
            raise NotUnderstood(node, f"{name} stands for itself")
        self._open.append(name)
        try:
            return self.read(self._aliases[name])
        finally:
            self._open.pop()

    def generic(self, node: ast.Subscript) -> Typed:  # noqa: PLR0911 - one line a kind of type
        """A type with types in brackets."""
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
        if name in {"type", "Type"} and len(inner) == 1:
            return Typed({})
        raise NotUnderstood(node, f"{ast.unparse(node)} is not understood")

    def _call(self, node: ast.Call) -> Typed:
        """`conint(ge=1)`, `conlist(int, max_length=3)`."""
        kind = CALLS[self.name(node.func)]
        items = [*node.args, *(word.value for word in node.keywords if word.arg == "item_type")]
        said = ast.Call(node.func, [], [word for word in node.keywords if word.arg != "item_type"])
        info = read_field(said, self, ignored=TEXT_ONLY if kind == "str" else frozenset())
        if kind not in ARRAYS | SETS and not items:
            return replace(self._name(ast.copy_location(ast.Name(kind), node)), info=info)
        if kind not in ARRAYS | SETS or len(items) != 1:
            raise NotUnderstood(node, f"{ast.unparse(node)} is not understood")
        unique = {"uniqueItems": True} if kind in SETS else {}
        return Typed({"items": self._plain(items[0]), "type": "array"} | unique, info=info)

    def _plain(self, node: ast.expr) -> dict[str, Any]:
        """A type inside another, with what `Annotated` says about it."""
        return self._annotated_schema(self.read(node), node)

    def _annotated_schema(self, typed: Typed, node: ast.expr) -> dict[str, Any]:
        if typed.info is None:
            return typed.schema
        if typed.info.has_default or typed.info.alias is not None:
            self.refuse(NotUnderstood(node, "a default or an alias stands only at a field"))
        return self.constrained(typed, typed.info, node) | typed.info.annotations

    def _union(self, nodes: list[ast.expr], node: ast.expr) -> Typed:
        found = [(part, self.read(part)) for part in nodes]
        others = [(part, typed) for part, typed in found if typed.schema != _NULL or typed.has_name]
        is_nullable = len(others) < len(found) or any(typed.inner for _, typed in others)
        once: dict[str, dict[str, Any]] = {}
        for part, typed in others:
            schema = self._annotated_schema(typed, part)
            for each in schema["anyOf"] if schema.keys() == {"anyOf"} else [schema]:
                if each == _NULL:
                    is_nullable = True
                else:
                    once.setdefault(json.dumps(each, sort_keys=True), each)
        rest = [*once.values()]
        schemas = [*rest, *([_NULL] if is_nullable else [])]
        if not schemas:
            raise NotUnderstood(node, "a union of nothing")
        first = others[0][1] if others else Typed(_NULL)
        has_name = first.has_name and len(others) == 1
        if len(schemas) == 1:
            return Typed(schemas[0], has_name=first.has_name)
        if len(others) > 1 and len(rest) > 1:
            return Typed({"anyOf": schemas})
        alone = Typed(rest[0] if len(rest) == 1 else {"anyOf": rest}, takes_first=(first.inner or first).takes_first)
        if is_nullable:
            return Typed({"anyOf": schemas}, has_name=has_name, inner=alone)
        return replace(alone, has_name=has_name)

    def _literal(self, nodes: list[ast.expr]) -> Typed:
        said = [literal(node, self) for node in nodes]
        for node, value in zip(nodes, said, strict=True):
            if isinstance(value, list | dict):
                raise NotUnderstood(node, f"{ast.unparse(node)} is no value that Literal takes")
        values = list(dict.fromkeys(map(_Exactly, said)))
        plain = [exactly.value for exactly in values]
        found = {"const": plain[0]} if len(plain) == 1 else {"enum": plain}
        return Typed(found | type_of(plain, PLAIN | {type(None): "null"}))

    def _annotated(self, nodes: list[ast.expr]) -> Typed:
        typed = self.read(nodes[0])
        info = typed.info or FieldInfo()
        for node in nodes[1:]:
            try:
                info = info.merged(self._once(node, self.metadata))
            except NotUnderstood as error:
                self.refuse(error)
        return replace(typed, info=info)

    def _tuple(self, nodes: list[ast.expr]) -> Typed:
        if len(nodes) == _PAIR and isinstance(nodes[1], ast.Constant) and nodes[1].value is ...:
            return Typed({"items": self._plain(nodes[0]), "type": "array"})
        if not nodes or (len(nodes) == 1 and isinstance(nodes[0], ast.Tuple)):
            return Typed({"maxItems": 0, "minItems": 0, "type": "array"})
        items = [self._plain(node) for node in nodes]
        return Typed({"maxItems": len(items), "minItems": len(items), "prefixItems": items, "type": "array"})

    def _mapping(self, key: ast.expr, value: ast.expr) -> Typed:
        names = dict(self._plain(key))
        pattern = names.pop("pattern", None)
        names.pop("title", None)
        inner = {name: said for name, said in self._plain(value).items() if name != "title"}
        values: dict[str, Any] = (
            {"patternProperties": {pattern: inner}} if pattern is not None else {"additionalProperties": inner or True}
        )
        if "$ref" in names or (names.get("type") == "string" and len(names) > 1):  # names are texts, whatever the type
            names.pop("type", None)
            values["propertyNames"] = names
        return Typed(values | {"type": "object"})

    def constrained(self, typed: Typed, info: FieldInfo, node: ast.expr) -> dict[str, Any]:
        """The type's schema with `ge`, `min_length` and the like; of a nullable type they are for the other one."""
        if not info.constraints:
            return typed.schema
        if typed.inner is not None:
            inner = self.constrained(typed.inner, info, node)
            return {"anyOf": [*(inner["anyOf"] if inner.keys() == {"anyOf"} else [inner]), _NULL]}
        if typed.takes_first:
            first, *others = typed.schema["anyOf"]
            return {"anyOf": [self.constrained(Typed(first), info, node), *others]}
        kind = typed.schema.get("type")
        extra = {}
        for name, value in info.constraints.items():
            keyword = CONSTRAINTS[name].get(kind) if isinstance(kind, str) else None
            if keyword is None or "enum" in typed.schema or "const" in typed.schema:
                self.refuse(NotUnderstood(node, f"{name} is not understood for {ast.unparse(node)}"))
            else:
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
