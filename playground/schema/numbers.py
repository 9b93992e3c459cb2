"""JSON numbers as Python's, without losing what the text said."""

import re
from decimal import Decimal, InvalidOperation
from math import isinf

MAX_DIGITS = 4300  # Python's own limit: turning text into an integer costs time that grows with its square
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")

MAX_BITS = 14_000  # of an integer that can be written with so many digits

Number = int | float | Decimal


def to_number(text: str) -> Number:
    """An integer, a float, or, where a float would be infinite (1e400), a decimal.

    Args:
        text: a number as JSON's grammar has it.

    Raises:
        ValueError: more digits than can be handled.
    """
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number of {len(text)} characters; the limit is {MAX_DIGITS}")
    if text.lstrip("-").isdigit():
        return int(text)
    number = float(text)
    if not isinf(number):
        return number
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"the number {text[:40]} is too large") from None
