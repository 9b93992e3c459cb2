"""Errors in answers whose status was 200, in every shape that a vendor was seen to use."""

from typing import Any

import pytest

from playground.errors import StreamFailed
from playground.wire.reported import error_of_choice, error_of_event, reported_error


@pytest.mark.parametrize(
    ("body", "said", "code"),
    [
        ({"error": {"message": "No.", "code": 502}}, "No.", 502),
        ({"error": "No."}, "No.", None),
        ({"object": "error", "message": "No.", "code": 400}, "No.", 400),
        ({"code": "Throttling", "message": "No.", "request_id": "r"}, "No.", "Throttling"),
        ({"detail": "No."}, "No.", None),
        ({"detail": [{"loc": ["body"], "msg": "No."}]}, '[{"loc":["body"],"msg":"No."}]', None),
        ({"base_resp": {"status_code": 1004, "status_msg": "No."}, "choices": None}, "No.", 1004),
        ({"error_code": 17, "error_msg": "No."}, "No.", 17),
        ({"success": False, "errors": [{"code": 7, "message": "No."}]}, "No.", 7),
        ({"x_groq": {"error": "No."}, "choices": []}, "No.", None),
        ({"success": False}, '{"success":false}', None),
    ],
)
def test_shapes(body: dict[str, Any], said: str, code: Any) -> None:
    error = reported_error(body, 100)
    assert isinstance(error, StreamFailed)
    assert error.message.removeprefix("The server reported an error in its answer: ") == said
    assert error.code == code


@pytest.mark.parametrize(
    "body",
    [
        {"choices": [{"delta": {"content": "a"}}], "message": "hello"},
        {"choices": [], "error": None},
        {"choices": [], "base_resp": {"status_code": 0, "status_msg": "success"}},
        {"usage": {"completion_tokens": 1}, "message": "done"},
        {"id": "c1", "choices": []},
        {},
    ],
)
def test_no_errors(body: dict[str, Any]) -> None:
    assert reported_error(body, 100) is None


def test_a_choice() -> None:
    error = error_of_choice({"error": {"code": 502, "message": "Provider disconnected"}, "finish_reason": "error"})
    assert error is not None
    assert ("Provider disconnected" in error.message, error.code) == (True, 502)
    bare = error_of_choice({"finish_reason": "error"})
    assert bare is not None
    assert 'finish_reason "error"' in bare.message
    assert error_of_choice({"finish_reason": "stop", "error": None}) is None


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ('{"code":"Throttling.AllocationQuota","message":"Quota exceeded.","request_id":"r-1"}', "Quota exceeded."),
        ('{"error":{"message":"No."}}', "No."),
        ('[{"error":{"message":"No."}}]', "No."),
        ('{"odd":1}', '{"odd":1}'),
        ("Out of memory", "Out of memory"),
    ],
)
def test_an_event(data: str, said: str) -> None:
    assert error_of_event(data).message.endswith(said)
