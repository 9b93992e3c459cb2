"""What a check may cost at most, known from the schema and the depth of the answer before it begins.

The library has no limits of its own: it recurses on the stack, and where two alternatives each lead into the same
member, it goes there twice, at each level anew. So a schema of a few lines can take a step for each of 2^n ways into
an answer that is nested n levels deep. Nothing could interrupt it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from playground.schema.references import References
from playground.schema.subschemas import Path, children

MAX_CHAIN = 50  # schemas that apply to one value, one inside the other: references, `allOf` and the like
MAX_APPLIED = 2_000  # and all of them together; alternatives inside alternatives multiply
MAX_RECURSION = 2_500  # steps of such a chain times levels of the answer: three times as many overflow 8 MB of stack
MAX_WAYS = 10_000  # ways through the schema to one value of the answer,
MAX_STEPS = 50_000_000  # with as many values: some seconds
TOLD_WAYS = 2_000  # beyond, the library's reports would be too many: each way has its own
MAX_CHOICES = 50
MAX_COMPARED = 200_000  # properties of alternatives, in all; those beyond count as if a value could fit all
_CAP = 10**15
_IN_PLACE = frozenset("allOf anyOf oneOf not if then else dependentSchemas".split())
_NAMED = frozenset(("properties", "prefixItems"))  # the others are for any member
_ANY_NAME = frozenset("patternProperties additionalProperties unevaluatedProperties".split())
_ANY_INDEX = frozenset("items contains unevaluatedItems".split())


@dataclass(slots=True)
class _Node:
    """A subschema.

    Attributes:
        same: the schemas that it applies to the same value.
        choices: groups of these of which a value can fit one alone, which a constant or its kind shows at once.
        members: those for one member each, by its name or index.
        any_name, any_index: those for every member.
    """

    same: list[Path] = field(default_factory=list)
    choices: list[list[Path]] = field(default_factory=list)
    members: dict[Path, list[Path]] = field(default_factory=lambda: defaultdict(list))
    any_name: list[Path] = field(default_factory=list)
    any_index: list[Path] = field(default_factory=list)


@dataclass(slots=True)
class _Levels:
    """The ways into a value, for each depth that was asked for: of a scalar first.

    Attributes:
        ways: by depth.
        below: of the deepest level, by schema.
        settled: further levels add nothing.
    """

    ways: list[int] = field(default_factory=list)
    below: dict[Path, int] = field(default_factory=dict)
    settled: bool = False


class Cost:
    """The costs of one schema.

    Attributes:
        loops: it refers to itself without going into the value, which says nothing and need not end.
        chain: the longest chain of schemas that apply to one value, one inside the other.
        applied: the most schemas that apply to one value, each counted as often as it is reached.
    """

    def __init__(self, references: References) -> None:
        self._nodes = {path: _node(path, schema) for path, schema in references.schemas.items()}
        for reference in references.found:
            if reference.target in self._nodes:
                self._nodes[reference.path].same.append(reference.target)
        compared = 0
        for path, schema in references.schemas.items():
            for alternatives in _alternatives(path, schema):
                resolved = [_resolved(there, references) for there in alternatives]
                compared += (len(resolved) - 1) * sum(1 + len(found.get("properties", ())) for found in resolved)
                if compared <= MAX_COMPARED and all(_is_apart(a, b) for a, b in combinations(resolved, 2)):
                    self._nodes[path].choices.append(alternatives)
        self._order, self.loops = _bottom_up(self._nodes)
        chain: dict[Path, int] = {}
        applied: dict[Path, int] = {}
        for path in self._order:
            same = self._nodes[path].same
            chain[path] = max((chain.get(step, 0) + 1 for step in same), default=0)
            applied[path] = min(1 + sum(applied.get(step, 1) for step in same), _CAP)
        self.chain = max(chain.values(), default=0)
        self.applied = max(applied.values(), default=1)
        self._levels = {True: _Levels(), False: _Levels()}

    def fits(self, depth: int, count: int) -> bool:
        """Whether an answer of this depth, with so many values, can be checked.

        False also for a schema that `check_schema` would refuse.
        """
        if self.loops or depth * (self.chain + 1) > MAX_RECURSION:
            return False
        ways = self.ways(depth, is_valid=True)
        return ways <= MAX_WAYS or ways * count <= MAX_STEPS

    def can_tell(self, depth: int) -> bool:
        """Whether the library may be asked for all that is wrong with an answer of this depth."""
        return self.ways(depth) <= TOLD_WAYS

    def ways(self, depth: int, *, is_valid: bool = False) -> int:
        """The most schemas that the library may apply on the way from a value to one of its scalars.

        Asked whether a value `is_valid`, it goes into one of several choices alone; asked why not, into all. Each
        level is worked out once, whatever depths are asked for.
        """
        levels = self._levels[is_valid]
        while len(levels.ways) <= depth and not levels.settled:
            now = self._level(levels.below, is_valid=is_valid)
            levels.settled = now == levels.below
            levels.below = now
            levels.ways.append(max(now.values(), default=1))
        return levels.ways[min(depth, len(levels.ways) - 1)]

    def _level(self, below: dict[Path, int], *, is_valid: bool) -> dict[Path, int]:
        """Each schema's ways into a value, from those into its members."""
        now: dict[Path, int] = {}
        for path in self._order:
            node = self._nodes[path]
            own = 1 + sum(now.get(step, 1) for step in node.same)
            for choice in node.choices if is_valid else ():
                each = [now.get(step, 1) for step in choice]
                own += len(each) + max(each) - sum(each)
            now[path] = min(own + _into(node, below), _CAP)
        return now


def _into(node: _Node, below: dict[Path, int]) -> int:
    """For the member that the most is asked of; nothing is, at the last level."""
    if not below:
        return 0

    def total(paths: Iterable[Path]) -> int:
        return sum(below.get(path, 1) for path in paths)

    named = max((total(paths) for paths in node.members.values()), default=0)
    return named + max(total(node.any_name), total(node.any_index))


def _node(path: Path, schema: dict[str, Any]) -> _Node:
    node = _Node()
    for step, _ in children(schema):
        there = (*path, *step)
        if step[0] in _IN_PLACE:
            node.same.append(there)
        elif step[0] in _NAMED:
            node.members[step].append(there)
        elif step[0] in _ANY_NAME:
            node.any_name.append(there)
        elif step[0] in _ANY_INDEX:
            node.any_index.append(there)
    return node


def _alternatives(path: Path, schema: dict[str, Any]) -> Iterator[list[Path]]:
    for keyword in ("anyOf", "oneOf"):
        if 1 < len(schema.get(keyword, ())) <= MAX_CHOICES:
            yield [(*path, keyword, index) for index in range(len(schema[keyword]))]


def _resolved(path: Path, references: References) -> dict[str, Any]:
    targets = references.targets
    for _ in range(MAX_CHAIN):
        if path not in targets:
            break
        path = targets[path]
    return references.schemas.get(path, {})


def _is_apart(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Whether the types have nothing in common, or a property is another text in each."""
    kinds = [set([s["type"]] if isinstance(s["type"], str) else s["type"]) for s in (a, b) if "type" in s]
    if len(kinds) == 2 and not kinds[0] & kinds[1]:  # noqa: PLR2004 - both
        return True
    shared = a.get("properties", {}).keys() & b.get("properties", {}).keys()
    return any(_constant(a, name) != _constant(b, name) for name in shared if _constant(a, name) and _constant(b, name))


def _constant(schema: dict[str, Any], name: str) -> str | None:
    inner = schema["properties"][name]
    values = [inner.get("const"), *inner.get("enum", ())[:2]] if isinstance(inner, dict) else []
    texts = [value for value in values if value is not None]
    return texts[0] if len(texts) == 1 and isinstance(texts[0], str) else None


def _bottom_up(nodes: dict[Path, _Node]) -> tuple[list[Path], bool]:
    """The nodes, each behind those that it applies to the same value, and whether that goes in a circle."""
    done: dict[Path, None] = {}
    loops = False
    for start, first in nodes.items():
        stack = [] if start in done else [(start, iter(first.same))]
        open_paths = {start}
        while stack:
            path, following = stack[-1]
            step = next(following, None)
            if step is None:
                stack.pop()
                open_paths.discard(path)
                done[path] = None
            elif step in open_paths:
                loops = True
            elif step in nodes and step not in done:
                open_paths.add(step)
                stack.append((step, iter(nodes[step].same)))
    return list(done), loops
