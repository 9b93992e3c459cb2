"""The wire panel: the snippet, and what was sent and received."""

from collections.abc import Sequence
from html import escape
from itertools import islice

from playground.app.form.form import Form
from playground.app.form.parameters import PARAMETERS
from playground.errors import PlaygroundError
from playground.markup.code import colour_code, colour_curl, colour_json
from playground.snippets import language_of, render_loop, render_snippet
from playground.snippets.curl import LANGUAGE as CURL
from playground.snippets.curl import render_curl
from playground.ui.draw.numbers import plural, seconds
from playground.ui.draw.text import pretty
from playground.wire.exchange import Exchange
from playground.wire.metrics import percentiles, stalls
from playground.wire.prepared import PreparedRequest
from playground.wire.values import cut

MAX_EVENTS = 300
QUICK = 2_000  # characters of code: no expression of a highlighter takes long with them
SMALL = 64 * 1024  # of a curl command, which is coloured by its lines
MAX_EVENT = 2_000  # characters of one
MAX_SHOWN = 60_000
SHOWN_PARAMETERS = ("temperature", "max_tokens", "top_p")


def draw_code(name: str, coloured: str) -> str:
    """A code block that scrolls, with a name."""
    return f'<pre tabindex="0" role="group" aria-label="{name}"><code>{coloured}</code></pre>'


def draw_snippet(name: str, text: str, lexer: str = "") -> str:
    """Code with its name, in the colours of a language's lexer."""
    coloured = colour_curl(text) if lexer == CURL.lexer else colour_code(text, lexer)
    return draw_code(name, coloured)


def is_quick(requests: Sequence[PreparedRequest], language: str) -> bool:
    """Whether `draw_requests` takes some milliseconds at most, whatever they hold."""
    most = SMALL if language_of(language).lexer == CURL.lexer else QUICK
    return sum(len(request.body) for request in requests) <= most


def draw_requests(
    requests: Sequence[PreparedRequest], language: str, *, replay: bool = False, colours: bool = True
) -> str:
    """One request as a snippet; or, `replay`, all requests of a loop as one script.

    Raises:
        InvalidInput: there is no such language, or no loop.
    """
    found = language_of(language)
    text = render_loop(requests, language) if replay else render_snippet(requests[0], language)
    name = f"{found.title}, whole tool loop" if replay else found.title
    return draw_snippet(name, text, found.lexer if colours else "")


def draw_problem(error: PlaygroundError) -> str:
    """Why there is no snippet."""
    return f'<div class="problem" role="status"><strong>{escape(error.message)}</strong> {escape(error.advice)}</div>'


def draw_sent(form: Form) -> str:
    """The line of parameters under the message: the few that matter most, and whatever else is sent.

    A press opens the parameter's field; one that is sent has a cross that puts it back.
    """
    names = [*SHOWN_PARAMETERS, *(p.name for p in PARAMETERS if p.name not in SHOWN_PARAMETERS)]
    items = []
    for name in names:
        text = form.params.get(name, "").strip()
        if text or name in SHOWN_PARAMETERS:
            items.append(_chip(name, text))
    return "".join(items)


def _chip(name: str, text: str) -> str:
    value = f"<b>{escape(text[:40])}</b>" if text else "<i>not sent</i>"
    back = f'<button type="button" data-act="put-back" data-name="{name}" aria-label="put {name} back">×</button>'
    opens = f'<button type="button" data-act="parameter" data-name="{name}">{name} {value}</button>'
    return f'<span class="chip">{opens}{back if text else ""}</span>'


def _headers(pairs: Sequence[tuple[str, str]]) -> str:
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs)
    return f'<dl class="headers">{rows}</dl>'


def _empty(text: str) -> str:
    return f'<p class="empty">{text}</p>'


def draw_wire(exchange: Exchange | None, index: int, count: int) -> tuple[str, ...]:
    """What went over the wire in exchange `index` (from 0) of `count`: steps, request, response, events, times."""
    views = (draw_request, draw_response, draw_events, draw_timing)
    return draw_steps(index, count), *(view(exchange) for view in views)


def draw_steps(index: int, count: int) -> str:
    """The way from one exchange to the next; "" where there is one alone."""
    if count <= 1:
        return ""
    ways = [("‹", index - 1, "previous exchange"), ("›", index + 1, "next exchange")]
    before, after = (
        f'<button type="button" class="link" data-act="step" data-turn="{to}" aria-label="{name}"'
        f"{'' if 0 <= to < count else ' disabled'}>{sign}</button>"
        for sign, to, name in ways
    )
    return f'<span class="num">{before}<span>{index + 1} of {count}</span>{after}</span>'


def draw_request(exchange: Exchange | None) -> str:
    """Method, URL, headers with the key masked, body."""
    if exchange is None or not exchange.request.url:
        return _empty(
            "After the first request, this shows exactly what was sent: the headers, and the body byte for byte."
        )
    request = exchange.request
    headers = exchange.request_headers or request.shown_headers()
    body = request.body[: 4 * MAX_SHOWN].decode(errors="ignore")  # so many bytes hold as many characters as are shown
    return (
        f'<p class="line"><b>{request.method}</b><span>{escape(request.url)}</span>'
        f"<span>{len(request.body):,} bytes</span></p>{_headers(headers)}"
        f"{draw_code('Request body', colour_json(body[:MAX_SHOWN]))}{_rest(body)}"
        f"<details class='replay'><summary>this exact request as curl</summary>"
        f"{draw_snippet('Sent request', render_curl(request), CURL.lexer)}</details>"
    )


def draw_response(exchange: Exchange | None) -> str:
    """Status, headers, and the body of an answer that did not stream."""
    if exchange is None or exchange.status_code is None:
        return _empty("The status, headers and body of the response appear here.")
    body = "" if len(exchange.chunks) != 1 else pretty(exchange.chunks[0].data)
    shown = draw_code("Response body", colour_json(body[:MAX_SHOWN])) + _rest(body) if body else ""
    return _status(exchange) + _headers(exchange.response_headers) + shown


def _rest(body: str) -> str:
    return f'<p class="empty">Showing the first {MAX_SHOWN:,} characters.</p>' if len(body) > MAX_SHOWN else ""


def _status(exchange: Exchange) -> str:
    good = "good" if exchange.error is None else "bad"
    parts = [
        f'<b class="{good}">{exchange.status_code or "no response"}</b>',
        f"<span>{seconds(exchange.timings.e2e_s)}</span>",
        f"<span>{plural(len(exchange.chunks) + exchange.dropped_chunks, 'chunk')}</span>",
    ]
    if exchange.request_id:
        parts.insert(2, f"<span>{escape(exchange.request_id)}</span>")
    return f'<p class="line">{"".join(parts)}</p>'


def draw_events(exchange: Exchange | None) -> str:
    """The raw events with their times."""
    if exchange is None or not exchange.chunks:
        return _empty("The raw events appear here, one per line, each with its arrival time.")
    rows = "".join(
        f'<li><span class="n">{chunk.at_s * 1000:,.0f} ms</span><code>{escape(cut(chunk.data, MAX_EVENT))}</code></li>'
        for chunk in islice(exchange.chunks, MAX_EVENTS)
    )
    total = len(exchange.chunks) + exchange.dropped_chunks
    more = f'<p class="empty">Showing the first {MAX_EVENTS} of {total:,} events.</p>' if total > MAX_EVENTS else ""
    return f'<ol class="events" tabindex="0" aria-label="Events">{rows}</ol>{more}'


def draw_timing(exchange: Exchange | None) -> str:
    """Where the time went, and the gap before each chunk."""
    if exchange is None or exchange.timings.e2e_s is None or exchange.status_code is None:
        return _empty(
            "Timings appear here after the first response: connection, first byte, first "
            "content, and the gap before each chunk."
        )
    return _status(exchange) + _marks(exchange) + draw_timeline(exchange)


def _marks(exchange: Exchange) -> str:
    times, end = exchange.timings, exchange.timings.e2e_s or 1e-9
    connect = "connect (reused)" if times.connection_reused else "connect"
    marks = [
        (connect, times.connect_s),
        ("first byte", times.first_byte_s),
        ("first reasoning", times.first_reasoning_s),
        ("first content", times.first_content_s),
        ("first tool call", times.first_tool_call_s),
        ("end", times.e2e_s),
    ]
    rows = "".join(
        f'<dt>{name}</dt><dd class="bar"><i style="width:{min(100, 100 * at / end):.1f}%"></i></dd>'
        f'<dd class="n">{seconds(at)}</dd>'
        for name, at in marks
        if at is not None
    )
    return f'<dl class="split">{rows}</dl>'


def draw_timeline(exchange: Exchange) -> str:
    """A bar for each gap between chunks, at the time it ended; stalls stand out; and the percentiles."""
    gaps_s = exchange.timings.itl_s
    if not gaps_s:
        return ""
    times, seen = [], -1
    for piece in exchange.pieces:
        if piece.chunk != seen:
            times.append(piece.at_s)
            seen = piece.chunk
    p50, p95, p99 = (found or 0.0 for found in percentiles(gaps_s, 50, 95, 99))
    stalled = set(stalls(gaps_s))
    top = max(min(max(gaps_s), max(4 * p50, p99)), 1e-6)
    end = exchange.timings.e2e_s or times[-1] or 1e-9
    bars = "".join(_bar(at / end, gap / top, stall=gap in stalled) for at, gap in _thin(times[1:], gaps_s))
    words = (
        f'<span class="warn">{plural(len(stalled), "stall")}, longest {seconds(max(stalled))}</span>'
        if stalled
        else "<span>no stalls</span>"
    )
    label = f"Gaps between chunks over {seconds(end)}; the longest is {seconds(max(gaps_s))}"
    return (
        f'<svg viewBox="0 0 1000 56" preserveAspectRatio="none" role="img" aria-label="{label}">'
        f'<line x1="0" x2="1000" y1="55.5" y2="55.5"/>{bars}</svg>'
        f'<p class="line"><span>gap p50 {seconds(p50)}</span><span>p95 {seconds(p95)}</span>'
        f"<span>p99 {seconds(p99)}</span>{words}</p>"
    )


def _bar(x: float, height: float, *, stall: bool) -> str:
    h = min(52.0, 52 * height)
    name = ' class="stall"' if stall else ""
    return f'<rect{name} x="{1000 * x - 2:.1f}" width="3" y="{55 - h:.1f}" height="{h:.1f}"/>'


def _thin(times: Sequence[float], gaps_s: Sequence[float], limit: int = 500) -> list[tuple[float, float]]:
    """At most `limit` bars: of neighbours the longest gap, so that no stall is lost."""
    pairs = list(zip(times, gaps_s, strict=True))
    step = -(-len(pairs) // limit)
    return [max(pairs[i : i + step], key=lambda pair: pair[1]) for i in range(0, len(pairs), step)]
