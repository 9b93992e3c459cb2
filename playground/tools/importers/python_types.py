"""Type hints of functions as JSON Schema, read from the syntax tree alone.

What a hint means is said by `playground.schema.hints`. Here is what functions have beside: the words of docstrings,
texts that describe in `Annotated`, and classes that are no pydantic models. A part that says nothing a schema could
is told in a note, and the rest is read.
"""

import ast
from dataclasses import dataclass
from typing import Any

from playground.schema.hint_fields import FieldInfo, NotUnderstood, TooMuch, literal, read_field
from playground.schema.hint_names import ENUMS, aliases, deriving, enum_schema, imports, members
from playground.schema.hints import Hints, Typed

_WORDS = {  # of docstrings; and `numbers.Number`, of which pydantic makes nothing
    "string": "str",
    "integer": "int",
    "number": "float",
    "Number": "float",
    "boolean": "bool",
    "array": "list",
}
_WRAPPERS = {"Required", "NotRequired", "ReadOnly", "Final"}
_SHOWN = 80  # characters of a hint in a note


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a hint says of a parameter, or of a class's attribute.

    Attributes:
        schema: its schema; {} where the hint says nothing.
        has_default: the hint itself gives it one, so that it may be left out.
        alias: its name in JSON, where that is another.
    """

    schema: dict[str, Any]
    has_default: bool = False
    alias: str | None = None


class Annotations(Hints):
    """The hints of one text's functions, one function after the other.

    Attributes:
        notes: what of the function's hints says nothing that a schema could, each once.
    """

    def __init__(self, module: ast.Module) -> None:
        self.notes: dict[str, None] = {}
        self._texts: dict[ast.expr, str] = {}
        self._classes = {node.name: node for node in module.body if isinstance(node, ast.ClassDef)}
        enums: dict[str, dict[str, Any]] = {}
        imported = dict(imports(module))
        super().__init__(imported, frozenset(self._classes), dict(aliases(module)), enums)
        bases = {
            name: [self.name(base) for base in node.bases if isinstance(base, ast.Name | ast.Attribute)]
            for name, node in self._classes.items()
        }
        self._enumerated = deriving(bases, ENUMS)
        self._broken: dict[str, NotUnderstood] = {}
        strict = Hints(imported, frozenset(), {}, {})  # an enum of which a member is left out would forbid it
        for name in self._classes:
            if name in self._enumerated:
                try:
                    enums[name] = members(self._classes[name], strict)
                except NotUnderstood as error:
                    self._broken[name] = error

    def begin(self) -> None:
        """The next function."""
        self.notes, self.used = {}, {}

    def parameter(self, hint: ast.expr | None) -> Parameter:
        """What a hint says.

        Raises:
            TooMuch: the hints of all functions together unfold to too much.
        """
        return Parameter({}) if hint is None else self._with(self.read(hint), FieldInfo(), hint)

    def from_words(self, text: str) -> Parameter:
        """A docstring's hint: `int`, `list[str]`, `str, optional`."""
        try:
            return self.parameter(ast.parse(text.removesuffix(", optional").strip(), mode="eval").body)
        except (SyntaxError, ValueError, MemoryError):
            self._unknown(text)
            return Parameter({})

    def default(self, node: ast.expr) -> dict[str, Any]:
        """The keyword for a default, of one that JSON can say; None stands for "not given"."""
        try:
            value = literal(node, self)
        except (NotUnderstood, MemoryError, RecursionError):
            return {}
        return {} if value is None else {"default": value}

    def definitions(self) -> dict[str, Any]:
        """Schemas of the classes that the function names, and of those that they name."""
        found: dict[str, Any] = {}
        while self.used:
            waiting, self.used = self.used, {}
            for name in waiting:
                if name not in found:
                    found[name] = self._class(self._classes[name])
        return found

    def read(self, node: ast.expr) -> Typed:
        """As ever; a type that is not known is any, and a note."""
        try:
            return super().read(node)
        except TooMuch:
            raise
        except NotUnderstood:
            if node not in self._texts:
                self._texts[node] = ast.unparse(node)[:_SHOWN]
            self._unknown(self._texts[node])
            return Typed({})

    def generic(self, node: ast.Subscript) -> Typed:
        """As ever; and what stands around the types of a TypedDict's keys."""
        return self.read(node.slice) if self.name(node.value) in _WRAPPERS else super().generic(node)

    def other(self, name: str, node: ast.expr) -> Typed:
        """A word of docstrings."""
        word = _WORDS.get(name.rpartition(".")[2])
        return super().other(name, node) if word is None else self.read(ast.copy_location(ast.Name(word), node))

    def metadata(self, node: ast.expr) -> FieldInfo:
        """As ever; `Annotated[X, "words"]` and `Annotated[X, Doc("words")]` describe."""
        words = node.args[0] if self.is_call(node, "Doc") and node.args else node
        if isinstance(words, ast.Constant) and isinstance(words.value, str):
            return FieldInfo(annotations={"description": words.value})
        return super().metadata(node)

    def refuse(self, error: NotUnderstood) -> None:
        """The rest is read without it."""
        self.notes[error.message] = None

    def _unknown(self, text: str) -> None:
        self.notes[f"the hint {text[:_SHOWN]} is not known; any value is taken"] = None

    def _with(self, typed: Typed, more: FieldInfo, node: ast.expr) -> Parameter:
        info = (typed.info or FieldInfo()).merged(more)
        default = {"default": info.default[0]} if info.default and info.default[0] is not None else {}
        return Parameter(self.constrained(typed, info, node) | default | info.annotations, info.has_default, info.alias)

    def _class(self, node: ast.ClassDef) -> dict[str, Any]:
        about = ast.get_docstring(node)
        said = {"description": " ".join(about.split())} if about else {}
        if node.name in self._enumerated:
            return self._enum(node.name) | said
        total = all(_value(word.value) is not False for word in node.keywords if word.arg == "total")
        properties: dict[str, Any] = {}
        required = []
        for item in node.body:
            if not isinstance(item, ast.AnnAssign) or not isinstance(item.target, ast.Name):
                continue
            field = self._field(item)
            name = field.alias if field.alias is not None else item.target.id
            properties[name] = field.schema
            outer = _last_name(item.annotation.value) if isinstance(item.annotation, ast.Subscript) else ""
            if not field.has_default and (outer == "Required" or (total and outer != "NotRequired")):
                required.append(name)
        made: dict[str, Any] = {"type": "object", "properties": properties}
        return made | ({"required": required} if required else {}) | said

    def _enum(self, name: str) -> dict[str, Any]:
        if name in self._broken:
            self.refuse(self._broken[name])
            return {}
        return enum_schema(list(self.enums[name].values()))

    def _field(self, item: ast.AnnAssign) -> Parameter:
        """An attribute; what has a value may be left out, unless that is `Field(…)` or `field(…)` without a default."""
        typed = self.read(item.annotation)
        if self.is_call(item.value, "Field"):
            return self._with(typed, read_field(item.value, self, is_default=True), item.annotation)
        if self.is_call(item.value, "field"):  # of a dataclass
            words = {word.arg: word.value for word in item.value.keywords}
            default = self.default(words["default"]) if "default" in words else {}
            info = FieldInfo({}, default, has_default=bool({"default", "default_factory"} & words.keys()))
        elif item.value is None:
            info = FieldInfo()
        else:
            info = FieldInfo({}, self.default(item.value), has_default=not _is_dots(item.value))
        return self._with(typed, info, item.annotation)


def _value(node: ast.expr) -> Any:
    return node.value if isinstance(node, ast.Constant) else None


def _is_dots(node: ast.expr) -> bool:
    return _value(node) is ...


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
