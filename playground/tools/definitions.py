"""The text of "Tools JSON" to tools, with line, column and JSON Pointer of what is wrong.

A request carries a list of `{"type": "function", "function": {name, description?, parameters?, strict?}}` (OpenAI
API reference, "Create chat completion", `tools`). People paste one tool alone, or function objects alone: those are
understood, and a note says that they are sent wrapped. Nothing else is changed, and no reference is ever fetched.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from playground.schema.check import check_value
from playground.schema.document import find_duplicates, read_document
from playground.schema.pointer import to_pointer
from playground.schema.wording import shown
from playground.tools.problems import Problem, placed

MAX_CHARACTERS = 4_000_000
MAX_KEPT = 8 * 1024  # characters of a schema whose check is remembered
MAX_TOOLS = 1000  # OpenAI's API takes 128
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
FUNCTION_FIELDS = frozenset({"name", "description", "parameters", "strict"})
At = tuple[str | int, ...]  # a place in the text, as the tokens of a JSON Pointer


@dataclass(frozen=True, slots=True)
class ToolsText:
    """A text of tools, read.

    Attributes:
        tools: as they go over the wire, as far as they can be sent; () where the text is not a list of objects.
        problems: what a server will not understand; empty if all is well.
        notes: what is worth saying though it works: what was wrapped, what is unusual.
    """

    tools: tuple[dict[str, Any], ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()

    @property
    def ok(self) -> bool:
        """There is nothing wrong."""
        return not self.problems


def parse_tools(text: str) -> ToolsText:
    """Read a list of tools, one tool, or bare function objects. Without text there are no tools, and all is well."""
    found, problems, notes = _read(text, with_notes=True)
    if problems or not found:
        return ToolsText(problems=problems, notes=notes)
    faults = [problem for each in found for problem in each.faults()]
    faults += _repeated(found)
    remarks = [*notes, *(problem for each in found for problem in each.remarks())]
    tools = tuple(each.tool for each in found if each.tool is not None)
    return ToolsText(tools if len(tools) == len(found) else (), placed(faults, text), placed(remarks, text))


def read_tools(text: str) -> ToolsText:
    """The same tools, not judged: their schemas are not looked at. `problems` say why there are none."""
    found, problems, notes = _read(text, with_notes=False)
    tools = tuple(each.tool for each in found if each.tool is not None)
    if len(tools) < len(found):
        first = next(each for each in found if each.tool is None)
        return ToolsText(problems=placed(first.faults(), text))
    return ToolsText(tools, problems, notes)


def _read(text: str, *, with_notes: bool) -> "tuple[list[_Found], tuple[Problem, ...], tuple[Problem, ...]]":
    """The items of the text; else why there are none; and what is worth a word, without its place."""
    if len(text) > MAX_CHARACTERS:
        message = f"{len(text):,} characters of tools; the limit is {MAX_CHARACTERS:,}, and models take far less"
        return [], (Problem(message),), ()
    if not text.strip():
        return [], (), ()
    document = read_document(text)
    if document.problem is not None:
        return [], (document.problem,), ()
    notes = find_duplicates(text) if document.has_duplicates and with_notes else ()
    if (problem := _no_list(document.value)) is not None:
        return [], placed([problem], text), notes
    if isinstance(document.value, dict):
        alone = Problem("a single tool: it is sent in a list, as [ … ]")
        return [_Found.of((), document.value)], (), (*notes, alone)
    return [_Found.of((index,), item) for index, item in enumerate(document.value)], (), notes


def _no_list(value: Any) -> Problem | None:
    """Why a value is not a list of tools, nor one tool."""
    if isinstance(value, dict) and isinstance(value.get("tools"), list):
        return Problem('this contains more than tools: keep only the list after "tools"')
    if not isinstance(value, dict | list):
        return Problem(f"tools are a list, not {shown(value)}")
    if isinstance(value, list) and len(value) > MAX_TOOLS:
        return Problem(f"{len(value):,} tools; the limit is {MAX_TOOLS:,}")
    return None


def function_of(tool: Any) -> dict[str, Any]:
    """A tool's function object; {} where it has none."""
    function = tool.get("function") if isinstance(tool, dict) else None
    return function if isinstance(function, dict) else {}


def name_of(tool: Any) -> str:
    """A tool's name; "" where it has none."""
    name = function_of(tool).get("name")
    return name if isinstance(name, str) else ""


def make_tool(name: str, description: str = "", parameters: Any = None) -> dict[str, Any]:
    """A tool as it goes over the wire; an empty description and no parameters are left out."""
    function: dict[str, Any] = {"name": name}
    if description:
        function["description"] = description
    if parameters is not None:
        function["parameters"] = parameters
    return {"type": "function", "function": function}


def render_tools(tools: Sequence[Any]) -> str:
    """Tools as text for a person to edit."""
    return json.dumps(list(tools), indent=2, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class _Found:
    """One item of the text: where it stands, the tool it is, and where that tool's function stands in the text."""

    at: At
    item: Any
    tool: dict[str, Any] | None
    inner: At
    form: str = ""

    @classmethod
    def of(cls, at: At, item: Any) -> "_Found":
        if not isinstance(item, dict):
            return cls(at, item, None, at)
        if "function" not in item and "name" in item and "type" not in item:
            form = "a bare function: it is sent as the function of a tool"
            return cls(at, item, {"type": "function", "function": item}, at, form)
        if "function" not in item and "name" in item and item["type"] == "function":
            flat = {key: value for key, value in item.items() if key != "type"}
            form = "the flat form of the Responses API: it is sent in the Chat Completions form, under function"
            return cls(at, item, {"type": "function", "function": flat}, at, form)
        return cls(at, item, item, (*at, "function"))

    def faults(self) -> Iterator[Problem]:
        """What a server will not understand."""
        if self.tool is None:
            yield Problem(f"a tool is an object, not {shown(self.item)}", pointer=to_pointer(self.at))
            return
        kind, function = self.tool.get("type"), self.tool.get("function")
        if kind is None:
            yield Problem('the tool has no type: write "type": "function"', pointer=to_pointer(self.at))
        elif not isinstance(kind, str):
            yield Problem(f"a type is a text, not {shown(kind)}", pointer=to_pointer((*self.at, "type")))
        if kind is not None and kind != "function":
            return
        if function is None:
            yield Problem("the tool has no function", pointer=to_pointer(self.at))
        elif not isinstance(function, dict):
            yield Problem(f"a function is an object, not {shown(function)}", pointer=to_pointer(self.inner))
        else:
            yield from _function_faults(function, self.inner)

    def remarks(self) -> Iterator[Problem]:
        """What is worth a word."""
        if self.form:
            yield Problem(self.form, pointer=to_pointer(self.at))
        if self.tool is None:
            return
        kind = self.tool.get("type", "function")
        if kind != "function" and isinstance(kind, str):
            message = f"a tool of type {shown(kind)}: it is sent as it is, but only functions can be called here"
            yield Problem(message, pointer=to_pointer(self.at))
        for field in sorted(function_of(self.tool).keys() - FUNCTION_FIELDS):
            yield Problem(f"{shown(field)} is not a field of a function", pointer=to_pointer((*self.inner, field)))


def _function_faults(function: dict[str, Any], inner: At) -> Iterator[Problem]:
    name = function.get("name")
    if name is None or name == "":
        yield Problem("the function has no name", pointer=to_pointer(inner))
    elif not isinstance(name, str):
        yield Problem(f"a name is a text, not {shown(name)}", pointer=to_pointer((*inner, "name")))
    elif not NAME.fullmatch(name):
        message = f"{shown(name)} is not a name that every server accepts: 1 to 64 of A-Z, a-z, 0-9, _ and -"
        yield Problem(message, pointer=to_pointer((*inner, "name")))
    if not isinstance(function.get("description", ""), str):
        yield Problem("a description is a text", pointer=to_pointer((*inner, "description")))
    if "parameters" in function:
        yield from _parameter_faults(function["parameters"], (*inner, "parameters"))


def _parameter_faults(parameters: Any, at: At) -> Iterator[Problem]:
    where = to_pointer(at)
    if not isinstance(parameters, dict):
        yield Problem(f"parameters are a JSON Schema of an object, not {shown(parameters)}", pointer=where)
        return
    described = json.dumps(parameters, default=str)
    check = _check_schema if len(described) <= MAX_KEPT else _check_schema.__wrapped__
    for problem in check(described):
        yield Problem(problem.message, pointer=where + problem.pointer)
    kind = parameters.get("type", "object")
    if kind != "object":
        yield Problem(f'the arguments of a call are an object: type must be "object", not {shown(kind)}', pointer=where)


@lru_cache(maxsize=1024)  # a page checks the whole text again as it is typed
def _check_schema(schema: str) -> tuple[Problem, ...]:
    """The problems of a schema given as JSON text, without lines and columns."""
    return check_value(json.loads(schema))


def _repeated(found: Sequence[_Found]) -> Iterator[Problem]:
    seen = set()
    for each in found:
        name = name_of(each.tool)
        if name and name in seen:
            message = f"two tools are called {shown(name)}: a call could mean either"
            yield Problem(message, pointer=to_pointer((*each.inner, "name")))
        seen.add(name)
