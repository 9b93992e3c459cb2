"""What OpenAI's strict mode (`json_schema` with `strict: true`) refuses in a schema that is otherwise fine.

Source: OpenAI, "Structured model outputs", section "Supported schemas"
(https://developers.openai.com/api/docs/guides/structured-outputs#supported-schemas), limits as of February 2026:
10 levels of nesting, 5,000 properties, 120,000 characters of names, enum and const values, 1,000 enum values, 15,000
characters in an enum of more than 250 texts. What it lists neither as supported nor as unsupported (`oneOf`,
`uniqueItems`, `minLength`, `default`, keywords beside `$ref`, …) users saw refused with HTTP 400. Other backends
are laxer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from playground.schema.pointer import to_pointer
from playground.schema.subschemas import Path, children

MAX_LEVELS = 10
MAX_PROPERTIES = 5_000
MAX_CHARACTERS = 120_000
MAX_ENUM_VALUES = 1_000
MAX_LARGE_ENUM_CHARACTERS = 15_000
LARGE_ENUM = 250
MAX_LISTED = 50  # names in one message

FORMATS = frozenset("date-time time date duration email hostname ipv4 ipv6 uuid".split())
SUPPORTED = frozenset(
    "type properties required additionalProperties items anyOf enum const description title $ref $defs definitions"
    " pattern format multipleOf minimum maximum exclusiveMinimum exclusiveMaximum minItems maxItems".split()
)
# They say nothing about which values are valid, so that they can go.
ANNOTATIONS = frozenset("default examples $comment deprecated readOnly writeOnly contentMediaType".split())
_KINDS = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
_SKIPPED = frozenset("not if then else contains propertyNames dependentSchemas patternProperties".split())


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that strict mode refuses.

    Attributes:
        pointer: where in the schema.
        rule: which rule, in a word.
        message: what is wrong, and what to do where `fix` cannot.
        fixable: `fix` makes it right without letting more values through.
    """

    pointer: str
    rule: str
    message: str
    fixable: bool


def lint(schema: Any) -> tuple[Finding, ...]:
    """What strict mode would refuse, in the order of the schema; limits on the whole come last.

    Args:
        schema: a usable JSON Schema.
    """
    if not isinstance(schema, dict):
        return (Finding("", "root", "the schema must be an object, not true or false", fixable=False),)
    findings = [*_root(schema)]
    for path, found in value_schemas(schema):
        findings += _check(path, found)
    return (*findings, *_limits(schema))


def value_schemas(schema: dict[str, Any]) -> Iterator[tuple[Path, Any]]:
    """The subschemas that strict mode looks at: not those under keywords that it refuses as a whole."""
    waiting: list[tuple[Path, Any]] = [((), schema)]
    while waiting:
        path, found = waiting.pop()
        yield path, found
        if isinstance(found, dict):
            below = [pair for pair in children(found) if is_looked_at(pair[0])]
            waiting += [((*path, *step), child) for step, child in reversed(below)]


def is_looked_at(step: Path) -> bool:
    """Whether what stands there is for a value of its own; `additionalProperties` is a rule about the object."""
    return step[0] not in _SKIPPED and step[0] not in {"additionalProperties", "unevaluatedProperties"}


def _root(schema: dict[str, Any]) -> Iterator[Finding]:
    if "anyOf" in schema:
        yield Finding("/anyOf", "root", "the root cannot be anyOf: put it in a property", fixable=False)
    elif "$ref" in schema:
        message = "the root must be an object itself, not a reference to one"
        yield Finding("/$ref", "root", message, fixable=root_target(schema) is not None)
    elif schema.get("type", "object" if "properties" in schema else None) != "object":
        yield Finding("", "root", 'the root must have type "object": put the value in a property', fixable=False)


def root_target(schema: dict[str, Any]) -> dict[str, Any] | None:
    """What the root's `$ref` stands for, if that can stand there itself: `#/$defs/Name`, nothing else beside it."""
    reference = schema.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#/$defs/"):
        return None
    target = schema.get("$defs", {}).get(reference.removeprefix("#/$defs/"))
    plain = schema.keys() <= {"$ref", "$defs", "$schema", "title", "description"}
    return target if plain and isinstance(target, dict) and not {"$ref", "$defs", "anyOf"} & target.keys() else None


def _check(path: Path, schema: Any) -> Iterator[Finding]:
    if not isinstance(schema, dict):
        message = f"{'true' if schema else 'false'} is not supported as a schema here: give a type"
        yield Finding(to_pointer(path), "type", message, fixable=False)
        return
    yield from _keywords(path, schema)
    if "$ref" in schema:
        yield from _reference(path, schema)
        return
    yield from _type(path, schema)
    if is_object(schema):
        yield from _object(path, schema)
    if "array" in types(schema) and "items" not in schema:
        yield Finding(to_pointer(path), "items", "an array must define its items", fixable=False)


def _keywords(path: Path, schema: dict[str, Any]) -> Iterator[Finding]:
    for keyword, value in schema.items():
        pointer = to_pointer((*path, keyword))
        if keyword == "format" and value not in FORMATS:
            yield Finding(pointer, "format", f"the format {value} is not supported", fixable=True)
        elif keyword in ANNOTATIONS:
            yield Finding(pointer, "keyword", f"{keyword} is not supported", fixable=True)
        elif keyword == "oneOf":
            fixable = "anyOf" not in schema and is_exclusive(value)
            yield Finding(pointer, "keyword", "oneOf is not supported: use anyOf", fixable=fixable)
        elif keyword == "allOf":
            message = "allOf is not supported: merge its schemas into one"
            yield Finding(pointer, "keyword", message, fixable=can_unwrap(schema))
        elif keyword not in SUPPORTED and not (keyword == "$schema" and not path):
            message = f"{keyword} is not supported: remove it, and say what it means in the description"
            yield Finding(pointer, "keyword", message, fixable=False)


def _reference(path: Path, schema: dict[str, Any]) -> Iterator[Finding]:
    beside = schema.keys() - {"$ref", *ANNOTATIONS, *(("$defs", "$schema") if not path else ())}
    if beside and not (not path and root_target(schema) is not None):
        message = f"$ref must stand alone; remove {', '.join(sorted(beside))}"
        fixable = beside <= {"title", "description"} and bool(path)
        yield Finding(to_pointer((*path, "$ref")), "ref", message, fixable=fixable)
    reference = schema["$ref"]
    if not (reference == "#" or str(reference).startswith("#/")):
        message = f"{reference} is not a reference by path: use #/$defs/… or #"
        yield Finding(to_pointer((*path, "$ref")), "ref", message, fixable=False)


def _type(path: Path, schema: dict[str, Any]) -> Iterator[Finding]:
    if not schema.keys() & {"type", "anyOf", "oneOf", "allOf"}:
        message = "a type is required"
        yield Finding(to_pointer(path), "type", message, fixable=inferred_type(schema) is not None)


def _object(path: Path, schema: dict[str, Any]) -> Iterator[Finding]:
    properties = schema.get("properties", {})
    if schema.get("additionalProperties", True) is not False:
        fixable = can_close(schema)
        message = "additionalProperties must be false"
        message += (
            "" if fixable else ": an object with arbitrary names is not possible; use a list of name and value pairs"
        )
        yield Finding(to_pointer(path), "additionalProperties", message, fixable=fixable)
    required = dict.fromkeys(schema.get("required", []))
    if absent := [name for name in properties if name not in required]:
        message = f"every property must be in required: {_listed(absent)}"
        yield Finding(to_pointer(path), "required", message, fixable=True)
    if unknown := [name for name in required if name not in properties]:
        message = f"required lists what is not in properties: {_listed(unknown)}"
        yield Finding(to_pointer((*path, "required")), "required", message, fixable=False)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - MAX_LISTED:,} more" if len(names) > MAX_LISTED else ""
    return ", ".join(names[:MAX_LISTED]) + more


def _limits(schema: dict[str, Any]) -> Iterator[Finding]:
    levels = properties = characters = values = 0
    for path, found in value_schemas(schema):
        if not isinstance(found, dict):
            continue
        names = found.get("properties", {})
        properties += len(names)
        enum = [*found.get("enum", ()), *([found["const"]] if "const" in found else ())]
        values += len(found.get("enum", ()))
        size = sum(len(value) for value in enum if isinstance(value, str))
        characters += size + sum(map(len, names)) + sum(map(len, found.get("$defs", {})))
        if len(enum) > LARGE_ENUM and size > MAX_LARGE_ENUM_CHARACTERS:
            message = f"{size:,} characters in an enum; the limit is {MAX_LARGE_ENUM_CHARACTERS:,}"
            yield Finding(to_pointer((*path, "enum")), "limit", message, fixable=False)
        if is_object(found):
            levels = max(levels, _level(path))
    for count, most, what in (
        (levels, MAX_LEVELS, "levels of nesting"),
        (properties, MAX_PROPERTIES, "properties"),
        (characters, MAX_CHARACTERS, "characters of names and enum values"),
        (values, MAX_ENUM_VALUES, "enum values"),
    ):
        if count > most:
            yield Finding("", "limit", f"{count:,} {what}; the limit is {most:,}", fixable=False)


def _level(path: Path) -> int:
    """How many objects and arrays lead here, itself included; a definition begins anew."""
    level, position = 1, 0
    while position < len(path):
        step = path[position]
        if step in {"$defs", "definitions"}:
            level = 0
        level += step in {"properties", "items"}
        position += 1 if step == "items" else 2
    return max(level, 1)


def types(schema: dict[str, Any]) -> list[str]:
    """The types it names, as a list."""
    found = schema.get("type", [])
    return [found] if isinstance(found, str) else list(found)


def is_object(schema: dict[str, Any]) -> bool:
    """Whether it describes an object."""
    return "object" in types(schema) or ("type" not in schema and "properties" in schema)


def can_close(schema: dict[str, Any]) -> bool:
    """Whether `additionalProperties: false` says what is meant: names are listed, and no rule for others is."""
    return "properties" in schema and schema.get("additionalProperties", True) is True


def inferred_type(schema: dict[str, Any]) -> str | list[str] | None:
    """The type that the other keywords leave no doubt about."""
    if "enum" in schema or "const" in schema:
        values = schema["enum"] if "enum" in schema else [schema["const"]]
        kinds = list(dict.fromkeys(_KINDS.get(type(value), "") for value in values))
        if not kinds or "" in kinds:
            return None
        return kinds[0] if len(kinds) == 1 else kinds
    return "object" if "properties" in schema else "array" if "items" in schema else None


def can_unwrap(schema: dict[str, Any]) -> bool:
    """Whether `allOf` holds one schema alone that can take its place."""
    inner = schema["allOf"]
    if not isinstance(inner, list) or len(inner) != 1 or not isinstance(inner[0], dict):
        return False
    beside = schema.keys() - {"allOf"}
    if "$ref" in inner[0]:
        return beside <= {"title", "description", *ANNOTATIONS}
    return not beside & inner[0].keys() and not (beside | inner[0].keys()) & {"additionalProperties", "properties"}


def is_exclusive(alternatives: Any) -> bool:
    """Whether no value can fit two of them, so that `anyOf` says the same as `oneOf`: by type, or by a constant."""
    schemas = [found for found in alternatives if isinstance(found, dict)] if isinstance(alternatives, list) else []
    if len(schemas) != len(alternatives):
        return False
    kinds = [frozenset("number" if kind == "integer" else kind for kind in types(found)) for found in schemas]
    if all(kinds) and sum(map(len, kinds)) == len(frozenset().union(*kinds)):
        return True
    constants = [_required_constants(found) for found in schemas]
    names = set(constants[0]).intersection(*constants) if constants else set()
    return any(len({each[name] for each in constants}) == len(constants) for name in names)


def _required_constants(schema: dict[str, Any]) -> dict[str, str]:
    """The properties of an object that must be there, each with one text alone."""
    properties = schema.get("properties", {})
    if types(schema) != ["object"] or not isinstance(properties, dict):
        return {}
    named = ((name, properties.get(name)) for name in schema.get("required", ()))
    return {name: found["const"] for name, found in named if isinstance(found, dict) and _is_text(found.get("const"))}


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
