import itertools

from hypothesis import given
from hypothesis import strategies as st

from playground.markup.blocks import BlockStream, Closed, Open

PIECES = [
    "a",
    " ",
    "\n",
    "\n\n",
    "```",
    "~~~~",
    "$$",
    "\\[",
    "\\]",
    "- ",
    "1. ",
    "> ",
    "    ",
    "  ",
    "|",
    "\t",
    "\r\n",
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


def blocks(parts: list[str]) -> tuple[list[str], str]:
    """The blocks, and the open block as the pane shows it before the end."""
    stream = BlockStream(render=lambda text: text)
    closed, pane = [], ""
    for part in parts:
        for patch in stream.feed(part):
            if isinstance(patch, Open):
                pane += patch.text
            else:
                closed.append(patch.html)
                pane = patch.tail
        assert "".join(closed) + pane == "".join(parts)[: len("".join(closed) + pane)]
    assert "".join(closed) + pane == "".join(parts)
    ends = stream.finish()
    assert all(isinstance(patch, Closed) and patch.tail == "" for patch in ends)
    return closed + [patch.html for patch in ends if isinstance(patch, Closed)], pane


@given(TEXTS, st.lists(st.integers(0, 200), max_size=20))
def test_splitting_changes_nothing_and_each_character_is_rendered_once(text: str, cuts: list[int]) -> None:
    at = sorted({0, *(min(cut, len(text)) for cut in cuts), len(text)})
    parts = [text[i:j] for i, j in itertools.pairwise(at)]
    assert blocks(parts)[0] == blocks([text])[0] == blocks(list(text))[0]
    assert "".join(blocks(parts)[0]) == text


def test_where_blocks_end() -> None:
    def of(text: str) -> list[str]:
        return blocks([text])[0]

    assert of("a\n\nb") == ["a\n\n", "b"]
    assert of("```\na\n\nb\n```\nc") == ["```\na\n\nb\n```\n", "c"]
    assert of("$$\na\n\nb\n$$\n\nc") == ["$$\na\n\nb\n$$\n\n", "c"]
    assert of("- a\n\n  b\n\n- c\n\nd") == ["- a\n\n  b\n\n- c\n\n", "d"]
    assert of("    a\n\n    b\n\nc") == ["    a\n\n    b\n\n", "c"]
    assert of("- ```\n  a\n  ```\nb\n\nc") == ["- ```\n  a\n  ```\nb\n\n", "c"]


def rendered(text: str) -> int:
    count = 0

    def render(block: str) -> str:
        nonlocal count
        count += len(block)
        return ""

    stream = BlockStream(render)
    for char in text:
        stream.feed(char)
    stream.finish()
    return count


def test_rendering_is_linear() -> None:
    text = "para\n\n- a\n- b\n\n```py\nx\n\ny\n```\n\n| a |\n|---|\n"
    assert rendered(text * 100) <= 11 * rendered(text * 10)


def test_a_fence_of_a_megabyte() -> None:
    assert rendered("```\n" + "x = 1\n\n" * 150_000) == 4 + 7 * 150_000
