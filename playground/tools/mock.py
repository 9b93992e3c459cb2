"""Mock results for tool calls: rows of a table, from a YAML or JSON file, a preset, or a page.

    - tool: lookup_region
      arguments: {code: ap-northeast-1}   # left out: any arguments
      match: exact                        # or subset; exact is the default beside arguments
      result: {name: Asia Pacific (Tokyo)}
      delay_s: 0.5
    - tool: lookup_region
      error: The region service is down.

The first row that matches answers the call. A result is JSON or text, and text goes to the model as it is.
"""

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from playground.errors import InvalidMock
from playground.schema.document import read_document
from playground.yaml_text import YamlError, check_json, read_yaml

MAX_DELAY_S = 600.0
MAX_CHARACTERS = 256 * 1024  # of a table
MAX_ROWS = 1000
NO_ARGUMENTS = object()  # of a call whose arguments are not valid JSON: only a row for any arguments matches


class Match(StrEnum):
    """How a row's arguments are compared with a call's: equal as JSON, contained in them, or not at all."""

    EXACT = "exact"
    SUBSET = "subset"
    ANY = "any"


class MockRow(BaseModel):
    """One row.

    Attributes:
        tool: the function's name.
        arguments: what the call's arguments are compared with; None where any will do.
        match: how they are compared.
        result: the result, JSON or text.
        error: what goes wrong instead; the model is told so.
        delay_s: how long the answer takes, in seconds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    tool: str = Field(min_length=1)
    arguments: dict[str, Any] | None = None
    match: Match = Match.ANY
    result: Any = None
    error: str | None = Field(None, min_length=1)
    delay_s: float = Field(0.0, ge=0, le=MAX_DELAY_S)

    @field_validator("match", mode="before")
    @classmethod
    def _by_its_word(cls, value: Any) -> Any:
        words = [match.value for match in Match]
        if value not in words:
            raise ValueError(f"it is one of {', '.join(words)}")
        return Match(value)

    @model_validator(mode="before")
    @classmethod
    def _exact_where_nothing_is_said(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("arguments") is not None and "match" not in data:
            return data | {"match": Match.EXACT}
        return data

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        given = self.model_fields_set & {"result", "error"}
        if len(given) != 1:
            raise ValueError("it needs either a result or an error")
        if (self.match is Match.ANY) != (self.arguments is None):
            raise ValueError(
                "arguments and match: any cannot be combined" if self.arguments else "arguments are missing"
            )
        return self

    @property
    def content(self) -> str:
        """What the model is told."""
        if self.error is not None:
            return self.error
        return self.result if isinstance(self.result, str) else json.dumps(self.result, ensure_ascii=False)

    def matches(self, tool: str, arguments: Any) -> bool:
        """Whether it answers a call with these arguments, or with `NO_ARGUMENTS`."""
        if tool != self.tool:
            return False
        if self.match is Match.ANY:
            return True
        if arguments is NO_ARGUMENTS:
            return False
        if self.match is Match.SUBSET:
            return is_subset(self.arguments, arguments)
        return same_json(self.arguments, arguments)

    def to_file(self) -> dict[str, Any]:
        """The row as a file has it: what was given, in the order of the fields."""
        return self.model_dump(mode="json", exclude_unset=True)


def find_row(rows: Sequence[MockRow], tool: str, arguments: Any) -> MockRow | None:
    """The first row that answers the call."""
    return next((row for row in rows if row.matches(tool, arguments)), None)


def same_json(a: Any, b: Any) -> bool:
    """Equal as JSON: 1 is 1.0, but `true` is not 1; the order of an object's names does not count."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same_json(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same_json, a, b))
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def is_subset(part: Any, whole: Any) -> bool:
    """Whether every name in `part` is in `whole` with a value that contains its own; lists have the same length."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and is_subset(value, whole[key]) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) == len(whole) and all(map(is_subset, part, whole))
    return same_json(part, whole)


def parse_rows(data: Any, field: str = "") -> tuple[MockRow, ...]:
    """Check what was read from a file; `field` is where it stood there.

    Raises:
        YamlError: the path to the first fault is its `field`.
    """
    if not isinstance(data, list):
        raise YamlError("it is a list of rows.", field)
    if len(data) > MAX_ROWS:
        raise YamlError(f"it has {len(data):,} rows; the limit is {MAX_ROWS:,}.", field)
    rows = []
    for index, item in enumerate(data):
        where = f"{field}.{index}" if field else f"row {index + 1}"
        check_json(item, where)
        try:
            rows.append(MockRow.model_validate(item))
        except ValidationError as error:
            first = error.errors()[0]
            path = ".".join([where, *map(str, first["loc"])])
            raise YamlError(f"{first['msg'].removeprefix('Value error, ')}.", path) from None
    return tuple(rows)


def read_rows(text: str, file: str = "the mock table") -> tuple[MockRow, ...]:
    """The rows of a YAML or JSON text; without text there are none.

    Raises:
        InvalidMock: with the file and, where one is at fault, the row and its field.
    """
    if len(text) > MAX_CHARACTERS:
        message = f"it has {len(text):,} characters; the limit is {MAX_CHARACTERS:,}."
        raise InvalidMock(message, file=file)
    try:
        if text.lstrip().startswith(("[", "{")) and (document := read_document(text)).problem is None:
            data = document.value
        else:
            data = read_yaml(text)
        return () if data is None else parse_rows(data)
    except YamlError as error:
        raise InvalidMock(error.message, file=file, field=error.field) from None


def load_rows(path: Path) -> tuple[MockRow, ...]:
    """The rows of a file; raises as `read_rows` does."""
    try:
        return read_rows(path.read_text(encoding="utf-8-sig"), path.name)
    except OSError as error:
        raise InvalidMock(f"it cannot be read: {error.strerror or error}.", file=path.name) from None
    except UnicodeDecodeError as error:
        raise InvalidMock(f"it is not UTF-8: byte {error.start}.", file=path.name) from None
