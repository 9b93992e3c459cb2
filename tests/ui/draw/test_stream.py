"""The Streaming tab: every piece with its time and the gap before it."""

import re

import pytest

from playground.errors import StreamInterrupted
from playground.ui.draw.stream import MAX_ROWS, draw_stream
from tests.ui.draw.exchanges import streamed
from tests.ui.draw.hostile import ALL, HOSTILE, safe
from tests.upstream import scripts


def rows(html: str) -> list[list[str]]:
    found = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", html)]
    return [row for row in found if row]


def test_before_the_first_one_it_teaches() -> None:
    drawn = safe(draw_stream(None))
    assert "every piece as it arrives" in drawn.text
    assert "table" in drawn.names


def test_the_pieces() -> None:
    exchange = streamed({"reasoning_content": "Hm"}, {"content": "a"}, {"content": "b"}, gap_s=0.25)
    assert rows(draw_stream(exchange)) == [
        ["1", "100.0", "", "reasoning", "<code>Hm</code>"],
        ["2", "350.0", "250.0", "content", "<code>a</code>"],
        ["3", "600.0", "250.0", "content", "<code>b</code>"],
    ]


def test_the_figures() -> None:
    exchange = streamed({"reasoning_content": "Hm"}, {"content": "a"}, usage=scripts.usage(7, 11), gap_s=0.25)
    text = safe(draw_stream(exchange)).text
    for said in (
        "connect 20 ms",
        "first byte 90 ms",
        "first reasoning 100 ms",
        "first content 350 ms",
        "gap p50 250 ms",
    ):
        assert said in text
    assert "total 1.10 s, 2 pieces" in text
    assert "tokens/s 10" in text


def test_of_very_many_the_first_and_the_last() -> None:
    exchange = streamed(*({"content": f"w{i}"} for i in range(MAX_ROWS + 7)))
    html = draw_stream(exchange)
    found = rows(html)
    assert len(found) == MAX_ROWS + 1
    assert found[MAX_ROWS // 2] == ["7 more rows in between"]
    assert (found[0][0], found[-1][0]) == ("1", str(MAX_ROWS + 7))
    assert found[-1][2] == "10.0"
    safe(html)
    assert len(rows(draw_stream(streamed(*({"content": "w"} for _ in range(MAX_ROWS)))))) == MAX_ROWS


def test_an_error_stands_below() -> None:
    html = draw_stream(streamed({"content": "a"}, finish_reason=None, error=StreamInterrupted("It broke.")))
    assert html.index("<code>a</code>") < html.index("It broke.")
    safe(html)


def test_no_piece_and_one_piece_have_no_timeline() -> None:
    for deltas in ([], [{"content": "a"}]):
        assert "<svg" not in draw_stream(streamed(*deltas))


@pytest.mark.parametrize("text", [*HOSTILE, ALL])
def test_nothing_becomes_markup(text: str) -> None:
    call = {"tool_calls": [{"index": 0, "function": {"name": text, "arguments": text}}]}
    error = StreamInterrupted(text, advice=text)
    html = draw_stream(streamed({"reasoning_content": text}, {"content": text}, call, finish_reason=text, error=error))
    assert safe(html).text.count("alert") >= text.count("alert") * 3
