"""The validator: jsonschema-rs, set up so that no schema and no answer can do harm.

- It never fetches: a `$ref` to somewhere else is an error when the schema is compiled.
- A regular expression without look-around or back-references takes linear time; one with them may step back so
  often and no more, and the answer is then said not to match.
- `format` is checked, as far as the validator knows the format; JSON Schema leaves that open.
- Halves of surrogate pairs, which are no Unicode text, count as U+FFFD: they could not cross to the validator.
"""

from functools import cache
from typing import Any
from urllib.parse import quote, urldefrag

import jsonschema_rs

from playground.schema.document import MAX_DEPTH
from playground.schema.pointer import to_pointer
from playground.schema.subschemas import Path

Schema = dict[str, Any] | bool

BACKTRACK_LIMIT = 100_000
PATTERN_BYTES = 10_000_000  # what a compiled expression may take
METASCHEMA = "https://json-schema.org/draft/2020-12/schema"
MANY = 1_000  # values that an answer may hold to be called small
_NAME = "urn:playground:schema"


def compile_schema(schema: Schema) -> jsonschema_rs.Validator:
    """A validator, by JSON Schema 2020-12 whatever `$schema` says.

    Raises:
        jsonschema_rs.ValidationError: it is no schema, or a reference leads nowhere.
        ValueError: it is nested too deep.
    """
    return jsonschema_rs.Draft202012Validator(
        well_formed(schema), offline=True, validate_formats=True, pattern_options=_patterns()
    )


class Located:
    """Validators for parts of one schema, with all of it at hand for references."""

    def __init__(self, schema: Schema) -> None:
        identity = schema.get("$id") if isinstance(schema, dict) else None
        self._name = urldefrag(identity).url if isinstance(identity, str) else _NAME
        self._schema = well_formed(schema)
        self._registry = jsonschema_rs.Registry([(self._name, self._schema)], draft=jsonschema_rs.Draft202012)

    def at(self, path: Path) -> jsonschema_rs.Validator:
        """For the subschema that stands at `path`."""
        if not path:
            return compile_schema(self._schema)
        return jsonschema_rs.Draft202012Validator(
            {"$ref": f"{self._name}#{quote(to_pointer(path))}"},
            registry=self._registry,
            offline=True,
            validate_formats=True,
            pattern_options=_patterns(),
        )


@cache
def metaschema() -> jsonschema_rs.Validator:
    """For schemas; the metaschema comes along with the library."""
    return jsonschema_rs.Draft202012Validator(
        {"$ref": METASCHEMA}, offline=True, validate_formats=True, pattern_options=_patterns()
    )


def errors_of(
    validator: jsonschema_rs.Validator, value: Any, *, can_tell: bool = True
) -> list[jsonschema_rs.ValidationError]:
    """Every fault of a small value; of a large one the first alone, since each report holds a copy of the value.

    Args:
        validator: for the value's schema.
        value: a value that is not valid.
        can_tell: the reports will not be too many (`Cost.can_tell`); if they would, there are none.
    """
    if not can_tell:
        return []
    if measure(value)[1] <= MANY:
        return list(validator.iter_errors(value))
    try:
        validator.validate(value)
    except jsonschema_rs.ValidationError as error:
        return [error]
    return []


def measure(value: Any) -> tuple[int, int]:
    """How deep a JSON value is nested (a scalar is 0) and how many values it holds."""
    deepest, count = 0, 0
    waiting = [(value, 0)]
    while waiting:
        found, depth = waiting.pop()
        count += 1
        items = found.values() if isinstance(found, dict) else found if isinstance(found, list) else None
        if items is not None:
            deepest = max(deepest, depth + 1)
            waiting += [(item, depth + 1) for item in items]
    return deepest, count


def well_formed(value: Any) -> Any:
    """The value itself; if it holds halves of surrogate pairs, a copy with U+FFFD in their place.

    Raises:
        ValueError: it is nested deeper than the validator can follow.
    """
    if measure(value)[0] > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels, which is more than can be checked")
    return _replaced(value) if _has_halves(value) else value


def _has_halves(value: Any) -> bool:
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            waiting += found.keys()
            waiting += found.values()
        elif isinstance(found, list):
            waiting += found
        elif isinstance(found, str) and not found.isascii() and _encodes(found) is None:
            return True
    return False


def _encodes(text: str) -> bytes | None:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return None


def _replaced(value: Any) -> Any:
    if isinstance(value, str):
        return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in value)
    if isinstance(value, list):
        return [_replaced(item) for item in value]
    if isinstance(value, dict):
        return {_replaced(key): _replaced(item) for key, item in value.items()}
    return value


def _patterns() -> jsonschema_rs.FancyRegexOptions:
    return jsonschema_rs.FancyRegexOptions(backtrack_limit=BACKTRACK_LIMIT, size_limit=PATTERN_BYTES)
