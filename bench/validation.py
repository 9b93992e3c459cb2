"""`validation`: what parsing and checking a JSON answer costs while it streams: `python -m bench.validation [--quick]`.

The answer comes in pieces of 4 characters, as tokens do; the stream that the cost is a share of is taken to bring 100
of them a second.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from statistics import median
from time import process_time
from typing import Any

from bench.figures import Figure, line
from playground.schema.live import LiveValidator
from playground.schema.partial import PartialJson
from playground.schema.verdict import judge

PIECE = 4
PIECES_PER_S = 100
SMALL, LARGE = 200_000, 2_000_000
ITEM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "integer", "minimum": 0},
        "name": {"type": "string", "maxLength": 60},
        "price": {"type": ["number", "null"]},
        "tags": {"type": "array", "items": {"enum": ["new", "sale", "used"]}},
        "maker": {"anyOf": [{"$ref": "#/$defs/maker"}, {"type": "null"}]},
    },
    "required": ["id", "name", "price", "tags", "maker"],
    "additionalProperties": False,
}
MAKER: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "country": {"type": "string", "pattern": "^[A-Z]{2}$"}},
    "required": ["name", "country"],
    "additionalProperties": False,
}
ITEMS: dict[str, Any] = {"type": "array", "items": {"$ref": "#/$defs/item"}}
DEFINITIONS = {"item": ITEM, "maker": MAKER}
# Checked piece by piece; and, as two alternatives are both for objects, only as a whole.
BY_PARTS = {"type": "object", "properties": {"items": ITEMS}, "required": ["items"], "$defs": DEFINITIONS}
AS_A_WHOLE = {
    "anyOf": [{"type": "object", "required": ["error"]}, {"type": "object", "properties": {"items": ITEMS}}],
    "$defs": DEFINITIONS,
}


def answer(characters: int) -> str:
    """A valid answer of about this many characters."""
    maker = {"name": "Müller & Söhne \U0001f600", "country": "DE"}
    items = [
        {
            "id": i,
            "name": f'thing "{i}"',
            "price": i / 7 if i % 3 else None,
            "tags": ["new", "sale"],
            "maker": maker if i % 2 else None,
        }
        for i in range(characters // 132)
    ]
    return json.dumps({"items": items})


def stream_seconds(text: str, schema: dict[str, Any]) -> float:
    """Processor seconds to parse and check the text as it comes."""
    parser, live = PartialJson(), LiveValidator(schema)
    start = process_time()
    for place in range(0, len(text), PIECE):
        live.apply(parser.feed(text[place : place + PIECE]))
    live.apply(parser.finish())
    seconds = process_time() - start
    assert parser.complete
    assert live.count == 0
    return seconds


def judge_seconds(text: str, schema: dict[str, Any]) -> float:
    """Processor seconds for the last word on the complete answer."""
    start = process_time()
    verdict = judge(text, finish_reason="stop", schema=schema)
    seconds = process_time() - start
    assert verdict.outcome == "valid", verdict.message
    return seconds


def measure_validation(*, quick: bool) -> Iterator[Figure]:
    """The cost beside the stream's time, its growth, and the last word's cost."""
    small, large = answer(SMALL), answer(LARGE)
    rounds = 1 if quick else 5
    for name, schema in (("by parts", BY_PARTS), ("as a whole", AS_A_WHOLE)):
        cost = median(stream_seconds(small, schema) for _ in range(rounds))
        more = median(stream_seconds(large, schema) for _ in range(1 if quick else 3))
        stream_s = len(small) / PIECE / PIECES_PER_S
        detail = f"{cost:.3f} s of the processor, {stream_s:.0f} s of stream, {len(small):,} characters"
        yield Figure("validation", f"{name}: share of the stream", 100 * cost / stream_s, "%", 5, detail)
        detail = f"{more:.3f} s / {cost:.3f} s for {len(large) / len(small):.1f} times the text"
        yield Figure("validation", f"{name}: growth", more / cost, "x", 11, detail)
    last = median(judge_seconds(small, BY_PARTS) for _ in range(rounds))
    yield Figure("validation", "last word", 1000 * last, "ms", None, f"{len(small):,} characters, complete")


def main(argv: Sequence[str] | None = None) -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.validation", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round: to see that it works")
    for figure in measure_validation(quick=parser.parse_args(argv).quick):
        print("  ".join(cell for cell in line(figure) if cell), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
