"""The form to a request and back: nothing is added, nothing is lost, and what cannot be read is named."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from playground.app.form.form import Form, build_request, form_fields, user_message
from playground.errors import InvalidRequest
from playground.presets import Preset, load_presets, presets_folder
from playground.wire.prepared import Target, prepare
from playground.wire.request import ChatRequest
from tests.app.form.test_parameters import VALUES
from tests.wire.values import JSON_OBJECTS, JSON_VALUES, same

TARGET = Target("http://127.0.0.1:8000/v1")
PRESETS = load_presets(presets_folder())
HELLO: dict[str, Any] = {"messages": [{"role": "user", "content": "Hi"}]}
TEXT = st.text(max_size=8)
FIRST = st.builds(lambda text: {"role": "system", "content": text}, TEXT) | st.builds(
    lambda content, name: {"role": "system", "content": content, "name": name}, st.lists(JSON_OBJECTS), TEXT
)
MIDDLE = st.builds(
    lambda role, content, extra: {"role": role, "content": content} | extra,
    st.sampled_from(["user", "assistant", "tool", "system", "developer"]),
    TEXT | st.none() | st.lists(JSON_OBJECTS, max_size=2),
    st.dictionaries(st.sampled_from(["x", "cache_control"]), JSON_VALUES, max_size=1),
)
LAST = st.builds(
    lambda content, extra: {"role": "user", "content": content} | extra,
    TEXT | st.lists(JSON_OBJECTS, max_size=2),
    st.sampled_from([{}, {"name": "bob"}]),
)


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """Requests as presets and histories hold them; the last message is the user's."""
    fields: dict[str, Any] = {}
    if draw(st.booleans()):
        fields["model"] = draw(TEXT | st.none())
    if draw(st.booleans()):
        fields["models"] = draw(st.lists(TEXT, max_size=2))
    if draw(st.booleans()):
        fields["stream"] = True
        if draw(st.booleans()):
            fields["stream_options"] = draw(st.just({"include_usage": True}) | JSON_OBJECTS)
    first = draw(st.lists(FIRST, max_size=1))
    fields["messages"] = [*first, *draw(st.lists(MIDDLE, max_size=2)), draw(LAST)]
    for name in draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=4, unique=True)):
        fields[name] = draw(VALUES[name] | st.none())
    unknown = draw(st.dictionaries(st.text(max_size=6), JSON_VALUES, max_size=3))
    return fields | {key: value for key, value in unknown.items() if key not in ChatRequest.model_fields}


def again(request: ChatRequest) -> ChatRequest:
    """The request by way of the form."""
    fields = form_fields(request)
    history = fields.pop("history")
    return build_request(Form(**fields), history)


@given(requests())
def test_a_request_comes_back_by_way_of_the_form(data: dict[str, Any]) -> None:
    found = again(ChatRequest.parse(data)).to_wire()
    assert set(found) == set(data)
    for name, value in data.items():
        assert same(found[name], value), name


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_comes_back_byte_for_byte(preset: Preset) -> None:
    assert prepare(again(preset.request), TARGET).body == prepare(preset.request, TARGET).body


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (HELLO | {"stop": "\n"}, "params"),
        (HELLO | {"temperature": None}, "extra"),
        (HELLO | {"user": " bob "}, "extra"),
        ({"model": None} | HELLO, "extra"),
        (HELLO | {"x": 2**70, "y": 1.0}, "extra"),
        ({"messages": [{"role": "user", "content": "Hi", "name": "bob"}]}, "history"),
        ({"messages": [{"role": "system", "content": [{"type": "text", "text": "S"}]}, *HELLO["messages"]]}, "history"),
    ],
)
def test_what_a_field_cannot_hold_stands_elsewhere(data: dict[str, Any], where: str) -> None:
    request = ChatRequest.parse(data)
    assert form_fields(request)[where]
    assert prepare(again(request), TARGET).body == prepare(request, TARGET).body


def test_the_fields_in_their_order() -> None:
    form = Form(
        model=" m ",
        system="S",
        message="Hi",
        stream=True,
        include_usage=True,
        params={"temperature": "0.5", "seed": " ", "unknown": "1"},
        extra='{"top_k": 40, "models": ["a"]}',
        tab="json",
        json_mode="json_object",
    )
    request = build_request(form, [{"role": "assistant", "content": "A"}]).to_wire()
    assert list(request) == [
        "model",
        "models",
        "stream",
        "stream_options",
        "response_format",
        "messages",
        "temperature",
        "top_k",
    ]
    assert request["model"] == "m"
    assert [message["role"] for message in request["messages"]] == ["system", "assistant", "user"]


def test_what_is_blank_is_not_sent() -> None:
    assert build_request(Form(message="Hi", system=" \n", extra=" ", include_usage=True)).to_wire() == HELLO


def test_the_streaming_tab_always_streams() -> None:
    form = Form(tab="streaming", message="Hi", include_usage=True)
    assert form.streams
    assert build_request(form).to_wire()["stream_options"] == {"include_usage": True}
    assert not Form(tab="chat").streams


def test_extra_json_has_the_last_word() -> None:
    request = build_request(
        Form(model="m", message="Hi", extra='{"model": "n", "messages": [], "temperature": 1.50e1}')
    )
    assert json.dumps(request.to_wire()) == '{"model": "n", "messages": [], "temperature": 15.0}'


def test_long_numbers_of_extra_json_stay_whole() -> None:
    body = prepare(build_request(Form(message="Hi", extra='{"x": 18446744073709551617}')), TARGET).body
    assert b"18446744073709551617" in body


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("{", "at line 1, column 2"),
        ('{\n  "a": ]}', "at line 2, column 8"),
        ("[]", "must be an object"),
        ("1", "must be an object"),
        ('{"a": NaN}', "NaN is not a JSON value"),
        ("[" * 200_000, "nested too deeply"),
        ('{"messages": "Hi"}', "at messages"),
        ('{"stream": "yes"}', "at stream"),
    ],
)
def test_extra_json_that_cannot_be_used(extra: str, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        build_request(Form(message="Hi", extra=extra))


@pytest.mark.parametrize("depth", [50, 300, 700, 950, 5000])
def test_deep_nesting_is_sent_or_refused_in_words(depth: int) -> None:
    extra = '{"a":' + "[" * depth + "]" * depth + "}"
    sent = b""
    with suppress(InvalidRequest):
        sent = prepare(build_request(Form(message="Hi", extra=extra)), TARGET).body
    if sent or depth == 50:
        assert b"[" * depth in sent.replace(b" ", b"").replace(b"\n", b"")


def test_images_stand_behind_the_text() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:,a"}}
    with_text = build_request(Form(message="Look"), images=["data:,a"]).to_wire()["messages"]
    assert with_text == [{"role": "user", "content": [{"type": "text", "text": "Look"}, image]}]
    assert build_request(Form(), images=["data:,a"]).to_wire()["messages"][0]["content"] == [image]


def test_a_history_may_go_without_a_new_message() -> None:
    history = [{"role": "user", "content": "Hi"}]
    assert build_request(Form(), history).to_wire() == HELLO
    assert user_message(Form(), history) is None
    assert user_message(Form()) == {"role": "user", "content": ""}  # a request has a message


def test_a_request_is_not_changed_through_its_history() -> None:
    history = [{"role": "user", "content": "Hi"}]
    build_request(Form(message="x"), history).to_wire()["messages"][0]["content"] = "changed"
    assert history == [{"role": "user", "content": "Hi"}]


def test_the_form_of_the_pages_values() -> None:
    names = ("conversation", "message", "stream", "param.seed", "param.stop")
    form = Form.from_values(names, ("c", None, True, "7", None))
    assert (form.conversation, form.message, form.stream) == ("c", "", True)
    assert form.params == {"seed": "7", "stop": ""}
    with pytest.raises(ValueError, match="shorter"):
        Form.from_values(names, ("c",))


@pytest.mark.parametrize("fields", [{"conversation": "x" * 65}, {"custom_url": "x" * 2049}, {"unknown": 1}])
def test_a_form_has_bounds(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Form(**fields)
