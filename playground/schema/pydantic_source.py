"""A schema from the source of pydantic models, pasted as text. It is parsed, never run.

For what is supported the schema is what pydantic's own `model_json_schema()` gives: models with bases among the
pasted ones, nested and recursive ones, enums, `Optional`, unions, `Literal`, lists, sets, tuples, dicts, `Annotated`,
`Field` with constraints, defaults, dates and other plain types. What is not understood is named with its line;
nothing is guessed.
"""

import ast
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playground.schema.document import Problem
from playground.schema.hint_fields import FieldInfo, NotUnderstood, literal, read_field
from playground.schema.hint_names import ENUMS, aliases, deriving, enum_schema, imports, members
from playground.schema.hints import Hints

MAX_CHARACTERS = 200_000
MAX_CLASSES = 300
MAX_INHERITED = 50_000  # fields: each class is given what all its bases have
_CONFIG_WITHOUT_EFFECT = frozenset(
    "frozen strict populate_by_name validate_by_name validate_by_alias validate_assignment validate_default"
    " str_strip_whitespace str_to_lower str_to_upper use_enum_values from_attributes revalidate_instances"
    " arbitrary_types_allowed protected_namespaces allow_inf_nan hide_input_in_errors".split()
)


@dataclass(frozen=True, slots=True)
class PydanticSchema:
    """What came of a source.

    Attributes:
        schema: the model's schema; None if there are problems.
        model: whose it is.
        models: all models in the source, in its order, to choose from.
        problems: what is not understood, with line and column.
    """

    schema: dict[str, Any] | None
    model: str | None = None
    models: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def schema_from_pydantic(source: str, model: str | None = None) -> PydanticSchema:
    """The schema of a model.

    Args:
        source: Python source with at least one class that derives from `BaseModel`; imports may be missing.
        model: which one; None takes the last that no other one refers to.
    """
    if len(source) > MAX_CHARACTERS:
        return _failed(f"{len(source):,} characters; {MAX_CHARACTERS:,} are the most that are read")
    try:
        tree = ast.parse(textwrap.dedent(source))
        count = sum(isinstance(node, ast.ClassDef) for node in tree.body)
        if count > MAX_CLASSES:
            return _failed(f"{count:,} classes; {MAX_CLASSES:,} are the most that are read")
        return _Source(tree).build(model)
    except SyntaxError as error:
        return _failed(f"this is not valid Python: {error.msg}", error.lineno, error.offset)
    except (RecursionError, MemoryError):
        return _failed("this is nested too deep to be read")
    except ValueError as error:
        return _failed(f"this is not valid Python: {error}")


def _failed(message: str, line: int | None = None, column: int | None = None) -> PydanticSchema:
    return PydanticSchema(None, problems=(Problem(message, line, column if line else None),))


@dataclass(frozen=True, slots=True)
class _Field:
    """A field: its name in JSON, its schema, and whether it must be there."""

    key: str
    schema: dict[str, Any]
    required: bool


@dataclass(slots=True)
class _Model:
    """A model as it was read.

    Attributes:
        fields: by their names in the source; one that a class has anew keeps the place that its base gave it.
        config: of `model_config`.
        uses: the models and enums that its fields name.
    """

    fields: dict[str, _Field] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    uses: dict[str, None] = field(default_factory=dict)


class _Source:
    """The classes of one source."""

    def __init__(self, tree: ast.Module) -> None:
        self._problems: dict[str, list[Problem]] = {}
        self._classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
        imported = dict(imports(tree))
        aliased = {} if not self._classes else dict(aliases(tree))
        self._enums: dict[str, dict[str, Any]] = {}
        bare = Hints(imported, frozenset(), {}, {})
        self._bases = {
            name: [bare.name(base) for base in node.bases if isinstance(base, ast.Name | ast.Attribute)]
            for name, node in self._classes.items()
        }
        self._derived = deriving(self._bases, frozenset(("BaseModel",)))
        enumerated = deriving(self._bases, ENUMS)
        self._models = [name for name in self._classes if name in self._derived]
        enums = [name for name in self._classes if name in enumerated]
        for name in enums:
            with self._telling(name):
                self._enums[name] = members(self._classes[name], bare)
        self._types = Hints(imported, frozenset((*self._models, *enums)), aliased, self._enums)
        self._read: dict[str, _Model] = {}
        self._inherited = 0

    def build(self, wanted: str | None) -> PydanticSchema:
        """The schema, or the problems."""
        models = tuple(self._models)
        if not models:
            return _failed("there is no class that derives from BaseModel")
        if wanted is not None and wanted not in models:
            return _failed(f"there is no model {wanted}; there are {', '.join(models)}")
        for name in models:
            self._model(name)
        model = wanted or self._root()
        reachable = self._reachable(model)
        concerned = self._with_bases({model, *reachable})
        if problems := {problem for name in concerned for problem in self._problems.get(name, ())}:
            ordered = sorted(problems, key=lambda p: (p.line or 0, p.column or 0, p.message))
            return PydanticSchema(None, model, models, tuple(ordered))
        definitions = {name: self._schema(name) for name in sorted(reachable)}
        if model in reachable:
            return PydanticSchema({"$defs": definitions, "$ref": f"#/$defs/{model}"}, model, models)
        schema = self._schema(model)
        return PydanticSchema(({"$defs": definitions} if definitions else {}) | schema, model, models)

    def _root(self) -> str:
        """The last model that no other one refers to; the last one, if there is none."""
        used = {use for name, model in self._read.items() for use in model.uses if use != name}
        used |= {base for name in self._models for base in self._bases[name]}
        return next((name for name in reversed(self._models) if name not in used), self._models[-1])

    def _reachable(self, model: str) -> set[str]:
        found: set[str] = set()
        waiting = [model]
        while waiting:
            read = self._read.get(waiting.pop())
            for name in read.uses if read is not None else ():
                if name not in found:
                    found.add(name)
                    waiting.append(name)
        return found

    def _with_bases(self, names: set[str]) -> set[str]:
        found = set(names)
        waiting = list(names)
        while waiting:
            new = [base for base in self._bases[waiting.pop()] if base in self._classes and base not in found]
            found |= set(new)
            waiting += new
        return found

    @contextmanager
    def _telling(self, name: str) -> Iterator[None]:
        """What is not understood in here is a problem of the class `name`."""
        try:
            yield
        except NotUnderstood as error:
            self._problems.setdefault(name, []).append(Problem(error.message, error.line, error.column))

    def _model(self, name: str) -> _Model:
        if name in self._read:
            return self._read[name]
        found = self._read[name] = _Model()
        node = self._classes[name]
        for base in reversed(node.bases):
            with self._telling(name):
                self._inherit(found, base)
        with self._telling(name):
            if node.keywords:
                raise NotUnderstood(node, f"class {name}(…, {node.keywords[0].arg}=…) is not understood")
        for statement in node.body:
            with self._telling(name):
                self._statement(found, statement)
        return found

    def _inherit(self, found: _Model, base: ast.expr) -> None:
        name = self._types.name(base) if isinstance(base, ast.Name | ast.Attribute) else ast.unparse(base)
        if name == "BaseModel":
            return
        if name not in self._derived:
            raise NotUnderstood(base, f"the base {name} is not known here")
        parent = self._model(name)
        self._inherited += len(parent.fields) + len(parent.uses)
        if self._inherited > MAX_INHERITED:
            raise NotUnderstood(base, f"the models inherit more than {MAX_INHERITED:,} fields, which is the most")
        found.fields |= parent.fields
        found.config |= parent.config
        found.uses |= parent.uses

    def _statement(self, found: _Model, node: ast.stmt) -> None:  # noqa: C901 - one case a kind of statement
        match node:
            case ast.AnnAssign(target=ast.Name(id="model_config"), value=ast.expr() as value):
                self._config(found, value)
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                if not name.startswith("_") and not self._is_class_variable(annotation):
                    self._field(found, name, annotation, value)
            case ast.Assign(targets=[ast.Name(id="model_config")], value=value):
                self._config(found, value)
            case ast.Assign(targets=[ast.Name(id=name)]) if name.startswith("_"):
                pass
            case ast.ClassDef(name="Config"):
                self._old_config(found, node)
            case ast.FunctionDef(name="__get_pydantic_json_schema__" | "__get_pydantic_core_schema__"):
                raise NotUnderstood(node, "a class that makes its own schema is not understood")
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Pass() | ast.Expr(value=ast.Constant()):
                pass
            case ast.ClassDef(name=name):
                raise NotUnderstood(node, f"the class {name} must stand outside of the model")
            case ast.Assign(targets=[ast.Name(id=name)]):
                raise NotUnderstood(node, f"{name} has no type: write {name}: … = …")
            case _:
                raise NotUnderstood(node, f"{ast.unparse(node).splitlines()[0]} is not understood")

    def _is_class_variable(self, node: ast.expr) -> bool:
        inner = node.value if isinstance(node, ast.Subscript) else node
        return isinstance(inner, ast.Name | ast.Attribute) and self._types.name(inner) == "ClassVar"

    def _field(self, found: _Model, name: str, annotation: ast.expr, value: ast.expr | None) -> None:
        self._types.used = {}
        typed = self._types.read(annotation)
        info = typed.info or FieldInfo()
        if self._types.is_call(value, "Field"):
            info = info.merged(read_field(value, self._types, is_default=True))
        elif value is not None and not (isinstance(value, ast.Constant) and value.value is ...):
            info = info.merged(FieldInfo(has_default=True, default=(literal(value, self._types),)))
        key = info.alias if info.alias is not None else name
        title = {} if typed.has_name else {"title": key.title().replace("_", " ").strip()}
        schema = self._types.constrained(typed, info, annotation)
        schema = schema | ({"default": info.default[0]} if info.default else {}) | title | info.annotations
        found.fields[name] = _Field(key, schema, not info.has_default)
        found.uses |= self._types.used

    def _config(self, found: _Model, node: ast.expr) -> None:
        if isinstance(node, ast.Call) and not node.args:
            pairs = [(keyword.arg or "**", keyword.value) for keyword in node.keywords]
        elif isinstance(node, ast.Dict):
            pairs = [(str(literal(key, self._types)) if key else "**", item) for key, item in _pairs(node)]
        else:
            raise NotUnderstood(node, "model_config is not understood: write ConfigDict(…)")
        for name, value in pairs:
            self._setting(found, name, value)

    def _old_config(self, found: _Model, node: ast.ClassDef) -> None:
        for statement in node.body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self._setting(found, name, value)
                case ast.Pass() | ast.Expr(value=ast.Constant()):
                    pass
                case _:
                    raise NotUnderstood(statement, "this is not understood in a model's Config")

    def _setting(self, found: _Model, name: str, value: ast.expr) -> None:
        if name in {"extra", "title"}:
            found.config[name] = literal(value, self._types)
        elif name not in _CONFIG_WITHOUT_EFFECT:
            raise NotUnderstood(value, f"the setting {name} is not understood")

    def _schema(self, name: str) -> dict[str, Any]:
        node = self._classes[name]
        doc = ast.get_docstring(node)
        told = {"description": doc} if doc else {}
        if name in self._enums:
            return enum_schema(list(self._enums[name].values())) | {"title": name} | told
        model = self._read[name]
        extra = {"forbid": {"additionalProperties": False}, "allow": {"additionalProperties": True}}
        fields = {each.key: each for each in model.fields.values()}  # of two with one name in JSON, the later
        required = [key for key, each in fields.items() if each.required]
        return (
            {"type": "object", "title": model.config.get("title") or name}
            | told
            | {"properties": {key: each.schema for key, each in fields.items()}}
            | ({"required": required} if required else {})
            | extra.get(str(model.config.get("extra")), {})
        )


def _pairs(node: ast.Dict) -> Iterator[tuple[ast.expr | None, ast.expr]]:
    return zip(node.keys, node.values, strict=True)
