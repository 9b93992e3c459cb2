"""Tools from Python functions: the source is parsed, never run or imported.

Type hints become the schema, the docstring's words (Google, NumPy or Sphinx style) the descriptions, and a parameter
without a default is required. Classes that stand in the same text (TypedDict, dataclass, pydantic model, Enum) are
understood by their names.
"""

import ast
import textwrap
import warnings
from collections.abc import Iterator
from typing import Any

import docstring_parser

from playground.schema.hint_fields import TooMuch
from playground.tools.definitions import make_tool
from playground.tools.importers.imported import Imported
from playground.tools.importers.python_types import Annotations

MAX_CHARACTERS = 200_000
MAX_FUNCTIONS = 200  # OpenAI's API takes 128 tools

Function = ast.FunctionDef | ast.AsyncFunctionDef


def tools_from_python(source: str) -> Imported:
    """A tool for each function at the top of the text; those whose names begin with `_` are left out."""
    if len(source) > MAX_CHARACTERS:
        return Imported.failed(f"more than {MAX_CHARACTERS:,} characters: paste the functions alone")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the text's own, such as an escape that is none
            module = ast.parse(textwrap.dedent(source))
    except SyntaxError as error:
        return Imported.failed(f"this is not valid Python: {error.msg}", error.lineno, error.offset)
    except (ValueError, MemoryError, RecursionError) as error:
        return Imported.failed(f"this Python cannot be read: {str(error) or type(error).__name__}")
    functions = [n for n in module.body if isinstance(n, Function) and not n.name.startswith("_")]
    if not functions:
        return Imported.failed("there is no function at the top level of this source")
    if len(functions) > MAX_FUNCTIONS:
        return Imported.failed(f"{len(functions):,} functions; the limit is {MAX_FUNCTIONS}")
    return _tools(functions, module)


def _tools(functions: list[Function], module: ast.Module) -> Imported:
    try:
        annotations = Annotations(module)
        found = [_tool(function, annotations) for function in functions]
    except RecursionError:
        return Imported.failed("the type hints are nested too deep")
    except TooMuch as error:
        return Imported.failed(error.message)
    return Imported(tuple(tool for tool, _ in found), tuple(note for _, notes in found for note in notes))


def _tool(function: Function, annotations: Annotations) -> tuple[dict[str, Any], list[str]]:
    annotations.begin()
    doc = docstring_parser.parse(ast.get_docstring(function) or "")
    about = {param.arg_name.lstrip("*"): param for param in doc.params}
    properties: dict[str, Any] = {}
    required = []
    for argument, default in _arguments(function):
        said = about.get(argument.arg)
        read = annotations.parameter(argument.annotation)
        if argument.annotation is None and said is not None and said.type_name:
            read = annotations.from_words(said.type_name)
        schema = dict(read.schema)
        if said is not None and said.description and "description" not in schema:
            schema["description"] = " ".join(said.description.split())
        properties[argument.arg] = schema | (annotations.default(default) if default is not None else {})
        if default is None and not read.has_default:
            required.append(argument.arg)
    parameters: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        parameters["required"] = required
    if defs := annotations.definitions():
        parameters["$defs"] = defs
    left_out = [f"{function.name}: *{a.arg} is left out" for a in (function.args.vararg,) if a]
    left_out += [f"{function.name}: **{a.arg} is left out" for a in (function.args.kwarg,) if a]
    notes = [f"{function.name}: {note}" for note in annotations.notes]
    words = "\n\n".join(filter(None, (doc.short_description, doc.long_description)))
    return make_tool(function.name, words, parameters), [*left_out, *notes]


def _arguments(function: Function) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    """Each parameter with its default, if it has one; `self` and `cls` are none of the caller's."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    missing = len(positional) - len(arguments.defaults)
    for index, argument in enumerate(positional):
        if index == 0 and argument.arg in {"self", "cls"}:
            continue
        yield argument, arguments.defaults[index - missing] if index >= missing else None
    yield from zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
