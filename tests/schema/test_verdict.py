import json
from typing import Any

import pytest

from playground.schema.found import find_json
from playground.schema.repair import repair_prompt
from playground.schema.verdict import Outcome, judge
from tests.effort import effort

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


@pytest.mark.parametrize(
    ("content", "finish_reason", "refusal", "outcome"),
    [
        ('{"a": 1}', "stop", None, "valid"),
        (' {"a": 1}\n', None, None, "valid"),
        ('{"a": 1}', "length", None, "valid"),
        ('{"a": "1"}', "stop", None, "wrong_shape"),
        ("[]", "stop", None, "wrong_shape"),
        ('{"a": "1"', "length", None, "cut_off"),
        ('```json\n{"a": 1', "length", None, "cut_off"),
        ("", "length", None, "cut_off"),
        (None, "length", None, "cut_off"),
        ('{"a": 1', "stop", None, "not_json"),
        ("I was going to", "length", None, "not_json"),
        ('{"a": x', "length", None, "not_json"),
        ("", "stop", None, "not_json"),
        (None, "tool_calls", None, "not_json"),
        (None, "stop", "I cannot help.", "refused"),
        ('{"a": 1}', "content_filter", None, "refused"),
    ],
)
def test_outcomes(content: str | None, finish_reason: str | None, refusal: str | None, outcome: Outcome) -> None:
    verdict = judge(content, finish_reason=finish_reason, refusal=refusal, schema=SCHEMA)
    assert verdict.outcome == outcome
    assert (repair_prompt(verdict) == "") == (outcome == "valid")
    assert verdict.message


def test_in_json_object_mode_any_object_will_do() -> None:
    assert judge('{"x": []}').outcome == "valid"
    (violation,) = judge("[1]").violations
    assert violation.message == "(whole answer): an array with 1 item is not an object (type: object)"


def test_a_fault_is_placed_and_quoted() -> None:
    verdict = judge('{"a": 1,\n "b": oops}', schema=SCHEMA)
    assert verdict.problem is not None
    assert (verdict.problem.line, verdict.problem.column) == (2, 7)
    assert verdict.excerpt is not None
    assert verdict.excerpt.text == '{"a": 1,  "b": oops}'
    assert verdict.excerpt.text[verdict.excerpt.caret :] == "oops}"


@pytest.mark.parametrize(
    ("content", "where", "line", "value", "outcome"),
    [
        ('```json\n{"a": 1}\n```', "fence", 2, {"a": 1}, "by itself it would be valid"),
        ('Here:\n\n~~~\n {"a": "x"}\n~~~\nBye', "fence", 4, {"a": "x"}, "it has 1 error"),
        ('```json\n{"a": 1}', "fence", 2, {"a": 1}, "valid"),
        ('Sure, as in [1]: {"a": [1, 2]} is it.', "words", 1, {"a": [1, 2]}, "it has 1 error"),
        ('{"a": 1} {"b": 22}', "words", 1, {"b": 22}, "it has 1 error"),
        ('{"a": 1}}', "words", 1, {"a": 1}, "valid"),
        ('```python\nprint({"b")\n```\n{"a": 1}', "words", 4, {"a": 1}, "valid"),
    ],
)
def test_json_that_is_wrapped_is_pointed_out_and_judged(
    content: str, where: str, line: int, value: Any, outcome: str
) -> None:
    verdict = judge(content, finish_reason="stop", schema=SCHEMA)
    assert (verdict.outcome, verdict.value) == ("not_json", None)
    assert verdict.found is not None
    assert (verdict.found.where, verdict.found.line, verdict.found.value) == (where, line, value)
    assert json.loads(verdict.found.text) == value
    assert outcome in verdict.message


def test_nothing_found() -> None:
    for content in ("No.", "{oops}", "```\nno\n```", "[[[["):
        assert judge(content, schema=SCHEMA).found is None


def test_of_a_cut_answer_what_came_is_judged() -> None:
    verdict = judge('{"a": "x", "b": [', finish_reason="length", schema=SCHEMA)
    assert [violation.pointer for violation in verdict.violations] == ["/a"]


def test_a_name_that_stands_twice_is_noted() -> None:
    verdict = judge('{"a": "x",\n"a": 1}', schema=SCHEMA)
    assert verdict.outcome == "valid"
    assert [(note.pointer, note.line) for note in verdict.notes] == [("/a", 2)]


def test_what_is_only_python_s_is_not_json() -> None:
    for content in ('{"a": NaN}', '{"a": Infinity}', "{'a': 1}", '{"a": 1,}', '{"a": True}', "\ufeff{}"):
        assert judge(content, schema=SCHEMA).outcome == "not_json", content


@pytest.mark.parametrize("char", ["[", "{", '{"a":', "```\n", '["', "\\", '"'])
def test_hostile_text_takes_no_long(char: str) -> None:
    with effort(400):
        assert judge(char * 100_000, finish_reason="stop", schema=SCHEMA).outcome == "not_json"


def test_as_json() -> None:
    fields = json.loads(json.dumps(judge('```\n{"a": "x"}\n```', schema=SCHEMA).to_dict()))
    assert list(fields) == ["outcome", "message", "errors", "problem", "found", "notes"]
    assert fields["errors"][0]["pointer"] == "/a"
    assert fields["found"] == {"where": "fence", "line": 2, "column": 1}


def test_what_cannot_be_checked_is_not_called_valid() -> None:
    either = [{"type": "object", "properties": {"a": {"$ref": "#"}}, "required": [name]} for name in "xy"]
    schema = {"anyOf": [*either, {"type": "number"}]}
    deep = '{"x": 1, "a": ' * 40 + "1" + "}" * 40
    verdict = judge(deep, schema=schema)
    assert verdict.outcome == "wrong_shape"
    assert "cannot be checked: 40 levels are too deep for this schema" in verdict.message
    assert "nested too deep" in repair_prompt(verdict)
    assert "cannot be checked" in judge(f"Here: {deep}", schema=schema).message


@pytest.mark.parametrize("text", ["`" * 200_000, "~" * 200_000, "\n".join(["`" * 200] * 500), " " * 200_000 + "`"])
def test_fences_without_end_take_one_way_through_the_text(text: str) -> None:
    with effort(100):  # it took minutes
        assert find_json(text) is None


def test_a_fence_is_closed_by_one_as_long() -> None:
    found = find_json('Here:\n````json\n["```"]\n````\nDone.')
    assert found is not None
    assert (found.where, found.value, found.line) == ("fence", ["```"], 3)
