"""Where a JSON Schema's subschemas stand (2020-12): a `$ref` in an `enum` is data, a property may be called `type`."""

from collections.abc import Iterator
from typing import Any

from playground.schema.pointer import Token

MAPS = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")
LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
SINGLES = (
    "additionalProperties propertyNames unevaluatedProperties items contains unevaluatedItems"
    " not if then else contentSchema"
).split()
Path = tuple[Token, ...]


def children(schema: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
    """The direct subschemas, each with the tokens that lead to it; what is not a schema there is left out."""
    for keyword, value in schema.items():
        pairs: list[tuple[Path, Any]]
        if keyword in MAPS and isinstance(value, dict):
            pairs = [((keyword, name), item) for name, item in value.items()]
        elif keyword in LISTS and isinstance(value, list):
            pairs = [((keyword, index), item) for index, item in enumerate(value)]
        elif keyword in SINGLES:
            pairs = [((keyword,), value)]
        else:
            continue
        yield from (pair for pair in pairs if isinstance(pair[1], dict | bool))


def walk(schema: Any) -> Iterator[tuple[Path, Any]]:
    """The schema and all below it, in document order. References are not followed."""
    waiting: list[tuple[Path, Any]] = [((), schema)]
    while waiting:
        path, found = waiting.pop()
        yield path, found
        if isinstance(found, dict):
            waiting += [((*path, *step), child) for step, child in reversed(list(children(found)))]
