from playground.schema.repair import MAX_LISTED, repair_prompt
from playground.schema.verdict import judge

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": {"type": "null"}}


def test_every_error_is_quoted_with_its_pointer() -> None:
    verdict = judge('{"a": "x", "b": 1}', schema=SCHEMA)
    assert repair_prompt(verdict) == (
        "Your answer is JSON, but it does not match the schema:\n"
        '- /a: "x" is not an integer (type: integer)\n'
        "- /b: 1 is not null (type: null)\n"
        "\n"
        "Answer again with the corrected JSON alone: no words around it, no Markdown fence."
    )


def test_what_is_no_json_is_told_with_its_place() -> None:
    text = repair_prompt(judge('{"a": 1,}', schema=SCHEMA))
    assert "not valid JSON: line 1, column 9: a name in double quotes was expected, not }." in text
    assert '{"a": 1,}' in text


def test_a_fence_is_told() -> None:
    text = repair_prompt(judge('```\n{"a": "x"}\n```', schema=SCHEMA))
    assert "There is JSON inside a Markdown fence" in text
    assert '- /a: "x" is not an integer' in text


def test_a_cut_answer_should_be_shorter() -> None:
    assert "Make it shorter" in repair_prompt(judge('{"a": 1', finish_reason="length", schema=SCHEMA))


def test_a_refusal_is_not_argued_with() -> None:
    assert "will not say" in repair_prompt(judge(None, refusal="No.", schema=SCHEMA))


def test_it_is_bounded_and_the_same_each_time() -> None:
    content = str({f"k{i}": i for i in range(500)}).replace("'", '"')
    text = repair_prompt(judge(content, schema=SCHEMA))
    assert text == repair_prompt(judge(content, schema=SCHEMA))
    assert text.count("\n- ") == MAX_LISTED + 1
    assert "and 80 more" in text
