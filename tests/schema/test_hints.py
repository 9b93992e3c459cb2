"""A hint means one thing: to the reader of models, to the reader of functions, and to pydantic, which is asked here."""

import collections
import collections.abc
import datetime as dt
import decimal
import enum
import ipaddress
import pathlib
import re
import typing
import uuid
from typing import Any

import pydantic
import pytest
from pydantic import TypeAdapter
from pydantic_core import core_schema

from playground.schema.hint_tables import SIMPLE
from playground.schema.pydantic_source import schema_from_pydantic
from playground.tools.importers.python_function import tools_from_python

COLOUR = "class Colour(str, Enum):\n    RED = 'red'\n    BLUE = 'blue'\n"
KNOWN: dict[str, Any] = {}
for module in (collections, collections.abc, decimal, dt, enum, ipaddress, pathlib, re, uuid, typing, pydantic):
    KNOWN |= {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}
KNOWN |= {"NoneType": type(None), "datetime": dt.datetime, "time": dt.time}
exec(COLOUR, KNOWN)  # noqa: S102 - the class above

HINTS = """
list
dict
tuple
set
list[int]
List[Optional[int]]
Sequence[Decimal]
Iterable[str]
deque[int]
frozenset[UUID]
AbstractSet[str]
MutableSet[int]
tuple[int, ...]
tuple[int, str]
tuple[()]
dict[str, Any]
dict[int, str]
dict[UUID, list[int]]
dict[Colour, int]
dict[constr(pattern="^a", min_length=2), int]
dict[Literal["a", "b"], int]
Mapping[str, float | None]
OrderedDict[str, int]
Colour
Optional[Colour]
Literal[Colour.RED, "other"]
Literal["a"]
Literal["a", "b", None]
Literal[1, True]
Optional[Literal["a", "b"]]
int | str | None
int | Any
Union[int, int]
Union[str, Decimal]
Optional[Union[int, Optional[str]]]
"list[int] | None"
type[int]
conint(ge=1, lt=5, strict=True)
confloat(gt=0, allow_inf_nan=False)
condecimal(ge=1, max_digits=5, decimal_places=2)
constr(min_length=1, pattern="^a", to_lower=True)
conbytes(max_length=3)
conlist(int, min_length=1)
conset(item_type=Annotated[int, Field(ge=1)], max_length=3)
confrozenset(str)
Annotated[Decimal, Field(ge=1, multiple_of=2)]
Annotated[Decimal | None, Field(ge=1)]
Optional[Annotated[Decimal, Field(le=3)]]
Annotated[PositiveInt, Field(le=5)]
Annotated[int | None, Field(gt=0)]
Annotated[Path, Field(min_length=3)]
Annotated[HttpUrl, Field(max_length=9)]
Annotated[bytes, Field(min_length=1)]
Annotated[list[Annotated[int, Field(ge=1)]], Field(max_length=3, description="d", title="T", examples=[[1]])]
Annotated[dict[str, int], Field(min_length=1)]
Annotated[str, StringConstraints(min_length=2, strip_whitespace=True)]
Annotated[Colour, Field(description="d")]
""".strip().split("\n")
ON_PURPOSE = {
    # A text beside a type means nothing to pydantic; functions are described by it.
    'Annotated[int, "How many"]': ({"type": "integer"}, {"type": "integer", "description": "How many"}),
    # pydantic writes "ge" into the schema, which JSON Schema does not know. Of a model nothing is guessed.
    "Annotated[int | str, Field(ge=1)]": (None, {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
    # Of these pydantic makes no schema. For a function any value will do, or the nearest that there is.
    "Number": (None, {"type": "number"}),
    "Callable": (None, {}),
    "Required[int]": (None, {"type": "integer"}),
}


def of_model(hint: str) -> Any:
    """What is read where it is the type of a model's field; None where it is not understood."""
    schema = schema_from_pydantic(f"{COLOUR}class M(BaseModel):\n    x: {hint}\n").schema
    return schema and inlined(schema["properties"]["x"], schema.get("$defs", {}))


def of_function(hint: str) -> Any:
    """What is read where it is the type of a function's parameter."""
    (tool,) = tools_from_python(f"{COLOUR}def f(x: {hint}): ...").tools
    parameters = tool["function"]["parameters"]
    return inlined(parameters["properties"]["x"], parameters.get("$defs", {}))


def of_pydantic(hint: str) -> Any:
    if hint in {"EmailStr", "NameEmail"}:  # these need a package to check values, but none to say what they are
        return KNOWN[hint].__get_pydantic_json_schema__(core_schema.str_schema(), lambda _: {"type": "string"})
    schema = TypeAdapter(eval(hint, KNOWN)).json_schema()  # noqa: S307 - the hints above
    return inlined(schema, schema.pop("$defs", {}))


def inlined(schema: Any, definitions: Any) -> Any:
    """Classes where they are named, without the titles that say only what a class or a field is called."""
    if isinstance(schema, list):
        return [inlined(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: inlined(value, definitions) for key, value in schema.items()}
    if found.get("title") in {"X", "Colour"}:
        del found["title"]
    name = found.pop("$ref", "").rpartition("/")[2]
    return inlined(definitions[name], {}) | found if name else found


@pytest.mark.parametrize("hint", [*SIMPLE, *HINTS])
def test_a_hint_means_what_pydantic_makes_of_it(hint: str) -> None:
    expected = of_pydantic(hint)
    assert of_model(hint) == expected
    assert of_function(hint) == expected


@pytest.mark.parametrize("hint", ON_PURPOSE)
def test_what_differs_on_purpose(hint: str) -> None:
    assert (of_model(hint), of_function(hint)) == ON_PURPOSE[hint]
