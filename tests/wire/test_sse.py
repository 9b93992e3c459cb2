"""Bytes to events: HTML Standard, section 9.2, over a network that cuts wherever it likes."""

from collections.abc import Iterable
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.errors import StreamProtocolError
from playground.wire.sse import EventDecoder, ServerSentEvent

LINE_ENDS = ("\n", "\r", "\r\n")
LINES = (
    ": a comment",
    'data: {"content":"Hällo 🌍"}',
    "",
    "data: one",
    ": inside",
    "data: two",
    "",
    "event: message",
    "id: 7",
    "retry: 10",
    "data:no space",
    "",
    "",
    "data: inside\u2028one\u2029line\x0b\x0c\x85\x1c",
    "",
    "data: [DONE]",
    "",
)
DATA = ['{"content":"Hällo 🌍"}', "one\ntwo", "no space", "inside\u2028one\u2029line\x0b\x0c\x85\x1c", "[DONE]"]


def decode(*pieces: bytes, max_event_bytes: int = 8 * 2**20) -> list[str]:
    decoder = EventDecoder(max_event_bytes)
    found = [event for piece in pieces for event in decoder.feed(piece)]
    return data_of([*found, *decoder.finish()])


def data_of(events: Iterable[ServerSentEvent]) -> list[str]:
    return [event.data for event in events]


def until_error(*pieces: bytes) -> tuple[list[str], StreamProtocolError]:
    decoder = EventDecoder()
    found: list[ServerSentEvent] = []
    with pytest.raises(StreamProtocolError) as caught:
        for piece in pieces:
            found.extend(decoder.feed(piece))
        found.extend(decoder.finish())
    return data_of(found), caught.value


def stream(line_end: str, *, bom: bool = False) -> bytes:
    return ("\ufeff" * bom + "".join(line + line_end for line in LINES)).encode()


@pytest.mark.parametrize("bom", [False, True], ids=["plain", "bom"])
@pytest.mark.parametrize("line_end", LINE_ENDS, ids=["lf", "cr", "crlf"])
class TestSplitting:
    def test_whole(self, line_end: str, *, bom: bool) -> None:
        assert decode(stream(line_end, bom=bom)) == DATA

    def test_at_every_byte(self, line_end: str, *, bom: bool) -> None:
        whole = stream(line_end, bom=bom)
        for cut in range(len(whole) + 1):
            assert decode(whole[:cut], whole[cut:]) == DATA, cut

    def test_byte_by_byte_with_empty_pieces(self, line_end: str, *, bom: bool) -> None:
        pieces = [piece for byte in stream(line_end, bom=bom) for piece in (bytes([byte]), b"")]
        assert decode(*pieces) == DATA


@given(st.data())
def test_anywhere(data: st.DataObject) -> None:
    whole = stream(data.draw(st.sampled_from(LINE_ENDS)), bom=data.draw(st.booleans()))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=8)))
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    assert decode(*pieces) == DATA


def test_an_event_is_given_as_soon_as_its_blank_line_is_there() -> None:
    decoder = EventDecoder()
    assert data_of(decoder.feed(b"data: a\n\ndata: b\n\ndata: c\n")) == ["a", "b"]
    assert data_of(decoder.feed(b"\n")) == ["c"]
    assert list(decoder.finish()) == []


def test_no_blank_line_at_the_end() -> None:
    for end in (b"", b"\n", b"\r", b"\r\n"):
        assert decode(b"data: a\n\ndata: [DONE]" + end) == ["a", "[DONE]"]


def test_only_the_first_bom_is_one() -> None:
    assert decode("data: \ufeffa\n\n".encode()) == ["\ufeffa"]
    assert decode("\ufeff\ufeffdata: a\n\ndata: b\n\n".encode()) == ["b"]


def test_events_without_data_are_none() -> None:
    assert decode(b":\n\n\n\nevent: ping\n\nid: 1\n\ndata\n\ndata:\n\n") == []


def test_an_event_has_its_name() -> None:
    decoder = EventDecoder()
    sent = b"event: error\ndata: a\n\ndata: b\n\n"
    assert [event.name for event in decoder.feed(sent)] == ["error", "message"]


def test_nothing() -> None:
    assert decode() == []
    assert decode(b"") == []


@pytest.mark.parametrize("bad", [b"\xff", b"\xc3(", b"\xed\xa0\x80", b"\xc0\xaf"])
def test_no_utf8_is_refused_and_what_came_before_is_kept(bad: bytes) -> None:
    whole = b"data: a\n\ndata: b" + bad + b"\n\n"
    for cut in range(len(whole) + 1):
        found, error = until_error(whole[:cut], whole[cut:])
        assert found == ["a"], cut
        assert "UTF-8" in error.message
    _, error = until_error(whole)
    assert repr(bad)[2:5] in error.excerpt


@pytest.mark.parametrize("kept", [1, 2, 3])
def test_half_a_character_at_the_end(kept: int) -> None:
    found, error = until_error(b"data: a\n\ndata: " + "🌍".encode()[:kept])
    assert found == ["a"]
    assert "middle of a UTF-8 character" in error.message


def test_half_a_bom_is_no_stream() -> None:
    found, error = until_error(b"\xef\xbb")
    assert (found, "UTF-8" in error.message) == ([], True)


BIG = b"data: " + b"x" * 10_000_000 + b"\n\n"


def in_pieces(data: bytes, size: int = 16 * 2**10) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


def test_ten_megabytes_in_a_line_are_refused() -> None:
    for pieces in ([b"data: a\n\n" + BIG], in_pieces(b"data: a\n\n" + BIG)):
        found, error = until_error(*pieces)
        assert found == ["a"]
        assert "8,388,608 bytes" in error.message
        assert "PLAYGROUND_MAX_EVENT_BYTES" in error.advice


def test_ten_megabytes_in_many_lines_are_refused() -> None:
    lines = (b"data: " + b"x" * 1000 + b"\n: a comment\n") * 10_000
    found, _ = until_error(*in_pieces(lines))
    assert found == []


def test_many_comments_and_small_events_are_no_long_event() -> None:
    comments = b": keep-alive\n" * 700_000
    events = b"data: a\n\n" * 10
    assert decode(*in_pieces(comments + events)) == ["a"] * 10
    assert len(comments) > 8 * 2**20


def test_time_is_linear_in_the_length() -> None:
    def seconds(data: bytes) -> float:
        start = perf_counter()
        (found,) = decode(*in_pieces(data), max_event_bytes=len(data) + 1)
        assert len(found) == len(data) - 8
        return perf_counter() - start

    seconds(BIG[:1_000_000] + b"\n\n")
    small = min(seconds(b"data: " + b"x" * 2_000_000 + b"\n\n") for _ in range(3))
    large = min(seconds(BIG) for _ in range(3))
    assert large < 5 * small * 5 + 0.05  # linear: 5 times; quadratic: 25 times and more
