"""The wire panel: what was sent and received, with the key as its name only."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.app.form.form import Form
from playground.app.form.parameters import PARAMETERS
from playground.errors import APIStatusError, ConnectFailed, InvalidRequest
from playground.snippets import render_snippet
from playground.ui.draw.wire import (
    MAX_EVENTS,
    SHOWN_PARAMETERS,
    draw_events,
    draw_problem,
    draw_request,
    draw_response,
    draw_sent,
    draw_snippet,
    draw_timeline,
    draw_timing,
)
from playground.wire import events as ev
from playground.wire.exchange import Exchange, Prefix, fold
from playground.wire.prepared import PreparedRequest
from tests.ui.draw.exchanges import KEY, request_of, streamed, whole
from tests.ui.draw.hostile import ALL, HOSTILE, safe

PANELS = (draw_request, draw_response, draw_events, draw_timing)
NOTHING = Exchange(PreparedRequest("POST", "", None, (), b"")).fail(InvalidRequest("m"))
REFUSED = Exchange(request_of()).fail(ConnectFailed("refused", url="http://h"))


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize("exchange", [None, NOTHING])
def test_an_empty_panel_teaches(panel: Any, exchange: Exchange | None) -> None:
    html = panel(exchange)
    assert html.startswith('<p class="empty">')
    assert len(safe(html).text) > 20


def test_the_request_is_the_bytes() -> None:
    exchange = streamed({"content": "A"}, request=request_of("Grüße 'n <b>"))
    drawn = safe(draw_request(exchange))
    assert exchange.request.body.decode() in drawn.text
    assert f"{len(exchange.request.body):,} bytes" in drawn.text
    assert "POSThttp://127.0.0.1:9/v1/chat/completions" in drawn.text
    assert "Bearer $THEROUTER_API_KEY" in drawn.text


def test_the_request_of_an_exchange_without_a_response() -> None:
    drawn = safe(draw_request(REFUSED))
    assert "Bearer $THEROUTER_API_KEY" in drawn.text
    assert "The status, headers and body" in draw_response(REFUSED)


def test_the_response() -> None:
    drawn = safe(draw_response(whole({"role": "assistant", "content": "A"})))
    assert "200" in drawn.text
    assert "content-type" in drawn.text
    assert '"content": "A"' in drawn.text
    streaming = safe(draw_response(streamed({"content": "A"}, {"content": "B"})))
    assert "req_1" in streaming.text
    assert "3 chunks" in streaming.text
    assert "pre" not in streaming.names


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ('{"a":1}', '{\n  "a": 1\n}'),
        ("<html>502</html>", "<html>502</html>"),
        ("", ""),
        ('{"a":' * 20_000, '{"a":{"a":'),
        ("[" * 900 + "]" * 900, "["),
        ("9" * 10_000, "999"),
    ],
)
def test_any_body_is_shown(body: str, shown: str) -> None:
    error = APIStatusError("m", status_code=502, body=body)
    exchange = replace(
        streamed(error=error, finish_reason=None), chunks=Prefix([ev.ChunkReceived(0.1, body)], 1), status_code=502
    )
    drawn = safe(draw_response(exchange))
    assert shown in drawn.text
    assert ("class", "bad") in drawn.attributes


def test_the_events_with_their_times() -> None:
    html = draw_events(streamed({"content": "A"}, {"content": "B"}))
    assert re.findall(r'<span class="n">(.*?)</span>', html) == ["100 ms", "110 ms", "120 ms"]
    assert '"content": "A"' in safe(html).text
    assert "Showing the first" not in html


def test_of_very_many_events_the_first() -> None:
    html = draw_events(streamed(*({"content": "x"} for _ in range(MAX_EVENTS + 10))))
    assert html.count("<li>") == MAX_EVENTS
    assert f"Showing the first {MAX_EVENTS} of {MAX_EVENTS + 11} events." in html


def test_the_times() -> None:
    exchange = streamed({"reasoning_content": "Hm"}, {"content": "A"}, {"content": "B"})
    text = safe(draw_timing(exchange)).text
    for name, at in (("connect", "20 ms"), ("first byte", "90 ms"), ("first reasoning", "100 ms"), ("end", "140 ms")):
        assert f"{name}{at}" in text
    assert "first tool call" not in text
    widths = [float(width) for width in re.findall(r"width:([\d.]+)%", draw_timing(exchange))]
    assert widths == sorted(widths)
    assert widths[-1] == 100
    reused = replace(exchange, timings=replace(exchange.timings, connection_reused=True))
    assert "connect (reused)" in draw_timing(reused)


def test_a_stall_stands_out() -> None:
    calm = streamed(*({"content": "x"} for _ in range(20)))
    assert "no stall" in draw_timeline(calm)
    times = [0.1, 0.11, 0.12, 0.13, 1.13, 1.14]
    events: list[ev.StreamEvent] = [
        event for at in times for event in (ev.ChunkReceived(at, ""), ev.ContentDelta(at, "x"))
    ]
    stalled = fold(request_of(), [ev.ResponseStarted(0, 200, "OK", (), ()), *events, ev.Completed(1.2)])
    html = draw_timeline(stalled)
    assert "1 stall, longest 1.00 s" in safe(html).text
    assert html.count('class="stall"') == 1
    assert html.count("<rect") == 5


@given(st.lists(st.floats(0, 100), min_size=2, max_size=700))
def test_the_bars_stay_inside(gaps_s: list[float]) -> None:
    at_s = 0.0
    events: list[ev.StreamEvent] = []
    for gap in gaps_s:
        at_s += gap
        events += [ev.ChunkReceived(at_s, ""), ev.ContentDelta(at_s, "x")]
    html = draw_timeline(fold(request_of(), [*events, ev.Completed(at_s)]))
    bars = re.findall(r'<rect[^>]* x="(-?[\d.]+)" width="3" y="(-?[\d.]+)" height="([\d.]+)"', html)
    assert 1 <= len(bars) <= 500
    assert len(bars) == html.count("<rect")
    for x, y, height in bars:
        assert -2 <= float(x) <= 1000
        assert 0 <= float(height) <= 52
        assert float(y) + float(height) == pytest.approx(55, abs=0.11)
    assert max(gaps_s[1:]) < 0.1 or 'class="stall"' in html or "no stall" in html


def test_the_line_of_parameters() -> None:
    text = safe(draw_sent(Form(params={"seed": " 7 ", "stop": "END", "user": " "}))).text
    assert text == "temperature not sentmax_tokens not senttop_p not sentseed 7×stop END×"
    everything = safe(draw_sent(Form(params={p.name: "1" for p in PARAMETERS}))).text
    assert all(p.name in everything for p in PARAMETERS)
    assert set(SHOWN_PARAMETERS) <= {p.name for p in PARAMETERS}


def test_the_snippet_is_drawn_to_the_letter() -> None:
    command = render_snippet(request_of(ALL))
    assert safe(draw_snippet("curl", command, "curl")).text == command


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_becomes_markup(text: str) -> None:
    headers = (("x-request-id", text), (text, text), ("set-cookie", text))
    exchange = streamed({"content": text}, request=request_of(text, f"http://h/{text}"), model=text, headers=headers)
    error = APIStatusError(text, status_code=500, request_id=text, body=text)
    failed = replace(
        exchange, error=error, status_code=500, response_headers=(), chunks=Prefix([ev.ChunkReceived(0.1, text)], 1)
    )
    for panel in PANELS:
        safe(panel(exchange))
        safe(panel(failed))
    assert text.replace("\x00", "") in safe(draw_response(failed)).text.replace("\ufffd", "").replace("\x00", "")
    safe(draw_problem(InvalidRequest(text, advice=text)))
    safe(draw_sent(Form(params={"stop": text, "user": text})))
    safe(draw_snippet("curl", render_snippet(request_of(text)), "curl"))


def test_no_key_can_be_seen() -> None:
    """Only names of keys are in what is drawn, because a request and its exchange hold no more."""
    exchange = streamed({"content": "A"})
    drawn = "".join(panel(exchange) for panel in PANELS) + draw_snippet(
        "curl", render_snippet(exchange.request), "curl"
    )
    assert KEY not in drawn + repr(exchange) + json.dumps(exchange.request.shown_headers())
    assert drawn.count("Bearer ") == 3
    assert set(re.findall(r"\$[A-Z_]+", drawn)) == {"$THEROUTER_API_KEY"}
