"""Blocks and rules of an answer while it streams: what takes long holds up nothing, and comes when it is there."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from playground.app.live_blocks import LiveBlocks
from playground.app.live_rules import LATER, LiveRules
from playground.app.rendering import MAX_BLOCK, Rendering
from playground.markup.markdown import LIGHT, is_light, render_markdown, render_plain
from playground.wire.prepared import PreparedRequest, Target, prepare
from playground.wire.request import ChatRequest
from playground.workers import Workers

SLOW = "```java\n" + "\n" * 16_000 + "```\n"
SCHEMA = {"type": "array", "items": {"type": "object", "required": ["a"]}}


@pytest.fixture
async def rendering() -> AsyncIterator[Rendering]:
    workers = Workers(preload=("playground.markup.markdown", "playground.app.live_rules"))
    await workers.run(len, "")
    yield Rendering(workers)
    workers.close()


def request(schema: object = SCHEMA) -> PreparedRequest:
    format_ = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
    asked = ChatRequest.parse({"model": "m", "messages": [], "response_format": format_})
    return prepare(asked, Target("http://x/v1"))


@pytest.mark.parametrize("text", ["a", "*a* `b`", "word " * 700, "costs $5"])
def test_what_is_light(text: str) -> None:
    assert is_light(text)


@pytest.mark.parametrize("text", ["```\n```", "~~~", "![" * 30, "a" * (LIGHT + 1), "$" + "a'" * 200])
def test_what_is_not(text: str) -> None:
    assert not is_light(text)


async def test_markdown_whole_without_colours_or_plain(rendering: Rendering) -> None:
    assert await rendering.markdown("```python\n1\n```", "v") == render_markdown("```python\n1\n```")
    drawn = await rendering.markdown(SLOW, "v")
    assert 'class="code"' in drawn
    assert "<span class" not in drawn
    images = "![" * 80_000
    assert await rendering.markdown(images, "v") == render_plain(images)
    assert await rendering.markdown("<" + "a" * MAX_BLOCK, "v") == render_plain("<" + "a" * MAX_BLOCK)


async def test_blocks_are_in_order_and_nothing_is_lost(rendering: Rendering) -> None:
    blocks = LiveBlocks(rendering, "v")
    shown, opened = "", ""
    text = f"first\n\n{SLOW}\nsecond\n\n```python\n1\n```\n\nthird"
    for at in range(0, len(text), 1000):
        frame = await blocks.feed(text[at : at + 1000])
        opened += frame.get("open", "")
        if "closed" in frame:
            shown, opened = shown + frame["closed"], frame["tail"]
    async with asyncio.timeout(20):
        while opened.strip() != "third":
            if frame := await blocks.late() or {}:
                shown, opened = shown + frame["closed"], frame["tail"]
    await blocks.aclose()
    assert shown.index("first") < shown.index('class="code"') < shown.index("second") < shown.index(">1<")


async def test_an_answer_that_ends_early_leaves_no_task(rendering: Rendering) -> None:
    blocks = LiveBlocks(rendering, "v")
    assert "open" in await blocks.feed(SLOW)
    await blocks.aclose()
    await blocks.aclose()


async def test_rules_are_told_once_each(rendering: Rendering) -> None:
    rules = LiveRules(request(), rendering, "v")
    text, told = "", list[str]()
    for piece in ("[", '{"b": 1}', ", {}", ', {"a": 1}]'):
        text += piece
        told += await rules.of(text, done=False)
    told += await rules.of(text, done=True)
    await rules.aclose()
    assert [message.split(":")[0] for message in told] == ["/0", "/1"]


async def test_rules_that_take_too_long_are_left_for_later(rendering: Rendering) -> None:
    slow = {"type": "array", "items": {"pattern": "(?<=a+)(?:a*)*b$"}}
    rules = LiveRules(request(slow), rendering, "v")
    told = await rules.of(json.dumps(["a" * 30_000] * 4), done=True)
    await rules.aclose()
    assert told in ([LATER], [])  # or the library gives it up by itself


async def test_without_a_usable_schema_nothing_is_told(rendering: Rendering) -> None:
    rules = LiveRules(request({"type": 3}), rendering, "v")
    assert await rules.of("[1]", done=True) == []
    await rules.aclose()
