"""`stream`: how close what the browser shows is to the raw stream; `history`: whether a long conversation matters."""

from collections.abc import Iterator
from statistics import median

from bench.browser import Seen, chromium, open_app, type_message, watch_stream
from bench.figures import Figure
from bench.processes import Server, app, load, relay, upstream
from bench.requests import WORD, chat, converse

PER_SECOND = 1000
MESSAGES = 200
SCREENFUL = 8  # messages that fill the pane: what is painted is the same from here on


def measure_stream(*, quick: bool) -> Iterator[Figure]:
    """The app's page against a raw page in the same browser, and against a raw read with no browser."""
    chunks, rounds = (2000, 1) if quick else (10_000, 3)
    with upstream(chunks, PER_SECOND) as source, relay(source) as bare, app(source) as server:
        raw, page, ours = [], [], []
        for _ in range(rounds):
            (seen,) = load(f"{source.url}/v1/chat/completions", [chat()])
            raw.append(Seen(seen["first_s"], seen["last_s"]))
            page.append(_raw_page(bare, chunks))
            ours.append(_app_page(server, chunks, 0))
    ends, pages, reads = _middle(ours), _middle(page), _middle(raw)
    of = f"{chunks:,} tokens at {PER_SECOND:,}/s, median of {rounds}"
    for name, base in (("raw page", pages), ("raw read", reads)):
        detail = f"{ends.last_s:.3f} s / {base.last_s:.3f} s; {of}"
        yield Figure("stream", f"last token / {name}", ends.last_s / base.last_s, "x", 1.02, detail)
        detail = f"{ends.first_s * 1000:.0f} ms - {base.first_s * 1000:.0f} ms"
        yield Figure("stream", f"first token after {name}", 1000 * (ends.first_s - base.first_s), "ms", 50, detail)
    settled = ends.settled_s or 0.0
    detail = f"{settled:.3f} s: the drawn turn and its figures stand there"
    yield Figure("stream", "settled / raw page's last", settled / pages.last_s, "x", None, detail)


def measure_history(*, quick: bool) -> Iterator[Figure]:
    """The same in a conversation of many messages, against an empty one; and against one that fills the pane."""
    chunks, rounds = (1000, 1) if quick else (3000, 9)
    with upstream(chunks, PER_SECOND) as source, app(source) as server:
        empty, screen, full = [], [], []
        for _ in range(rounds):
            empty.append(_app_page(server, chunks, 0))
            screen.append(_app_page(server, chunks, SCREENFUL))
            full.append(_app_page(server, chunks, MESSAGES))
    without, with_few, with_them = _middle(empty), _middle(screen), _middle(full)
    of = f"{MESSAGES} messages / none; {chunks:,} tokens at {PER_SECOND:,}/s, median of {rounds}"
    for name, long, short in (
        ("first token", with_them.first_s, without.first_s),
        ("last token", with_them.last_s, without.last_s),
    ):
        yield Figure("history", name, long / short, "x", 1.1, f"{long:.3f} s / {short:.3f} s; {of}")
    of = f"{MESSAGES} messages / {SCREENFUL}, a paneful"
    first, fewer = with_them.first_s, with_few.first_s
    yield Figure("history", "first token / paneful", first / fewer, "x", None, f"{first:.3f} s / {fewer:.3f} s; {of}")
    long, short = with_them.settled_s or 0.0, without.settled_s or 1.0
    yield Figure("history", "settled", long / short, "x", None, f"{long:.3f} s / {short:.3f} s")


def _raw_page(bare: Server, chunks: int) -> Seen:
    with chromium() as page:
        page.goto(bare.url)
        return watch_stream(page, WORD, chunks, settles=False)


def _app_page(server: Server, chunks: int, messages: int) -> Seen:
    with chromium() as page:
        tab = open_app(page, server.url)
        if messages:
            converse(server, tab, messages)
            open_app(page, server.url)
        type_message(page, "go on")
        return watch_stream(page, WORD, chunks, settles=True)


def _middle(seen: list[Seen]) -> Seen:
    settled = [one.settled_s for one in seen if one.settled_s is not None]
    return Seen(
        median(one.first_s for one in seen),
        median(one.last_s for one in seen),
        median(settled) if settled else None,
    )
