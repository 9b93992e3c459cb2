"""Tools from Python functions and from pydantic's schemas."""

import json
import os
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from playground.tools.definitions import parse_tools, render_tools
from playground.tools.importers.imported import Imported, fitting_name, unique_name
from playground.tools.importers.pydantic_schema import tool_from_schema
from playground.tools.importers.python_function import tools_from_python
from tests.steps import steps

DOCS = {
    "google": """
    Search the docs.

    In all of them.

    Args:
        query (str): What to look for,
            on two lines.
        limit (int): How many.

    Returns:
        What was found.
    """,
    "numpy": """
    Search the docs.

    In all of them.

    Parameters
    ----------
    query : str
        What to look for,
        on two lines.
    limit : int, optional
        How many.

    Returns
    -------
    str
        What was found.
    """,
    "sphinx": """
    Search the docs.

    In all of them.

    :param query: What to look for,
        on two lines.
    :type query: str
    :param limit: How many.
    :type limit: int
    :returns: What was found.
    """,
}


def function_of(found: Imported, number: int = 0) -> Any:
    assert found.problems == ()
    assert parse_tools(render_tools(found.tools)).ok, parse_tools(render_tools(found.tools)).problems
    return found.tools[number]["function"]


def schema_of(annotation: str, before: str = "") -> Any:
    found = tools_from_python(f"{before}\ndef f(x: {annotation}): ...")
    parameters = function_of(found)["parameters"]
    schema = parameters["properties"]["x"]
    return {**schema, "$defs": parameters["$defs"]} if "$defs" in parameters else schema


@pytest.mark.parametrize("style", DOCS)
@pytest.mark.parametrize("hints", [True, False])
def test_a_docstring_in_each_style(style: str, *, hints: bool) -> None:
    arguments = "query: str, limit: int = 10" if hints else "query, limit=10"
    function = function_of(tools_from_python(f'def search({arguments}):\n    """{DOCS[style]}"""'))
    assert function == {
        "name": "search",
        "description": "Search the docs.\n\nIn all of them.",
        "parameters": {
            "type": "object",
            "properties": {
                "query": {"type": "string", "description": "What to look for, on two lines."},
                "limit": {"type": "integer", "description": "How many.", "default": 10},
            },
            "required": ["query"],
        },
    }


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        ("str", {"type": "string"}),
        ("int", {"type": "integer"}),
        ("float", {"type": "number"}),
        ("bool", {"type": "boolean"}),
        ("None", {"type": "null"}),
        ("Any", {}),
        ("list", {"type": "array", "items": {}}),
        ("list[int]", {"type": "array", "items": {"type": "integer"}}),
        ("typing.List[dict[str, float]]", {
            "type": "array",
            "items": {"type": "object", "additionalProperties": {"type": "number"}},
        }),
        ("dict[str, Any]", {"type": "object", "additionalProperties": True}),
        ("set[str]", {"type": "array", "uniqueItems": True, "items": {"type": "string"}}),
        ("tuple[int, ...]", {"type": "array", "items": {"type": "integer"}}),
        ("tuple[int, str]", {
            "type": "array",
            "prefixItems": [{"type": "integer"}, {"type": "string"}],
            "minItems": 2,
            "maxItems": 2,
        }),
        ("Literal['a', 'b']", {"type": "string", "enum": ["a", "b"]}),
        ("Literal[1, 'b', None]", {"enum": [1, "b", None]}),
        ("Optional[int]", {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        ("int | str | None", {"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]}),
        ("Union[list[int], None]", {"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "null"}]}),
        ("int | Any", {"anyOf": [{"type": "integer"}, {}]}),
        ("'list[int] | None'", {"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "null"}]}),
        ("datetime.date", {"type": "string", "format": "date"}),
        ("uuid.UUID", {"type": "string", "format": "uuid"}),
        ("Annotated[int, 'How many']", {"type": "integer", "description": "How many"}),
        ("Annotated[str, Field(description='A', min_length=1, pattern='^a')]", {
            "type": "string", "description": "A", "minLength": 1, "pattern": "^a",
        }),
        ("Annotated[list[int], Field(max_length=3)]", {"type": "array", "items": {"type": "integer"}, "maxItems": 3}),
    ],
)  # fmt: skip
def test_hints(annotation: str, schema: Any) -> None:
    assert schema_of(annotation) == schema


def test_classes_of_the_same_text() -> None:
    source = '''
from enum import StrEnum
class Color(StrEnum):
    """A colour."""
    RED = "red"
    BLUE = "blue"
class Node(TypedDict, total=True):
    name: str
    kids: "list[Node]"
    extra: NotRequired[int]
class Model(BaseModel):
    color: Color
    size: int = Field(3, ge=1, description="How large")
    tags: list[str] = Field(default_factory=list)
    must: str = Field(..., max_length=5)
@dataclass
class Point:
    x: float
    y: float = 0.0
Mode = Literal["fast", "slow"]
async def paint(node: Node, model: Model, at: Point, mode: Mode = "fast") -> None: ...
'''
    parameters = function_of(tools_from_python(source))["parameters"]
    assert parameters["properties"]["mode"] == {"type": "string", "enum": ["fast", "slow"], "default": "fast"}
    assert parameters["properties"]["node"] == {"$ref": "#/$defs/Node"}
    assert parameters["required"] == ["node", "model", "at"]
    defs = parameters["$defs"]
    assert defs["Color"] == {"type": "string", "enum": ["red", "blue"], "description": "A colour."}
    assert defs["Node"]["properties"]["kids"] == {"type": "array", "items": {"$ref": "#/$defs/Node"}}
    assert (defs["Node"]["required"], defs["Model"]["required"]) == (["name", "kids"], ["color", "must"])
    assert defs["Model"]["properties"]["size"] == {
        "type": "integer",
        "minimum": 1,
        "description": "How large",
        "default": 3,
    }
    assert defs["Point"]["required"] == ["x"]


def test_what_else_classes_say() -> None:
    source = """
from pydantic import PositiveInt as Size
class Level(IntEnum):
    LOW = auto()
    HIGH = auto()
class Odd(Enum):
    A = compute()
class Partial(TypedDict, total=False):
    a: Required[int]
    b: str
class Model(BaseModel):
    level: Level = Level.HIGH
    size: Size = Field(alias="theSize")
@dataclass
class Point:
    x: float = compute()
    y: list[int] = field(default_factory=list)
    z: int = field(repr=False)
date = datetime.date
def f(part: Partial, model: Model, point: Point, day: date, odd: Odd, level: Level = Level.LOW): ...
def g(x: Annotated[int, Field(3, ge=compute(), le=9)], y: Annotated[int, Field(default=4)], z: int | Unheard): ...
"""
    found = tools_from_python(source)
    parameters = function_of(found)["parameters"]
    defs = parameters["$defs"]
    assert parameters["properties"]["level"] == {"$ref": "#/$defs/Level", "default": 1}
    assert parameters["properties"]["day"] == {"type": "string", "format": "date"}
    assert (defs["Level"], defs["Odd"]) == ({"type": "integer", "enum": [1, 2]}, {})
    assert defs["Partial"]["required"] == ["a"]
    assert defs["Model"]["properties"] == {
        "level": {"$ref": "#/$defs/Level", "default": 2},
        "theSize": {"type": "integer", "exclusiveMinimum": 0},
    }
    assert defs["Model"]["required"] == ["theSize"]
    assert defs["Point"]["required"] == ["z"]
    parameters = function_of(found, 1)["parameters"]
    assert parameters["properties"] == {
        "x": {"type": "integer", "maximum": 9},
        "y": {"type": "integer", "default": 4},
        "z": {"anyOf": [{"type": "integer"}, {}]},
    }
    assert parameters["required"] == ["x", "z"]
    assert found.notes == (
        "f: compute() would have to be run: only plain values are read",
        "g: Field takes its default first, and the rest by name",
        "g: compute() would have to be run: only plain values are read",
        "g: the hint Unheard is not known; any value is taken",
    )


def test_several_functions_and_what_is_left_out() -> None:
    source = """
    def a(self, x, /, *rest: int, y: int = 2, z: str = None, w=object(), **more): ...
    def _hidden(): ...
    class K:
        def method(self): ...
    def b(q: Foo): ...
    """
    found = tools_from_python(source)
    assert [tool["function"]["name"] for tool in found.tools] == ["a", "b"]
    parameters = function_of(found)["parameters"]
    assert list(parameters["properties"]) == ["x", "y", "z", "w"]
    assert parameters["required"] == ["x"]
    assert parameters["properties"]["y"]["default"] == 2
    assert found.notes == (
        "a: *rest is left out",
        "a: **more is left out",
        "b: the hint Foo is not known; any value is taken",
    )


def test_nothing_is_run(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    source = f"""
import os
open({str(trap)!r}, "w").write("x")
@(lambda f: open({str(trap)!r}, "w"))
def f(x: open({str(trap)!r}, "w") = open({str(trap)!r}, "w"), y: "os.system('touch {trap}')" = 1):
    os.system("touch {trap}")
"""
    before = dict(os.environ)
    found = tools_from_python(source)
    assert list(function_of(found)["parameters"]["properties"]) == ["x", "y"]
    assert not trap.exists()
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("source", "said", "line"),
    [
        ("def f(:\n  pass", "this is not valid Python: ", 1),
        ("x = 1\ndef f(a b): ...", "this is not valid Python: ", 2),
        ("x = 1", "there is no function at the top", None),
        ("", "there is no function", None),
        ("def f(): ...\0", "not valid Python", None),
        ("def f(x: " + "(" * 500 + "): ...", "not valid Python", None),
        ("x" * 200_001, "more than 200,000 characters", None),
    ],
)
def test_what_is_no_function(source: str, said: str, line: int | None) -> None:
    (problem,) = tools_from_python(source).problems
    assert said in problem.message
    assert line in {None, problem.line}


@given(st.text(max_size=40))
def test_any_annotation_gives_a_schema_or_a_note(annotation: str) -> None:
    found = tools_from_python(f"def f(x: {annotation}): ...")
    assert found.problems or parse_tools(render_tools(found.tools)).ok


class Address(BaseModel):
    city: str
    zip_code: str | None = None


class Order(BaseModel):
    """Place an order."""

    amount: int = Field(gt=0, description="How many")
    kind: Literal["a", "b"] = "a"
    to: Address


def test_a_pydantic_model() -> None:
    schema = Order.model_json_schema()
    found = tool_from_schema(json.dumps(schema))
    function = function_of(found)
    assert (function["name"], function["description"], found.notes) == ("Order", "Place an order.", ())
    assert function["parameters"] == schema


def test_names_of_schemas() -> None:
    found = tool_from_schema('{"title": "My order!", "type": "object"}')
    assert function_of(found)["name"] == "My_order"
    assert "'My order!'" in found.notes[0]
    found = tool_from_schema("{}")
    assert (function_of(found)["name"], found.notes) == ("tool", ("the name is tool: it has no title",))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "ends before"),
        ("true", "describe no object"),
        ('{"type": "array"}', "describes no object"),
        ('{"properties": {"a": {"$ref": "other.json"}}}', "nothing is fetched"),
    ],
)
def test_what_is_no_schema_of_an_object(text: str, said: str) -> None:
    (problem,) = tool_from_schema(text).problems
    assert said in problem.message


def test_names_that_fit() -> None:
    assert [fitting_name(text) for text in ("a.b c", "é", "", "x" * 70)] == ["a_b_c", "tool", "tool", "x" * 64]
    assert unique_name("a b", ["a_b", "a_b_2"]) == "a_b_3"
    assert unique_name("x" * 70, ["x" * 64]) == "x" * 62 + "_2"


def test_what_a_text_holds_is_found_once_for_all_its_functions() -> None:
    def source(functions: int, aliases: int) -> str:
        names = "".join(f"A{n} = int\n" for n in range(aliases))
        return names + "".join(f"def f{n}(a: int): ...\n" for n in range(functions))

    few, many = (steps(partial(tools_from_python, source(50, n))) for n in (10, 1000))
    assert many < 3 * few  # else 20 times


def test_hints_of_all_functions_together_have_an_end() -> None:
    aliases = "A0 = int\n" + "".join(f"A{n + 1} = dict[str, list[A{n}]] | set[A{n}]\n" for n in range(7))
    (problem,) = tools_from_python(aliases + "".join(f"def f{n}(a: A7): ...\n" for n in range(200))).problems
    assert "unfold to more than 20,000 parts" in problem.message
    assert tools_from_python(aliases + "def f(a: A7): ...\n").tools


def test_unknown_hints_are_told_once_each() -> None:
    def source(count: int) -> str:
        return "def f(" + ", ".join(f"a{n}: X{n}" for n in range(count)) + ", b: X0): ..."

    assert len(tools_from_python(source(5)).notes) == 5
    few, many = (steps(partial(tools_from_python, source(n))) for n in (50, 500))
    assert many < 11 * few
