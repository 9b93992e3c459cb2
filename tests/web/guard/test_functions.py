"""Calls of the page's functions, read before Gradio is given them."""

from typing import Any

import orjson
import pytest

from playground.errors import InvalidRequest
from playground.web.guard.functions import MAX_CHOICES, Function, Kind, read_call

FUNCTIONS = {
    3: Function("check", (Kind.TEXT, Kind.FLAG, Kind.CHOICE, Kind.CHOICES, Kind.NUMBER)),
    4: Function("edit", (Kind.TEXT,), frozenset({7}), frozenset({"turn", "text"})),
    5: Function("open", ()),
}
DATA = ["a", True, "b", ["c"], 1.5]


def call(**change: Any) -> bytes:
    return orjson.dumps({"fn_index": 3, "data": DATA, "session_hash": "abc1"} | change)


def test_what_the_page_sends_is_written_anew_without_the_rest() -> None:
    read = orjson.loads(
        read_call(
            call(event_id="x", oauth_token="y", simple_format=True, batched=True, event_data={"a": 1}, trigger_id=9),
            FUNCTIONS,
        )
    )
    assert read == {"fn_index": 3, "data": DATA, "session_hash": "abc1"}
    assert orjson.loads(read_call(call(fn_index=5, data=[]), FUNCTIONS))["data"] == []
    assert orjson.loads(read_call(call(data=[None] * 5), FUNCTIONS))["data"] == [None] * 5


def test_an_event_is_handed_on_only_with_what_is_read_of_it() -> None:
    event = {"turn": 1, "text": "x", "more": {"path": "/etc/passwd"}}
    read = orjson.loads(read_call(call(fn_index=4, data=["a"], trigger_id=7, event_data=event), FUNCTIONS))
    assert read["event_data"] == {"turn": 1, "text": "x"}
    assert read["trigger_id"] == 7
    for wrong in (None, {}, {"turn": 1}, {"turn": 1, "text": {}}, {"turn": [], "text": ""}, {"turn": True, "text": ""}):
        with pytest.raises(InvalidRequest):
            read_call(call(fn_index=4, data=["a"], trigger_id=7, event_data=wrong), FUNCTIONS)
    for trigger in (8, None, "7", 7.0):
        with pytest.raises(InvalidRequest, match="calls this function"):
            read_call(call(fn_index=4, data=["a"], trigger_id=trigger, event_data=event), FUNCTIONS)


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize(
    "value", [{}, {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}, [{}], [["a"]], [1], [None]]
)
def test_no_value_is_an_object(place: int, value: Any) -> None:
    data = [*DATA]
    data[place] = value
    with pytest.raises(InvalidRequest, match=f"Value {place + 1} "):
        read_call(call(data=data), FUNCTIONS)


@pytest.mark.parametrize(
    ("place", "value"), [(0, 1), (0, True), (1, "true"), (1, 1), (2, True), (2, []), (3, "a"), (4, "1"), (4, True)]
)
def test_each_value_is_of_its_kind(place: int, value: Any) -> None:
    data = [*DATA]
    data[place] = value
    with pytest.raises(InvalidRequest, match=f"Value {place + 1} "):
        read_call(call(data=data), FUNCTIONS)


def test_a_group_has_only_so_many_choices() -> None:
    data = [*DATA]
    data[3] = ["a"] * MAX_CHOICES
    read_call(call(data=data), FUNCTIONS)
    data[3] = ["a"] * (MAX_CHOICES + 1)
    with pytest.raises(InvalidRequest):
        read_call(call(data=data), FUNCTIONS)


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"nonsense", b"[" * 10**6, b'{"fn_index":3}', b"\xff\xfe"])
def test_what_is_no_call(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        read_call(body, FUNCTIONS)
