"""What the validator reports, turned into violations in our words."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import jsonschema_rs

from playground.schema.pointer import Token, resolve, to_pointer
from playground.schema.violation import Violation, forbidden, lacking, misnamed, not_allowed
from playground.schema.wording import a, shown

Kinds = jsonschema_rs.ValidationErrorKind
_SHOWN_CHOICES = 8
_SHOWN_ALTERNATIVES = 3


@dataclass(frozen=True, slots=True)
class Checked:
    """What was checked, and against what.

    Attributes:
        schema: the whole schema.
        value: the value.
        at: where it stands in the answer.
        schema_at: where in the schema the schema stands that it was checked against.
    """

    schema: Any
    value: Any
    at: tuple[Token, ...] = ()
    schema_at: tuple[Token, ...] = ()

    def rule_path(self, error: jsonschema_rs.ValidationError) -> tuple[Token, ...]:
        """Behind a reference the reported path begins at the schema's root; else where the check began."""
        start = self.schema_at if error.schema_path == error.evaluation_path else ()
        return (*start, *error.schema_path)


def violations_of(error: jsonschema_rs.ValidationError, checked: Checked) -> Iterator[Violation]:
    """One report: one violation, or one for each property that may not be there.

    Of alternatives (`anyOf`, `oneOf`) of which only one is for a value of this kind, that one's own faults are told.
    """
    waiting = [error]
    while waiting:
        found = waiting.pop()
        kind = found.kind
        inner = _only_fitting(kind.context, found) if isinstance(kind, Kinds.AnyOf | Kinds.OneOfNotValid) else []
        waiting += reversed(inner)
        if not inner:
            yield from _told(found, checked)


def _told(error: jsonschema_rs.ValidationError, checked: Checked) -> Iterator[Violation]:
    kind, path = error.kind, (*checked.at, *error.instance_path)
    rule_path = checked.rule_path(error)
    if isinstance(kind, Kinds.PropertyNames) and "propertyNames" in rule_path:
        place = len(rule_path) - rule_path[::-1].index("propertyNames")
        name, at = str(kind.error.instance), rule_path[:place]
        value = _looked_up(checked.schema, to_pointer(at), kind)
        found = misnamed((*path, name), value, at)
        yield replace(found, value=error.instance[name]) if isinstance(error.instance, dict) else found
        return
    if isinstance(kind, Kinds.FalseSchema):
        holder = _holder(error, checked, rule_path)
        if holder is None:
            reason = forbidden(path)
            yield Violation(to_pointer(path), error.instance, "false", False, reason, to_pointer(rule_path))
        for name, item in (holder or {}).items():
            yield not_allowed((*path, name), item, rule_path)
        return
    pointer = to_pointer(rule_path)
    rule = str(rule_path[-1]) if rule_path else kind.name
    rule_value = _looked_up(checked.schema, pointer, kind)
    for there, value, reason in _places(error, path):
        yield Violation(to_pointer(there), value, rule, rule_value, reason, pointer)


def _places(
    error: jsonschema_rs.ValidationError, path: tuple[Token, ...]
) -> Iterator[tuple[tuple[Token, ...], Any, str]]:
    """Where the fault is, what stands there, and the reason: for names, at each property."""
    kind, instance = error.kind, error.instance
    if isinstance(kind, Kinds.AdditionalProperties | Kinds.UnevaluatedProperties) and isinstance(instance, dict):
        for name in kind.unexpected:
            yield (*path, name), instance[name], forbidden((*path, name))
    else:
        yield path, instance, _reason(error)


def _holder(
    error: jsonschema_rs.ValidationError, checked: Checked, rule_path: tuple[Token, ...]
) -> dict[str, Any] | None:
    """The object whose members `additionalProperties: false` forbids; None where another schema is false.

    Where no property is named beside it, the library reports the first member alone, at the object's place.
    """
    around = _looked_up(checked.schema, to_pointer(rule_path[:-1]), error.kind)
    is_keyword = isinstance(around, dict) and around.get("additionalProperties") is False
    if not rule_path or rule_path[-1] != "additionalProperties" or not is_keyword:
        return None
    found = resolve(checked.value, to_pointer(error.instance_path))
    return found if isinstance(found, dict) else None


def _only_fitting(
    alternatives: list[list[jsonschema_rs.ValidationError]], error: jsonschema_rs.ValidationError
) -> list[jsonschema_rs.ValidationError]:
    """The faults of the one alternative that fails neither by the kind of value nor by a constant in it; else none."""
    fitting = [errors for errors in alternatives if not any(_rules_out(cause, error) for cause in errors)]
    return fitting[0] if len(fitting) == 1 else []


def _rules_out(cause: jsonschema_rs.ValidationError, error: jsonschema_rs.ValidationError) -> bool:
    depth = len(cause.instance_path) - len(error.instance_path)
    if depth == 0:
        return isinstance(cause.kind, Kinds.Type | Kinds.Constant | Kinds.Enum)
    return depth == 1 and isinstance(cause.kind, Kinds.Constant) and isinstance(cause.instance, str)


def _looked_up(schema: Any, pointer: str, kind: jsonschema_rs.ValidationErrorKind) -> Any:
    try:
        return resolve(schema, pointer)
    except LookupError:  # in a resource with an $id of its own
        value = kind.value
        return value if isinstance(value, str | int | float | bool | list | dict) else None


def _reason(error: jsonschema_rs.ValidationError, *, is_inner: bool = False) -> str:  # noqa: C901, PLR0911, PLR0912 - one line a kind of rule
    value = shown(error.instance)
    match error.kind:
        case Kinds.Type(types):
            return f"{value} is not {' or '.join(a(name) for name in sorted(types))}"
        case Kinds.Required(name):
            return lacking(name)
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
        case Kinds.UnevaluatedItems(_):
            return f"{value} has more items than are allowed"
        case Kinds.UniqueItems():
            return f"{value} contains the same item more than once"
        case Kinds.Contains():
            return f"{value} does not contain the required number of matching items"
        case Kinds.Not(_):
            return f"{value} matches the schema that it must not match"
        case Kinds.OneOfMultipleValid(_):
            return f"{value} matches more than one of the alternatives"
        case Kinds.AnyOf(context) | Kinds.OneOfNotValid(context):
            told = "" if is_inner else f": {_alternatives(context)}"  # theirs would multiply
            return f"{value} matches none of the {len(context)} alternatives{told}"
        case _:
            return error.message


def _choice(options: list[Any]) -> str:
    listed = [shown(option) for option in options[:_SHOWN_CHOICES]]
    more = f" or {len(options) - len(listed)} more" if len(options) > len(listed) else ""
    return f"one of {', '.join(listed)}{more}" if len(options) > 1 else "".join(listed)


def _alternatives(context: list[list[jsonschema_rs.ValidationError]]) -> str:
    told = [
        f"{number}. {_reason(errors[0], is_inner=True)}"
        for number, errors in enumerate(context[:_SHOWN_ALTERNATIVES], 1)
        if errors
    ]
    return "; ".join(told) + ("; …" if len(context) > len(told) else "")


def _is_container(value: Any) -> bool:
    return isinstance(value, dict | list)
