"""Judge a finished answer: is it the JSON that was asked for?"""

from dataclasses import dataclass
from typing import Any, Literal

from playground.errors import InvalidInput
from playground.schema.document import Document, Problem, find_duplicates, read_document
from playground.schema.engine import Schema
from playground.schema.found import Found, find_json
from playground.schema.live import LiveValidator
from playground.schema.partial import PartialJson
from playground.schema.validate import validate
from playground.schema.violation import Violation

Outcome = Literal["valid", "wrong_shape", "not_json", "cut_off", "refused"]
JSON_OBJECT: Schema = {"type": "object"}  # what response_format json_object promises
_AROUND = 30


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The text around a fault, on one line; `caret` is the fault's place in it, from 0."""

    text: str
    caret: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer is.

    Attributes:
        outcome: in one word.
        message: in one sentence.
        value: the answer's value, if all of it is JSON; else None.
        violations: the broken rules: of the answer, or of the JSON that was `found` in it; of an answer that was cut
            off, those that what came breaks already.
        problem: why it is not valid JSON, with line and column; or why JSON could not be checked.
        excerpt: the text around that.
        found: the JSON that stands in a fence or in words, where the answer as a whole is not valid JSON.
        notes: what else is worth saying: a name that stands twice.
    """

    outcome: Outcome
    message: str
    value: Any = None
    violations: tuple[Violation, ...] = ()
    problem: Problem | None = None
    excerpt: Excerpt | None = None
    found: Found | None = None
    notes: tuple[Problem, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON; without the answer itself, which the reader has."""
        problem = self.problem
        return {
            "outcome": self.outcome,
            "message": self.message,
            "errors": [violation.to_dict() for violation in self.violations],
            "problem": problem and {"message": problem.message, "line": problem.line, "column": problem.column},
            "found": self.found and {"where": self.found.where, "line": self.found.line, "column": self.found.column},
            "notes": [str(note) for note in self.notes],
        }


def judge(
    content: str | None,
    *,
    finish_reason: str | None = None,
    refusal: str | None = None,
    schema: Schema | None = None,
) -> Verdict:
    """The verdict.

    Args:
        content: the message's content.
        finish_reason: as the server gave it.
        refusal: the message's refusal.
        schema: a usable schema; None in `json_object` mode, where any object will do.
    """
    schema = JSON_OBJECT if schema is None else schema
    if refusal:
        return Verdict("refused", f"The model refused: {refusal}")
    if finish_reason == "content_filter":
        return Verdict("refused", "A content filter ended the answer.")
    text = content or ""
    document = read_document(text)
    if document.problem is None:
        return _by_shape(document, text, schema)
    return _without_json(document, document.problem, text, schema, is_cut=finish_reason == "length")


def _by_shape(document: Document, text: str, schema: Schema) -> Verdict:
    notes = find_duplicates(text) if document.has_duplicates else ()
    try:
        violations = validate(schema, document.value)
    except InvalidInput as error:
        # Never called valid unchecked.
        return Verdict("wrong_shape", error.message, document.value, problem=Problem(error.message), notes=notes)
    if violations:
        message = f"JSON that does not match the schema: {_errors(violations)}."
        return Verdict("wrong_shape", message, document.value, violations, notes=notes)
    return Verdict("valid", "Valid.", document.value, notes=notes)


def _without_json(document: Document, problem: Problem, text: str, schema: Schema, *, is_cut: bool) -> Verdict:
    parser = PartialJson()
    ops = parser.feed(text)
    if is_cut and parser.broken is None and not parser.complete and (parser.began or not text.strip()):
        message = "Cut off: the limit on tokens was reached before the JSON was complete."
        so_far = LiveValidator(schema).apply(ops)
        return Verdict("cut_off", message, None, so_far, problem, _excerpt(text, document.offset))
    found = find_json(text)
    if found is None:
        return Verdict("not_json", f"Not JSON: {problem}.", None, (), problem, _excerpt(text, document.offset))
    try:
        violations = validate(schema, found.value)
    except InvalidInput as error:
        message = f"Not JSON, but there is JSON in it. {error.message}"
        return Verdict("not_json", message, None, (), problem, _excerpt(text, document.offset), found)
    place = "inside a Markdown fence" if found.where == "fence" else "with words around it"
    fits = f"it has {_errors(violations)}" if violations else "by itself it would be valid"
    message = f"Not JSON, but JSON {place}: {fits}."
    return Verdict("not_json", message, None, violations, problem, _excerpt(text, document.offset), found)


def _errors(violations: tuple[Violation, ...]) -> str:
    return "1 error" if len(violations) == 1 else f"{len(violations)} errors"


def _excerpt(text: str, offset: int) -> Excerpt:
    start = max(offset - _AROUND, 0)
    shown = "".join(char if char.isprintable() else " " for char in text[start : offset + _AROUND])
    return Excerpt(shown, offset - start)
