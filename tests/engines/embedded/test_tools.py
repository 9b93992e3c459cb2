"""The translation between tool calls and constrained JSON, at every cut."""

import json
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.engines.embedded.tools import (
    Arguments,
    BadTools,
    Call,
    ChunkTranslator,
    Part,
    Reply,
    Translator,
    completion,
    rewrite,
)
from tests.steps import steps

PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"type": "function", "function": {"name": "get_weather", "description": "Weather", "parameters": PARAMETERS}}
TIME = {"type": "function", "function": {"name": "now"}}
USER = {"role": "user", "content": "Weather in Paris?"}
CALL = {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}
ASKED = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "12 °C"}]}

ARGUMENTS = '{\n  "a": "}\\"{,", "b": [1, {"c": null}], "d": -1.5e3}'
CALL_TEXT = f' {{\n "name" : "get_weather",\n "arguments": {ARGUMENTS}\n}}'
REPLY_TEXT = '{"reply": "a \\"b\\" \\\\ \\n \\u00e9 \\ud83d\\ude00 \\ud83d! \\ude00 \\/ é 😀"}'
REPLY = 'a "b" \\ \n é 😀 \ufffd! \ufffd / é 😀'


def joined(parts: list[Part]) -> list[Part]:
    whole: list[Part] = []
    for part in parts:
        last = whole[-1] if whole else None
        if isinstance(part, Arguments) and isinstance(last, Arguments):
            whole[-1] = Arguments(last.text + part.text)
        elif isinstance(part, Reply) and isinstance(last, Reply):
            whole[-1] = Reply(last.text + part.text)
        else:
            whole.append(part)
    return whole


@pytest.mark.parametrize(
    ("text", "expected"),
    [(CALL_TEXT, [Call("get_weather"), Arguments(ARGUMENTS)]), (REPLY_TEXT, [Reply(REPLY)])],
)
def test_every_split_in_three(text: str, expected: list[Part]) -> None:
    for first in range(len(text) + 1):
        for second in range(first, len(text) + 1):
            translator = Translator()
            pieces = (text[:first], text[first:second], text[second:])
            parts = [part for piece in pieces for part in translator.feed(piece)]
            assert joined(parts) == expected


@pytest.mark.parametrize("text", [CALL_TEXT, REPLY_TEXT])
def test_one_character_at_a_time(text: str) -> None:
    translator = Translator()
    parts = [part for character in text for part in translator.feed(character)]
    assert joined(parts) == joined(Translator().feed(text))


@given(st.text(), st.booleans())
def test_any_reply(text: str, ascii_only: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    written = json.dumps({"reply": text}, ensure_ascii=ascii_only)
    assert "".join(part.text for part in Translator().feed(written) if isinstance(part, Reply)) == text


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES, st.sampled_from([None, 2]))
def test_any_arguments(value: Any, indent: int | None) -> None:
    text = json.dumps({"name": "f", "arguments": value}, indent=indent)
    call, arguments = joined(Translator().feed(text))
    assert call == Call("f")
    assert isinstance(arguments, Arguments)
    assert json.loads(arguments.text) == value


@pytest.mark.parametrize("value", ["12", "true", '{"a": ["}"]}', '"x\\"y"'])
def test_a_raw_reply_is_left_as_it_is(value: str) -> None:
    assert joined(Translator(raw_reply=True).feed(f'{{"reply": {value}}}')) == [Reply(value)]


def test_no_tools_no_change() -> None:
    assert rewrite({"messages": [USER], "tools": None} | {}) is not None
    assert rewrite({"messages": [USER]}) is None
    assert rewrite({"messages": "bad"}) is None


def test_none_strips_the_tools() -> None:
    rewritten = rewrite({"messages": [USER], "tools": [TOOL], "tool_choice": "none", "parallel_tool_calls": True})
    assert rewritten
    assert rewritten.body == {"messages": [USER]}
    assert not rewritten.translates


@pytest.mark.parametrize(
    ("choice", "names", "replies"),
    [
        ("required", ["get_weather", "now"], False),
        ({"type": "function", "function": {"name": "now"}}, ["now"], False),
        ("auto", ["get_weather", "now"], True),
        (None, ["get_weather", "now"], True),
    ],
)
def test_the_schema(choice: Any, names: list[str], replies: bool) -> None:  # noqa: FBT001 - a parameter
    rewritten = rewrite({"messages": [USER], "tools": [TOOL, TIME], "tool_choice": choice, "seed": 1})
    assert rewritten
    assert rewritten.translates
    assert rewritten.body["seed"] == 1
    schema = rewritten.body["response_format"]["json_schema"]["schema"]
    branches = schema.get("anyOf", [schema])
    called = [branch["properties"]["name"]["const"] for branch in branches if "name" in branch["properties"]]
    assert called == names
    assert any("reply" in branch["properties"] for branch in branches) is replies
    assert rewritten.body["messages"][0]["role"] == "system"
    assert rewritten.body["messages"][1:] == [USER]


def test_references_hold() -> None:
    parameters = {"type": "object", "properties": {"x": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"type": "integer"}}}
    tool = {"type": "function", "function": {"name": "f", "parameters": parameters}}
    rewritten = rewrite({"messages": [USER], "tools": [tool], "tool_choice": "required"})
    assert rewritten
    schema = rewritten.body["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["arguments"] == {"$ref": "#/$defs/part0"}
    assert schema["$defs"]["part0"]["properties"]["x"] == {"$ref": "#/$defs/part0/$defs/x"}
    assert parameters["properties"] == {"x": {"$ref": "#/$defs/x"}}  # the request's own is as it was


def test_after_a_result_the_model_answers_in_words() -> None:
    rewritten = rewrite({"messages": [USER, ASKED, RESULT], "tools": [TOOL]})
    assert rewritten
    assert not rewritten.translates
    assert rewritten.body["messages"] == [
        USER,
        {"role": "assistant", "content": 'I call get_weather with {"city": "Paris"}'},
        {"role": "user", "content": "get_weather returned: 12 °C"},
    ]


def test_the_systems_message_is_kept() -> None:
    system = {"role": "system", "content": "Be brief."}
    rewritten = rewrite({"messages": [system, USER], "tools": [TOOL]})
    assert rewritten
    assert rewritten.body["messages"][0]["content"].startswith("Be brief.\n\nYou can call")
    assert rewritten.body["messages"][1:] == [USER]


def test_a_reply_follows_the_requests_own_schema() -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "integer"}}}
    rewritten = rewrite({"messages": [USER], "tools": [TOOL], "response_format": wanted})
    assert rewritten
    assert rewritten.raw_reply
    branches = rewritten.body["response_format"]["json_schema"]["schema"]["anyOf"]
    assert branches[1]["properties"]["reply"] == {"type": "integer"}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tools": {}}, "tools"),
        ({"tools": ["x"]}, "tools[0].type"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].function.name"),
        (
            {"tools": [{"type": "function", "function": {"name": "a", "parameters": [1]}}]},
            "tools[0].function.parameters",
        ),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tools": [TOOL], "tool_choice": "maybe"}, "tool_choice"),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "x"}}}, "tool_choice"),
        ({"tools": [TOOL], "tool_choice": {"type": "function"}}, "tool_choice"),
    ],
)
def test_bad_tools(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(BadTools) as caught:
        rewrite({"messages": [USER], **fields})
    assert caught.value.to_dict()["error"]["param"] == param


def chunk(delta: dict[str, Any], reason: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": "i", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}], **more}


def test_chunks_of_a_call() -> None:
    translator = ChunkTranslator()
    sent = list(translator.chunks(chunk({"role": "assistant", "content": None})))
    for piece in (CALL_TEXT[:20], CALL_TEXT[20:]):
        sent += translator.chunks(chunk({"content": piece}))
    sent += translator.chunks(chunk({}, "stop", timings={}))
    usage = {"id": "i", "choices": [], "usage": {"total_tokens": 1}}
    assert list(translator.chunks(usage)) == [usage]
    deltas = [each["choices"][0]["delta"] for each in sent]
    assert deltas[0] == {"role": "assistant", "content": None}
    first = deltas[1]["tool_calls"][0]
    assert first["id"].startswith("call_")
    assert first["type"] == "function"
    assert first["function"] == {"name": "get_weather", "arguments": ""}
    assert "".join(delta["tool_calls"][0]["function"]["arguments"] for delta in deltas[2:-1]) == ARGUMENTS
    assert [each["choices"][0]["finish_reason"] for each in sent] == [None] * (len(sent) - 1) + ["tool_calls"]
    assert "timings" in sent[-1]


@pytest.mark.parametrize(("text", "reason"), [(CALL_TEXT[:40], "length"), (REPLY_TEXT, "stop")])
def test_chunks_that_end_otherwise(text: str, reason: str) -> None:
    translator = ChunkTranslator()
    sent = [*translator.chunks(chunk({"content": text})), *translator.chunks(chunk({}, reason))]
    assert sent[-1]["choices"][0]["finish_reason"] == reason


@pytest.mark.parametrize(
    ("text", "reason", "expected", "expected_reason"),
    [
        (CALL_TEXT, "stop", ARGUMENTS, "tool_calls"),
        (CALL_TEXT[:45], "length", CALL_TEXT[CALL_TEXT.index(ARGUMENTS) : 45], "length"),
    ],
)
def test_a_whole_call(text: str, reason: str, expected: str, expected_reason: str) -> None:
    made = completion({"id": "i", "choices": [{"index": 0, "message": {"content": text}, "finish_reason": reason}]})
    choice = made["choices"][0]
    assert choice["message"]["content"] is None
    assert choice["message"]["tool_calls"][0]["function"] == {"name": "get_weather", "arguments": expected}
    assert choice["finish_reason"] == expected_reason


def test_a_whole_reply() -> None:
    made = completion({"choices": [{"index": 0, "message": {"content": REPLY_TEXT}, "finish_reason": "stop"}]})
    assert made["choices"][0]["message"] == {"role": "assistant", "content": REPLY}
    assert made["choices"][0]["finish_reason"] == "stop"


def test_results_find_their_calls_in_one_way_through_the_messages() -> None:
    def conversation(turns: int) -> dict[str, Any]:
        asked = [ASKED | {"tool_calls": [CALL | {"id": f"c{n}"}]} for n in range(turns)]
        told = [RESULT | {"tool_call_id": f"c{n}"} for n in range(turns)]
        return {"messages": [USER, *asked, *told, RESULT | {"tool_call_id": "lost"}]}

    made = rewrite(conversation(3))
    assert made is not None
    assert [message["content"].split(" returned")[0] for message in made.body["messages"][-2:]] == [
        "get_weather",
        "The function",
    ]
    few, many = (steps(partial(rewrite, conversation(n))) for n in (50, 500))
    assert many < 11 * few
