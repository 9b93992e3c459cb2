"""Parameters come from a model's fields: one line there is all that a new one takes."""

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, StrictBool, StrictInt, StrictStr, create_model

from docs import parameters as page
from playground.app.form.parameters import read_parameter, reads_back, show_parameter
from playground.cli.parameters import lines
from playground.errors import InvalidRequest
from playground.wire.parameters import ENGINES, EVERYONE, SOURCES, Dialect, Kind, Parameter, parameters_of
from playground.wire.request import ChatRequest, Number

TOLD = Parameter("from 1", "Is thrown away", frozenset({Dialect.VLLM}), not_by=frozenset({Dialect.OPENAI}))


class Later(ChatRequest):
    """The request with one line more, as CONTRIBUTING.md has it."""

    thrown_away: Annotated[StrictInt | None, TOLD] = None


class Other(BaseModel):
    """A request of another API, with parameters of its own."""

    input: StrictStr
    output_tokens: Annotated[StrictInt | None, Parameter("from 1", "The longest output")] = None


def kind_of(annotation: Any) -> Kind:
    (found,) = parameters_of(create_model("Made", field=(annotation, None)))
    return found.kind


def test_one_line_in_a_model_is_a_parameter_everywhere() -> None:
    (*before, added) = parameters_of(Later)
    assert tuple(before) == parameters_of(ChatRequest)
    assert (added.name, added.kind, added.range, added.help) == (
        "thrown_away",
        Kind.WHOLE,
        "from 1",
        "Is thrown away",
    )
    assert added.info == "Is thrown away; from 1; not known to OpenAI"
    assert (read_parameter(added, " 7 "), show_parameter(added, 7), reads_back(added, 7.0)) == (7, "7", False)
    with pytest.raises(InvalidRequest, match=r"^thrown_away must be a whole number, not '7\.5'\.$"):
        read_parameter(added, "7.5")
    told = list(lines(parameters_of(Later)))[-1]
    assert told.split() == "thrown_away a whole number from 1 vLLM Is thrown away".split()
    row = "| `thrown_away` | a whole number | from 1 | Is thrown away | no | yes | ? | ? |\n"
    assert row in page.render(parameters_of(Later))


def test_another_api_has_its_own() -> None:
    (only,) = parameters_of(Other)
    assert (only.name, only.kind, only.info) == ("output_tokens", Kind.WHOLE, "The longest output; from 1")
    assert only.to_dict() == {
        "name": "output_tokens",
        "type": "a whole number",
        "range": "from 1",
        "help": "The longest output",
        "known_by": [],
        "not_by": [],
    }


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        (Number, Kind.NUMBER),
        (Number | None, Kind.NUMBER),
        (int, Kind.WHOLE),
        (StrictBool | None, Kind.TRUTH),
        (dict[str, Number] | None, Kind.OBJECT),
        (StrictStr | list[StrictStr] | None, Kind.TEXTS),
        (Annotated[str, Field(max_length=8)], Kind.TEXT),
    ],
    ids=str,
)
def test_the_kind_follows_from_the_type(annotation: Any, kind: Kind) -> None:
    assert kind_of(Annotated[annotation, TOLD]) is kind


@pytest.mark.parametrize("annotation", [list[str], int | str, bool | int, bytes, Any], ids=str)
def test_a_type_that_no_text_stands_for_is_refused_at_once(annotation: Any) -> None:
    with pytest.raises(TypeError, match="No text can be read for field"):
        kind_of(Annotated[annotation, TOLD])


def test_the_request_keeps_its_types() -> None:
    hello: list[Any] = []
    given = {"messages": hello, "temperature": 9, "top_k": -5, "min_p": 3, "repetition_penalty": 0, "x": {}}
    assert ChatRequest.parse(given).to_wire() == given  # ranges are told, not enforced
    with pytest.raises(InvalidRequest, match="at top_k"):
        ChatRequest.parse({"messages": hello, "top_k": "many"})


def test_what_is_said_of_the_apis() -> None:
    known = {one.name: one for one in parameters_of(ChatRequest)}
    assert known["temperature"].known_by == EVERYONE
    assert known["top_k"].known_by == ENGINES
    assert known["repetition_penalty"].info.endswith("; not known to OpenAI, llama.cpp")
    assert [name for name, one in known.items() if Dialect.OPENAI in one.not_by] == [
        "top_k",
        "min_p",
        "repetition_penalty",
    ]
    assert set(SOURCES) == EVERYONE


def test_nobody_knows_and_does_not() -> None:
    with pytest.raises(ValueError, match=r"^OpenAI, vLLM cannot both"):
        Parameter("", "", EVERYONE, not_by=frozenset({Dialect.VLLM, Dialect.OPENAI}))
