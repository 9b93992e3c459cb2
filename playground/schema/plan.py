"""How a container can be checked piece by piece: which schemas its members must fit, and what is asked of itself.

A value must fit every schema of a set: the one at its place, those that references and `allOf` add, and the one
alternative of `anyOf` or `oneOf` that takes a value of its kind (a nullable object is such a case). Where that does
not decide it, as between two objects, the value is checked whole when it is complete.
"""

from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import jsonschema_rs

from playground.schema.cost import Cost
from playground.schema.engine import Located, Schema, compile_schema, errors_of, measure
from playground.schema.pointer import Token
from playground.schema.references import References
from playground.schema.subschemas import Path

Container = Literal["object", "array"]

# What needs the members' values, or needs to know which of them another keyword has seen.
_WHOLE = frozenset(
    "not if dependentSchemas contains uniqueItems unevaluatedProperties unevaluatedItems patternProperties"
    " $dynamicRef $id".split()
)
# What can be told from the members' names and number. `required` is checked apart: the library would copy for each.
_SHALLOW = frozenset("type enum const minProperties maxProperties dependentRequired minItems maxItems".split())
_ALTERNATIVES = ("anyOf", "oneOf")


@dataclass(frozen=True, slots=True)
class Part:
    """One schema of the set.

    Attributes:
        path: where it stands.
        schema: its keywords.
        shallow: checks a container with empty members; None where nothing is asked.
    """

    path: Path
    schema: dict[str, Any]
    shallow: jsonschema_rs.Validator | None


@dataclass(frozen=True, slots=True)
class Plan:
    """For one container.

    Attributes:
        whole: it can only be checked when it is complete, with all that is in it.
        parts: else, the schemas that say something about it and its members.
    """

    whole: bool
    parts: tuple[Part, ...] = ()


class Planner:
    """Makes plans, each once."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        references = References(schema)
        self._targets = references.targets
        self._cost = Cost(references)
        self._located = Located(schema)
        # Parts of a schema with names of their own inside it, or with a name that is relative, are not told apart.
        self._has_ids = any(path or (uri and not urlsplit(uri).scheme) for uri, path in references.resources.items())
        self._validators: dict[Path, jsonschema_rs.Validator] = {}
        self._plans: dict[tuple[tuple[Path, ...], Container], Plan] = {}

    def validator(self, path: Path) -> jsonschema_rs.Validator:
        """For a value that must fit the schema at `path`."""
        if path not in self._validators:
            self._validators[path] = self._located.at(path)
        return self._validators[path]

    def fits(self, value: Any) -> bool:
        """Whether a value can be checked whole, or would cost too much."""
        return self._cost.fits(*measure(value))

    def faults(self, path: Path, value: Any) -> list[jsonschema_rs.ValidationError] | None:
        """What is wrong with a value by the schema at `path`; None if that cannot be told in detail."""
        validator = self.validator(path)
        if validator.is_valid(value):
            return []
        return errors_of(validator, value, can_tell=self._cost.can_tell(measure(value)[0])) or None

    def plan(self, paths: tuple[Path, ...], kind: Container) -> Plan:
        """For a container that must fit the schemas at `paths`."""
        if (paths, kind) not in self._plans:
            self._plans[paths, kind] = self._plan(paths, _Known(kind))
        return self._plans[paths, kind]

    def plan_for(self, paths: tuple[Path, ...], value: dict[str, Any] | list[Any]) -> Plan:
        """For one that is complete: constants in it may tell between alternatives that its kind leaves open."""
        return self._plan(paths, _Known("object" if isinstance(value, dict) else "array", value))

    def _plan(self, paths: tuple[Path, ...], known: "_Known") -> Plan:
        parts = None if self._has_ids else self._parts(paths, known)
        return Plan(whole=True) if parts is None else Plan(whole=False, parts=tuple(parts))

    def _parts(self, paths: tuple[Path, ...], known: "_Known") -> list[Part] | None:
        waiting, seen, parts = list(paths), set(), []
        while waiting:
            path = waiting.pop(0)
            schema = self.at(path)
            if path in seen or schema is True:
                continue
            seen.add(path)
            if not isinstance(schema, dict) or (path and _WHOLE & schema.keys()) or (_WHOLE - {"$id"}) & schema.keys():
                return None
            more = self._further(path, schema, known)
            if more is None:
                return None
            waiting += more
            asked = {keyword: schema[keyword] for keyword in schema if keyword in _SHALLOW}
            parts.append(Part(path, schema, compile_schema(asked) if asked else None))
        return parts

    def _further(self, path: Path, schema: dict[str, Any], known: "_Known") -> list[Path] | None:
        """The schemas that apply to the same value; None where what is known of it does not decide that."""
        more: list[Path] = []
        if "$ref" in schema:
            if path not in self._targets:
                return None
            more.append(self._targets[path])
        more += [(*path, "allOf", index) for index in range(len(schema.get("allOf", ())))]
        for keyword in _ALTERNATIVES:
            if keyword in schema:
                fitting = [
                    (*path, keyword, index)
                    for index in range(len(schema[keyword]))
                    if self._takes((*path, keyword, index), known)
                ]
                if len(fitting) != 1:
                    return None
                more += fitting
        return more

    def _takes(self, path: Path, known: "_Known") -> bool:
        """Whether the schema there may take a value of which that is known."""
        seen = set()
        while path not in seen:
            seen.add(path)
            schema = self.at(path)
            if not isinstance(schema, dict):
                return bool(schema)
            if not known.may_fit(schema):
                return False
            path = self._targets.get(path, path)
        return True

    def at(self, path: Path) -> Any:
        """The schema there."""
        found: Any = self._schema
        for token in path:
            found = found[token]
        return found


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a container: its kind, and, if it is complete, its members."""

    kind: Container
    value: Any = None

    def may_fit(self, schema: dict[str, Any]) -> bool:
        """Whether its kind and its texts do not speak against it: `type`, `const` and `enum`, of it or a member."""
        types = schema.get("type")
        if types is not None and self.kind not in ([types] if isinstance(types, str) else types):
            return False
        listed = _listed(schema)
        python = dict if self.kind == "object" else list
        if listed is not None and not any(isinstance(value, python) for value in listed):
            return False
        if not isinstance(self.value, dict):
            return True
        named = ((self.value.get(name), inner) for name, inner in schema.get("properties", {}).items())
        return all(_may_say(value, inner) for value, inner in named if isinstance(value, str))


def _may_say(value: str, schema: Any) -> bool:
    listed = _listed(schema) if isinstance(schema, dict) else None
    return listed is None or len(listed) != 1 or value in listed


def _listed(schema: dict[str, Any]) -> list[Any] | None:
    """The values that `const` or `enum` leaves, if one is there."""
    return [schema["const"]] if "const" in schema else schema.get("enum")


def members(plan: Plan, key: Token) -> tuple[tuple[Path, ...], Path | None]:
    """What a member must fit, and which `additionalProperties: false` forbids it, if one does."""
    paths: list[Path] = []
    forbidden: Path | None = None
    for part in plan.parts:
        path, schema = part.path, part.schema
        if isinstance(key, int):
            prefix = schema.get("prefixItems", ())
            if key < len(prefix):
                paths.append((*path, "prefixItems", key))
            elif "items" in schema:
                paths.append((*path, "items"))
        elif key in schema.get("properties", ()):
            paths.append((*path, "properties", key))
        elif schema.get("additionalProperties", True) is False:
            forbidden = forbidden or (*path, "additionalProperties")
        elif "additionalProperties" in schema:
            paths.append((*path, "additionalProperties"))
    return tuple(paths), forbidden
