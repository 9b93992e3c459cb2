"""Schemas to begin with. Each is fit for strict mode as it stands."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Template:
    """A schema with a name.

    Attributes:
        name: for `response_format.json_schema.name`: letters, digits, underscores, dashes.
        title: for a button.
        about: one line.
        schema: the schema.
    """

    name: str
    title: str
    about: str
    schema: dict[str, Any]


def _object(properties: dict[str, Any], description: str = "") -> dict[str, Any]:
    """A closed object that has all its properties."""
    told = {"description": description} if description else {}
    return {
        "type": "object",
        **told,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _text(description: str = "") -> dict[str, Any]:
    return {"type": "string", "description": description} if description else {"type": "string"}


def _maybe(kind: str, description: str) -> dict[str, Any]:
    return {"type": [kind, "null"], "description": description}


def _list(items: dict[str, Any], description: str = "") -> dict[str, Any]:
    return {"type": "array", "items": items} | ({"description": description} if description else {})


TEMPLATES = (
    Template(
        "action",
        "Action",
        "What to do and with what, as in TheRouter's example of structured JSON.",
        _object(
            {
                "action": _text("what to do, as a verb and its object: restart_container"),
                "args": _object(
                    {
                        "host": _text("the machine's name"),
                        "container": _maybe("string", "the container's name, or null"),
                    },
                    "what the action needs",
                ),
            }
        ),
    ),
    Template(
        "contacts",
        "Contacts",
        "The people named in a text.",
        _object(
            {
                "contacts": _list(
                    _object(
                        {
                            "name": _text("as it stands in the text"),
                            "email": {"type": ["string", "null"], "format": "email"},
                            "phone": _maybe("string", "with the country's code, if the text has it"),
                            "organisation": _maybe("string", "where the person works"),
                        }
                    )
                )
            }
        ),
    ),
    Template(
        "classification",
        "Classification",
        "One label of a fixed set, with the reason.",
        _object(
            {
                "reason": _text("one sentence, before the label is chosen"),
                "label": {"type": "string", "enum": ["bug", "question", "request", "praise", "other"]},
                "confidence": {"type": "number", "minimum": 0, "maximum": 1},
            }
        ),
    ),
    Template(
        "line_items",
        "Line items",
        "The positions of an invoice or an order, with their sum.",
        _object(
            {
                "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217: EUR"},
                "items": _list(
                    _object(
                        {
                            "description": _text(),
                            "quantity": {"type": "number", "exclusiveMinimum": 0},
                            "unit_price": {"type": "number"},
                        }
                    )
                ),
                "total": {"type": "number"},
            }
        ),
    ),
    Template(
        "event",
        "Event",
        "A date in a calendar.",
        _object(
            {
                "title": _text(),
                "start": {"type": "string", "format": "date-time"},
                "end": {"type": ["string", "null"], "format": "date-time"},
                "place": _maybe("string", "where, or null"),
                "participants": _list({"type": "string"}),
            }
        ),
    ),
    Template(
        "answer_with_citations",
        "Answer with citations",
        "An answer, and the passages that it rests on.",
        _object(
            {
                "answer": _text(),
                "is_supported": {"type": "boolean", "description": "whether the sources say so"},
                "citations": _list(
                    _object(
                        {
                            "source": {"type": "integer", "minimum": 1, "description": "the source's number"},
                            "quote": _text("word for word"),
                        }
                    )
                ),
            }
        ),
    ),
)
