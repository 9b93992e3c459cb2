"""Numbers as a person reads them."""

from decimal import Decimal

MILLISECONDS = 1000


def seconds(value: float | None) -> str:
    """A time: `18 ms`, `2.31 s`, or a dash."""
    if value is None:
        return "–"
    milliseconds = round(value * 1000)
    return f"{milliseconds} ms" if milliseconds < MILLISECONDS else f"{value:.2f} s"


def rate(value: float | None) -> str:
    """Tokens a second."""
    return "–" if value is None else f"{value:.0f}" if value >= 10 else f"{value:.1f}"  # noqa: PLR2004 - digits


def dollars(value: Decimal) -> str:
    """US dollars with two digits that say something: `$0.00018`."""
    return f"${Decimal(f'{value:.2g}').normalize():f}" if value < 1 else f"${value:.2f}"


def plural(count: int, word: str) -> str:
    """`1 chunk`, `2 chunks`."""
    return f"{count:,} {word}" + ("" if count == 1 else "s")
