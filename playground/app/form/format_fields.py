"""The JSON tab's fields of the request, and back from a request."""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from playground.errors import InvalidRequest
from playground.schema.document import read_document

NONE, OBJECT, SCHEMA = "none", "json_object", "json_schema"
MODES = (NONE, OBJECT, SCHEMA)
MAX_CHARACTERS = 2 * 2**20  # of a schema that is sent: models take far less
MAX_TEXT = 6 * 2**20  # more than is read, so that it is the reader that says what is too much
DEFAULT_NAME = "answer"
INTRODUCTION = "Answer with JSON that is valid against this JSON Schema, and with nothing else:"


class FormatForm(BaseModel):
    """The tab as typed, and the system prompt, under which the schema may stand."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: str = Field("", max_length=MAX_TEXT)
    json_mode: str = NONE
    schema_name: str = Field("", max_length=256)
    json_schema: str = Field("", max_length=MAX_TEXT)
    strict: bool = True
    schema_in_prompt: bool = False


def format_fields(form: FormatForm) -> dict[str, Any]:
    """`response_format`, where one is sent.

    A schema that breaks the rules of JSON Schema is sent all the same: the page says what is wrong, and the server
    has the last word.

    Raises:
        InvalidRequest: the schema is not valid JSON.
    """
    if form.json_mode == OBJECT:
        return {"response_format": {"type": OBJECT}}
    if form.json_mode != SCHEMA:
        return {}
    if len(form.json_schema) > MAX_CHARACTERS:
        message = f"{len(form.json_schema):,} characters; the limit is {MAX_CHARACTERS:,}"
        raise InvalidRequest(f"JSON schema: {message}.", field="schema")
    document = read_document(form.json_schema)
    if document.problem is not None:
        raise InvalidRequest(f"JSON schema: {document.problem}.", field="schema")
    described: dict[str, Any] = {"name": form.schema_name.strip() or DEFAULT_NAME}
    if form.strict:
        described["strict"] = True
    return {"response_format": {"type": SCHEMA, SCHEMA: described | {"schema": document.value}}}


def system_text(form: FormatForm) -> str:
    """The system prompt, with the schema under it where that was asked for."""
    if not (form.schema_in_prompt and form.json_mode != NONE and form.json_schema.strip()):
        return form.system
    return "\n\n".join(filter(None, (form.system.strip(), INTRODUCTION, form.json_schema.strip())))


def take_format(rest: dict[str, Any]) -> dict[str, Any]:
    """Take `response_format` out of a request, as the tab holds it; what it cannot hold is left there."""
    value = rest.get("response_format")
    if value == {"type": OBJECT}:
        rest.pop("response_format")
        return {"json_mode": OBJECT}
    if not (isinstance(value, dict) and list(value) == ["type", SCHEMA] and value["type"] == SCHEMA):
        return {}
    described = value[SCHEMA]
    if not (isinstance(described, dict) and list(described) in (["name", "schema"], ["name", "strict", "schema"])):
        return {}
    if described.get("strict", True) is not True or not isinstance(described["name"], str):
        return {}
    rest.pop("response_format")
    return {
        "json_mode": SCHEMA,
        "schema_name": described["name"],
        "strict": "strict" in described,
        "json_schema": json.dumps(described["schema"], indent=2, ensure_ascii=False),
    }
