"""A rule that an answer breaks, in words."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from playground.schema.pointer import Token, resolve, to_pointer
from playground.schema.wording import a, inline, shown

Kinds = jsonschema_rs.ValidationErrorKind
_SHOWN_CHOICES = 8
_SHOWN_ALTERNATIVES = 3


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule.

    Attributes:
        pointer: where in the answer (RFC 6901); "" is all of it.
        value: what stands there; while an answer streams, a container's stands empty.
        rule: the keyword: `type`, `required`, …; `false` for a schema that lets nothing through.
        rule_value: what the schema says beside that keyword.
        reason: what is wrong, without the place: `"12" is not a number`.
        schema_pointer: where in the schema the keyword stands.
    """

    pointer: str
    value: Any
    rule: str
    rule_value: Any
    reason: str
    schema_pointer: str

    @property
    def message(self) -> str:
        """`/items/2/price: "12" is not a number (type: number)`."""
        return f"{self.pointer or '(whole answer)'}: {self.reason} ({self.rule}: {_bare(self.rule_value)})"

    def to_dict(self) -> dict[str, Any]:
        """As JSON, with the message."""
        return {
            "pointer": self.pointer,
            "message": self.message,
            "rule": self.rule,
            "rule_value": self.rule_value,
            "value": self.value,
            "schema_pointer": self.schema_pointer,
        }


def violations_of(
    error: jsonschema_rs.ValidationError,
    schema: Any,
    *,
    at: tuple[Token, ...] = (),
    schema_at: tuple[Token, ...] = (),
) -> Iterator[Violation]:
    """What the validator reported, in our words: one for each property that may not be there.

    Of alternatives (`anyOf`, `oneOf`) of which only one is for a value of this kind, that one's own faults are told.

    Args:
        error: the report.
        schema: the whole schema.
        at: where in the answer the checked value stands.
        schema_at: where in the schema the schema stands that it was checked against.
    """
    kind = error.kind
    path = (*at, *error.instance_path)
    if isinstance(kind, Kinds.AnyOf | Kinds.OneOfNotValid) and (inner := _only_fitting(kind.context, error)):
        for cause in inner:
            yield from violations_of(cause, schema, at=at, schema_at=schema_at)
        return
    # Behind a reference the path begins at the schema's root; else where the check began.
    start = () if error.schema_path != error.evaluation_path else schema_at
    rule_path = (*start, *error.schema_path)
    pointer = to_pointer(rule_path)
    rule_value = _looked_up(schema, pointer, kind)
    if isinstance(kind, Kinds.FalseSchema):
        yield Violation(to_pointer(path), error.instance, "false", False, _not_allowed(path), pointer)
        return
    rule = str(rule_path[-1]) if rule_path else kind.name
    if isinstance(kind, Kinds.AdditionalProperties | Kinds.UnevaluatedProperties | Kinds.UnevaluatedItems):
        for key in kind.unexpected:
            there = (*path, key)
            value = error.instance[key]  # type: ignore[index]  # of the kind that the report says
            yield Violation(to_pointer(there), value, rule, rule_value, _not_allowed(there), pointer)
        return
    if isinstance(kind, Kinds.PropertyNames):
        name = kind.error.instance
        there = (*path, str(name))
        value = error.instance[name]  # type: ignore[index]  # an object, whose name it is
        reason = f"the name {shown(name)} is not allowed: {_reason(kind.error)}"
        yield Violation(to_pointer(there), value, rule, rule_value, reason, pointer)
        return
    yield Violation(to_pointer(path), error.instance, rule, rule_value, _reason(error), pointer)


def not_allowed(path: tuple[Token, ...], value: Any, schema_path: tuple[Token, ...]) -> Violation:
    """A property that `additionalProperties: false` forbids."""
    return Violation(
        to_pointer(path), value, "additionalProperties", False, _not_allowed(path), to_pointer(schema_path)
    )


def missing(
    path: tuple[Token, ...], value: Any, name: str, required: list[str], schema_path: tuple[Token, ...]
) -> Violation:
    """A property that `required` asks for."""
    return Violation(to_pointer(path), value, "required", required, _missing(name), to_pointer(schema_path))


def _not_allowed(path: tuple[Token, ...]) -> str:
    if not path:
        return "nothing is allowed here"
    name = path[-1]
    return f"item {name} is not allowed" if isinstance(name, int) else f"the property {shown(name)} is not allowed"


def _missing(name: str) -> str:
    return f"the property {shown(name)} is missing"


def _only_fitting(
    alternatives: list[list[jsonschema_rs.ValidationError]], error: jsonschema_rs.ValidationError
) -> list[jsonschema_rs.ValidationError]:
    """The faults of the one alternative that does not fail by the kind of value; else none."""
    fitting = [
        errors
        for errors in alternatives
        if not any(
            isinstance(cause.kind, Kinds.Type | Kinds.Constant | Kinds.Enum)
            and cause.instance_path == error.instance_path
            for cause in errors
        )
    ]
    return fitting[0] if len(fitting) == 1 else []


def _looked_up(schema: Any, pointer: str, kind: jsonschema_rs.ValidationErrorKind) -> Any:
    try:
        return resolve(schema, pointer)
    except LookupError:  # in a resource with an $id of its own
        value = kind.value
        return value if isinstance(value, str | int | float | bool | list | dict) else None


def _bare(value: Any) -> str:
    """As JSON, but a text without its quotes."""
    return value if isinstance(value, str) else inline(value)


def _reason(error: jsonschema_rs.ValidationError) -> str:  # noqa: C901, PLR0911, PLR0912 - one line a kind of rule
    value = shown(error.instance)
    match error.kind:
        case Kinds.Type(types):
            return f"{value} is not {' or '.join(a(name) for name in sorted(types))}"
        case Kinds.Required(name):
            return _missing(name)
        case Kinds.Enum(options):
            return f"{value} is not {_choice(options)}"
        case Kinds.Constant(expected):
            return f"{value} is not {shown(expected)}" if not _is_container(expected) else f"{value} is not that value"
        case Kinds.Minimum(limit):
            return f"{value} is less than {limit}"
        case Kinds.Maximum(limit):
            return f"{value} is more than {limit}"
        case Kinds.ExclusiveMinimum(limit):
            return f"{value} is not more than {limit}"
        case Kinds.ExclusiveMaximum(limit):
            return f"{value} is not less than {limit}"
        case Kinds.MultipleOf(step):
            return f"{value} is not a multiple of {step}"
        case Kinds.MinLength(limit):
            return f"{value} is shorter than {limit} characters"
        case Kinds.MaxLength(limit):
            return f"{value} is longer than {limit} characters"
        case Kinds.MinItems(limit):
            return f"{value} has fewer than {limit} items"
        case Kinds.MaxItems(limit):
            return f"{value} has more than {limit} items"
        case Kinds.MinProperties(limit):
            return f"{value} has fewer than {limit} properties"
        case Kinds.MaxProperties(limit):
            return f"{value} has more than {limit} properties"
        case Kinds.Pattern(_):
            return f"{value} does not match the pattern"
        case Kinds.BacktrackLimitExceeded(_) | Kinds.RegexEngineFailure(_):
            return f"{value} could not be matched: the pattern takes too many steps on it"
        case Kinds.Format(name):
            return f"{value} is not in the format {name}"
        case Kinds.UniqueItems():
            return f"{value} holds the same item more than once"
        case Kinds.Contains():
            return f"{value} does not hold the number of fitting items that is asked for"
        case Kinds.Not(_):
            return f"{value} fits the schema that it must not fit"
        case Kinds.OneOfMultipleValid(_):
            return f"{value} fits more than one of the alternatives"
        case Kinds.AnyOf(context) | Kinds.OneOfNotValid(context):
            return f"{value} fits none of the {len(context)} alternatives: {_alternatives(context)}"
        case _:
            return error.message


def _choice(options: list[Any]) -> str:
    listed = [shown(option) for option in options[:_SHOWN_CHOICES]]
    more = f" or {len(options) - len(listed)} more" if len(options) > len(listed) else ""
    return f"one of {', '.join(listed)}{more}" if len(options) > 1 else "".join(listed)


def _alternatives(context: list[list[jsonschema_rs.ValidationError]]) -> str:
    told = [
        f"{number}. {_reason(errors[0])}" for number, errors in enumerate(context[:_SHOWN_ALTERNATIVES], 1) if errors
    ]
    return "; ".join(told) + ("; …" if len(context) > len(told) else "")


def _is_container(value: Any) -> bool:
    return isinstance(value, dict | list)


def as_json(violations: tuple[Violation, ...]) -> str:
    """All of them as a JSON array."""
    return json.dumps([violation.to_dict() for violation in violations], ensure_ascii=False, indent=2, default=str)
