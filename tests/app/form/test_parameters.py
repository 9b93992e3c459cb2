"""Parameters as text: what is typed is read, what is shown is read back, and the rest is refused in words."""

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from playground.app.form.parameters import BY_NAME, PARAMETERS, read_parameter, reads_back, show_parameter
from playground.errors import InvalidRequest
from playground.wire.json_text import parse_json
from playground.wire.request import ChatRequest
from tests.wire.values import JSON_VALUES, same

NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
TRIMMED = st.text(min_size=1, max_size=12).filter(lambda text: text == text.strip())
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "temperature": NUMBERS,
    "top_p": NUMBERS,
    "max_tokens": st.integers(),
    "max_completion_tokens": st.integers(),
    "seed": st.integers(-(2**70), 2**70),
    "stop": st.text(min_size=0, max_size=8) | st.lists(st.text(max_size=5), max_size=4),
    "presence_penalty": NUMBERS,
    "frequency_penalty": NUMBERS,
    "n": st.integers(),
    "logprobs": st.booleans(),
    "top_logprobs": st.integers(),
    "logit_bias": st.dictionaries(st.text(max_size=5), NUMBERS, max_size=4),
    "reasoning_effort": TRIMMED,
    "user": TRIMMED,
    "top_k": st.integers(),
    "min_p": NUMBERS,
    "repetition_penalty": NUMBERS,
}


def test_there_are_values_for_each() -> None:
    assert list(VALUES) == [parameter.name for parameter in PARAMETERS]
    assert set(VALUES) <= set(ChatRequest.model_fields)
    assert all(parameter.range and parameter.help for parameter in PARAMETERS)


@pytest.mark.parametrize("name", VALUES)
@given(data=st.data())
def test_what_is_shown_is_read_back(name: str, data: st.DataObject) -> None:
    value = data.draw(VALUES[name])
    assert reads_back(BY_NAME[name], value)
    assert same(read_parameter(BY_NAME[name], show_parameter(BY_NAME[name], value)), value)
    assert same(read_parameter(BY_NAME[name], f" {show_parameter(BY_NAME[name], value)}\n"), value)


@pytest.mark.parametrize("name", VALUES)
@given(value=JSON_VALUES)
def test_reads_back_tells_the_truth(name: str, value: Any) -> None:
    if reads_back(BY_NAME[name], value):
        assert same(read_parameter(BY_NAME[name], show_parameter(BY_NAME[name], value)), value)
    else:
        assume(value is not None)
        assert not isinstance(value, bool) or name != "logprobs"


@pytest.mark.parametrize("name", VALUES)
def test_null_has_no_text(name: str) -> None:
    assert not reads_back(BY_NAME[name], None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("END", "END"),
        (r"\n", r"\n"),
        (r'"\n"', "\n"),
        ('" a"', " a"),
        ('"', '"'),
        ('"half', '"half'),
        ('["a", "b"]', ["a", "b"]),
        (r'"[x"', "[x"),
        ("[]", []),
    ],
)
def test_what_stop_can_be(text: str, value: Any) -> None:
    assert read_parameter(BY_NAME["stop"], text) == value


def test_the_kind_of_a_number_is_kept() -> None:
    for text in ("1", "1.0", "0.50", "1e-07", "18446744073709551617", "-0.0"):
        assert json.dumps(read_parameter(BY_NAME["temperature"], text)) == json.dumps(json.loads(text))


@pytest.mark.parametrize(("text", "value"), [("0.", 0), ("-1.", -1), (".5", 0.5), ("-.25", -0.25)])
def test_a_number_on_its_way_is_one(text: str, value: float) -> None:
    assert read_parameter(BY_NAME["temperature"], text) == value


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("temperature", ".", "a number"),
        ("temperature", "-", "a number"),
        ("temperature", "1.2.", "a number"),
        ("temperature", "hot", "a number"),
        ("temperature", "true", "a number"),
        ("temperature", "NaN", "a number"),
        ("temperature", "-Infinity", "a number"),
        ("temperature", "1e999", "a number"),
        ("temperature", "1,5", "a number"),
        ("max_tokens", "1.0", "a whole number"),
        ("max_tokens", "true", "a whole number"),
        ("max_tokens", "9" * 5000, "a whole number"),
        ("logprobs", "yes", "true or false"),
        ("logprobs", "True", "true or false"),
        ("stop", "[1]", "text, or a JSON list of texts"),
        ("stop", "[x", "text, or a JSON list of texts"),
        ("logit_bias", "[]", "a JSON object"),
        ("logit_bias", '{"1": NaN}', "a JSON object"),
        ("logit_bias", '{"a":' * 100_000, "a JSON object"),
        ("logit_bias", "json_object", "a JSON object"),
    ],
)
def test_what_cannot_be_read_says_what_is_wanted(name: str, text: str, wanted: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_parameter(BY_NAME[name], text)
    assert caught.value.field == name
    assert caught.value.message.startswith(f"{name} must be {wanted}")
    assert len(caught.value.message) < 120


@given(st.sampled_from(sorted(BY_NAME)), st.text(max_size=30))
def test_any_text_is_read_or_refused(name: str, text: str) -> None:
    try:
        value = read_parameter(BY_NAME[name], text)
    except InvalidRequest as error:
        assert error.field == name  # noqa: PT017 - either outcome is right
    else:
        json.dumps(value, allow_nan=False)


@given(JSON_VALUES)
def test_json_is_read_as_it_stands(value: Any) -> None:
    assert same(parse_json(json.dumps(value)), value)
