"""Markup of tool calls in a text is found with its span, whole or still growing, and nothing else is."""

import pytest

from playground.tools.leaks import Leak, find_leaks
from tests.effort import effort

DEEPSEEK = (
    "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>lookup_region\n```json\n"
    '{"code": "x"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>'
)
DSML = (
    '<｜DSML｜function_calls>\n<｜DSML｜invoke name="lookup_region">\n<｜DSML｜parameter name="code" string="true">x'
    "</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>"
)

MARKUP = {
    DEEPSEEK: "DeepSeek",
    DSML: "DeepSeek V3.2 (DSML)",
    '<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call>': "Hermes / Qwen",
    "<tool_call>\n<function=f>\n<parameter=a>\n1\n</parameter>\n</function>\n</tool_call>": "Qwen3-Coder",
    "<tool_call>f\n<arg_key>a</arg_key>\n<arg_value>1</arg_value>\n</tool_call>": "GLM",
    '<function=f>{"a": 1}</function>': "Llama 3",
    '<|python_tag|>f.call(a="b")<|eom_id|>': "Llama 3",
    '<|python_tag|>{"name": "f", "parameters": {}}<|eot_id|>': "Llama 3",
    "<|tool_calls_section_begin|><|tool_call_begin|>f:0<|tool_call_argument_begin|>{}<|tool_call_end|>"
    "<|tool_calls_section_end|>": "Kimi K2",
    '<|channel|>commentary to=functions.f <|constrain|>json<|message|>{"a": 1}<|call|>': "gpt-oss (Harmony)",
}


@pytest.mark.parametrize("markup", MARKUP, ids=list(MARKUP.values()))
def test_a_whole_one_between_words(markup: str) -> None:
    text = f"I look that up. {markup} Done."
    assert find_leaks(text) == (Leak(16, 16 + len(markup), MARKUP[markup], complete=True),)
    twice = find_leaks(markup + " and " + markup)
    assert [leak.format for leak in twice] == [MARKUP[markup]] * 2


@pytest.mark.parametrize("markup", MARKUP, ids=list(MARKUP.values()))
def test_one_that_still_grows_goes_to_the_end(markup: str) -> None:
    began = False
    for length in range(len(markup)):
        text = f"é {markup[:length]}"
        leaks = find_leaks(text)
        began = began or bool(leaks)
        if began:
            assert [(leak.start, leak.end, leak.complete) for leak in leaks] == [(2, len(text), False)]
    assert began


def test_mistral_has_no_end_of_its_own() -> None:
    text = 'Well. [TOOL_CALLS] [{"name": "f", "arguments": {}}]'
    assert find_leaks(text) == (Leak(6, len(text), "Mistral", complete=False),)


def test_an_end_alone() -> None:
    text = "a </tool_call> b <｜tool▁calls▁end｜> <tool_call>{}</tool_call>"
    assert [(text[leak.start : leak.end], leak.format) for leak in find_leaks(text)] == [
        ("</tool_call>", "Hermes / Qwen"),
        ("<｜tool▁calls▁end｜>", "DeepSeek"),
        ("<tool_call>{}</tool_call>", "Hermes / Qwen"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a < b and [TOOL] | x",
        "the function=f form, a tool_call, <tool_calls>, < tool_call >",
        "<|im_end|> <｜end▁of▁sentence｜>",
        "</function",
        "f(x)[0]",
    ],
)
def test_words_are_no_markup(text: str) -> None:
    assert find_leaks(text) == ()


def test_a_long_text_takes_no_time() -> None:
    with effort(60):
        assert len(find_leaks("<tool_call>{}</tool_call> x " * 20_000)) == 20_000
        assert len(find_leaks("<tool_call> " * 100_000)) == 1
        assert find_leaks("<tool_call " * 100_000) == ()
        assert find_leaks("<tool_call>" + " " * 300_000 + "<arg")[0].format == "Hermes / Qwen"
