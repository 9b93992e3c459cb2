"""Secrets are found in every form and in any pieces, and a text without one is the same object."""

import base64
import html
import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.errors import APIStatusError, StreamFailed, StreamProtocolError
from playground.wire import events as ev
from playground.wire.exchange import fold
from playground.wire.mask import WITHHELD, Mask, secrets_of_url
from playground.wire.masking import MOST_WAITING, EventMask
from playground.wire.parse import parse_chunk, parse_completion
from playground.wire.prepared import Target, prepare
from playground.wire.request import ChatRequest
from tests.effort import effort

KEY = "sk-Or/v1_9fK2+q7=Zx&4711"
MASK = Mask({KEY: "$KEY"})
REQUEST = prepare(ChatRequest.parse({"messages": []}), Target("http://127.0.0.1/v1"))


def each(form: Callable[[int], str]) -> str:
    return "".join(form(ord(char)) for char in KEY)


FORMS = {
    "plain": KEY,
    "capitals": KEY.upper(),
    "JSON": json.dumps(KEY)[1:-1].replace("/", r"\/"),
    "JSON, all escaped": each(r"\u{:04x}".format),
    "JSON, all escaped in capitals": each(r"\u{:04X}".format),
    "JSON in JSON": each(r"\\u{:04x}".format),
    "JSON in JSON in JSON": each(r"\\\\u{:04x}".format),
    "Python": each(r"\x{:02x}".format),
    "percent": quote(KEY, safe=""),
    "percent, all": each("%{:02x}".format),
    "percent, twice": each("%25{:02X}".format),
    "percent, in part": KEY.replace("9", "%39").replace("q", "%71"),
    "HTML": html.escape(KEY),
    "HTML, twice": html.escape(html.escape(KEY)),
    "HTML, decimal": each("&#{};".format),
    "HTML, hexadecimal": each("&#x{:X};".format),
    "HTML, named": KEY.replace("/", "&sol;").replace("_", "&lowbar;").replace("&4", "&amp;4"),
    "mixed": KEY.replace("k", r"\u006b", 1).replace("O", "%4f").replace("9", "&#57;"),
    "hexadecimal": KEY.encode().hex(),
    "hexadecimal, capitals": KEY.encode().hex().upper(),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_found_whole(form: str) -> None:
    assert MASK.text(f"the key {FORMS[form]}, said") == "the key $KEY, said"
    assert MASK.bytes(f"<{FORMS[form]}>\xff".encode("latin-1")) == b"<$KEY>\xff"


@pytest.mark.parametrize("before", ["", "u:", "me:", "user:", "a user of some name:"])
@pytest.mark.parametrize("after", ["", "!", "and more"])
@pytest.mark.parametrize("code", [base64.b64encode, base64.urlsafe_b64encode])
def test_base64_of_it_is_found_wherever_it_stands(before: str, after: str, code: Callable[[bytes], bytes]) -> None:
    coded = code(f"{before}{KEY}{after}".encode()).decode()
    for text in (coded, coded.replace("/", r"\/"), quote(coded, safe="")):
        said = MASK.text(f"Basic {text}")
        assert "$KEY" in said
        own = coded[-(-len(before) * 4 // 3) : (len(before) + len(KEY)) * 4 // 3]
        assert not any(own[at : at + 4] in said for at in range(len(own) - 3))


def test_a_text_without_it_is_the_same_object() -> None:
    for text in (
        "",
        "sk-",
        "a % b & c \\ d",
        KEY[:-1],
        "\\u4e2d\\n",
        "100%",
        "é\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}",
    ):
        assert MASK.text(text) is text
    assert MASK.bytes(data := b"\xff\xfe") is data
    assert Mask({}).text(KEY) is KEY


def test_letters_that_grow_in_small_do_not_shift_it() -> None:
    assert MASK.text(f"\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}{KEY.upper()}!") == (
        "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}$KEY!"
    )


def test_a_short_key_is_taken_for_a_word() -> None:
    assert not Mask({"1234567": "$KEY"})
    assert Mask({"12345678": "$KEY"}).text("a12345678b") == "a$KEYb"


def test_values_and_errors() -> None:
    assert MASK.value({KEY: [KEY, (1, None, KEY)], "n": 1.5}) == {"$KEY": ["$KEY", (1, None, "$KEY")], "n": 1.5}
    metadata = {"request": {"key": [KEY]}}
    error = MASK.error(APIStatusError(f"401: {KEY}", status_code=401, body=FORMS["HTML"], metadata=metadata))
    assert KEY not in repr(error.to_dict()) + repr(error) + str(error)
    assert (error.message, error.body, str(error)) == ("401: $KEY", "$KEY", "401: $KEY")
    caused = StreamFailed("failed")
    caused.__cause__ = ValueError(KEY)
    assert MASK.error(caused).__cause__ is None


@pytest.mark.parametrize("cut", range(len(KEY) - 8))
def test_a_part_of_it_at_the_edge_of_an_excerpt_is_hidden(cut: int) -> None:
    for text in (f"b'{KEY[cut:]}", f"... {KEY[: len(KEY) - cut]}"):
        excerpt = MASK.error(StreamProtocolError("x", excerpt=text)).excerpt
        assert "$KEY" in excerpt
        assert not any(KEY[at : at + 5] in excerpt for at in range(len(KEY) - 5))


def test_secrets_of_urls() -> None:
    url = "https://me:pass%20word@host/v1?api-key=abc&model=m&access_token=def&x_sig=ghi&monkey=1"
    assert list(secrets_of_url(url)) == ["pass word", "abc", "def", "ghi"]
    assert list(secrets_of_url("http://[::1/")) == []


@pytest.mark.parametrize(
    "text",
    ["\\" * 4_000_000, "%25" * 2_000_000, r"\u0073" * 1_000_000, "&amp;" * 250_000, "&#" * 290_000, KEY * 290_000],
    ids=["backslashes", "percent", "unicode", "amp", "references", "keys"],
)
def test_much_of_it_takes_no_time(text: str) -> None:
    with effort(60):  # quadratic would be minutes
        said = MASK.text(text)
        MASK.beginning(text)
    assert said in {text, WITHHELD} or KEY not in said


# In pieces


def chunk_of(**delta: object) -> str:
    return json.dumps({"id": "c", "model": "m", "choices": [{"index": 0, "delta": delta}]}, ensure_ascii=False)


def raw_events(chunks: Sequence[str]) -> list[list[ev.StreamEvent]]:
    return [[ev.ChunkReceived(at, data), *parse_chunk(data, at)] for at, data in enumerate(chunks)]


def through(batches: Sequence[Sequence[ev.StreamEvent]], mask: Mask = MASK) -> list[ev.StreamEvent]:
    masked = EventMask(mask)
    out = [event for batch in batches for event in masked.feed(batch)]
    return [*out, *masked.flush()]


def content_of(events: Sequence[ev.StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, ev.ContentDelta))


def raw_of(events: Sequence[ev.StreamEvent]) -> str:
    return "\n".join(event.data for event in events if isinstance(event, ev.ChunkReceived))


def pieces_at(text: str, cuts: Sequence[int]) -> list[str]:
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    return [text[a:b] for a, b in pairwise(places)]


WORDS = st.lists(st.sampled_from(["Hello ", "sk-", "s", "sister", "\\", "%", "&", "é", KEY[:3], "\n"]), max_size=4).map(
    "".join
)


@given(WORDS, WORDS, st.sampled_from([KEY, FORMS["JSON in JSON"], FORMS["percent, all"], FORMS["HTML, decimal"]]),
       st.lists(st.integers(0, 400), max_size=30))  # fmt: skip
def test_of_a_key_in_pieces_three_characters_are_seen_at_most(
    before: str, after: str, said: str, cuts: list[int]
) -> None:
    out = through(raw_events([chunk_of(content=piece) for piece in pieces_at(before + said + after, cuts)]))
    text = content_of(out)
    assert "$KEY" in text
    shown = text.partition("$KEY")[0].removeprefix(before.rstrip("\\%&"))
    plain = Mask({KEY[:4] + "....": "?"})  # four characters of it, in any form, would be a beginning
    beginning = plain.beginning(shown)
    assert beginning is None or beginning.matched <= 4  # three, and a fourth whose escape has begun
    assert not any(said[at : at + 24] in raw_of(out) for at in range(len(said) - 24))


@given(WORDS, st.lists(st.integers(0, 100), max_size=10))
def test_what_holds_no_key_passes_as_it_is_and_in_order(text: str, cuts: list[int]) -> None:
    batches = raw_events([chunk_of(content=piece) for piece in pieces_at(text, cuts)])
    assert through(batches) == [event for batch in batches for event in batch]


def test_ordinary_text_does_not_wait() -> None:
    masked = EventMask(MASK)
    for batch in raw_events(
        [chunk_of(content=text) for text in ("Hello", " s", "k", "-", "a", " ask-", "a", "&", "b", "%4", "c\\")]
    ):
        assert list(masked.feed(batch)) == batch  # each at once, though some end as a key begins


def test_what_may_be_a_key_waits_with_what_comes_after_and_keeps_its_time() -> None:
    masked = EventMask(MASK)
    first, second, third = raw_events([chunk_of(content="sk-Or"), chunk_of(reasoning="hm"), chunk_of(content="ange")])
    assert list(masked.feed(first)) == []
    assert list(masked.feed(second)) == []
    assert list(masked.feed(third)) == [*first, *second, *third]
    assert [event.at_s for event in (*first, *second, *third)] == sorted([0] * 3 + [1] * 3 + [2] * 3)


def test_at_the_end_a_short_beginning_is_shown_and_half_a_key_is_not() -> None:
    assert content_of(through(raw_events([chunk_of(content=f"x {KEY[:6]}")]))) == f"x {KEY[:6]}"
    out = through(raw_events([chunk_of(content=f"x {KEY[:15]}"), chunk_of(content=KEY[15:-1])]))
    assert content_of(out) == "x $KEY"
    assert KEY[4:9] not in raw_of(out)


def test_what_waits_is_bounded_and_the_rest_of_the_key_is_still_known() -> None:
    masked = EventMask(MASK)
    out: list[ev.StreamEvent] = []
    others = raw_events([chunk_of(reasoning="and so on")] * (MOST_WAITING + 1))
    for batch in (*raw_events([chunk_of(content=KEY[:7])]), *others):
        out += masked.feed(batch)
    assert len(out) > MOST_WAITING  # they went on
    for batch in raw_events([chunk_of(content=KEY[7:])]):
        out += masked.feed(batch)
    assert content_of(out) == f"{KEY[:7]}$KEY"  # less than half of it was seen


def test_a_million_calls_are_no_channels_that_stay() -> None:
    calls = [{"index": n, "function": {"name": "f", "arguments": "s"}} for n in range(20_000)]
    with effort(60):
        masked = EventMask(MASK)
        parts = [chunk_of(tool_calls=calls[at : at + 1000]) for at in range(0, len(calls), 1000)]  # one takes no more
        for batch in raw_events([*parts, *[chunk_of(content="Hello")] * 1000]):
            list(masked.feed(batch))


def test_parts_of_one_content_are_joined_before_they_are_looked_at() -> None:
    parts = [{"type": "text", "text": KEY[:9]}, {"type": "text", "text": KEY[9:]}]
    body = json.dumps({"choices": [{"index": 0, "message": {"content": parts}}]})
    out = through([[ev.ChunkReceived(0, body), *parse_completion(body, 0)]])
    assert content_of(out) == "$KEY"
    assert KEY[:9] not in raw_of(out)


def test_a_key_in_pieces_of_a_field_that_is_joined_later() -> None:
    deltas = [{"reasoning_details": [{"type": "t", "data": piece, "index": 0}]} for piece in (KEY[:9], KEY[9:])]
    out = through(raw_events([chunk_of(**delta) for delta in deltas]))
    answer = fold(REQUEST, out).answer
    assert answer.fields == {"reasoning_details": [{"type": "t", "data": "$KEY", "index": 0}]}
    assert KEY[:9] not in raw_of(out)
    assert KEY[9:] not in raw_of(out)


@pytest.mark.parametrize("place", ["name", "signature", "inner"])
def test_a_key_in_pieces_of_a_call(place: str) -> None:
    def call(piece: str) -> dict[str, Any]:
        if place == "name":
            return {"index": 0, "function": {"name": piece, "arguments": ""}}
        if place == "signature":
            return {"index": 0, "extra_content": {"google": {"signature_text": piece}}}
        return {"index": 0, "function": {"more": piece}}

    out = through(raw_events([chunk_of(tool_calls=[call(piece)]) for piece in (KEY[:9], KEY[9:])]))
    (made,) = fold(REQUEST, out).answer.tool_calls
    assert "$KEY" in json.dumps(made.to_wire())
    assert KEY[9:] not in json.dumps(made.to_wire()) + raw_of(out)


def test_what_is_not_understood_is_masked() -> None:
    out = through(raw_events([json.dumps({"odd": KEY})]))
    assert [event.what for event in out if isinstance(event, ev.NotUnderstood)] == ['{"odd": "$KEY"}']


def test_tokens_of_logprobs_lose_what_tells_them() -> None:
    tokens = [
        {"token": t, "logprob": -0.5, "bytes": list(t.encode()), "top_logprobs": []} for t in ("a", KEY[:9], KEY[9:])
    ]
    body = json.dumps({"choices": [{"index": 0, "delta": {}, "logprobs": {"content": tokens}}]})
    out = through([[ev.ChunkReceived(0, body), *parse_chunk(body, 0)]])
    told = next(event.content for event in out if isinstance(event, ev.LogprobsDelta))
    assert told == (tokens[0], {"token": "$KEY", "logprob": -0.5}, {"token": "", "logprob": -0.5})
    assert KEY[:9] not in raw_of(out)


def test_an_error_amid_a_raw_event_comes_after_what_stood_before_it() -> None:
    def broken() -> list[ev.StreamEvent]:
        raise StreamFailed("no")

    masked = EventMask(MASK)
    seen: list[ev.StreamEvent] = []

    def events() -> object:
        yield ev.ContentDelta(0, "Hello")
        broken()

    with pytest.raises(StreamFailed):
        for event in masked.feed(events()):  # type: ignore[arg-type] # a generator of one event
            seen.append(event)  # noqa: PERF402 - what came before the error counts
    assert seen == [ev.ContentDelta(0, "Hello")]
