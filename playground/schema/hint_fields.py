"""`Field(…)` and default values, read as syntax."""

import ast
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Protocol

from playground.schema.hint_tables import CONSTRAINTS
from playground.schema.numbers import MAX_BITS

_ANNOTATIONS = ("title", "description", "examples", "deprecated")
_WITHOUT_EFFECT = frozenset(
    "strict frozen repr exclude init init_var kw_only validate_default serialization_alias alias_priority"
    " max_digits decimal_places allow_inf_nan".split()
)
TEXT_ONLY = frozenset("strip_whitespace to_upper to_lower".split())
"""What `constr` and `StringConstraints` take beside; it changes nothing in the schema."""


class NotUnderstood(Exception):
    """A part of the source that cannot be turned into a schema."""

    def __init__(self, node: ast.AST, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.line: int = getattr(node, "lineno", 1)
        self.column: int = getattr(node, "col_offset", 0) + 1


class TooMuch(NotUnderstood):
    """The source unfolds to more than is read: an end for every reader, however much it puts up with."""


class Names(Protocol):
    """Who knows what names stand for, and what to do about the rest."""

    enums: Any

    def name(self, node: ast.expr) -> str:
        """A name without its module."""

    def refuse(self, error: NotUnderstood) -> None:
        """Raise it; or, for who can do without the part that is not understood, take note of it."""


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """What is said about a field beside its type.

    Attributes:
        constraints: by pydantic's names: `ge`, `min_length`.
        annotations: by JSON Schema's: `title`, `description`.
        alias: its name in JSON, where that is another.
        has_default: it may be left out.
        default: in a tuple of one, the value that goes into the schema; empty where none does.
    """

    constraints: dict[str, Any] = field(default_factory=dict)
    annotations: dict[str, Any] = field(default_factory=dict)
    alias: str | None = None
    has_default: bool = False
    default: tuple[Any, ...] = ()

    def merged(self, later: "FieldInfo") -> "FieldInfo":
        """With what was said later, which counts where both say something."""
        return FieldInfo(
            self.constraints | later.constraints,
            self.annotations | later.annotations,
            later.alias if later.alias is not None else self.alias,
            self.has_default or later.has_default,
            later.default if later.has_default else self.default,
        )


def read_field(
    node: ast.Call, names: Names, *, is_default: bool = False, ignored: frozenset[str] = frozenset()
) -> FieldInfo:
    """`Field(…)`.

    Args:
        node: the call.
        names: for members of enums, and for what is not understood.
        is_default: it stands behind the equals sign, where its first argument is the default.
        ignored: keywords that may stand there and say nothing that a schema could.

    Raises:
        NotUnderstood: an argument is not known, or no plain value; unless `names` puts up with it.
    """
    info = FieldInfo()
    if len(node.args) > 1 or (node.args and not is_default):
        names.refuse(NotUnderstood(node.args[-1], "Field takes its default first, and the rest by name"))
    elif node.args:
        info = _default(node.args[0], names)
    given = {keyword.arg for keyword in node.keywords}
    for keyword in node.keywords:
        if (keyword.arg == "alias" and "validation_alias" in given) or keyword.arg in ignored:
            continue
        try:
            info = info.merged(_said(keyword, names))
        except NotUnderstood as error:
            names.refuse(error)
    return info


def _said(keyword: ast.keyword, names: Names) -> FieldInfo:  # noqa: PLR0911 - one line a kind of keyword
    name, value = keyword.arg or "**", keyword.value
    if name == "default":
        return _default(value, names)
    if name == "default_factory":
        return FieldInfo(has_default=True)
    if name in CONSTRAINTS:
        return FieldInfo({name: _plain(value, names)})
    if name in _ANNOTATIONS:
        return FieldInfo(annotations=_annotation(name, _plain(value, names)))
    if name in {"alias", "validation_alias"}:
        return FieldInfo(alias=_text(value))
    if name == "json_schema_extra" and isinstance(value, ast.Dict):
        return FieldInfo(annotations=_plain(value, names))
    if name not in _WITHOUT_EFFECT:
        raise NotUnderstood(value, f"Field({name}=…) is not understood")
    return FieldInfo()


def literal(node: ast.expr, names: Names) -> Any:
    """A plain value: a literal, a list or dict of them, or an enum's member. Tuples are arrays in JSON.

    Raises:
        NotUnderstood: it would have to be computed.
    """
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        members = names.enums.get(names.name(node.value), {})
        if node.attr in members:
            return members[node.attr]
    if isinstance(node, ast.List | ast.Tuple):
        return [literal(item, names) for item in node.elts]
    if isinstance(node, ast.Dict) and all(
        isinstance(key, ast.Constant) and type(key.value) is str for key in node.keys
    ):
        keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
        return dict(zip(keys, (literal(item, names) for item in node.values), strict=True))
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        value = node
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise NotUnderstood(node, "this number is too large to be written")
    if value is None or isinstance(value, str | int) or (isinstance(value, float) and isfinite(value)):
        return value
    raise NotUnderstood(node, f"{ast.unparse(node)} would have to be run: only plain values are read")


def _default(node: ast.expr, names: Names) -> FieldInfo:
    if isinstance(node, ast.Constant) and node.value is ...:
        return FieldInfo()
    try:
        return FieldInfo(has_default=True, default=(literal(node, names),))
    except NotUnderstood as error:
        names.refuse(error)
    return FieldInfo(has_default=True)


def _plain(node: ast.expr, names: Names) -> Any:
    if isinstance(node, ast.Call) and ast.unparse(node.func) in {"re.compile", "compile"} and len(node.args) == 1:
        node = node.args[0]
    return literal(node, names)


def _annotation(name: str, value: Any) -> dict[str, Any]:
    if name == "deprecated":
        return {"deprecated": True} if value else {}
    return {} if value is None else {name: value}


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise NotUnderstood(node, f"{ast.unparse(node)} is not understood: an alias must be a plain text")
