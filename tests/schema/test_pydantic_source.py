"""Trusted samples are run here, and what pydantic says of them is compared with what was read from their text."""

import sys
import types
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from playground.schema.check import check_value
from playground.schema.pydantic_source import MAX_CLASSES, MAX_INHERITED, schema_from_pydantic
from tests.effort import effort
from tests.steps import steps

HEADER = """
import datetime as dt
import typing as t
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import Enum, IntEnum, StrEnum, auto
from pathlib import Path
from typing import Annotated, Any, ClassVar, Dict, FrozenSet, List, Literal, Optional, Set, Tuple, TypeAlias, Union

import pydantic as p
from pydantic import (AnyUrl, BaseModel, ConfigDict, Field, HttpUrl, NonNegativeFloat, PositiveInt, SecretStr,
    StrictStr, field_validator)
"""
NESTED = """
class Colour(str, Enum):
    '''A colour.'''
    RED = "red"
    BLUE = "blue"

class Level(IntEnum):
    LOW = auto()
    HIGH = auto()

class Mixed(Enum):
    A = 1
    B = "b"

class Inner(BaseModel):
    x: int

Tags = list[str]
Score: TypeAlias = Annotated[float, Field(ge=0, le=1)]
"""
FIELDS = """
a: int
b: str = "x"
c: Optional[int] = None
d: int | str
e: list[Inner] = []
f: Inner
g: Optional[Inner] = None
h: Inner = Field(description="d")
i: Colour = Colour.RED
j: Optional[Colour] = Colour.BLUE
k: Level
l: Mixed
m: Literal["a"]
n: Literal["a", "b"] = "a"
o: Literal["a", 1, None]
p_: Literal[True, 1]
q: Literal[Colour.RED, "other"]
r: Optional[Literal["a", "b"]] = None
s: dict[str, int] = {}
s2: dict
s3: Dict[str, Any]
s4: dict[str, Inner] = Field(min_length=1)
s5: Mapping[str, Optional[int]]
t1: tuple[int, str]
t2: tuple[int, ...]
t3: Tuple[()]
t4: tuple
t5: tuple[int, str] = (1, "a")
u: set[str]
u2: FrozenSet[int]
u3: set
v: list
v2: List[Optional[int]]
v3: Sequence[int]
v4: list[list[Inner]]
v5: list[int] = Field(min_length=1, max_length=3)
v6: list[Annotated[str, Field(min_length=2)]]
v7: list[str] = Field(default_factory=list)
v8: list[Inner] | None = None
w: datetime
w2: dt.datetime
w3: dt.date
w4: date = None
w5: time
w6: timedelta
w7: uuid.UUID
w8: Path
w9: bytes
x: Any
x2: None
x3: object = None
x4: Optional[Any] = None
y: Annotated[int, Field(ge=0, lt=10, description="d", multiple_of=2)]
y2: str = Field(..., min_length=1, max_length=3, pattern="^a")
y3: Optional[int] = Field(None, gt=0, description="d")
y4: float = Field(3, gt=0, le=5)
y5: Annotated[Optional[str], Field(min_length=2)] = None
y6: Optional[Annotated[str, Field(min_length=2)]] = None
y7: Annotated[list[int], Field(min_length=1), Field(max_length=2)]
y8: Annotated[Inner, Field(description="d")]
y9: Annotated[int, Field(default=4)]
y10: Annotated[str, "said"] = "q"
y11: Optional[list[int]] = Field(default=None, min_length=2)
z: int = Field(alias="AnAlias", title="T", examples=[1, 2])
z2: int = Field(alias="other_name")
z3: int = Field(default=1, deprecated=True)
z4: str = Field("q", json_schema_extra={"x-a": [1, {"b": None}]})
z5: int = Field(5, strict=True, frozen=True, repr=False)
z6: int = -3
z7: int = Field(validation_alias="vv", serialization_alias="w")
aa: PositiveInt
aa2: NonNegativeFloat
aa3: StrictStr
aa4: SecretStr
bb: Union[Inner, Colour, None] = None
bb2: Union[int, None, str]
bb3: Union[int, Union[str, int]]
bb4: Optional[Union[int, str]] = None
bb5: Union[int]
cc: "int | None" = 1
cc2: "list['Inner']"
cc3: t.Optional[t.List[int]] = None
dd: Tags
dd2: Optional[Tags] = None
dd3: Score
nested_HTTPName2x: int
"""
CLASSES = {
    "everything": "class M(BaseModel):\n" + "".join(f"    {line}\n" for line in FIELDS.split("\n") if line),
    "documented": '''
class M(BaseModel):
    """A model.

        Indented.
    """

    model_config = ConfigDict(extra="forbid", title="Another", frozen=True)
    KIND: ClassVar[str] = "m"
    _private: int = 3
    a: int

    @field_validator("a")
    @classmethod
    def check(cls, value: int) -> int:
        return value

    def method(self) -> None: ...
''',
    "open": "class M(BaseModel):\n    model_config = {'extra': 'allow'}\n",
    "old config": "class M(BaseModel):\n    a: int\n    model_config = ConfigDict(extra='ignore')\n",
    "recursive": "class M(BaseModel):\n    v: int\n    kids: list['M'] = []\n    up: Optional['M'] = None\n",
    "mutual": "class N(BaseModel):\n    m: 'M'\nclass M(BaseModel):\n    n: Optional[N] = None\n",
    "bases": """
class A(BaseModel):
    '''Not inherited.'''
    model_config = ConfigDict(extra="forbid", title="A")
    x: int = Field(1, alias="X")
    y: Inner
class B(A):
    z: int
class M(B):
    x: str
    w: float
""",
    "two bases": "class A(BaseModel):\n    a: int\nclass B(BaseModel):\n    b: int\nclass M(A, B):\n    c: int\n",
    "strings": """
class Kind(StrEnum):
    FIRST_ONE = auto()
    OTHER = "o"
class M(BaseModel):
    kind: Kind = Kind.FIRST_ONE
""",
}


@pytest.fixture(scope="module")
def run() -> Iterator[Any]:
    """Runs a source as a module of its own, for pydantic to find its names in."""
    names: list[str] = []

    def make(source: str) -> dict[str, Any]:
        name = f"pasted_{len(names)}"
        names.append(name)
        module = sys.modules[name] = types.ModuleType(name)
        exec(compile(source, name, "exec"), module.__dict__)  # noqa: S102 - the samples above
        module.__dict__["M"].model_rebuild()
        return module.__dict__

    yield make
    for name in names:
        del sys.modules[name]


@pytest.mark.parametrize("name", CLASSES)
def test_the_schema_is_pydantic_s_own(name: str, run: Any) -> None:
    source = HEADER + NESTED + CLASSES[name]
    found = schema_from_pydantic(source, "M")
    assert found.problems == ()
    assert found.schema is not None
    expected = run(source)["M"].model_json_schema()
    # Field by field first, for a failure that can be read.
    for field, schema in expected.get("properties", {}).items():
        assert found.schema["properties"][field] == schema, field
    assert found.schema == expected
    assert list(found.schema.get("properties", {})) == list(expected.get("properties", {}))
    assert check_value(found.schema) == ()


def test_addresses_mails_and_decimals() -> None:
    # How pydantic writes these differs between its versions.
    source = "class M(BaseModel):\n    a: AnyUrl\n    b: EmailStr\n    c: Decimal\n    d: Optional[Decimal] = None"
    schema = schema_from_pydantic(source).schema
    assert schema is not None
    assert schema["properties"] == {
        "a": {"type": "string", "format": "uri", "minLength": 1, "title": "A"},
        "b": {"type": "string", "format": "email", "title": "B"},
        "c": {"anyOf": [{"type": "number"}, {"type": "string"}], "title": "C"},
        "d": {"anyOf": [{"type": "number"}, {"type": "string"}, {"type": "null"}], "default": None, "title": "D"},
    }


def test_the_model_is_the_one_that_no_other_refers_to() -> None:
    source = HEADER + NESTED + "class M(BaseModel):\n    a: Inner\nclass Part(BaseModel):\n    b: int\nM2 = list[M]\n"
    found = schema_from_pydantic(source)
    assert (found.model, found.models) == ("Part", ("Inner", "M", "Part"))
    assert schema_from_pydantic(source, "M").model == "M"
    found = schema_from_pydantic("class M(BaseModel):\n    a: Part\nclass Part(BaseModel):\n    b: int\n")
    assert found.model == "M"
    assert (
        "there is no model X; there are M" in schema_from_pydantic("class M(BaseModel): ...", "X").problems[0].message
    )


def test_a_fragment_without_imports_and_indented_is_understood() -> None:
    found = schema_from_pydantic("\n    class M(BaseModel):\n        a: Optional[datetime] = None\n")
    assert found.problems == ()


@pytest.mark.parametrize(
    ("field", "line", "column", "said"),
    [
        ("int |", 2, 13, "not valid Python"),
        ("numpy.ndarray", 2, 8, "the type numpy.ndarray is not known here"),
        ("list[int, str]", 2, 8, "list[int, str] is not understood"),
        ("con(min_length=1)", 2, 8, "is not a type"),
        ("conint(most=1)", 2, 20, "Field(most=…) is not understood"),
        ("conlist(min_length=1)", 2, 8, "is not understood"),
        ("Literal[[1]]", 2, 16, "[1] is no value that Literal takes"),
        ("Annotated[int, AfterValidator(f)]", 2, 23, "only Field(…) is"),
        ("int = make()", 2, 14, "would have to be run"),
        ("int = Field(default=make())", 2, 28, "would have to be run"),
        ("int = Field(discriminator='x')", 2, 34, "Field(discriminator=…) is not understood"),
        ("int = Field(**more)", 2, 22, "is not understood"),
        ("int = Field(1, 2)", 2, 23, "Field takes its default first"),
        ("int = 1e999", 2, 14, "would have to be run"),
        ("int | str = Field(ge=0)", 2, 8, "ge is not understood for int | str"),
        ("bool = Field(min_length=1)", 2, 8, "min_length is not understood for bool"),
        ("'in t'", 2, 8, "is not a type"),
        ("3", 2, 8, "3 is not a type"),
        ("lambda: 3", 2, 8, "is not a type"),
        ("int\n    b = 3", 3, 5, "b has no type"),
        ("int\n    for x in y: pass", 3, 5, "for x in y: is not understood"),
        ("int\n    model_config = ConfigDict(alias_generator=f)", 3, 47, "the setting alias_generator"),
        ("int\n    model_config = f()", 3, 5, "x"),
        ("int\n    class Inner(BaseModel): pass", 3, 5, "must stand outside"),
    ],
)
def test_what_is_not_understood_is_named_with_its_line(field: str, line: int, column: int, said: str) -> None:
    found = schema_from_pydantic(f"class M(BaseModel):\n    a: {field}\n")
    if "f()" in field:
        assert found.problems == ()  # a call without arguments sets nothing
        return
    (problem,) = found.problems
    assert (problem.line, problem.column) == (line, column)
    assert said in problem.message
    assert found.schema is None


def test_every_problem_is_told_but_only_of_the_model_and_what_it_uses() -> None:
    source = (
        "class A(BaseModel):\n    a: x.Y\n    b: z.Y\nclass B(BaseModel):\n    a: A\nclass C(BaseModel):\n    c: int"
    )
    assert [p.line for p in schema_from_pydantic(source, "B").problems] == [2, 3]
    assert schema_from_pydantic(source, "C").problems == ()


@pytest.mark.parametrize(
    "source",
    [
        "",
        "x = 3",
        "class M: pass",
        "class A(B): pass\nclass B(A): pass",
        "class M(M): pass",
        "T = list[U]\nU = list[T]\nclass M(BaseModel):\n    a: T",
        "class K(Enum):\n    A = 'a'\n    B = auto()\nclass M(BaseModel):\n    a: K",
        "class K(Enum): pass\nclass M(BaseModel):\n    a: K",
        "class M(BaseModel, Unknown): pass",
        "class M(BaseModel, frozen=True): pass",
        "class M(BaseModel[int]): pass",
        "class M(BaseModel):\n    @classmethod\n    def __get_pydantic_json_schema__(cls): ...",
        "\0",
        "class M(BaseModel):\n    a: " + "(" * 150 + "int",
        "class M(BaseModel):\n    a: " + "list[" * 150 + "int" + "]" * 150,
        "class M(BaseModel):\n    a: int = " + "-" * 100_000 + "1",
        "class M(BaseModel):\n    a: " + "int | " * 20_000 + "int",
        "class M(BaseModel):\n    a: int = " + "a." * 50_000 + "b",
        "class M(BaseModel):\n    a: int = " + "1 + " * 20_000 + "1",
        "x" * 200_001,
        "class M(BaseModel):\n    a: '\"\\'int\\'\"'",
    ],
)
def test_hostile_and_hopeless_sources(source: str) -> None:
    with effort(200):
        found = schema_from_pydantic(source)
    assert (found.schema is None) == bool(found.problems)


def test_nothing_is_run(tmp_path: Any) -> None:
    made = tmp_path / "made"
    source = f"open({str(made)!r}, 'w')\nclass M(BaseModel):\n    a: int = open({str(made)!r}, 'w').close()\n"
    assert schema_from_pydantic(source).problems
    assert not made.exists()


def test_an_old_config_and_what_it_cannot_say() -> None:
    source = (
        "class M(BaseModel):\n    class Config:\n        'Old.'\n        extra = 'forbid'\n        {}\n    a: int\n"
    )
    schema = schema_from_pydantic(source.format("title = 'T'")).schema
    assert schema is not None
    assert (schema["title"], schema["additionalProperties"]) == ("T", False)
    for line in ("alias_generator = f", "def f(): ..."):
        assert [p.line for p in schema_from_pydantic(source.format(line)).problems] == [5]


def test_an_alias_that_a_model_gives_a_base_s_field() -> None:
    source = "class A(BaseModel):\n    x: int\n    y: int\nclass M(A):\n    x: str = Field(alias='X')\n"
    schema = schema_from_pydantic(source).schema
    assert schema is not None
    assert list(schema["properties"]) == schema["required"] == ["X", "y"]


def enum_of(count: int) -> str:
    members = "".join(f"    A{n} = auto()\n" for n in range(count))
    return f"class E(Enum):\n{members}class M(BaseModel):\n    e: E"


def test_many_members_and_alternatives_cost_in_proportion() -> None:
    def union_of(count: int) -> str:
        return "class M(BaseModel):\n    a: Union[" + ", ".join(f"Literal[{n}]" for n in range(count)) + "]"

    for source in (enum_of, union_of):
        few, many = (steps(partial(schema_from_pydantic, source(n))) for n in (100, 1000))
        assert many < 11 * few
    found = schema_from_pydantic(enum_of(300)).schema
    assert found is not None
    assert found["$defs"]["E"]["enum"] == list(range(1, 301))


@pytest.mark.parametrize("value", ["0x" + "f" * 5000, "[1]"])
def test_an_enum_s_member_that_json_cannot_say_is_named(value: str) -> None:
    (problem,) = schema_from_pydantic(f"class E(Enum):\n    A = {value}\nclass M(BaseModel):\n    e: E").problems
    assert problem.line == 2


def test_classes_and_inherited_fields_have_an_end() -> None:
    fields = "".join(f"    x{n}: int\n" for n in range(1000))
    heirs = "".join(f"class M{n + 1}(M{n}): ...\n" for n in range(60))
    problem = schema_from_pydantic(f"class M0(BaseModel):\n{fields}{heirs}").problems[0]
    assert f"inherit more than {MAX_INHERITED:,} fields" in problem.message
    (problem,) = schema_from_pydantic("class M(BaseModel): ...\n" * (MAX_CLASSES + 1)).problems
    assert f"{MAX_CLASSES} are the most" in problem.message


def test_a_base_s_field_keeps_its_place_under_another_name() -> None:
    source = "class A(BaseModel):\n    a: int\n    b: int\nclass B(A):\n    a: str = Field(alias='c')\n"
    schema = schema_from_pydantic(source).schema
    assert schema is not None
    assert list(schema["properties"]) == ["c", "b"]
    assert schema["required"] == ["c", "b"]
