"""Answers that are not as the specification has them, as public bug reports show them: understood, or named."""

import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import brotli
import pytest
from backports import zstd

from playground.client import Client
from playground.errors import StreamFailed, StreamProtocolError
from playground.wire.exchange import Exchange
from playground.wire.request import ChatRequest
from tests.client.asking import exchange
from tests.upstream import Script, Status, Upstream, Write, scripts


def chunk(delta: dict[str, Any], **choice: Any) -> str:
    made = {"index": 0, "delta": delta} | choice
    return json.dumps({"id": "c1", "object": "chat.completion.chunk", "choices": [made]})


def sse(*data: str) -> str:
    return "".join(f"data: {each}\n\n" for each in data)


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}
HEL, LO, STOP = chunk({"content": "Hel"}), chunk({"content": "lo"}), chunk({}, finish_reason="stop")
HELLO = sse(HEL, LO, STOP, "[DONE]")
WHOLE = json.dumps({"id": "c1", "choices": [{"index": 0, "message": {"content": "Hello"}, "finish_reason": "stop"}]})


async def answered(client: Client, upstream: Upstream, body: str | bytes, kind: str, **headers: str) -> Exchange:
    data = body if isinstance(body, bytes) else body.encode()
    sent = {"content-type": kind, "content-length": str(len(data))} if kind else {"content-length": str(len(data))}
    upstream.enqueue(Script((Status(200, tuple((sent | headers).items())), Write(data))))
    return await exchange(client, upstream.base_url)


@pytest.mark.parametrize("kind", ["text/event-stream", "application/json", "text/plain", ""])
@pytest.mark.parametrize(
    "body",
    [
        HELLO,
        "\ufeff\n" + HELLO,
        sse(HEL, LO, STOP, "[DONE] "),
        sse(HEL, LO, STOP, " [DONE]"),
        WHOLE,
        "\n " + WHOLE,
        f"{WHOLE}\n\ndata: [DONE]\n\n",
        f"{HEL}\n{LO}\n{STOP}",
        f"{HEL}\n{LO}\n{STOP}\ndata: [DONE]",
        sse(*(chunk({"content": each}, index=at) for at, each in enumerate(("Hel", "lo"), 1)), STOP, "[DONE]"),
        sse(json.dumps({"choices": [{"index": 1, "message": {"content": "Hello"}, "finish_reason": "stop"}]})),
        sse(json.dumps({"choices": [{"text": "Hello", "finish_reason": "stop"}]}), "[DONE]"),
        "event: beat\ndata: ok\n\n" + HELLO,
        sse('{"type": "ping"}') + HELLO,
    ],
)
async def test_good_answers(client: Client, upstream: Upstream, body: str, kind: str) -> None:
    found = await answered(client, upstream, body, kind)
    assert (found.error, found.answer.content, found.finish_reason) == (None, "Hello", "stop")
    assert len(found.answers) == 1


@pytest.mark.parametrize("packing", ["gzip", "x-gzip", "deflate", "br", "zstd"])
async def test_a_packed_answer_although_none_was_asked_for(client: Client, upstream: Upstream, packing: str) -> None:
    body = PACK[packing](HELLO.encode())
    found = await answered(client, upstream, body, "text/event-stream", **{"content-encoding": packing})
    assert (found.error, found.answer.content) == (None, "Hello")


async def test_choices_that_are_counted_from_one(client: Client, upstream: Upstream) -> None:
    body = sse(chunk({"content": "a"}, index=1), chunk({"content": "b"}, index=2), STOP.replace("0", "1"), "[DONE]")
    upstream.enqueue(scripts.events([body.encode()]))
    request = ChatRequest.parse({"model": "m", "messages": [], "stream": True, "n": 2})
    found = await exchange(client, upstream.base_url, request=request)
    assert [answer.content for answer in found.answers] == ["a", "b"]


@pytest.mark.parametrize(
    ("body", "said", "content"),
    [
        (
            'id:1\nevent:error\n:HTTP_STATUS/429\ndata:{"code":"T","message":"Quota exceeded."}\n\n',
            "Quota exceeded.",
            "",
        ),
        (sse(HEL) + "event: error\ndata: It broke\n\n" + sse("[DONE]"), "It broke", "Hel"),
        (sse(HEL, '{"code": 500, "message": "It broke"}', "[DONE]"), "It broke", "Hel"),
        (sse(HEL, '{"detail": "It broke"}', "[DONE]"), "It broke", "Hel"),
        (sse(HEL, '[{"error": {"message": "It broke"}}]', "[DONE]"), "It broke", "Hel"),
        (sse(HEL, chunk({"content": "l"}, finish_reason="error", error={"message": "Gone"}), "[DONE]"), "Gone", "Hell"),
        (sse(HEL, chunk({}, finish_reason="error"), "[DONE]"), 'finish_reason "error"', "Hel"),
        ('{"code": 1302, "msg": "Too many"}', "Too many", ""),
    ],
)
async def test_errors_with_status_200(client: Client, upstream: Upstream, body: str, said: str, content: str) -> None:
    found = await answered(client, upstream, body, "text/event-stream")
    assert isinstance(found.error, StreamFailed)
    assert said in found.error.message
    assert found.answer.content == content


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        ('{"id": "c1", "choices": []}', "application/json", "its list of choices is empty"),
        (sse('{"id": "c1", "choices": []}', "[DONE]"), "text/event-stream", "it is empty"),
        (sse("[DONE]"), "text/event-stream", "it is empty"),
        (sse(chunk({"role": "assistant", "content": ""}), "[DONE]"), "text/event-stream", "it is empty"),
        ('{"choices": [{"message": {"content": null}}]}', "application/json", "it is empty"),
        ("<html>Welcome</html>", "text/event-stream", "not a chat completion"),
    ],
)
async def test_nothing_is_no_success(client: Client, upstream: Upstream, body: str, kind: str, said: str) -> None:
    found = await answered(client, upstream, body, kind)
    assert isinstance(found.error, StreamProtocolError)
    assert said in found.error.message


async def test_what_is_not_understood_is_named(client: Client, upstream: Upstream) -> None:
    found = await answered(client, upstream, sse('{"odd": [1]}') + "event: note\ndata: hi\n\n" + HELLO, "")
    assert found.left_out == (
        'An event could not be parsed: {"odd": [1]}',
        "An event could not be parsed: note: hi",
    )
    many = await answered(client, upstream, sse(*['{"odd": 1}'] * 15) + HELLO, "")
    assert (len(many.left_out), many.left_out[-1][:33]) == (11, "5 more events could not be parsed")


@pytest.mark.parametrize(
    ("deltas", "text", "name"),
    [
        ([{"reasoning_content": "Let "}, {"reasoning_content": "me."}], "Let me.", "reasoning_content"),
        ([{"reasoning": "Let "}, {"reasoning": "me."}], "Let me.", "reasoning"),
        ([{"reasoning_content": [{"type": "text", "text": t}]} for t in ("Let ", "me.")], "Let me.", ""),
        ([{"reasoning": {"content": t}} for t in ("Let ", "me.")], "Let me.", ""),
        ([{"reasoning_details": [{"type": "reasoning.text", "text": t}]} for t in ("Let ", "me.")], "Let me.", ""),
        (
            [{"content": [{"type": "thinking", "thinking": [{"type": "text", "text": t}]}]} for t in ("Let ", "me.")],
            "Let me.",
            "",
        ),
        (
            [{"reasoning": t, "reasoning_details": [{"type": "reasoning.text", "text": t}]} for t in ("Let ", "me.")],
            "Let me.",
            "reasoning",
        ),
    ],
)
async def test_reasoning_in_every_shape(
    client: Client, upstream: Upstream, deltas: list[dict[str, Any]], text: str, name: str
) -> None:
    body = sse(*map(chunk, deltas), HEL, LO, STOP, "[DONE]")
    found = await answered(client, upstream, body, "text/event-stream")
    assert (found.answer.content, found.answer.reasoning, found.answer.reasoning_name) == ("Hello", text, name)
    message = {name: value for delta in deltas for name, value in delta.items()}
    back = found.answer.to_history("always")
    assert message.keys() <= back.keys()


async def test_usage_in_other_places(client: Client, upstream: Upstream) -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 2}
    for last in (
        chunk({}, finish_reason="stop", usage=usage),
        json.dumps({"choices": [], "x_groq": {"usage": usage}}),
    ):
        assert (await answered(client, upstream, sse(HEL, STOP, last, "[DONE]"), "")).usage == usage


@pytest.mark.parametrize(
    "names", [("get_wea", "ther"), ("get_weather", "get_weather"), ("get_wea", "get_weather"), ("get_weather", "")]
)
async def test_a_name_in_parts(client: Client, upstream: Upstream, names: tuple[str, str]) -> None:
    first = {"index": 0, "id": "a", "type": "function", "function": {"name": names[0], "arguments": ""}}
    rest: list[dict[str, Any]] = [
        {"index": 0, "function": {"name": names[1], "arguments": ""}},
        {"index": 0, "function": {"arguments": "{}"}},
    ]
    body = sse(*(chunk({"tool_calls": [part]}) for part in (first, *rest)), STOP, "[DONE]")
    (call,) = (await answered(client, upstream, body, "")).answer.tool_calls
    assert (call.id, call.name, call.arguments) == ("a", "get_weather", "{}")


async def test_a_function_call_of_the_old_kind(client: Client, upstream: Upstream) -> None:
    parts = [{"name": "get_weather", "arguments": ""}, {"arguments": '{"city":'}, {"arguments": '"Paris"}'}]
    body = sse(*(chunk({"function_call": part}) for part in parts), chunk({}, finish_reason="function_call"), "[DONE]")
    (call,) = (await answered(client, upstream, body, "")).answer.tool_calls
    assert (call.name, call.arguments, call.is_legacy) == ("get_weather", '{"city":"Paris"}', True)
