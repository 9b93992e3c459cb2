"""OpenAPI's schemas as plain JSON Schema, with local references put in place.

A schema that contains itself cannot be put in place: it goes to `$defs`. What 3.0 says in its own way (`nullable`,
true and false as `exclusiveMinimum`, `example`) is said in JSON Schema's; OpenAPI's own words are left out.
"""

from collections.abc import Mapping
from typing import Any

from playground.errors import InvalidTools
from playground.schema.pointer import from_fragment, resolve
from playground.schema.subschemas import LISTS, MAPS, SINGLES
from playground.tools.importers.imported import unique_name

MAX_NODES = 20_000  # references in references in references can unfold to any size
_OPENAPI_ONLY = ("discriminator", "xml", "externalDocs", "deprecated", "readOnly", "writeOnly")


class Inliner:
    """For one operation.

    Attributes:
        defs: schemas that contain themselves, for `$defs`.
        notes: what was left out.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self.defs: dict[str, Any] = {}
        self.notes: list[str] = []
        self._names: dict[str, str] = {}
        self._taken: set[str] = set()
        self._open: set[str] = set()
        self._nodes = 0

    def follow(self, value: Any) -> Mapping[str, Any]:
        """A parameter or body object, through its references.

        Raises:
            InvalidTools: a reference leads nowhere, away, or in a circle.
        """
        seen = set()
        while isinstance(value, dict) and isinstance(reference := value.get("$ref"), str):
            if reference in seen:
                raise InvalidTools(f"The reference {reference!r} is circular.")
            seen.add(reference)
            value = self._resolve(reference)
        return value if isinstance(value, dict) else {}

    def schema(self, value: Any) -> Any:
        """A schema with nothing of OpenAPI left in it; raises as `follow` does, and where it grows too large."""
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise InvalidTools(
                f"The schema is too large: more than {MAX_NODES:,} parts once references are put in place."
            )
        if not isinstance(value, dict):
            return value
        reference = value.get("$ref")
        if isinstance(reference, str):
            return self._referenced(reference, {key: item for key, item in value.items() if key != "$ref"})
        made: dict[str, Any] = {}
        for key, item in value.items():
            if key in MAPS and isinstance(item, dict):
                kept = {name: part for name, part in item.items() if not self._only_read(name, part)}
                made[key] = {name: self.schema(part) for name, part in kept.items()}
            elif key in LISTS and isinstance(item, list):
                made[key] = [self.schema(part) for part in item]
            elif key in SINGLES:
                made[key] = self.schema(item)
            elif key not in _OPENAPI_ONLY and not str(key).startswith("x-"):
                made[key] = item
        return _from_3_0(made, value)

    def _referenced(self, reference: str, beside: dict[str, Any]) -> Any:
        if reference in self._open:
            if reference not in self._names:
                last = from_fragment(reference).rpartition("/")[2]
                self._names[reference] = unique_name(last, self._taken)
                self._taken.add(self._names[reference])
            return {"$ref": f"#/$defs/{self._names[reference]}"}
        target = self._resolve(reference)
        self._open.add(reference)
        schema = self.schema(target)
        self._open.discard(reference)
        if reference in self._names:
            self.defs[self._names[reference]] = schema
            return {"$ref": f"#/$defs/{self._names[reference]}"}
        beside = {key: item for key, item in beside.items() if key in {"description", "title", "default"}}
        return schema | beside if isinstance(schema, dict) else schema

    def _resolve(self, reference: str) -> Any:
        if not reference.startswith("#"):
            raise InvalidTools(f"{reference!r} is in another document: nothing is fetched; put it under components.")
        try:
            return resolve(self._document, from_fragment(reference))
        except (LookupError, ValueError):
            raise InvalidTools(f"The reference {reference!r} points to nothing.") from None

    def _only_read(self, name: str, part: Any) -> bool:
        """A field that servers send and nobody may give."""
        if not (isinstance(part, dict) and part.get("readOnly") is True):
            return False
        self.notes.append(f"{name} is left out: it is read-only")
        return True


def _from_3_0(made: dict[str, Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """The few words of OpenAPI 3.0 that JSON Schema has in another form."""
    if made.pop("nullable", None) is True:
        kind = made.get("type")
        if isinstance(kind, str):
            made["type"] = [kind, "null"]
        if isinstance(made.get("enum"), list) and None not in made["enum"]:
            made["enum"] = [*made["enum"], None]
    for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(flag := raw.get(exclusive), bool):
            made.pop(exclusive)
            if flag and limit in made:
                made[exclusive] = made.pop(limit)
    if "example" in made:
        made["examples"] = [made.pop("example")]
    if isinstance(required := made.get("required"), list) and isinstance(fields := made.get("properties"), dict):
        made["required"] = [name for name in required if name in fields or name not in raw.get("properties", {})]
    return made
