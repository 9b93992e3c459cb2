"""Make a schema fit for strict mode, where that can be done without letting more values through.

What holds: let `fixed = fix(schema)`. `lint(fixed)` has nothing fixable left, and `fix(fixed) == fixed`. If
`lint(fixed)` is empty, then every value that is valid by `fixed` is valid by `schema` too, once the properties that
were optional there and are null now are left out (formats apart that strict mode does not know: in JSON Schema they
are annotations). Not the other way round: `fixed` is closed, and takes fewer values.
"""

from typing import Any

from playground.schema.strict import (
    ANNOTATIONS,
    FORMATS,
    can_close,
    can_unwrap,
    inferred_type,
    is_exclusive,
    is_looked_at,
    is_object,
    root_target,
    types,
)

_TOLD = ("title", "description")


def fix(schema: Any) -> Any:
    """A copy with all that is fixable made right; keys keep their order, new ones come last."""
    if not isinstance(schema, dict):
        return schema
    target = root_target(schema)
    if target is not None:
        schema = {key: value for key, value in schema.items() if key not in {"$ref", *target}} | target
    return _fixed(schema, is_root=True)


def _fixed(schema: Any, *, is_root: bool = False) -> Any:
    if not isinstance(schema, dict):
        return schema
    found = _simplified(schema, is_root=is_root)
    found = {keyword: _below(keyword, value) for keyword, value in found.items()}
    if "oneOf" in found and "anyOf" not in found and is_exclusive(found["oneOf"]):
        found = {"anyOf" if key == "oneOf" else key: value for key, value in found.items()}
    if is_object(found) and "$ref" not in found:
        found = _closed(found)
    return found


def _simplified(schema: dict[str, Any], *, is_root: bool) -> dict[str, Any]:
    found = {key: value for key, value in schema.items() if not _can_go(key, value)}
    while "allOf" in found and can_unwrap(found):
        inner = found["allOf"][0]
        found = {key: value for key, value in found.items() if key != "allOf"} | {
            key: value for key, value in inner.items() if not _can_go(key, value)
        }
    if "$ref" in found:
        beside = {key: value for key, value in found.items() if key != "$ref"}
        if beside and beside.keys() <= set(_TOLD) and not is_root:
            return {"anyOf": [{"$ref": found["$ref"]}]} | beside
        return found
    if not found.keys() & {"type", "anyOf", "oneOf", "allOf"} and (kind := inferred_type(found)) is not None:
        found = {"type": kind} | found
    return found


def _can_go(keyword: str, value: Any) -> bool:
    return keyword in ANNOTATIONS or (keyword == "format" and value not in FORMATS)


def _below(keyword: str, value: Any) -> Any:
    if not is_looked_at((keyword,)):
        return value
    if keyword in {"properties", "$defs", "definitions"} and isinstance(value, dict):
        return {name: _fixed(item) for name, item in value.items()}
    if keyword in {"anyOf", "oneOf", "allOf", "prefixItems"} and isinstance(value, list):
        return [_fixed(item) for item in value]
    return _fixed(value) if keyword in {"items", "unevaluatedItems", "contentSchema"} else value


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties", {})
    required = schema.get("required", [])
    there = set(required)
    optional = {name: None for name in properties if name not in there}
    found = dict(schema)
    if optional:
        found["properties"] = {name: _nullable(item) if name in optional else item for name, item in properties.items()}
        found["required"] = [*required, *optional]
    if schema.get("additionalProperties", True) is not False and can_close(schema):
        found["additionalProperties"] = False
    return found


def _nullable(schema: Any) -> Any:
    """The same, or null."""
    if not isinstance(schema, dict) or not schema:
        return schema
    if "type" in schema and "null" in types(schema) and not schema.keys() & {"enum", "const"}:
        return schema
    if schema.keys() <= {"anyOf", *_TOLD} and "anyOf" in schema:
        has_null = any(isinstance(item, dict) and item.get("type") == "null" for item in schema["anyOf"])
        return schema if has_null else schema | {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    if "type" not in schema or schema.keys() & {"anyOf", "oneOf", "allOf", "not", "if", "const"}:
        return {"anyOf": [schema, {"type": "null"}]}
    found = schema | {"type": list(dict.fromkeys([*types(schema), "null"]))}
    if "enum" in schema and not any(value is None for value in schema["enum"]):
        found["enum"] = [*schema["enum"], None]
    return found
