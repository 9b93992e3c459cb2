"""Check a value against a schema: every broken rule, with its place."""

from typing import Any

import jsonschema_rs

from playground.errors import InvalidInput
from playground.schema.cost import Cost
from playground.schema.engine import MANY, Schema, compile_schema, errors_of, measure, well_formed
from playground.schema.live import LiveValidator, operations
from playground.schema.partial_ops import Begin
from playground.schema.pointer import from_pointer
from playground.schema.references import References
from playground.schema.reports import Checked, violations_of
from playground.schema.violation import Violation, unfit

__all__ = ["LIMIT", "Violation", "validate"]

LIMIT = 100  # more than a person reads, or a model mends


def validate(schema: Schema, value: Any, *, limit: int = LIMIT) -> tuple[Violation, ...]:
    """The broken rules in document order, at most `limit` of them; none if the value is valid.

    Whether there are any is the library's word. Of an answer with more than 1,000 values the rules are looked for
    step by step, as while it streams, until there are enough; of a large part that can only be checked as a whole,
    the first broken rule is told.

    Args:
        schema: one that `check_schema` found usable.
        value: a JSON value.
        limit: how many are told at most.

    Raises:
        InvalidInput: the schema cannot be used, or the value is nested too deep.
    """
    try:
        validator = compile_schema(schema)
        schema, value = well_formed(schema), well_formed(value)
    except ValueError as error:
        message = error.message if isinstance(error, jsonschema_rs.ValidationError) else str(error)
        raise InvalidInput(f"This cannot be checked: {message}.") from None
    depth, count = measure(value)
    cost = Cost(References(schema))
    if not cost.fits(depth, count):
        raise InvalidInput(f"This cannot be checked: {depth} levels are too deep for this schema.")
    if validator.is_valid(value):
        return ()
    # The library leaves empty names out of its paths; step by step they are kept.
    can_tell = cost.can_tell(depth)
    is_special = count > MANY or not can_tell or _has_empty_name(value)
    found = _step_by_step(schema, value, limit) if is_special else []
    errors = [] if found else errors_of(validator, value, can_tell=can_tell)
    found += [violation for error in errors for violation in violations_of(error, Checked(schema, value))]
    found = found or [unfit((), value, schema, ())]
    order = _Order(value)
    once = {(v.pointer, v.schema_pointer, v.reason): v for v in found}
    return tuple(sorted(once.values(), key=lambda v: (order.of(v.pointer), v.schema_pointer, v.reason))[:limit])


def _has_empty_name(value: Any) -> bool:
    return any(isinstance(op, Begin) and op.key == "" for op in operations(value))


def _step_by_step(schema: Schema, value: Any, limit: int) -> list[Violation]:
    live = LiveValidator(schema, limit=limit)
    found: list[Violation] = []
    for op in operations(value):
        found += live.apply((op,))
        if live.is_full:
            break
    return found


class _Order:
    """The place of a pointer in a value: a container comes before its members, those in their order."""

    def __init__(self, value: Any) -> None:
        self._value = value
        self._places: dict[int, dict[str, int]] = {}

    def of(self, pointer: str) -> tuple[int, ...]:
        places = []
        value = self._value
        for token in from_pointer(pointer):
            if isinstance(value, list):
                places.append(int(token))
                value = value[int(token)]
            else:
                known = self._places.setdefault(id(value), {}) or self._learn(value)
                places.append(known[token])
                value = value[token]
        return tuple(places)

    def _learn(self, value: dict[str, Any]) -> dict[str, int]:
        known = self._places[id(value)] = {name: place for place, name in enumerate(value)}
        return known
