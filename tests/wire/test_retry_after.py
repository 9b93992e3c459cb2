"""`Retry-After` as a number and as a date, in each of HTTP's forms."""

from email.utils import formatdate

import pytest

from playground.wire.error_body import parse_error
from playground.wire.retry_after import read_retry_after

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        (formatdate(NOW + 4, usegmt=True), 4.0),
        (formatdate(NOW - 4, usegmt=True), 0.0),
        ("Friday, 15-Jan-27 08:01:00 GMT", 60.0),
        ("Fri Jan 15 08:01:00 2027", 60.0),
        ("Fri, 15 Jan 2027 09:01:00 +0100", 60.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("99999", 99999.0),
        ("Fri, 99 Jan 2027 08:01:00 GMT", None),
        ("", None),
    ],
)
def test_how_long(value: str, seconds: float | None) -> None:
    assert read_retry_after({"retry-after": value}, lambda: NOW) == seconds


def test_a_date_is_counted_from_the_answers_own() -> None:
    headers = {"retry-after": formatdate(NOW + 4, usegmt=True), "date": formatdate(NOW - 3600, usegmt=True)}
    assert read_retry_after(headers, lambda: NOW) == 3604
    assert read_retry_after(headers | {"date": "today"}, lambda: NOW) == 4
    assert read_retry_after({}, lambda: NOW) is None


def test_the_advice() -> None:
    headers = (("Retry-After", formatdate(NOW + 90, usegmt=True)),)
    error = parse_error(429, "Too Many Requests", headers, b"", now=lambda: NOW + 0.26)
    assert error.retry_after_s == 89.8
    assert error.advice == "Wait 89.8 s, then try again."
    error = parse_error(503, "Service Unavailable", (("retry-after", "86400"),), b"")
    assert error.advice == "Wait 86,400 s, then try again."
