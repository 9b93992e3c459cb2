"""What goes back of a message: under the name and in the shape it came in, and only where it is wanted."""

from typing import Any

import pytest

from playground.wire.answer import Answer, SendReasoning, ToolCall

CALLS = (ToolCall(0, "c1", "f", "{}"),)
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
THOUGHT = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
IMAGE = {"type": "image_url", "image_url": {"url": "data:,"}}


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning", "reasoning_text", "thinking"])
@pytest.mark.parametrize(("send", "without", "with_calls"), [("never", 0, 0), ("calls", 0, 1), ("always", 1, 1)])
def test_who_takes_the_reasoning_along(name: str, send: SendReasoning, without: int, with_calls: int) -> None:
    plain = Answer("A", "hm", reasoning_name=name)
    assert plain.to_history(send) == {"role": "assistant", "content": "A"} | ({name: "hm"} if without else {})
    calling = Answer("", "hm", tool_calls=CALLS, reasoning_name=name)
    back = {"role": "assistant", "content": None, "tool_calls": [CALL]}
    assert calling.to_history(send) == back | ({name: "hm"} if with_calls else {})


def test_an_empty_reasoning_goes_back_too() -> None:
    assert Answer(tool_calls=CALLS, reasoning_name="reasoning_content").to_history()["reasoning_content"] == ""
    assert "reasoning_content" not in Answer(tool_calls=CALLS).to_history()


@pytest.mark.parametrize("name", ["reasoning_details", "thinking_blocks", "signature", "reasoning"])
def test_fields_of_the_reasoning_go_with_it(name: str) -> None:
    fields = {name: [{"data": "ENC"}], "extra_content": {"google": 1}}
    assert Answer(tool_calls=CALLS, fields=fields).to_history() == {
        "role": "assistant",
        "content": None,
        **fields,
        "tool_calls": [CALL],
    }
    assert name not in Answer(tool_calls=CALLS, fields=fields).to_history("never")
    assert Answer("A", fields=fields).to_history() == {
        "role": "assistant",
        "content": "A",
        "extra_content": {"google": 1},
    }


def test_thinking_parts_stand_before_the_text_and_others_after_it() -> None:
    answer = Answer("A", "hm", fields={"content": [THOUGHT, IMAGE]})
    text = {"type": "text", "text": "A"}
    assert answer.to_history("always")["content"] == [THOUGHT, text, IMAGE]
    assert answer.to_history()["content"] == [text, IMAGE]
    assert Answer("A", "hm", fields={"content": [THOUGHT]}).to_history()["content"] == "A"


def test_what_a_client_would_return() -> None:
    answer = Answer("A", "hm", fields={"content": [THOUGHT], "annotations": [1]}, reasoning_name="")
    assert answer.to_wire() == {
        "role": "assistant",
        "content": "A",
        "reasoning_content": "hm",
        "annotations": [1],
    }
    assert answer.extras() == {"annotations": [1]}
    assert Answer("A", fields={"content": [IMAGE], "reasoning": [1]}).extras() == {"content": [IMAGE]}


@pytest.mark.parametrize("arguments", ["", " \n"])
def test_empty_arguments_are_an_empty_object_in_the_history_alone(arguments: str) -> None:
    call = ToolCall(0, "c1", "f", arguments)
    assert call.to_history()["function"]["arguments"] == "{}"
    assert call.to_wire()["function"]["arguments"] == arguments
    assert ToolCall(0, "c1", "f", "{").to_history()["function"]["arguments"] == "{"


def test_other_fields_of_a_call_and_of_its_function() -> None:
    extra: dict[str, Any] = {"type": "builtin_function", "extra_content": 1, "function": {"strict": True}}
    assert ToolCall(0, None, "f", "{}", extra).to_history() == {
        "id": "call_0",
        "type": "builtin_function",
        "function": {"strict": True, "name": "f", "arguments": "{}"},
        "extra_content": 1,
    }
