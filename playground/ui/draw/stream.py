"""The Streaming tab: what came when."""

from html import escape

from playground.ui.draw.numbers import plural, rate, seconds
from playground.ui.draw.turns import draw_error
from playground.ui.draw.wire import draw_timeline
from playground.wire.exchange import Exchange, Piece
from playground.wire.metrics import percentiles
from playground.wire.values import cut

EMPTY = (
    '<p class="empty"><b>Streaming</b> sends the same request with <code>stream: true</code> and shows the stream '
    "itself: every piece as it arrives, with its time and the gap before it.</p>"
)
MAX_ROWS = 500
MAX_PIECE = 2_000  # characters of a row
HEAD = (
    '<table class="pieces"><thead><tr><th scope="col">#</th><th scope="col">at</th><th scope="col">gap</th>'
    '<th scope="col">kind</th><th scope="col">text</th></tr></thead><tbody>'
)
FRAME = (
    '<div class="figures num" aria-live="off">{figures}</div>{timeline}'
    '<div class="rows" tabindex="0" role="group" aria-label="Pieces of the stream">{rows}</div>'
)


def draw_stream(exchange: Exchange | None) -> str:
    """Figures, timeline and the pieces (the first and last of very many)."""
    if exchange is None:
        return FRAME.format(figures="", timeline="", rows=EMPTY + HEAD + "</tbody></table>")
    error = draw_error(exchange.error, exchange) if exchange.error else ""
    timeline = f'<div class="timeline">{draw_timeline(exchange)}</div>' if exchange.timings.itl_s else ""
    return FRAME.format(
        figures=_figures(exchange),
        timeline=timeline,
        rows=HEAD + _rows(exchange) + "</tbody></table>" + error,
    )


def _figures(exchange: Exchange) -> str:
    times = exchange.timings
    p50_s, p95_s, p99_s = percentiles(times.itl_s, 50, 95, 99)
    figures = [
        ("connect", "reused" if times.connection_reused else seconds(times.connect_s)),
        ("first byte", seconds(times.first_byte_s)),
        *([("first reasoning", seconds(times.first_reasoning_s))] if times.first_reasoning_s is not None else []),
        ("first content", seconds(times.first_content_s)),
        ("gap p50", seconds(p50_s)),
        ("p95", seconds(p95_s)),
        ("p99", seconds(p99_s)),
        ("tokens/s", rate(times.output_tokens_per_s)),
        ("total", f"{seconds(times.e2e_s)}, {plural(len(exchange.pieces), 'piece')}"),
    ]
    return "".join(f"<span>{name} <b>{value}</b></span>" for name, value in figures)


def _rows(exchange: Exchange) -> str:
    pieces = exchange.pieces
    total = len(pieces)
    if total <= MAX_ROWS:
        return "".join(_row(i, pieces[i], pieces[i - 1] if i else None) for i in range(total))
    half = MAX_ROWS // 2
    head = "".join(_row(i, pieces[i], pieces[i - 1] if i else None) for i in range(half))
    tail = "".join(_row(i, pieces[i], pieces[i - 1]) for i in range(total - half, total))
    return f'{head}<tr><td colspan="5">{total - MAX_ROWS:,} more rows in between</td></tr>{tail}'


def visible(text: str) -> str:
    """The text, its line ends shown by a mark."""
    return escape(text).replace("\n", "<i>⏎</i>\n").removesuffix("\n")


def _row(index: int, piece: Piece, before: Piece | None) -> str:
    gap = f"{(piece.at_s - before.at_s) * 1000:,.1f}" if before else ""
    return (
        f'<tr><td class="n">{index + 1}</td><td class="n">{piece.at_s * 1000:,.1f}</td><td class="n">{gap}</td>'
        f"<td>{piece.kind}</td><td><code>{visible(cut(piece.text, MAX_PIECE))}</code></td></tr>"
    )
