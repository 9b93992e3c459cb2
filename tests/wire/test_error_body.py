"""Every shape of an error response, and none that makes the reader fail."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.errors import APIStatusError
from playground.wire.error_body import MAX_BODY_CHARACTERS, parse_error
from tests.upstream import Script, Status, Write, scripts
from tests.wire.values import JSON_VALUES


def parse(script: Script) -> APIStatusError:
    """The error of a script of the test server, as its bytes."""
    status = script.steps[0]
    assert isinstance(status, Status)
    body = b"".join(step.data for step in script.steps if isinstance(step, Write))
    return parse_error(status.code, status.reason, status.headers, body)


def test_therouter_429() -> None:
    error = parse(scripts.rate_limited("7"))
    assert error.message == "429 Too Many Requests: Rate limit exceeded."
    assert (error.status_code, error.code, error.type, error.param) == (429, 429, "rate_limit_error", None)
    assert error.retry_after_s == 7.0
    assert error.advice == "Wait 7 s, then try again."


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("inf", None),
        (None, None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    error = parse(scripts.rate_limited(value))
    assert error.retry_after_s == seconds
    if seconds is None:
        assert error.advice == "Too many requests (rate limit); wait, then try again."
    json.dumps(error.to_dict(), allow_nan=False)


def test_therouter_402() -> None:
    error = parse(scripts.insufficient_credits())
    assert (error.status_code, error.code, error.type) == (402, "insufficient_credits", "insufficient_credits")
    assert error.metadata["balance"] == {"current": "0.11", "threshold": "2.22", "currency": "USD"}
    assert error.metadata["actions"]["top_up_url"] == "https://router.example/top-up"
    assert "credit" in error.advice


def test_therouter_502_with_metadata() -> None:
    error = parse(scripts.upstream_failed())
    assert error.request_id == "req_provider_1"
    assert error.metadata["metadata"]["provider"] == "test-provider"
    assert error.metadata["metadata"]["retryable"] is True


def test_the_header_names_the_request_before_the_body() -> None:
    error = parse(scripts.router_error(500, "x", metadata={"request_id": "b"}, headers=(("X-Request-Id", "a"),)))
    assert error.request_id == "a"


def test_vllm() -> None:
    error = parse(scripts.vllm_error())
    assert error.message == "404 Not Found: The model `x` does not exist."
    assert (error.code, error.type, error.param, error.metadata) == (404, "NotFoundError", "model", {})


def test_sglang() -> None:
    error = parse(scripts.sglang_error())
    assert error.message == "400 Bad Request: Invalid request."
    assert (error.code, error.type, error.metadata) == (400, "BadRequestError", {})
    error = parse(scripts.sglang_unauthorized())
    assert error.message == "401 Unauthorized: Unauthorized"
    assert "key" in error.advice


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"detail": "Not Found"}, "Not Found"),
        ({"detail": [{"loc": ["body", "model"], "msg": "field required"}]}, "field required"),
        ({"message": "flat"}, "flat"),
        ({"error": {"message": ""}}, '{"error":{"message":""}}'),
        ({"error": {}}, '{"error":{}}'),
        ({"error": None, "detail": "why"}, "why"),
        (["a", "b"], "['a', 'b']"),
        ({"message": {"detail": [{"msg": "wrong"}]}}, '{"detail":[{"msg":"wrong"}]}'),
        ([{"error": "flat"}], "flat"),
        ([[], {"error": {"message": "the second"}}], "the second"),
        ("only words", "only words"),
        ({}, "{}"),
        (None, "null"),
    ],
)
def test_other_json(body: Any, said: str) -> None:
    assert said in parse(scripts.json_body(body, code=404)).message


def test_gemini_sends_a_list_of_one() -> None:
    error = {"code": 400, "message": "Function call is missing a thought_signature", "status": "INVALID_ARGUMENT"}
    read = parse(scripts.json_body([{"error": error}], code=400))
    assert read.message.endswith(": Function call is missing a thought_signature")
    assert (read.code, read.metadata) == (400, {"status": "INVALID_ARGUMENT"})


def test_a_page_of_html() -> None:
    error = parse(scripts.html_error(502))
    assert error.message == "502 Bad Gateway: 502 Bad Gateway 502 Bad Gateway"
    page = b"<html><style>p {color: red}</style><script>alert(1)</script><p>Caf\xc3\xa9 &amp; <b>more</b></p></html>"
    assert parse_error(503, "", (), page).message == "503: Café & more"


def test_nothing_but_a_status() -> None:
    assert parse(scripts.empty_error(503)).message == "503 Service Unavailable: Service Unavailable"
    assert parse_error(599, "", (), b"").message == "599: no message"


def test_a_redirect() -> None:
    error = parse_error(307, "Temporary Redirect", (("Location", "https://other.example/v1"),), b"")
    assert "https://other.example/v1" in error.advice
    assert "the new address" in parse_error(301, "Moved", (), b"").advice


def test_a_long_body_is_cut_and_a_broken_one_read() -> None:
    assert len(parse_error(500, "", (), b"x" * 10**6).body) == MAX_BODY_CHARACTERS
    assert parse_error(500, "", (), b"caf\xc3").body == "caf\ufffd"


@given(JSON_VALUES, st.sampled_from(["error", "detail", "message", "metadata", "code"]), st.booleans())
def test_any_json_gives_an_error_that_is_json(value: Any, name: str, nested: bool) -> None:  # noqa: FBT001
    body = {"error": {name: value}} if nested else {name: value}
    error = parse_error(400, "Bad Request", (), json.dumps(body).encode())
    assert error.message.startswith("400 Bad Request: ")
    json.dumps(error.to_dict())


@given(st.binary(max_size=200))
def test_any_bytes_give_an_error(body: bytes) -> None:
    assert parse_error(500, "Internal Server Error", (), body).status_code == 500
