"""YAML text to plain JSON values, for the files that people write.

YAML 1.1 reads a bare `yes`, `on` or `no` as a truth value and `2026-01-31` as a date: where text is meant, it stands
in quotes. `12:30:00`, a number to the base of 60 in YAML 1.1, is text as in YAML 1.2. A value that JSON has no word
for is refused here, not by a server.

A text may come from a stranger, so what it unfolds to is counted before anything is built: an alias stands for all
that its anchor holds, and aliases of aliases of aliases grow without bound ("billion laughs").
"""

import re
from collections.abc import Hashable
from math import isfinite
from typing import Any

import yaml

MAX_CHARACTERS = 2**20
MAX_NODES = 100_000  # an alias counts as all that it stands for
MAX_DEPTH = 100
MAX_BITS = 14_000  # of an integer: beyond 4,300 digits Python writes none, and takes long to
SHORT = 4000  # characters: PyYAML's own parser takes some 40 ms for them


class YamlError(ValueError):
    """A text that cannot be used; `field` is the path to the fault, or "" for all of it."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def read_yaml(text: str, *, dates: bool = True, max_characters: int = MAX_CHARACTERS) -> Any:
    """The text's value, each key once.

    Args:
        text: one document.
        dates: whether a bare date is one; else it is text.
        max_characters: the longest text that is read.

    Raises:
        YamlError: it is not valid YAML, with line and column; or more than is read.
    """
    if len(text) > max_characters:
        raise YamlError(f"it has {len(text):,} characters; the limit is {max_characters:,}.")
    try:
        _count(text)
        return yaml.load(text, Loader=_Loader if dates else _Dateless)  # noqa: S506 - both are a SafeLoader
    except yaml.YAMLError as error:
        raise YamlError(f"it is not valid YAML: {_line(_explained(text, error))}.") from None
    except (ValueError, RecursionError) as error:  # a date such as 2026-02-31; brackets without end
        raise YamlError(f"it is not valid YAML: {error}.") from None


def check_json(value: Any, field: str) -> None:
    """YAML has more than JSON: dates, keys that are not text, infinity, loops.

    Raises:
        YamlError: with the field.
    """
    try:
        _check(value, [field])
    except RecursionError:
        raise YamlError("it holds itself.", field) from None


def _count(text: str) -> None:
    """Whether it stays within the limits once every alias is put in place; linear in the text.

    Raises:
        YamlError: it does not.
    """
    sizes: dict[str, int] = {}  # of what each anchor names, as far as it was read
    opened: list[tuple[str | None, int]] = []
    nodes = 0
    for event in yaml.parse(text, Loader=_Fast):
        if isinstance(event, yaml.AliasEvent):
            nodes += sizes.get(event.anchor or "", 1)
        elif isinstance(event, yaml.ScalarEvent):
            nodes += 1
            if event.anchor:
                sizes[event.anchor] = 1
        elif isinstance(event, yaml.CollectionStartEvent):
            nodes += 1
            opened.append((event.anchor, nodes))
            if len(opened) > MAX_DEPTH:
                raise YamlError(f"it is nested deeper than {MAX_DEPTH} levels.")
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = opened.pop()
            if anchor:
                sizes[anchor] = nodes - before + 1
        if nodes > MAX_NODES:
            raise YamlError(f"it holds more than {MAX_NODES:,} values, those that aliases stand for counted each time.")


_Fast: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's, where it was built


class _Loader(_Fast):  # type: ignore[misc] # one of two classes, as the system has it
    """YAML's plain values, each key once: PyYAML would keep the last one and say nothing."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        seen = set()
        for key_node, _ in node.value:
            key = (key_node.tag, key_node.value) if isinstance(key_node, yaml.ScalarNode) else None
            if key in seen and key is not None:
                raise yaml.constructor.ConstructorError(None, None, f"{key[1]} appears twice", key_node.start_mark)
            seen.add(key)
        read: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return read


def _without(tags: set[str]) -> dict[str, list[Any]]:
    """How bare words are told apart, without these tags."""
    return {
        first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] not in tags]
        for first, resolvers in _Fast.yaml_implicit_resolvers.items()
    }


_Loader.yaml_implicit_resolvers = _without({"int", "float"})
# YAML 1.1's numbers without those to the base of 60, which would be worked out in time that grows with their square.
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int",
    re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)\Z"),
    list("-+0123456789"),
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(
        r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?"
        r"|\.inf|\.Inf|\.INF)\Z|\.(?:nan|NaN|NAN)\Z"
    ),
    list("-+0123456789."),
)


class _Dateless(_Loader):
    """Dates stay text, as JSON would have them."""


_Dateless.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


def _explained(text: str, error: yaml.YAMLError) -> yaml.YAMLError:
    """The fault in the words of PyYAML's own parser, which knows the place better, if the text is short."""
    if len(text) <= SHORT:
        try:
            yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.YAMLError as better:
            return better
    return error


def _line(error: yaml.YAMLError) -> str:
    """What is wrong, and in which line."""
    if isinstance(error, yaml.MarkedYAMLError) and (mark := error.problem_mark or error.context_mark):
        return f"{error.problem or error.context}, line {mark.line + 1}, column {mark.column + 1}"
    return " ".join(str(error).split())


def _check(value: Any, path: list[str]) -> None:
    """`path` is the way to the value; it is put into words only for a fault."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise YamlError(f"the key {key!r} is not text: put it in quotes.", ".".join(path))
            _check_at(key, item, path)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _check_at(str(index), item, path)
    elif isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise YamlError("the number is too large to be written.", ".".join(path))
    elif not (value is None or isinstance(value, str | int)) and not (isinstance(value, float) and isfinite(value)):
        raise YamlError(f"{value} is not a JSON value; if it is meant as text, put it in quotes.", ".".join(path))


def _check_at(step: str, value: Any, path: list[str]) -> None:
    path.append(step)
    _check(value, path)
    path.pop()


def dump_yaml(value: Any) -> str:
    """JSON's kinds of values as YAML that `read_yaml` reads back."""
    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110))
