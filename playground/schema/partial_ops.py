"""What the incremental parser says: operations by which a tree can be drawn as it grows."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Kind = Literal["object", "array", "string", "number", "boolean", "null"]


@dataclass(frozen=True, slots=True)
class Begin:
    """A value begins.

    Attributes:
        kind: what it is.
        key: its name in an object, its index in an array, None at the root.
        offset: where in the text its first character stands.
        duplicate: the object has had this name already; readers of JSON take the last one.
    """

    kind: Kind
    key: str | int | None
    offset: int
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """More of the string or number that began last: decoded, without quotes and escapes."""

    fragment: str


@dataclass(frozen=True, slots=True)
class End:
    """The innermost open value is complete.

    Attributes:
        kind: what it is.
        value: a scalar's value; None for a container.
        size: how many members a container has; None for a scalar.
        offset: just behind its last character.
    """

    kind: Kind
    value: Any
    size: int | None
    offset: int


@dataclass(frozen=True, slots=True)
class Noise:
    """Text that is not valid JSON: words or a Markdown fence around it."""

    text: str
    where: Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Broken:
    """The text is not valid JSON from here on, and nothing more will be read. Line and column count from 1."""

    message: str
    offset: int
    line: int
    column: int


Op: TypeAlias = Begin | Text | End | Noise | Broken
