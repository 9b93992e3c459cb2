"""Is this text a JSON Schema (2020-12) that answers can be checked against?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

import jsonschema_rs

from playground.schema.cost import MAX_APPLIED, MAX_CHAIN, Cost
from playground.schema.document import Problem, find_duplicates, locate, read_document
from playground.schema.engine import METASCHEMA, Schema, compile_schema, metaschema, well_formed
from playground.schema.pointer import from_pointer, resolve, to_pointer
from playground.schema.references import References
from playground.schema.wording import shown

MAX_CHARACTERS = 8_000_000
MAX_PROBLEMS = 100
MAX_REFERENCES = 10_000  # to compile takes time that grows faster than their number: 0.3 s for these
_TYPES = "array, boolean, integer, null, number, object, string"
_BUNDLED = METASCHEMA.rsplit("/", 1)[0]  # comes along with the validator
_ADVICE = "nothing is fetched; copy it into $defs and refer to that"


@dataclass(frozen=True, slots=True)
class SchemaCheck:
    """What was found.

    Attributes:
        schema: the schema, if it can be used; else None.
        problems: why it cannot, in the order of the text; empty if it can.
        notes: what is worth saying, though it can be used.
    """

    schema: Schema | None
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """It can be used."""
        return not self.problems


def check_schema(text: str) -> SchemaCheck:
    """Read and check a schema. Nothing is ever fetched; a schema may refer to itself."""
    if len(text) > MAX_CHARACTERS:
        message = f"a schema of {len(text):,} characters; the limit is {MAX_CHARACTERS:,}"
        return SchemaCheck(None, (Problem(message),))
    document = read_document(text)
    if document.problem is not None:
        return SchemaCheck(None, (document.problem,))
    schema = document.value
    if not isinstance(schema, dict | bool):
        message = f"a schema is an object, or true or false, not {shown(schema)}"
        return SchemaCheck(None, _placed((Problem(message),), text))
    notes = (*_notes(schema), *(find_duplicates(text) if document.has_duplicates else ()))
    problems = check_value(schema)
    notes = _placed(notes, text)
    return SchemaCheck(None if problems else schema, _placed(problems, text), notes)


def check_value(schema: Schema) -> tuple[Problem, ...]:
    """The problems of a schema that has been read already; without lines and columns."""
    try:
        schema = well_formed(schema)
        found = tuple(islice(_against_metaschema(schema), MAX_PROBLEMS))
        found = found or tuple(islice(_references(schema), MAX_PROBLEMS))
        if not found:
            compile_schema(schema)
    except jsonschema_rs.ValidationError as error:
        # A reference or a pattern that the checks before did not see: still an answer, if one without a place.
        return (Problem(error.message, pointer=to_pointer(error.instance_path)),)
    except ValueError as error:
        return (Problem(str(error)),)
    return found


def _against_metaschema(schema: Schema) -> Iterator[Problem]:
    """Each fault once: the metaschema's parts would each report it."""
    seen = set()
    for error in metaschema().iter_errors(schema):
        pointer = to_pointer(error.instance_path)
        message = _in_words(error, schema, pointer)
        if (pointer, message) not in seen:
            seen.add((pointer, message))
            yield Problem(message, pointer=pointer)


def _in_words(error: jsonschema_rs.ValidationError, schema: Schema, pointer: str) -> str:
    value = resolve(schema, pointer)
    keyword = from_pointer(pointer)[-1] if pointer else ""
    if keyword == "type" and error.kind.name == "anyOf":
        return f"{shown(value)} is not a type: there are {_TYPES}"
    if error.kind.name == "format" and keyword in {"pattern", "patternProperties"}:
        return f"{shown(value)} is not a usable regular expression"
    if error.kind.name == "propertyNames":
        return f"{shown(keyword)} holds a name that is not a usable regular expression"
    if error.kind.name == "type" and isinstance(error.kind.value, list):
        wanted = error.kind.value
        kinds = "a schema" if set(wanted) == {"boolean", "object"} else f"of type {' or '.join(wanted)}"
        return f"{shown(value)} is not {kinds}"
    return error.message


def _references(schema: Schema) -> Iterator[Problem]:
    """References that lead nowhere, or away, or through too many others."""
    references = References(schema)
    if len(references.found) > MAX_REFERENCES:
        yield Problem(f"{len(references.found):,} references; the limit is {MAX_REFERENCES:,}")
        return
    for reference in references.found:
        if reference.target is None and not reference.resource.startswith(_BUNDLED):
            is_own = reference.resource in references.resources
            why = "points to nothing in this schema" if is_own else f"is somewhere else: {_ADVICE}"
            yield Problem(f"{shown(reference.text)} {why}", pointer=to_pointer((*reference.path, reference.keyword)))
    cost = Cost(references)
    if cost.loops:
        yield Problem("it refers to itself without descending into the value, which could go on without end")
    elif cost.chain > MAX_CHAIN:
        yield Problem(f"{cost.chain:,} schemas apply one inside the other; the limit is {MAX_CHAIN}")
    elif cost.applied > MAX_APPLIED:
        yield Problem(f"{cost.applied:,} schemas apply to one value; the limit is {MAX_APPLIED:,}")


def _notes(schema: Schema) -> tuple[Problem, ...]:
    if not isinstance(schema, dict):
        return (Problem("true allows every answer" if schema else "false allows no answer"),)
    dialect = schema.get("$schema", METASCHEMA)
    if isinstance(dialect, str) and dialect.rstrip("#") != METASCHEMA:
        return (Problem("checked as draft 2020-12 anyway, the only draft that this page knows", pointer="/$schema"),)
    return ()


def _placed(problems: tuple[Problem, ...], text: str) -> tuple[Problem, ...]:
    """With line and column, in the order of the text."""
    if not problems:
        return ()
    places = locate(text, {problem.pointer for problem in problems if problem.line is None})
    placed = [
        replace(p, line=places[p.pointer][0], column=places[p.pointer][1]) if p.pointer in places else p
        for p in problems
    ]
    return tuple(sorted(placed, key=lambda p: (p.line or 0, p.column or 0, p.message)))
