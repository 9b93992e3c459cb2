"""Numbers as a person reads them."""

from decimal import Decimal

import pytest

from playground.ui.draw.numbers import dollars, plural, rate, seconds


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "–"),
        (0.0, "0 ms"),
        (0.0004, "0 ms"),
        (0.018, "18 ms"),
        (0.999, "999 ms"),
        (0.9999, "1.00 s"),
        (1.0, "1.00 s"),
        (125.4, "125.40 s"),
    ],
)
def test_seconds(value: float | None, said: str) -> None:
    assert seconds(value) == said


@pytest.mark.parametrize(("value", "said"), [(None, "–"), (0.0, "0.0"), (9.94, "9.9"), (10.0, "10"), (87.4, "87")])
def test_rate(value: float | None, said: str) -> None:
    assert rate(value) == said


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 chunks"), (1, "1 chunk"), (2, "2 chunks"), (12345, "12,345 chunks")]
)
def test_plural(count: int, said: str) -> None:
    assert plural(count, "chunk") == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("0", "$0"),
        ("0.000000123", "$0.00000012"),
        ("0.00018", "$0.00018"),
        ("0.000180", "$0.00018"),
        ("0.10", "$0.1"),
        ("0.999", "$1"),
        ("1", "$1.00"),
        ("12.345", "$12.34"),
    ],
)
def test_dollars(value: str, said: str) -> None:
    assert dollars(Decimal(value)) == said
