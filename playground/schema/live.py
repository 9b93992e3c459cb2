"""Check an answer while it streams: each value once, when it is complete, so that the cost is linear.

A scalar is checked by itself; a container by the names and the number of its members, which have been checked by
then. Where a schema does not allow that (`plan`), a value is kept and checked whole, with all that is in it and
nothing twice. What is found here is for the eye; when the answer is complete, `validate` has the last word.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from playground.schema.document import MAX_DEPTH
from playground.schema.engine import Schema, errors_of, well_formed
from playground.schema.partial_ops import Begin, End, Kind, Op
from playground.schema.plan import Plan, Planner, members
from playground.schema.pointer import Token
from playground.schema.reports import Checked, violations_of
from playground.schema.subschemas import Path
from playground.schema.violation import Violation, misnamed, missing, not_allowed, unfit

LIMIT = 100
MAX_LEVELS = 20  # alternatives inside alternatives that are looked into


class _Way(Enum):
    """How a container is checked."""

    PARTS = "its members one by one, then its names and their number"
    WHOLE = "kept, and checked when it is complete"
    KEPT = "inside one that is checked whole"
    FREE = "nothing is asked of it"


@dataclass(slots=True)
class _Open:
    """A container that is not complete.

    Attributes:
        key: its name or index in the container around it.
        way: how it is checked.
        paths: the schemas that it must fit.
        plan: what these ask, member by member.
        value: its members; unless it is kept, each stands as None.
    """

    key: Token | None
    way: _Way
    paths: tuple[Path, ...]
    plan: Plan
    value: dict[str, Any] | list[Any]

    @property
    def is_kept(self) -> bool:
        return self.way in {_Way.WHOLE, _Way.KEPT}

    def put(self, key: Token | None, value: Any) -> None:
        if isinstance(self.value, list):
            self.value.append(value)
        else:
            self.value[str(key)] = value


@dataclass(frozen=True, slots=True)
class _Within:
    """Where a value is looked into once more, when it is complete and something in it is wrong.

    Attributes:
        planner: of the whole schema.
        plan: what the value must fit.
        at: where it stands in the answer.
        level: in how many others that are looked into it stands.
    """

    planner: Planner
    plan: Plan
    at: tuple[Token, ...]
    level: int


class LiveValidator:
    """Takes the parser's operations, tells the broken rules.

    Attributes:
        gave_up: the answer is nested too deeply to be checked, and nothing more will be told.
        count: how many rules were broken so far; only the first `limit` are told.
    """

    def __init__(self, schema: Schema, *, limit: int = LIMIT, within: "_Within | None" = None) -> None:
        self.gave_up = False
        self.count = 0
        self._schema = well_formed(schema) if within is None else schema
        self._planner = Planner(self._schema) if within is None else within.planner
        self._within = within
        self._limit = limit
        self._open: list[_Open] = []
        self._key: Token | None = None
        self._paths: tuple[Path, ...] = ()
        self._found: list[Violation] = []

    @property
    def is_full(self) -> bool:
        """As many were told as were asked for."""
        return self.count >= self._limit

    def apply(self, ops: tuple[Op, ...]) -> tuple[Violation, ...]:
        """What these operations bring to light."""
        for op in ops:
            if self.gave_up:
                break
            if isinstance(op, Begin):
                self._begin(op)
            elif isinstance(op, End):
                self._end(op)
        found, self._found = tuple(self._found), []
        return found

    def _begin(self, op: Begin) -> None:
        key = well_formed(op.key)
        paths = self._expected(key)
        if op.kind not in {"object", "array"}:
            self._key, self._paths = key, paths
        elif len(self._open) >= MAX_DEPTH:
            self.gave_up = True
        else:
            self._open.append(self._container(key, op.kind, paths))

    def _expected(self, key: Token | None) -> tuple[Path, ...]:
        """The schemas that a value which begins must fit by itself."""
        if not self._open or key is None:
            return ((),)
        around = self._open[-1]
        if around.way != _Way.PARTS:
            return ()
        paths, forbidden = members(around.plan, key)
        if isinstance(key, str):
            self._check_name(around, key)
        if forbidden is not None and (isinstance(around.value, list) or key not in around.value):
            self._tell(not_allowed((*self._path(), key), None, forbidden))
        return paths

    def _check_name(self, around: _Open, name: str) -> None:
        for part in around.plan.parts:
            if "propertyNames" in part.schema and name not in around.value:
                validator = self._planner.validator((*part.path, "propertyNames"))
                if not validator.is_valid(name):
                    rule_path = (*part.path, "propertyNames")
                    self._tell(misnamed((*self._path(), name), part.schema["propertyNames"], rule_path))

    def _container(self, key: Token | None, kind: Kind, paths: tuple[Path, ...]) -> _Open:
        value: dict[str, Any] | list[Any] = {} if kind == "object" else []
        if not paths:
            is_kept = bool(self._open) and self._open[-1].is_kept
            return _Open(key, _Way.KEPT if is_kept else _Way.FREE, (), Plan(whole=False), value)
        if self._within is not None and not self._open:
            plan = self._within.plan
        else:
            plan = self._planner.plan(paths, "object" if kind == "object" else "array")
        return _Open(key, _Way.WHOLE if plan.whole else _Way.PARTS, paths, plan, value)

    def _end(self, op: End) -> None:
        if op.size is None:
            self._complete(self._key, self._paths, well_formed(op.value))
            return
        done = self._open.pop()
        if done.way == _Way.PARTS:
            self._check_names(done)
        self._complete(done.key, done.paths if done.way == _Way.WHOLE else (), done.value)

    def _complete(self, key: Token | None, paths: tuple[Path, ...], value: Any) -> None:
        """Check a value against schemas of its own, and hand it to the container around it."""
        if paths and not self._planner.fits(value):
            self.gave_up = True
            return
        if paths and isinstance(value, dict | list) and self._look_inside(key, paths, value):
            paths = ()
        for path in paths:
            faults = self._planner.faults(path, value)
            if faults is None:
                self._tell(unfit(self._path(key), value, self._planner.at(path), path))
            for error in faults or ():
                self._tell(*violations_of(error, Checked(self._schema, value, self._path(key), path)))
        if self._open:
            around = self._open[-1]
            if around.way != _Way.FREE:
                around.put(key, value if around.is_kept else None)

    def _look_inside(self, key: Token | None, paths: tuple[Path, ...], value: dict[str, Any] | list[Any]) -> bool:
        """Tell what is wrong in a kept value, if a constant in it says which alternative is meant; whether it did."""
        level = self._within.level if self._within is not None else 0
        if level == MAX_LEVELS or all(self._planner.validator(path).is_valid(value) for path in paths):
            return False
        plan = self._planner.plan_for(paths, value)
        if plan.whole:
            return False
        within = _Within(self._planner, plan, self._path(key), level + 1)
        inner = LiveValidator(self._schema, limit=self._limit, within=within)
        for op in operations(value):
            self._tell(*inner.apply((op,)))
        return inner.count > 0

    def _check_names(self, done: _Open) -> None:
        for part in done.plan.parts:
            for name in part.schema.get("required", ()) if isinstance(done.value, dict) else ():
                if name not in done.value:
                    required = part.schema["required"]
                    self._tell(missing(self._path(done.key), {}, name, required, (*part.path, "required")))
            if part.shallow is None or part.shallow.is_valid(done.value):
                continue
            for error in errors_of(part.shallow, done.value):
                checked = Checked(self._schema, done.value, self._path(done.key), part.path)
                self._tell(*violations_of(error, checked))

    def _path(self, key: Token | None = None) -> tuple[Token, ...]:
        """To the innermost open container, or to what stands in it."""
        path = self._within.at if self._within is not None else ()
        path += tuple(entry.key for entry in self._open if entry.key is not None)
        return path if key is None else (*path, key)

    def _tell(self, *violations: Violation) -> None:
        room = max(self._limit - self.count, 0)
        self._found += violations[:room]
        self.count += len(violations)


def operations(value: Any) -> Iterator[Op]:
    """The operations that a parser would give for a value that is known already; offsets are 0."""
    waiting: list[tuple[Token | None, Any, bool]] = [(None, value, False)]
    while waiting:
        key, found, is_end = waiting.pop()
        kind = _kind(found)
        if is_end:
            yield End(kind, None, len(found), 0)
            continue
        yield Begin(kind, key, 0)
        if not isinstance(found, dict | list):
            yield End(kind, found, None, 0)
            continue
        waiting.append((key, found, True))
        items = found.items() if isinstance(found, dict) else enumerate(found)
        waiting += [(step, item, False) for step, item in reversed(list(items))]


def _kind(value: Any) -> Kind:
    if isinstance(value, bool):
        return "boolean"
    kinds: dict[type, Kind] = {dict: "object", list: "array", str: "string", type(None): "null"}
    return kinds.get(type(value), "number")
