"""The central value: its bytes, its headers, and where the key is not."""

import json
from typing import Any

import pytest
from hypothesis import given

from playground.errors import InvalidRequest
from playground.wire.prepared import Auth, Target, prepare
from playground.wire.request import ChatRequest
from tests.wire.test_request import HELLO, requests
from tests.wire.values import same

TARGET = Target("https://api.example/v1", "THEROUTER_API_KEY")


@given(requests())
def test_the_body_is_the_request(data: dict[str, Any]) -> None:
    request = ChatRequest.parse(data)
    prepared = prepare(request, TARGET)
    text = prepared.body.decode("utf-8")
    assert same(json.loads(text), data)
    assert prepared == prepare(ChatRequest.parse(json.loads(text)), TARGET)
    assert not any(line.endswith(" ") for line in text.split("\n"))


def test_the_url_and_the_headers() -> None:
    prepared = prepare(ChatRequest.parse(HELLO), TARGET)
    assert (prepared.method, prepared.url) == ("POST", "https://api.example/v1/chat/completions")
    assert prepared.headers == (("Content-Type", "application/json"),)
    assert prepared.shown_headers() == (
        ("Authorization", "Bearer $THEROUTER_API_KEY"),
        ("Content-Type", "application/json"),
    )
    assert prepared.sent_headers("sk-made-up")[0] == ("Authorization", "Bearer sk-made-up")
    assert prepared.sent_headers(None) == prepared.headers


def test_a_query_stays_behind_the_path() -> None:
    prepared = prepare(ChatRequest.parse(HELLO), Target("https://h/openai/v1?api-version=2025-01-01"))
    assert prepared.url == "https://h/openai/v1/chat/completions?api-version=2025-01-01"


def test_a_login_goes_as_basic_and_is_shown_by_its_name() -> None:
    prepared = prepare(ChatRequest.parse(HELLO), Target("http://h/v1", "A_LOGIN", Auth.BASIC))
    assert prepared.shown_headers()[0] == ("Authorization", "Basic $A_LOGIN")
    # RFC 7617, section 2.1: in UTF-8
    assert prepared.sent_headers("test:123£")[0] == ("Authorization", "Basic dGVzdDoxMjPCow==")


def test_a_target_without_a_key_is_sent_none() -> None:
    prepared = prepare(ChatRequest.parse(HELLO), Target("http://127.0.0.1:8000/v1/"))
    assert prepared.url == "http://127.0.0.1:8000/v1/chat/completions"
    assert prepared.shown_headers() == prepared.sent_headers("sk-made-up") == prepared.headers


def test_nan_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="cannot be written as JSON"):
        prepare(ChatRequest.parse(HELLO | {"temperature": float("nan")}), TARGET)
