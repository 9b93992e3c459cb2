"""The conversation as HTML: all that came is shown, and none of it is markup."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.app.conversations import Conversation, Turn
from playground.errors import APIStatusError, ConnectFailed, PlaygroundError, StreamFailed, StreamInterrupted
from playground.ui.draw.turns import STRETCH, draw_conversation, draw_error
from playground.wire.exchange import Exchange
from tests.ui.draw.exchanges import KEY, request_of, streamed, whole
from tests.ui.draw.hostile import ALL, HOSTILE, safe
from tests.upstream import scripts
from tests.wire.values import JSON_VALUES

USAGE = scripts.usage(7, 1234)


EMPTY = "<p>Press a preset.</p>"


def talk(*turns: Turn, preface: list[dict[str, Any]] | None = None) -> str:
    return draw_conversation(Conversation(preface or [], list(turns)), empty=EMPTY)


def turn(exchange: Exchange | None = None, content: Any = "Hi", **fields: Any) -> Turn:
    return Turn({"role": "user", "content": content}, exchange, **fields)


def test_an_empty_one_teaches() -> None:
    assert talk() == EMPTY
    assert EMPTY not in talk(turn())


def test_what_a_message_carries_besides_is_shown_and_named() -> None:
    hostile = {"title": "<img src=x onerror=alert(1)>"}
    drawn = safe(talk(turn(streamed({"content": "A", "annotations": [hostile]}))))
    for said in ("Also in the message: annotations", hostile["title"]):
        assert said in drawn.text
    assert "img" not in drawn.names


def test_reasoning_that_is_encrypted_is_said_to_be_there() -> None:
    details = [{"type": "reasoning.encrypted", "data": "ENC"}]
    assert "The reasoning is encrypted" in safe(talk(turn(streamed({"reasoning_details": details})))).text


@pytest.mark.parametrize(("count", "stretches"), [(1, 0), (19, 0), (20, 1), (45, 3)])
def test_a_long_one_is_in_stretches_but_for_its_end(count: int, stretches: int) -> None:
    drawn = talk(*(turn(content=f"number {n}.") for n in range(count)))
    assert drawn.count('<div class="stretch">') == stretches
    end = drawn.split("</article></div>")[-1]
    assert end.count("<article") == count - stretches * STRETCH
    said = safe(drawn).text
    assert sorted(range(count), key=lambda n: said.index(f"number {n}.")) == list(range(count))


def test_a_turn_with_all_that_it_has() -> None:
    reasoned = scripts.usage(7, 1234, completion_tokens_details={"reasoning_tokens": 1000})
    exchange = streamed({"reasoning_content": "Hm"}, {"content": "**bold**"}, {"content": " end"}, usage=reasoned)
    drawn = safe(talk(turn(exchange, "What?")))
    for said in ("you", "What?", "echo", "bold end", "Hm", "Reasoning · 1,000 tokens", "1,234 tokens", "finish stop"):
        assert said in drawn.text
    assert {"strong", "details", "summary"} <= drawn.names
    acts = {value for name, value in drawn.attributes if name == "data-act"}
    assert acts == {"edit", "copy", "retry"}
    assert "TTFT 100 ms" in drawn.text
    assert ("data-turn", "0") in drawn.attributes


def test_an_answer_that_came_whole_has_no_time_to_first_token() -> None:
    text = safe(talk(turn(whole({"role": "assistant", "content": "A"}, usage=USAGE)))).text
    assert "TTFT" not in text
    assert "200 ms" in text


def test_tool_calls_refusal_and_other_choices() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "look_up", "arguments": '{"a": 1}'}}
    text = safe(talk(turn(whole({"role": "assistant", "content": None, "tool_calls": [call]})))).text
    assert "calls look_up" in text
    assert '{"a": 1}' in text
    assert "Refused: No." in safe(talk(turn(whole({"role": "assistant", "content": None, "refusal": "No."})))).text
    messages = [{"role": "assistant", "content": f"answer {i}"} for i in (1, 2)]
    two = whole({}, choices=[{"index": i, "message": message} for i, message in enumerate(messages)])
    assert "choice 2answer 2" in safe(talk(turn(two))).text


def test_stopped_failed_edited_and_under_way() -> None:
    stopped = streamed({"content": "so far"}, finish_reason=None, end=False).stop(1.0)
    assert "Stopped. The text so far is kept." in talk(turn(stopped))
    broken = streamed({"content": "so far"}, finish_reason=None, error=StreamInterrupted("It broke."))
    drawn = safe(talk(turn(broken)))
    assert "so far" in drawn.text
    assert "It broke." in drawn.text
    assert ("role", "alert") in drawn.attributes
    edited = turn(streamed({"content": "old"}), edited="*new*")
    text = safe(talk(edited)).text
    assert "new" in text
    assert "edited" in text
    assert "old" not in text
    assert "Hi" in safe(talk(turn())).text


def test_images_that_came_along_are_shown_others_only_named() -> None:
    images = ["data:image/png;base64,AAAA", "https://e.example/a.png", "data:image/svg+xml;base64,AAAA", 'data:,"><b>']
    parts = [{"type": "image_url", "image_url": {"url": url}} for url in images]
    html = talk(turn(content=[{"type": "text", "text": "Look"}, *parts]))
    assert html.count("<img") == 1
    assert '<img src="data:image/png;base64,AAAA" alt="image 1">' in html
    assert "https://e.example/a.png" in safe(html).text
    assert "<b>" not in html


def test_a_turn_is_drawn_once_until_it_changes() -> None:
    conversation = Conversation(turns=[turn(streamed({"content": "A"}))])
    first = draw_conversation(conversation)
    assert conversation.turns[0].html
    conversation.turns[0].html = "<p>kept</p>"
    assert draw_conversation(conversation) == "<p>kept</p>"
    conversation.edit(0, "user", "Hi")
    assert draw_conversation(conversation) == first


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "place",
    [
        lambda x: talk(turn(content=x)),
        lambda x: talk(turn(content=[{"type": "text", "text": x}, {"type": x}])),
        lambda x: talk(preface=[{"role": x, "content": x}, {"role": "tool", "content": [{"type": "text", "text": x}]}]),
        lambda x: talk(turn(streamed({"content": x}))),
        lambda x: talk(turn(streamed({"reasoning_content": x}))),
        lambda x: talk(turn(streamed({"refusal": x}))),
        lambda x: talk(turn(streamed({"tool_calls": [{"index": 0, "function": {"name": x, "arguments": x}}]}))),
        lambda x: talk(turn(streamed({"content": "a"}, model=x, finish_reason=x))),
        lambda x: talk(turn(streamed({"content": "a"}, headers=(("x-request-id", x),)))),
        lambda x: talk(turn(streamed({"content": "a"}), edited=x)),
        lambda x: talk(turn(streamed({"content": "a"}, finish_reason=None, end=False).stop(), model=x)),
        lambda x: talk(
            turn(streamed(error=StreamFailed(x, code=x, type=x, metadata={x: x, "request_id": x}, advice=x)))
        ),
    ],
    ids="message parts preface content reasoning refusal tool_call model request_id edited name error".split(),
)
def test_nothing_becomes_markup(place: Any, text: str) -> None:
    safe(place(text))


@pytest.mark.parametrize("tokens", ["<img src=x onerror=alert(1)>", [1], {"a": 1}, 0, None, 1.5])
def test_reasoning_tokens_that_are_no_number(tokens: Any) -> None:
    usage = USAGE | {"completion_tokens": tokens, "completion_tokens_details": {"reasoning_tokens": tokens}}
    text = safe(talk(turn(streamed({"reasoning_content": "Hm"}, usage=usage)))).text
    assert "Reasoning" in text
    assert "Reasoning ·" not in text
    safe(talk(turn(streamed({"reasoning_content": "Hm"}, usage=USAGE | {"completion_tokens_details": tokens}))))


@given(JSON_VALUES)
def test_any_metadata_of_an_error_is_drawn(value: Any) -> None:
    error = StreamFailed("m", code=value, type=value, metadata={"request_id": value, "metadata": value})
    safe(draw_error(error, streamed({"content": "a"}, headers=(), error=error), 0))


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_is_drawn_as_it_is(asked: str, answered: str) -> None:
    drawn = safe(talk(turn(streamed({"content": answered}), asked)))
    # A parser makes CR a line end, which is what a browser shows too.
    assert asked.replace("\r\n", "\n").replace("\r", "\n") in drawn.text.replace("\r\n", "\n").replace("\r", "\n")


ERRORS: list[PlaygroundError] = [
    APIStatusError(
        "429: slow down", status_code=429, code=429, request_id="req_9", retry_after_s=7, body=ALL, metadata={"a": 1}
    ),
    ConnectFailed("refused", url="http://h/v1", advice="Start it."),
    StreamInterrupted("It ended."),
]


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_has_what_to_do_and_its_details(error: PlaygroundError) -> None:
    exchange = streamed(headers=(), error=error)
    drawn = safe(draw_error(error, exchange, 3))
    assert error.message in drawn.text
    assert error.advice in drawn.text
    assert ("data-turn", "3") in drawn.attributes
    assert "retry" in drawn.text
    for name in error.to_dict():
        assert name in drawn.text
    if isinstance(error, APIStatusError):
        assert "200 · req_9" in drawn.text


def test_an_error_alone_has_nothing_to_retry() -> None:
    html = draw_error(ConnectFailed("refused", url="http://h/v1"))
    assert "retry" not in safe(html).text


def test_no_key_can_be_seen() -> None:
    request = request_of()
    assert request.sent_headers(KEY)[0][1] == f"Bearer {KEY}"
    html = talk(turn(streamed({"content": "A"}, request=request)), turn(streamed(error=StreamFailed("m"))))
    assert KEY not in html
    assert "Bearer" not in html
