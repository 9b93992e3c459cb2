"""A rule that an answer breaks, in words."""

from dataclasses import dataclass
from typing import Any

from playground.schema.pointer import Token, to_pointer
from playground.schema.wording import inline, shown


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
        """As JSON, with the message; a container is left out: it stands in the answer, and may be all of it."""
        fields = {
            "pointer": self.pointer,
            "message": self.message,
            "rule": self.rule,
            "rule_value": self.rule_value,
            "schema_pointer": self.schema_pointer,
        }
        return fields if isinstance(self.value, dict | list) else fields | {"value": self.value}


def not_allowed(path: tuple[Token, ...], value: Any, schema_path: tuple[Token, ...]) -> Violation:
    """A property that `additionalProperties: false` forbids."""
    return Violation(to_pointer(path), value, "additionalProperties", False, forbidden(path), to_pointer(schema_path))


def unfit(path: tuple[Token, ...], value: Any, schema: Any, schema_path: tuple[Token, ...]) -> Violation:
    """A value that does not fit, where to find out why would take too many steps."""
    keywords = schema if isinstance(schema, dict) else {}
    rule = next((name for name in ("anyOf", "oneOf", "allOf", "$ref") if name in keywords), "schema")
    rule_path = (*schema_path, rule) if rule in keywords else schema_path
    reason = f"{shown(value)} does not match; too many branches of the schema lead to it to say more"
    return Violation(to_pointer(path), value, rule, keywords.get(rule), reason, to_pointer(rule_path))


def misnamed(path: tuple[Token, ...], rule_value: Any, schema_path: tuple[Token, ...]) -> Violation:
    """A property whose name `propertyNames` does not take."""
    reason = f"the name {shown(path[-1])} is not allowed"
    return Violation(to_pointer(path), None, "propertyNames", rule_value, reason, to_pointer(schema_path))


def missing(
    path: tuple[Token, ...], value: Any, name: str, required: list[str], schema_path: tuple[Token, ...]
) -> Violation:
    """A property that `required` asks for."""
    return Violation(to_pointer(path), value, "required", required, lacking(name), to_pointer(schema_path))


def forbidden(path: tuple[Token, ...]) -> str:
    """The reason for what may not be there."""
    if not path:
        return "nothing is allowed here"
    name = path[-1]
    return f"item {name} is not allowed" if isinstance(name, int) else f"the property {shown(name)} is not allowed"


def lacking(name: str) -> str:
    """The reason for what must be there."""
    return f"the property {shown(name)} is missing"


def _bare(value: Any) -> str:
    """As JSON, but a text without its quotes."""
    return value if isinstance(value, str) else inline(value)
