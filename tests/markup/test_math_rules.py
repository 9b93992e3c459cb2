"""Where LaTeX begins and ends; and that an answer drawn block by block is the answer drawn whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.markup.blocks import BlockStream, Closed
from playground.markup.markdown import render_markdown

MARKS = ["$", "$$", "\\[", "\\]", "\\(", "\\)", "\\begin{align}", "\\end{align}", "\\", "`", "**"]
WORDS = ["$x$", "$5", "US$", "$PATH:$HOME", "10$", "a", "and", "^2", "1", " ", "\n", "\n\n"]
BLOCKS = ["| a | b |\n|---|---|\n", "|", "- ", "> ", "# ", "```\n"]


@pytest.mark.parametrize("text", ["$a^2$", "$$\na^2\n$$", r"\(a^2\)", "\\[\na^2\n\\]", "$$a^2$$", r"x \[a^2\] y"])
def test_marks(text: str) -> None:
    assert "<msup><mi>a</mi><mn>2</mn></msup>" in render_markdown(text)


def test_environment() -> None:
    assert "<mtable" in render_markdown("\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}")


@pytest.mark.parametrize("text", ["$$ to $$$", "$$$ is dear, $$ is not", "$$$$", "$$\n$", "$$\na \\$$", "$$$\na\n$$$"])
def test_no_display(text: str) -> None:
    assert "math" not in render_markdown(text)


@given(st.lists(st.sampled_from(MARKS + WORDS + BLOCKS), max_size=30).map("".join))
def test_what_streamed_is_what_stands_in_the_end(text: str) -> None:
    stream = BlockStream()
    patches = stream.feed(text) + stream.finish()
    assert "".join(patch.html for patch in patches if isinstance(patch, Closed)) == render_markdown(text)
