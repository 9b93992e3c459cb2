"""Amounts in words: bytes with their unit, numbers with their groups."""

from math import isclose

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


def size(amount: float) -> str:
    """Bytes in the unit that suits them, binary: `79.6 GiB`, `512 MiB`, `-1.2 GiB`."""
    for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if abs(amount) >= unit:
            value = amount / unit
            return f"{value:,.0f} {name}" if isclose(value, round(value)) else f"{value:,.1f} {name}"
    return f"{amount:,.0f} bytes"


def number(value: float) -> str:
    """With thousands grouped; a fraction only where there is one."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,}"


def listed(words: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(", ".join(words).rsplit(", ", 1)) if len(words) > 1 else "".join(words)
