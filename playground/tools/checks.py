"""A call checked against its tool: is there such a tool, are the arguments JSON, and do they fit the schema?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from playground.errors import InvalidInput
from playground.schema.document import find_duplicates, read_document
from playground.schema.validate import validate
from playground.schema.wording import shown
from playground.tools.definitions import function_of, name_of
from playground.tools.problems import Problem, placed

MAX_NAMES = 200  # of tools that there are, for a call of another


MAX_VALUES = 200_000  # of all calls of an answer


@dataclass(frozen=True, slots=True)
class CallCheck:
    """What there is to say of a call.

    Attributes:
        text: the arguments as the model wrote them; never changed.
        is_json: whether they are one JSON object, or nothing at all, which counts as `{}`.
        arguments: as a value; {} where they are not a JSON object.
        known: whether the request has a tool of that name.
        problems: no JSON (with the position), an unknown tool, or broken rules with their pointers; in the text.
        notes: what works, but is worth a word.
    """

    text: str
    is_json: bool
    arguments: dict[str, Any]
    known: bool
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """There is nothing wrong."""
        return not self.problems

    def in_words(self) -> str:
        """The problems, for the model."""
        return "; ".join(str(problem) for problem in self.problems)


def find_tool(name: str, tools: Sequence[Any]) -> dict[str, Any] | None:
    """The first tool of that name."""
    return next((tool for tool in tools if name_of(tool) == name), None)


def check_call(name: str, text: str, tools: Sequence[Any]) -> CallCheck:
    """Check a call of `name` with `text` as its arguments against the request's tools."""
    tool = find_tool(name, tools)
    problems = () if tool is not None else (_unknown(name, tools),)
    document = read_document(text) if text.strip() else None
    if document is None or (document.problem is None and document.value is None):
        note = f"{'no' if document is None else 'null as'} arguments: treated as an empty object"
        check = CallCheck(text, is_json=True, arguments={}, known=tool is not None, notes=(Problem(note),))
    elif document.problem is not None:
        wrong = replace(document.problem, message=f"the arguments are not valid JSON: {document.problem.message}")
        return CallCheck(text, is_json=False, arguments={}, known=tool is not None, problems=(*problems, wrong))
    elif not isinstance(document.value, dict):
        wrong = Problem(f"the arguments are not a JSON object, but {shown(document.value)}")
        return CallCheck(text, is_json=False, arguments={}, known=tool is not None, problems=(*problems, wrong))
    else:
        notes = find_duplicates(text) if document.has_duplicates else ()
        check = CallCheck(text, is_json=True, arguments=document.value, known=tool is not None, notes=notes)
    broken, more = _broken(tool, check)
    return replace(check, problems=(*problems, *broken), notes=(*check.notes, *more))


def check_calls(calls: Sequence[tuple[str, str]], tools: Sequence[Any]) -> tuple[CallCheck, ...]:
    """`check_call` for several, each a name and its arguments; for a worker. Of too many values no more are read."""
    room = MAX_VALUES
    checks: list[CallCheck] = []
    for name, text in calls:
        room -= text.count(",") + text.count("[") + text.count("{")
        if room < 0:
            checks.append(unchecked(name, text, tools, f"there are more than {MAX_VALUES:,} values in all calls"))
        else:
            checks.append(check_call(name, text, tools))
    return tuple(checks)


def unchecked(name: str, text: str, tools: Sequence[Any], why: str) -> CallCheck:
    """What there is to say of a call whose arguments are not read."""
    known = find_tool(name, tools) is not None
    problem = Problem(f"the arguments were not read: {why}")
    return CallCheck(text, is_json=False, arguments={}, known=known, problems=(problem,))


def _unknown(name: str, tools: Sequence[Any]) -> Problem:
    names = [name for name in map(name_of, tools) if name]
    there = ", ".join(names[:MAX_NAMES]) + (", …" if len(names) > MAX_NAMES else "") or "none"
    return Problem(f"there is no tool {shown(name)}; there are: {there}" if name else "the call names no tool")


def _broken(tool: Any, check: CallCheck) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """The broken rules of the tool's schema, and why none could be looked for."""
    parameters = function_of(tool).get("parameters")
    if not isinstance(parameters, dict):
        return (), ()
    try:
        violations = validate(parameters, check.arguments)
    except InvalidInput as error:
        return (), (Problem(f"the arguments could not be checked: {error.message}"),)
    found = [Problem(violation.reason, pointer=violation.pointer) for violation in violations]
    return (placed(found, check.text) if check.text.strip() else tuple(found)), ()
