"""Answers whose Markdown, code or LaTeX takes long to draw: nobody waits for them, and the one who asked is told."""

import html
from collections.abc import Iterator

import pytest

from tests.security.answered import BOUND_S, MIB, Attacked, attacked, said

PLAIN = "This answer is shown as plain text"
N = 160_000
ANSWERS = {
    "a quote's lazy lines": "> a\n" + "a\n" * 40_000,
    "images": "![" * 80_000,
    "brackets": "[" * N,
    "links": "[a](" * 40_000,
    "emphasis": "*a **a_ " * 20_000,
    "a list of 1 MB": "- a\n" * 260_000,
    "nested lists": "".join(" " * n + "- a\n" for n in range(0, 1000, 2)),
    "nested quotes": ">" * N + " a",
    "a table of many columns": "|a" * 20_000 + "\n" + "|-" * 20_000 + "\n" + "|a" * 20_000,
    "a table of many rows": "|a|b|\n|-|-|\n" + "|a|b|\n" * 30_000,
    "entities": "&amp;" * 32_000,
    "tags": "<a" * 80_000,
    "definitions": "[a]: b\n" * 23_000,
    "backticks": "".join("`" * n + " a " for n in range(1, 500)),
    "one line": "a" * MIB,
    "java, ends of lines": "```java\n" + "\n" * 49_000 + "```\n",
    "typescript, members": "```typescript\n" + "a." * 24_000 + "\n```\n",
    "a fence for each language": "".join(
        f"```{name}\n{'a.' * 2000}\n```\n\n" for name in ("ts", "java", "rb", "php") * 8
    ),
    "formulas": "$a$ " * 40_000,
    "dollars": "$" * N,
    "fractions": "$$" + "\\frac{a}" * 240 + "$$\n\n" * 60,
    "blocks of formulas": ("$$\n" + "a'" * 900 + "\n$$\n\n") * 80,
    "carriage returns": "a\r" * 80_000,
    "leaks": "<tool_call>" * 14_000,
    "surrogates": "\ud83d" * 50_000,
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with attacked(tmp_path_factory.mktemp("markup")) as app:
        yield app


@pytest.mark.parametrize("name", ANSWERS)
def test_markup_stops_nobody(app: Attacked, name: str) -> None:
    text = ANSWERS[name]
    attack = app.send(said(text))
    attack.told(name)
    assert attack.frames[-1] == {"end": {"ok": True}}
    assert attack.pause_s < BOUND_S
    assert attack.growth_bytes < 256 * MIB


@pytest.mark.parametrize("name", ["a quote's lazy lines", "images"])
def test_what_takes_too_long_stands_as_it_is(app: Attacked, name: str) -> None:
    drawn = app.send(said(ANSWERS[name])).panels
    assert PLAIN in drawn
    assert html.escape(ANSWERS[name][:100]).replace("\n", "\\n") in drawn


@pytest.mark.parametrize("name", ["java, ends of lines", "typescript, members"])
def test_code_whose_colours_take_too_long_is_without_them(app: Attacked, name: str) -> None:
    attack = app.send(said(f"**bold**\n\n{ANSWERS[name]}\n\nmore"))
    assert PLAIN not in attack.panels
    assert "<strong>bold</strong>" in attack.panels
    assert 'class=\\"code\\"' in attack.panels


def test_the_open_text_does_not_wait_for_a_block(app: Attacked) -> None:
    """While a block is rendered, it and what follows stand as plain text; then its HTML takes its place."""
    frames = app.send(said("```java\n" + "\n" * 49_000 + "```\n\nafter it\n\n" + "more " * 3000, size=500)).frames
    opened = [n for n, frame in enumerate(frames) if "after it" in frame.get("open", "")]
    closed = [n for n, frame in enumerate(frames) if 'class="code"' in frame.get("closed", "")]
    assert opened
    assert not closed or opened[0] < closed[0]
    if closed:
        assert "after it" in frames[closed[0]]["tail"]
