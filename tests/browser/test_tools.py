"""The Tools tab, in a real browser: define, run with a mock and for real, edit, reject, several calls at once."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_page import CURL, ask, choose, sent
from tests.upstream import Script, ThreadedUpstream, scripts

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
TOOL = {
    "type": "function",
    "function": {
        "name": "lookup_region",
        "parameters": {"type": "object", "properties": {"code": {"type": "string"}}, "required": ["code"]},
    },
}


def calling(*arguments: str) -> Script:
    """An answer of the upstream that calls lookup_region once for each of `arguments`, each in two pieces."""
    fragments = [
        fragment
        for index, text in enumerate(arguments)
        for fragment in scripts.tool_call_fragments("lookup_region", text[:4], text[4:], index=index)
    ]
    return scripts.stream([], tool_calls=fragments)


def define(page: Page, *tools: dict[str, Any]) -> None:
    choose(page, "Custom URL")
    page.get_by_role("tab", name="Tools").click()
    page.get_by_role("textbox", name="Tools JSON").fill(json.dumps(tools, indent=2))
    expect(page.locator("#tools-status")).to_contain_text("1 tool: lookup_region")


def test_a_tool_is_defined_by_its_form(page: Page) -> None:
    page.get_by_role("tab", name="Tools").click()
    page.get_by_role("tab", name="Form").click()
    page.get_by_role("button", name="add a tool").click()
    expect(page.locator("#tools-status")).to_contain_text("tool_1")
    page.get_by_role("button", name="add a parameter").click()
    page.get_by_role("textbox", name="parameter name").fill("city")
    page.get_by_role("textbox", name="parameter name").blur()
    expect(page.locator(CURL)).to_contain_text('"city": {"type": "string"}')
    page.get_by_role("checkbox", name="city is required").check()
    expect(page.locator(CURL)).to_contain_text('"required": ["city"]')


def test_faults_in_the_text_are_named_with_their_line(page: Page) -> None:
    page.get_by_role("tab", name="Tools").click()
    field, status = page.get_by_role("textbox", name="Tools JSON"), page.locator("#tools-status")
    field.fill('[\n  {"type": "function"\n')
    expect(status).to_contain_text("line 3")
    expect(page.locator("#snippet .problem")).to_contain_text("Tools JSON: line 3")
    field.fill(json.dumps([{"type": "function", "function": {"parameters": {}}}]))
    expect(status).to_contain_text("no name")
    field.fill(json.dumps([TOOL, TOOL]))
    expect(status).to_contain_text("two tools are called")
    schema = {"$ref": "https://e.example/schema.json"}
    field.fill(json.dumps([{"type": "function", "function": {"name": "a", "parameters": schema}}]))
    expect(status).to_contain_text("nothing is fetched")


def test_the_loop_with_a_built_in_function(page: Page, shared_upstream: ThreadedUpstream) -> None:
    define(page, TOOL)
    page.get_by_role("tab", name="Answers").click()
    page.get_by_role("checkbox", name="lookup_region").check()
    shared_upstream.enqueue(calling('{"code": "ap-northeast-1"}'), scripts.stream(["It is Tokyo."]))
    ask(page, "Which region?")
    card = page.get_by_role("region", name="lookup_region")
    expect(card).to_contain_text("ap-northeast-1")
    card.get_by_role("button", name="Run tool").click()
    expect(page.locator("#talk .turn").last).to_contain_text("It is Tokyo.")
    expect(page.locator("#talk .call")).to_contain_text("built-in function")
    call, result = sent(shared_upstream)["messages"][-2:]
    assert call["tool_calls"][0]["id"] == result["tool_call_id"]
    assert "Asia Pacific (Tokyo)" in result["content"]
    expect(page.locator("#steps")).to_contain_text("2 of 2")
    page.get_by_role("checkbox", name="whole tool loop").check()
    expect(page.locator("#snippet pre")).to_contain_text("# 2 of 2")
    expect(page.locator("#snippet pre")).to_contain_text("Asia Pacific (Tokyo)")


def test_without_asking_and_with_a_mock_the_loop_runs_to_its_end(page: Page, shared_upstream: ThreadedUpstream) -> None:
    define(page, TOOL)
    page.get_by_role("tab", name="Answers").click()
    page.get_by_role("textbox", name="Mock results").fill("- tool: lookup_region\n  result: Mockland")
    page.get_by_role("checkbox", name="Run calls without asking").check()
    shared_upstream.enqueue(calling('{"code": "a"}', '{"code": "b"}'), scripts.stream(["Both are in Mockland."]))
    ask(page, "Which regions?")
    expect(page.locator("#talk .turn").last).to_contain_text("Both are in Mockland.")
    expect(page.locator("#talk .call")).to_have_count(2)
    assert [message["content"] for message in sent(shared_upstream)["messages"][-2:]] == ["Mockland", "Mockland"]


def test_a_call_is_rejected_and_the_model_is_told(page: Page, shared_upstream: ThreadedUpstream) -> None:
    define(page, TOOL)
    shared_upstream.enqueue(calling('{"code": "a"}'), scripts.stream(["Then not."]))
    ask(page, "Which region?")
    page.get_by_role("textbox", name="Result or reason").fill("too costly")
    page.get_by_role("button", name="Reject").click()
    expect(page.locator("#talk .turn").last).to_contain_text("Then not.")
    assert "too costly" in sent(shared_upstream)["messages"][-1]["content"]


def test_arguments_are_edited_and_a_result_is_typed(page: Page, shared_upstream: ThreadedUpstream) -> None:
    define(page, TOOL)
    shared_upstream.enqueue(calling('{"code": "a"}'), scripts.stream(["Fine."]))
    ask(page, "Which region?")
    page.get_by_text("edit arguments").click()
    page.get_by_role("textbox", name="Arguments").fill('{"code": "eu-central-1"}')
    page.get_by_role("textbox", name="Result or reason").fill("Frankfurt")
    page.get_by_role("button", name="Use this result").click()
    expect(page.locator("#talk .turn").last).to_contain_text("Fine.")
    call, result = sent(shared_upstream)["messages"][-2:]
    assert call["tool_calls"][0]["function"]["arguments"] == '{"code": "eu-central-1"}'
    assert result["content"] == "Frankfurt"


def test_arguments_that_do_not_fit_are_named_with_their_path(page: Page, shared_upstream: ThreadedUpstream) -> None:
    define(page, TOOL)
    shared_upstream.enqueue(calling('{"code": 5}', '{"code": "unfinished'))
    ask(page, "Which region?")
    first, second = page.locator("#talk .call").nth(0), page.locator("#talk .call").nth(1)
    expect(first.locator(".problems")).to_contain_text("/code")
    expect(second.locator(".problems")).to_contain_text("not valid JSON")
    expect(second).to_contain_text('{"code": "unfinished')
    first.get_by_role("button", name="Run tool").click()
    expect(page.locator("#talk .error")).to_contain_text("Nothing is set up to answer calls to lookup_region")


def test_stop_ends_a_loop_while_a_tool_runs(page: Page, shared_upstream: ThreadedUpstream) -> None:
    define(page, TOOL)
    page.get_by_role("tab", name="Answers").click()
    page.get_by_role("textbox", name="Mock results").fill("- tool: lookup_region\n  result: late\n  delay_s: 60")
    page.get_by_role("checkbox", name="Run calls without asking").check()
    shared_upstream.enqueue(calling('{"code": "a"}'))
    ask(page, "Which region?")
    expect(page.locator("#talk .call")).to_contain_text("running")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Run tool")).to_be_visible()
