"""The JSON schemas that an answer is constrained to."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

MAX_LENGTH, MAX_ITEMS = 200, 10
ENDS_OF_TEXTS = {"maxLength", "minLength", "enum", "const", "pattern", "format"}


def reply_schema(response_format: Any) -> dict[str, Any]:
    """What a reply in words must be: text, or what the request's own response_format wants."""
    kind = response_format.get("type") if isinstance(response_format, dict) else None
    if kind == "json_object":
        return {"type": "object"}
    if kind == "json_schema":
        wanted = response_format.get("json_schema")
        schema = wanted.get("schema") if isinstance(wanted, dict) else None
        if isinstance(schema, dict):
            return schema
    return {"type": "string"}


def answer_schema(tools: Sequence[Mapping[str, Any]], reply: Mapping[str, Any] | None) -> dict[str, Any]:
    """The schema of an answer: a call of one of the tools, or a reply."""
    shared: dict[str, Any] = {}
    branches = []
    for tool in tools:
        arguments = _moved(bounded(tool.get("parameters") or {"type": "object", "properties": {}}), shared)
        branches.append(_object({"name": {"const": tool["name"]}, "arguments": arguments}))
    if reply is not None:
        branches.append(_object({"reply": _moved(reply, shared)}))
    schema = branches[0] if len(branches) == 1 else {"anyOf": branches}
    return schema | {"$defs": shared} if shared else schema


def bounded(schema: Any) -> Any:
    """The schema with an end to every text and list that has none: a small model goes on for as long as it may."""
    if not isinstance(schema, Mapping):
        return schema
    made = {key: _bounded_below(key, value) for key, value in schema.items()}
    if made.get("type") == "string" and not made.keys() & ENDS_OF_TEXTS:
        made["maxLength"] = MAX_LENGTH
    if made.get("type") == "array" and "maxItems" not in made:
        made["maxItems"] = max(MAX_ITEMS, made["minItems"] if isinstance(made.get("minItems"), int) else 0)
    return made


def _bounded_below(key: str, value: Any) -> Any:
    if key in {"properties", "$defs", "definitions"} and isinstance(value, Mapping):
        return {name: bounded(schema) for name, schema in value.items()}
    if key in {"anyOf", "oneOf", "allOf", "prefixItems"} and isinstance(value, list):
        return [bounded(schema) for schema in value]
    return bounded(value) if key in {"items", "additionalProperties"} else value


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _moved(schema: Mapping[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    """A schema whose references still hold inside another: what they point into is shared at the root."""
    name = f"part{len(shared)}"
    moved = copy.deepcopy(dict(schema))
    if _move_references(moved, f"#/$defs/{name}"):
        shared[name] = moved
        return {"$ref": f"#/$defs/{name}"}
    return moved


def _move_references(node: Any, to: str) -> bool:
    found = False
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str) and reference.startswith("#"):
            node["$ref"] = to + reference[1:]
            found = True
        node_values: Sequence[Any] = list(node.values())
    elif isinstance(node, list):
        node_values = node
    else:
        return False
    for value in node_values:
        found = _move_references(value, to) or found
    return found
