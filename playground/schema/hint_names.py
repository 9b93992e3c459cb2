"""What the names of a source stand for: its imports, its aliases of types, its enums and who derives from whom."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playground.schema.hint_fields import Names, NotUnderstood, literal
from playground.schema.hint_tables import type_of

ENUMS = frozenset("Enum StrEnum IntEnum".split())


def imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Each imported name, with what it stands for, dotted."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (
                (alias.asname or alias.name.partition(".")[0], alias.name) for alias in node.names if alias.asname
            )
        elif isinstance(node, ast.ImportFrom):
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)


def aliases(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Each name that is given a value at the top, with it."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value


def deriving(bases_of: Mapping[str, Sequence[str]], roots: frozenset[str]) -> set[str]:
    """The classes that derive from one of `roots`, directly or not; each class and base is looked at once."""
    children: dict[str, list[str]] = {}
    for name, bases in bases_of.items():
        for base in bases:
            children.setdefault(base, []).append(name)
    found: set[str] = set()
    waiting = [child for root in roots for child in children.get(root, ())]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += children.get(name, ())
    return found


def members(node: ast.ClassDef, names: Names) -> dict[str, Any]:
    """An enum's members with their values.

    Raises:
        NotUnderstood: a member is no plain value; or there is none.
    """
    found: dict[str, Any] = {}
    auto = _Auto(
        any(names.name(base) == "StrEnum" for base in node.bases if isinstance(base, ast.Name | ast.Attribute))
    )
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if not name.startswith("_"):
                found[name] = auto.next(name, value) if _is_auto(value, names) else literal(value, names)
                auto.see(found[name], value)
            case ast.FunctionDef() | ast.Pass() | ast.Expr(value=ast.Constant()):
                pass
            case _:
                raise NotUnderstood(statement, f"this is not understood in the enum {node.name}")
    if not found:
        raise NotUnderstood(node, f"the enum {node.name} has no members")
    return found


@dataclass(slots=True)
class _Auto:
    """What `auto()` stands for: in a StrEnum the name, else one more than the highest number before it."""

    is_text: bool
    highest: int | None = None
    has_others: bool = False

    def next(self, name: str, node: ast.expr) -> str | int:
        if self.is_text:
            return name.lower()
        if self.has_others:
            raise NotUnderstood(node, "auto() beside texts is not understood")
        return 1 if self.highest is None else self.highest + 1

    def see(self, value: Any, node: ast.expr) -> None:
        if isinstance(value, list | dict):
            raise NotUnderstood(node, "a member that is a list or a dict is not understood")
        if isinstance(value, int):
            self.highest = value if self.highest is None else max(self.highest, value)
        else:
            self.has_others = True


def _is_auto(value: ast.expr, names: Names) -> bool:
    return isinstance(value, ast.Call) and names.name(value.func) == "auto" and not value.args


def enum_schema(values: list[Any]) -> dict[str, Any]:
    """The schema of an enum with these values."""
    once = list(dict.fromkeys(values))
    return {"enum": once} | type_of(once)
