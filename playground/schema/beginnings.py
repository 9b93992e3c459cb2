"""A schema's text made from another text: from a sample of JSON, from a pydantic class, or fit for strict mode."""

import json
from dataclasses import dataclass
from typing import Any

from playground.schema.check import MAX_CHARACTERS, check_schema
from playground.schema.document import Problem
from playground.schema.pydantic_source import schema_from_pydantic
from playground.schema.sample import schema_from_sample
from playground.schema.strict_fix import fix

SAMPLE, CLASS = KINDS = ("a sample of JSON", "a pydantic class")


@dataclass(frozen=True, slots=True)
class Begun:
    """What came of it: `text` is the schema for a person to edit; None where there are problems."""

    text: str | None
    name: str = "answer"
    problems: tuple[Problem, ...] = ()


def begin_from(kind: str, text: str) -> Begun:
    """A schema from a text of one of the `KINDS`."""
    if len(text) > MAX_CHARACTERS:
        message = f"{len(text):,} characters; the limit is {MAX_CHARACTERS:,}"
        return Begun(None, problems=(Problem(message),))
    if kind == SAMPLE:
        found = schema_from_sample(text)
        schema, name, problems = found.schema, "answer", found.problems
    else:
        made = schema_from_pydantic(text)
        schema, name, problems = made.schema, made.model or "answer", made.problems
    if problems or schema is None:
        return Begun(None, name, problems)
    return Begun(as_text(schema), name)


def fixed_text(text: str) -> str | None:
    """The schema made fit for strict mode, as far as that can be done by itself; None where it is none."""
    check = check_schema(text)
    return as_text(fix(check.schema)) if check.schema is not None and check.ok else None


def as_text(schema: Any) -> str:
    """A schema for a person to edit."""
    return json.dumps(schema, indent=2, ensure_ascii=False)
