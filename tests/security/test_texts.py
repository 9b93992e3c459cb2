"""Texts of one visitor's, made to cost a lot: the others never wait, and the sender is told.

Each took 10 to 60 s, for everybody, before there were bounds and workers. The longest time that the event loop stood
still meanwhile is printed.
"""

import json
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from playground.app.calls import open_toolbox
from playground.app.context import Context
from playground.app.form.form import Form
from playground.errors import InvalidMock, TooMuchWork
from playground.schema.pydantic_source import schema_from_pydantic
from playground.tools.importers.python_function import tools_from_python
from playground.tools.importers.sources import FUNCTION, OPENAPI
from playground.tools.mock import read_rows
from playground.ui.tabs.json.handlers import SchemaHandlers
from playground.ui.tabs.tools.handlers import ToolHandlers
from playground.yaml_text import MAX_DEPTH, MAX_NODES, YamlError, read_yaml
from tests.security.pauses import BOUND_S, longest_pause
from tests.steps import steps
from tests.web.opened import context_of

ASKER: Any = SimpleNamespace(cookies={}, session_hash="session")


@pytest.fixture
async def context() -> AsyncIterator[Context]:
    context = context_of()
    context.workers.start()
    await context.workers.run(len, "")  # the first one is imported
    yield context
    context.workers.close()
    await context.client.aclose()


YAML_BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
MERGE_BOMB = "a: &a {x: 1}\n" + "".join(
    f"{b}: &{b} {{<<: [{','.join([f'*{a}'] * 9)}]}}\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
MOCKS = {
    "aliases of aliases": YAML_BOMB,
    "merges of merges": MERGE_BOMB,
    "2 MB of YAML": "- {tool: f, result: 1}\n" * 90_000,
    "256 kB of YAML": "- {tool: f, result: 1}\n" * 11_000,
    "a list of 1 MB": json.dumps([0] * 350_000),
    "brackets": "[" * 100_000,
    "a number to the base of 60": "- tool: f\n  result: " + "1:" * 100_000 + "1",
    "a long number": "- tool: f\n  result: " + "9" * 200_000,
    "anchors": "".join(f"- &a{n} x\n" for n in range(20_000)),
    "comments": "#" * 250_000,
    "keys": "{" + ", ".join(f"? k{n}" for n in range(30_000)) + "}",
    "quotes": "- '" + "''" * 120_000,
    "folds": "- >\n" + "  a\n\n" * 40_000,
}


READ = {"a number to the base of 60", "comments"}  # a text, and nothing: quickly read


@pytest.mark.parametrize("name", MOCKS)
async def test_a_mock_table_stops_nobody(context: Context, name: str) -> None:
    async def work() -> None:
        async with open_toolbox(Form(mock=MOCKS[name]), context, None, ()):
            pass

    answer, pause = await longest_pause(work())
    print(f"{name}: {pause:.3f} s; {answer!r:.120}")
    assert pause < BOUND_S
    assert isinstance(answer, InvalidMock | TooMuchWork) or name in READ


OPENAPI_BOMB = (
    "openapi: 3.1.0\npaths: {/a: {get: {operationId: a, parameters: [{name: q, in: query, schema: {default: *i}}]}}}\n"
)
REFERENCES = json.dumps(
    {
        "openapi": "3.1.0",
        "paths": {"/a": {"get": {"parameters": [{"name": "q", "in": "query", "schema": {"$ref": "#/s/0"}}]}}},
        "s": {
            str(n): {"type": "object", "properties": {str(i): {"$ref": f"#/s/{n + 1}"} for i in range(9)}}
            for n in range(12)
        }
        | {"12": {"description": "x" * 2000}},
    }
)  # fmt: skip
IMPORTS = {
    "OpenAPI's aliases": (OPENAPI, YAML_BOMB.replace("a: &a", "x-a: &a") + OPENAPI_BOMB),
    "OpenAPI's references": (OPENAPI, REFERENCES),
    "OpenAPI of 1.9 MB": (OPENAPI, "openapi: 3.1.0\npaths: {}\nx:\n" + "  - {a: 1}\n" * 170_000),
    "14,000 functions": (FUNCTION, "def f(a: int): ...\n" * 10_500),
    "aliases of hints": (
        FUNCTION,
        "A0 = int\n" + "".join(f"A{n + 1} = dict[A{n}, A{n}]\n" for n in range(60)) + "def f(a: A60): ...",
    ),
    "nested hints": (FUNCTION, "def f(a: " + "list[" * 5000 + "int" + "]" * 5000 + "): ..."),
    "a long union": (FUNCTION, "def f(a: " + " | ".join(f"T{n}" for n in range(20_000)) + "): ..."),
    "parentheses": (FUNCTION, "def f(a=" + "(" * 100_000),
    "a docstring": (FUNCTION, 'def f(a):\n    """' + "Args:\n  a (int): x\n" * 9_000 + '"""'),
}


@pytest.mark.parametrize("name", IMPORTS)
async def test_an_import_stops_nobody(context: Context, name: str) -> None:
    kind, text = IMPORTS[name]
    answer, pause = await longest_pause(ToolHandlers(context).bring_in(ASKER, "", kind, text, "", ""))
    print(f"{name}: {pause:.3f} s; {answer!r:.160}")
    assert pause < BOUND_S


BASES = "class A0(BaseModel): x: int\nclass B0(BaseModel): y: int\n" + "".join(
    f"class A{n + 1}(A{n}, B{n}): ...\nclass B{n + 1}(A{n}, B{n}): ...\n" for n in range(25)
)
ANNOTATED = "class A(BaseModel):\n    x: " + "Annotated[" * 60 + "int" + " | None, Field()]" * 60
CLASSES = {
    "two bases each": BASES,
    "two bases each, no model": BASES.replace("BaseModel", "Model"),
    "nested Annotated": ANNOTATED,
    "aliases": "A0 = int\n" + "".join(f"A{n + 1} = tuple[A{n}, A{n}]\n" for n in range(60))
    + "class M(BaseModel):\n    x: A60",
    "many classes": "class M(BaseModel): x: int\n" * 7000,
    "many fields": "class M(BaseModel):\n" + "".join(f"    x{n}: int\n" for n in range(12_000)),
    "a circle": "class A(B): ...\nclass B(A): ...\n",
}  # fmt: skip


@pytest.mark.parametrize("name", CLASSES)
async def test_pydantic_classes_stop_nobody(context: Context, name: str) -> None:
    answer, pause = await longest_pause(SchemaHandlers(context).start_from(ASKER, "a pydantic class", CLASSES[name]))
    print(f"{name}: {pause:.3f} s; {answer!r:.160}")
    assert pause < BOUND_S


SCHEMAS = {
    "16 MB": json.dumps({"properties": {f"p{n}": {"type": "string"} for n in range(400_000)}}),
    "4 MB": json.dumps({"properties": {f"p{n}": {"type": "string"} for n in range(120_000)}}),
    "a pattern that grows": json.dumps({"pattern": "(a{1000}){1000}"}),
    "many patterns that grow": json.dumps({"allOf": [{"pattern": f"(\\w{{100}}){{{n}}}"} for n in range(100)]}),
    "references in references": json.dumps(
        {"$defs": {str(n): {"allOf": [{"$ref": f"#/$defs/{n + 1}"}] * 9} for n in range(60)}, "$ref": "#/$defs/0"}
    ),
    "a chain of references": json.dumps({"$defs": {str(n): {"$ref": f"#/$defs/{n + 1}"} for n in range(9000)}}),
    "duplicates": "{" + ",".join('"a": 1' for _ in range(200_000)) + "}",
    "nested": '{"items": ' * 100_000,
    "numbers": '{"const": ' + "9" * 1_000_000 + "}",
}


@pytest.mark.parametrize("name", SCHEMAS)
async def test_a_schema_stops_nobody(context: Context, name: str) -> None:
    for work in (
        SchemaHandlers(context).check(ASKER, SCHEMAS[name], True),
        SchemaHandlers(context).fix(ASKER, SCHEMAS[name]),
    ):
        answer, pause = await longest_pause(work)
        print(f"{name}: {pause:.3f} s; {answer!r:.160}")
        assert pause < BOUND_S


TOOLS = {
    "3.9 MB": json.dumps([{"type": "function", "function": {"name": f"f{n}"}} for n in range(60_000)])[:3_900_000],
    "100,000 tools": "[" + ",".join(['{"name":"f"}'] * 100_000) + "]",
    "no JSON": "[" + '{"a": 1},' * 300_000,
    "patterns": json.dumps(
        [{"name": f"f{n}", "parameters": {"properties": {"a": {"pattern": "(\\w{100}){99}"}}}} for n in range(200)]
    ),
}


@pytest.mark.parametrize("name", TOOLS)
async def test_a_text_of_tools_stops_nobody(context: Context, name: str) -> None:
    answer, pause = await longest_pause(ToolHandlers(context).check(ASKER, TOOLS[name], ""))
    print(f"{name}: {pause:.3f} s; {answer!r:.160}")
    assert pause < BOUND_S


def test_bases_of_bases_cost_in_proportion() -> None:
    def source(levels: int) -> str:
        return "class A0(BaseModel): x: int\nclass B0(BaseModel): y: int\n" + "".join(
            f"class A{n + 1}(A{n}, B{n}): ...\nclass B{n + 1}(A{n}, B{n}): ...\n" for n in range(levels)
        )

    few, many = (steps(lambda n=n: schema_from_pydantic(source(n))) for n in (10, 20))  # type: ignore[misc]
    assert many < 4 * few  # it was 1,000 times


def test_at_the_limits_it_works_and_beyond_it_is_told() -> None:
    assert read_yaml("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    with pytest.raises(YamlError, match="nested deeper than 100 levels"):
        read_yaml("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))
    aliases = "a: &a [x, x, x]\nb: [" + ", ".join(["*a"] * 1000) + "]"
    assert len(read_yaml(aliases)["b"]) == 1000
    with pytest.raises(YamlError, match=f"more than {MAX_NODES:,} values"):
        read_yaml("a: &a [x, x, x]\nb: [" + ", ".join(["*a"] * (MAX_NODES // 4 + 1)) + "]")
    with pytest.raises(YamlError, match="the limit is "):
        read_yaml("a" * (2**20 + 1))
    assert len(read_rows("- {tool: f, result: 1}\n" * 1000)) == 1000
    with pytest.raises(InvalidMock, match="the limit is 1,000"):
        read_rows("- {tool: f, result: 1}\n" * 1001)
    assert len(tools_from_python("def f(a: int): ...\n" * 200).tools) == 200
    assert "the limit is 200" in tools_from_python("def f(a: int): ...\n" * 201).problems[0].message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12:30:00", "12:30:00"), ("1:1.5", "1:1.5"), ("1_000", 1000), ("0x1F", 31), ("010", 8), ("-5", -5), ("0", 0),
        ("1.5e3", 1500.0), ("1.5e+3", 1500.0), ("1e3", "1e3"), (".5", 0.5), ("-.5", -0.5), ("1.", 1.0), ("+1.0", 1.0),
        ("2026-11-29", "2026-11-29"), ("yes", True), ("~", None),
    ],
)  # fmt: skip
def test_bare_words_are_what_yaml_has_but_for_the_base_of_60(text: str, value: Any) -> None:
    assert read_yaml(text, dates=False) == value
