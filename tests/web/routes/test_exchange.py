"""The exchange route: what it sends, what it streams to the page, and what it keeps."""

import asyncio
import json
from typing import Any

import pytest

from playground.app.context import Context
from playground.app.conversations import Conversation
from playground.app.form.form import Form
from playground.errors import (
    APIStatusError,
    ConnectFailed,
    InvalidRequest,
    MissingKey,
    PlaygroundError,
    StreamInterrupted,
    UnknownBackend,
)
from playground.web.frames import MAX_PIECES
from tests.upstream import Script, Upstream, scripts
from tests.web.running import KEY, OWNER, TAB, VISITOR, Browser, until

IMAGE = "data:image/png;base64,iVBORw0KGgo="
USER = {"role": "user", "content": "Hi"}


def text_of(frames: list[dict[str, Any]]) -> str:
    """What a page that follows the frames shows, its blocks' HTML as it is."""
    closed, tail = "", ""
    for frame in frames:
        if "closed" in frame:
            closed, tail = closed + frame["closed"], frame["tail"]
        tail += frame.get("open", "")
    return closed + tail


async def test_the_frames_of_a_stream(browser: Browser, upstream: Upstream, conversation: Conversation) -> None:
    upstream.enqueue(scripts.stream(["One.\n\n", "Two *more", "*."], reasoning=["Hm", "m"], usage=scripts.usage()))
    frames = await browser.frames(message="Hi")
    assert frames[0] == {"status": 200}
    assert frames[-1] == {"end": {"ok": True}}
    assert sum("end" in frame for frame in frames) == 1
    assert "".join(frame.get("reasoning", "") for frame in frames) == "Hmm"
    assert not any("pieces" in frame for frame in frames)
    assert text_of(frames) == '<p dir="auto">One.</p>\nTwo *more*.'  # the last block stays text until the page commits
    (turn,) = conversation.turns
    assert turn.messages() == [USER, {"role": "assistant", "content": "One.\n\nTwo *more*."}]
    assert turn.exchange is conversation.last
    assert (turn.model, turn.failed) == ("test/echo", False)


async def test_what_is_sent_is_what_the_snippet_is_made_of(
    browser: Browser, upstream: Upstream, context: Context
) -> None:
    await browser.frames(message="first", system="Be brief.", params={"temperature": "0.50", "seed": ""})
    form = Form(conversation=TAB, backend="therouter", model="test/echo", message="second", extra='{"x": 1.0}')
    prepared = context.prepare(form, VISITOR)
    await browser.frames(message="second", extra='{"x": 1.0}', stream=False)
    first, second = upstream.requests
    assert second.body == prepared.body
    assert first.json()["temperature"] == 0.5
    assert [message["role"] for message in first.json()["messages"]] == ["system", "user"]
    assert [message["content"] for message in second.json()["messages"]] == ["first", "You said: first", "second"]
    assert first.header("authorization") == f"Bearer {KEY}"


async def test_the_streaming_tab_gets_the_pieces_with_their_times(browser: Browser, upstream: Upstream) -> None:
    upstream.enqueue(scripts.stream(["a", "b"], per_second=50))
    frames = await browser.frames(message="Hi", tab="streaming", stream=False)
    assert upstream.requests[0].json()["stream"] is True
    rows = [row for frame in frames for row in frame.get("pieces", [])]
    assert [(row[0], row[3], row[4]) for row in rows] == [(1, "content", "a"), (2, "content", "b")]
    assert rows[0][2] is None
    assert rows[1][2] == pytest.approx(rows[1][1] - rows[0][1], abs=0.11)
    assert [frame["count"] for frame in frames if "count" in frame][-1] == 2


async def test_of_many_pieces_at_once_a_frame_has_the_last(
    browser: Browser, upstream: Upstream, conversation: Conversation
) -> None:
    upstream.enqueue(scripts.stream(["x"] * 500))
    frames = await browser.frames(message="Hi", tab="streaming")
    rows = [frame["pieces"] for frame in frames if "pieces" in frame]
    assert all(len(row) <= MAX_PIECES for row in rows)
    assert rows[-1][-1][0] == 500
    assert conversation.last is not None
    assert len(conversation.last.pieces) == 500


async def test_an_answer_that_does_not_stream(browser: Browser, conversation: Conversation) -> None:
    frames = await browser.frames(message="Hi", stream=False)
    assert text_of(frames) == "You said: Hi"
    assert frames[-1] == {"end": {"ok": True}}
    assert conversation.messages() == [USER, {"role": "assistant", "content": "You said: Hi"}]


@pytest.mark.parametrize(
    ("form", "kind", "said"),
    [
        ({"backend": "nowhere"}, UnknownBackend, "nowhere"),
        ({"params": {"temperature": "hot"}}, InvalidRequest, "temperature must be a number, not 'hot'"),
        ({"extra": "{"}, InvalidRequest, "Extra JSON"),
        ({"backend": "embedded"}, InvalidRequest, "PLAYGROUND_EMBEDDED"),
    ],
)
async def test_what_cannot_be_sent_is_kept_as_a_failure(
    browser: Browser, context: Context, form: dict[str, Any], kind: type[PlaygroundError], said: str
) -> None:
    assert await browser.frames(message="Hi", **form) == [{"end": {"ok": False}}]
    (turn,) = context.conversations.get(TAB, OWNER).turns
    assert turn.exchange is not None
    assert isinstance(turn.exchange.error, kind)
    assert said in turn.exchange.error.message
    assert turn.exchange.status_code is None
    assert (turn.failed, turn.messages(), turn.message) == (True, [], USER)


async def test_without_a_key_nothing_is_sent(context: Context, browser: Browser, upstream: Upstream) -> None:
    context.settings = context.settings.model_copy(update={"therouter_api_key": None})
    assert await browser.frames(message="Hi") == [{"end": {"ok": False}}]
    last = context.conversations.get(TAB, OWNER).last
    assert last is not None
    assert isinstance(last.error, MissingKey)
    assert upstream.requests == []


async def test_a_failed_turn_is_replaced_by_the_next(
    browser: Browser, upstream: Upstream, conversation: Conversation
) -> None:
    upstream.enqueue(scripts.rate_limited(), scripts.cut_first())
    for kind in (APIStatusError, ConnectFailed):
        assert (await browser.frames(message="Hi"))[-1] == {"end": {"ok": False}}
        (turn,) = conversation.turns
        assert turn.exchange is not None
        assert isinstance(turn.exchange.error, kind)
    assert (await browser.frames(message="Hi"))[-1] == {"end": {"ok": True}}
    assert len(conversation.turns) == 1
    assert [request.json()["messages"] for request in upstream.requests] == [[USER]] * 3


async def test_a_broken_answer_is_kept_as_far_as_it_came(
    browser: Browser, upstream: Upstream, conversation: Conversation
) -> None:
    upstream.enqueue(scripts.cut_stream(["Hel", "lo"]))
    frames = await browser.frames(message="Hi")
    assert text_of(frames) == "Hello"
    assert frames[-1] == {"end": {"ok": False}}
    (turn,) = conversation.turns
    assert turn.exchange is not None
    assert isinstance(turn.exchange.error, StreamInterrupted)
    assert (turn.failed, turn.messages()[1]["content"]) == (False, "Hello")


Left = tuple[Browser, Upstream, Conversation]


@pytest.fixture
def left(browser: Browser, upstream: Upstream, conversation: Conversation) -> Left:
    return browser, upstream, conversation


@pytest.mark.parametrize(
    ("script", "frames", "said"),
    [
        (scripts.stall_between(["Hel", "lo"], after=2), "Hello", [USER, {"role": "assistant", "content": "Hello"}]),
        (scripts.stall_first(head=True), '{"status": 200}', []),
        (scripts.stall_first(), "", []),
    ],
    ids=["between", "head only", "nothing"],
)
async def test_leaving_ends_the_request_and_keeps_what_came(
    left: Left, script: Script, frames: str, said: list[Any]
) -> None:
    browser, upstream, conversation = left
    upstream.enqueue(script)
    before = asyncio.all_tasks()
    got: list[dict[str, Any]] = []

    async def read() -> None:
        async with browser.streaming(message="Hi") as coming:
            async for frame in coming:
                got.append(frame)  # noqa: PERF401 - looked at while it grows

    reader = asyncio.create_task(read())
    await upstream.wait_for_requests()
    await until(lambda: frames in text_of(got) + json.dumps(got))
    reader.cancel()
    await asyncio.wait({reader})
    await upstream.wait_for_disconnect(timeout_s=2)
    await until(lambda: bool(conversation.turns))
    (turn,) = conversation.turns
    assert turn.messages() == said
    assert turn.exchange is not None
    assert (turn.exchange.stopped, turn.exchange.done, turn.exchange.error) == (True, True, None)
    assert turn.exchange.timings.e2e_s is not None
    await until(lambda: not [task for task in asyncio.all_tasks() - before if "pump" in repr(task)])


async def test_the_stopped_answer_goes_with_the_next_message(browser: Browser, upstream: Upstream) -> None:
    upstream.enqueue(scripts.stall_between(["Hel", "lo"], after=2))
    async with browser.streaming(message="Hi") as frames:
        async for frame in frames:
            if "lo" in frame.get("open", ""):
                break
    await upstream.wait_for_disconnect(timeout_s=2)
    await browser.frames(message="Go on")
    assert upstream.requests[1].json()["messages"][1]["content"] == "Hello"


async def test_images_go_with_the_message_and_stay_while_there_is_no_answer(
    browser: Browser, upstream: Upstream, conversation: Conversation
) -> None:
    conversation.images = [IMAGE]
    upstream.enqueue(scripts.empty_error(500))
    await browser.frames(message="What is it?")
    assert conversation.images == [IMAGE]
    await browser.frames(message="What is it?")
    assert conversation.images == []
    image = {"type": "image_url", "image_url": {"url": IMAGE}}
    content = [{"type": "text", "text": "What is it?"}, image]
    assert [request.json()["messages"][0]["content"] for request in upstream.requests] == [content, content]
    await browser.frames(message="And now?")
    sent = upstream.requests[2].json()["messages"]
    assert (sent[0]["content"], sent[2]["content"]) == (content, "And now?")


async def test_an_image_alone_and_one_that_is_chosen_while_the_answer_comes(
    browser: Browser, upstream: Upstream, conversation: Conversation
) -> None:
    conversation.images = [IMAGE]
    upstream.enqueue(scripts.slow_first(0.05))
    async with browser.streaming(message="") as frames:
        await upstream.wait_for_requests()
        conversation.images = [*conversation.images, "data:,later"]
        async for _ in frames:
            pass
    (turn,) = conversation.turns
    assert turn.message == upstream.requests[0].json()["messages"][0]
    assert turn.message == {"role": "user", "content": [{"type": "image_url", "image_url": {"url": IMAGE}}]}
    assert conversation.images == ["data:,later"]


async def test_retry_sends_the_same_request_again(
    browser: Browser, upstream: Upstream, conversation: Conversation
) -> None:
    conversation.images = [IMAGE]
    await browser.frames(message="What is it?")
    await browser.frames(message="And?")
    text = conversation.cut_from(0)
    assert conversation.turns == []
    await browser.frames(message=text)
    assert upstream.requests[2].body == upstream.requests[0].body


async def test_undo_and_edit_change_what_is_sent_next(
    browser: Browser, upstream: Upstream, conversation: Conversation
) -> None:
    for text in ("one", "two", "three"):
        await browser.frames(message=text)
    assert conversation.cut_from(2) == "three"
    conversation.edit(0, "user", "ONE")
    conversation.edit(1, "assistant", "Edited.")
    await browser.frames(message="four")
    told = [message["content"] for message in upstream.requests[3].json()["messages"]]
    assert told == ["ONE", "You said: one", "two", "Edited.", "four"]


@pytest.mark.parametrize(("send", "back"), [("calls", None), ("always", "Hm"), ("never", None)])
async def test_reasoning_without_calls_goes_back_only_where_it_is_asked_for(
    browser: Browser, upstream: Upstream, send: str, back: str | None
) -> None:
    upstream.enqueue(scripts.stream(["Yes."], reasoning=["Hm"]))
    await browser.frames(message="Hi", send_reasoning=send)
    await browser.frames(message="Well?", send_reasoning=send)
    sent = upstream.requests[1].json()["messages"][1]
    assert (sent["content"], sent.get("reasoning_content")) == ("Yes.", back)


async def test_no_message_goes_while_a_call_has_no_result(
    browser: Browser, upstream: Upstream, conversation: Conversation
) -> None:
    fragments = scripts.tool_call_fragments("lookup", '{"a"', ": 1}", call_id="c1")
    upstream.enqueue(scripts.stream([], reasoning=["Hm"], tool_calls=fragments))
    await browser.frames(message="Hi")
    problem, end = await browser.frames(message="Well?")
    assert problem["problem"].startswith("The call to lookup has no result yet.")
    assert (end, len(upstream.requests), len(conversation.turns)) == ({"end": {"ok": False}}, 1, 1)
    conversation.edit(0, "assistant", "Mine.")
    await browser.frames(message="Well?")
    assert upstream.requests[1].json()["messages"][1] == {"role": "assistant", "content": "Mine."}


async def test_two_tabs_do_not_see_each_other(browser: Browser, upstream: Upstream, context: Context) -> None:
    other = "another-tab-of-the-tests"
    await browser.frames(message="mine")
    await browser.frames(message="theirs", conversation=other)
    assert len(upstream.requests[1].json()["messages"]) == 1
    assert len(context.conversations.get(TAB, OWNER).turns) == len(context.conversations.get(other, OWNER).turns) == 1


async def test_hostile_text_reaches_the_page_as_text(browser: Browser, upstream: Upstream) -> None:
    hostile = '<img src=x onerror="alert(1)">\n\n[x](javascript:alert(1))\n\nend'
    upstream.enqueue(scripts.stream(list(hostile)))
    closed = "".join(frame.get("closed", "") for frame in await browser.frames(message="Hi"))
    assert "&lt;img" in closed
    assert "<img" not in closed
    assert "<a" not in closed


async def test_the_key_is_in_no_frame_and_in_nothing_that_is_kept(
    browser: Browser, upstream: Upstream, conversation: Conversation
) -> None:
    await browser.set_key("therouter", "sk-recognisable-of-the-visitor")
    upstream.enqueue(scripts.stream(), scripts.unauthorized())
    for _ in range(2):
        said = json.dumps(await browser.frames(message="Hi", tab="streaming")) + repr(conversation)
        assert "sk-recognisable" not in said
        assert "Bearer $THEROUTER_API_KEY" in said
    sent = [request.header("authorization") for request in upstream.requests]
    assert sent == ["Bearer sk-recognisable-of-the-visitor"] * 2


@pytest.mark.parametrize(
    "form",
    [{"unknown": 1}, {"params": {"seed": 1}}, {"conversation": "x" * 65}, {"stream": "perhaps"}],
)
async def test_what_is_no_form_is_refused(browser: Browser, upstream: Upstream, form: dict[str, Any]) -> None:
    answer = await browser.http.post("/gradio_api/exchange", json={"message": "Hi"} | form)
    assert answer.status_code == 422
    assert upstream.requests == []
