"""References inside one schema: what each leads to, found without fetching anything.

A reference is resolved against the `$id` above it (JSON Schema 2020-12, 8.2); what it may lead to is a JSON Pointer
or an anchor in one of the schema's own resources.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urldefrag, urljoin

from playground.schema.pointer import from_fragment, from_pointer, resolve, to_pointer
from playground.schema.subschemas import Path, walk

KEYWORDS = ("$ref", "$dynamicRef")
_ANCHORS = ("$anchor", "$dynamicAnchor")


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference as it stands in the schema.

    Attributes:
        path: the subschema that holds it.
        keyword: `$ref` or `$dynamicRef`.
        text: what it says.
        resource: the URI it points into, without fragment; "" for a schema without `$id`.
        target: the path of what it leads to, or None.
    """

    path: Path
    keyword: str
    text: str
    resource: str
    target: Path | None


class References:
    """All references of one schema.

    Attributes:
        found: each of them, in document order.
        resources: the URIs that the schema itself has, each with its path.
    """

    def __init__(self, schema: Any) -> None:
        self._schema = schema
        self.resources: dict[str, Path] = {"": ()}
        self._anchors: dict[tuple[str, str], Path] = {}
        self._bases: dict[Path, str] = {}
        self._walked: dict[Path, dict[str, Any]] = {}
        found: list[Reference] = []
        waiting: list[Path] = [()]
        while waiting:
            entries = [entry for start in waiting for entry in self._collect(start)]
            new = [self._resolve(*entry) for entry in entries]
            found += new
            # A reference may lead to where no keyword does: what stands there counts as a schema as well.
            waiting = [ref.target for ref in new if ref.target is not None and ref.target not in self._walked]
        self.found = tuple(found)

    def _collect(self, start: Path) -> Iterator[tuple[Path, str, str, str]]:
        for below, schema in walk(resolve(self._schema, to_pointer(start))):
            path = start + below
            if not isinstance(schema, dict) or path in self._walked:
                continue
            self._walked[path] = schema
            base = _base(self._bases, path)
            if isinstance(identity := schema.get("$id"), str):
                base = self._bases[path] = urldefrag(urljoin(base, identity)).url
                self.resources[base] = path
            for keyword in _ANCHORS:
                if isinstance(anchor := schema.get(keyword), str):
                    self._anchors.setdefault((base, anchor), path)
            for keyword in KEYWORDS:
                if isinstance(text := schema.get(keyword), str):
                    yield path, keyword, text, base

    def _resolve(self, path: Path, keyword: str, text: str, base: str) -> Reference:
        resource, fragment = urldefrag(urljoin(base, text)) if not text.startswith("#") else (base, text[1:])
        return Reference(path, keyword, text, resource, self._target(resource, fragment))

    def _target(self, resource: str, fragment: str) -> Path | None:
        start = self.resources.get(resource)
        if start is None or (fragment and not fragment.startswith("/")):
            return self._anchors.get((resource, fragment))
        try:
            pointer = to_pointer(start) + from_fragment(fragment)
            found = resolve(self._schema, pointer)
        except (LookupError, ValueError):
            return None
        return _typed(self._schema, from_pointer(pointer)) if isinstance(found, dict | bool) else None

    @cached_property
    def targets(self) -> dict[Path, Path]:
        """For each subschema with a `$ref` that leads somewhere: where."""
        return {ref.path: ref.target for ref in self.found if ref.target is not None and ref.keyword == "$ref"}

    @property
    def schemas(self) -> dict[Path, dict[str, Any]]:
        """Every subschema that is an object, those included that only a reference leads to."""
        return self._walked


def _base(bases: dict[Path, str], path: Path) -> str:
    if not bases:
        return ""
    return next((bases[path[:end]] for end in range(len(path), -1, -1) if path[:end] in bases), "")


def _typed(schema: Any, tokens: tuple[str, ...]) -> Path:
    """The tokens with indices as numbers, as `walk` gives them."""
    path: list[str | int] = []
    for token in tokens:
        path.append(int(token) if isinstance(schema, list) else token)
        schema = schema[path[-1]]
    return tuple(path)
