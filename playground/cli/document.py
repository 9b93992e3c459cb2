"""One exchange as one JSON document."""

import json
from typing import Any

from playground.errors import PlaygroundError
from playground.wire.answer import Answer
from playground.wire.exchange import Exchange
from playground.wire.prepared import PreparedRequest
from playground.wire.record import write_exchange

NAMES = "request status response_headers message finish_reason usage timings notes error exchange".split()
EMPTY: dict[str, Any] = dict.fromkeys(NAMES)


def render_document(exchange: Exchange | None, error: PlaygroundError | None = None) -> str:
    """The document as text; without an exchange, all but `error` is null."""
    fields = EMPTY | ({"error": error.to_dict()} if error else {})
    if exchange is not None:
        fields = exchange_document(exchange)
    return json.dumps(fields, indent=2, ensure_ascii=False)


def exchange_document(exchange: Exchange) -> dict[str, Any]:
    """What was sent and what came back, as JSON values.

    The key stands in it by its name, and `request.body` is the exact text that was sent. `message` is the first
    choice, as far as it came; null where nothing did. `notes` say what was too much to be kept, and what was not
    understood. Times are seconds. `exchange` is all of it, with each event and its time, as it can be read back
    (`playground.wire.record`).
    """
    answer = exchange.answer
    return {
        "request": _request(exchange.request),
        "status": exchange.status_code,
        "response_headers": _headers(exchange.response_headers),
        "message": answer.to_wire() if exchange.error is None or answer != Answer() else None,
        "finish_reason": exchange.finish_reason,
        "usage": exchange.usage,
        "timings": exchange.timings.to_dict(),
        "notes": list(exchange.left_out),
        "error": exchange.error.to_dict() if exchange.error else None,
        "exchange": write_exchange(exchange),
    }


def _request(request: PreparedRequest) -> dict[str, Any]:
    headers = _headers(request.shown_headers())
    return {"method": request.method, "url": request.url, "headers": headers, "body": request.body.decode()}


def _headers(pairs: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """As an object; a header that is there more than once is joined with commas (RFC 9110, 5.3)."""
    headers: dict[str, str] = {}
    for name, value in pairs:
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
