"""The JSON tab, in a real browser: a schema from a sample, a failing answer with its path, repair, N runs."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_page import CURL, ask, choose, sent
from tests.upstream import ThreadedUpstream, scripts

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
SCHEMA = {
    "type": "object",
    "properties": {
        "items": {"type": "array", "items": {"type": "object", "properties": {"price": {"type": "number"}}}}
    },
    "required": ["items"],
}


def want(page: Page, mode: str, schema: object = None) -> None:
    choose(page, "Custom URL")
    page.get_by_role("tab", name="JSON").click()
    page.get_by_role("combobox", name="Response format").click()
    page.get_by_role("option", name=mode).click()
    if schema is not None:
        page.get_by_role("textbox", name="JSON schema").fill(json.dumps(schema, indent=2))
        expect(page.locator("#schema-status")).to_contain_text("A valid JSON Schema")
    expect(page.locator(CURL)).to_contain_text(mode)


def test_a_schema_from_a_sample_is_sent(page: Page) -> None:
    choose(page, "Custom URL")
    page.get_by_role("tab", name="JSON").click()
    page.get_by_role("tab", name="Start from").click()
    page.get_by_role("textbox", name="Sample or class").fill('{"city": "Paris", "rooms": 3}')
    page.get_by_role("button", name="Create schema").click()
    expect(page.locator("#schema-status")).to_contain_text("Compatible with strict mode")
    expect(page.locator(CURL)).to_contain_text('"rooms": {"type": "integer"}')
    page.get_by_role("textbox", name="Sample or class").fill("{city")
    page.get_by_role("button", name="Create schema").click()
    expect(page.locator("#json-pane")).to_contain_text("line 1")


def test_strict_mode_says_what_it_refuses_and_mends_it(page: Page) -> None:
    want(page, "json_schema", {"type": "object", "properties": {"a": {"type": "string"}}})
    expect(page.locator("#schema-status")).to_contain_text("Not compatible with strict mode")
    page.locator("#schema-status").get_by_role("button", name="Fix").click()
    expect(page.locator("#schema-status")).to_contain_text("Compatible with strict mode")
    expect(page.locator(CURL)).to_contain_text('"additionalProperties": false')


def test_a_failing_answer_is_named_with_its_path_and_repaired(page: Page, shared_upstream: ThreadedUpstream) -> None:
    want(page, "json_schema", SCHEMA)
    bad = ['{"items": [{"price": 1},', ' {"price": "12"}]}']
    shared_upstream.enqueue(scripts.stream(bad), scripts.stream(['{"items": [{"price": 12}]}']))
    ask(page, "Prices, please")
    verdict = page.locator("#talk .verdict")
    expect(verdict).to_contain_text("not valid against the schema")
    expect(verdict).to_contain_text("/items/1/price")
    expect(page.locator("#talk .tree .node.bad")).to_contain_text("12")
    page.get_by_role("button", name="Repair").click()
    expect(page.locator("#talk .verdict").last).to_contain_text("Valid")
    asked = sent(shared_upstream)["messages"]
    assert "/items/1/price" in asked[-1]["content"]
    assert asked[-2]["role"] == "assistant"


@pytest.mark.parametrize(
    ("pieces", "finish_reason", "words"),
    [
        (["Sorry, ", "no JSON."], "stop", "Not JSON"),
        (['{"items": [{"pri'], "length", "Cut off by max_tokens"),
        (["```json\n", '{"items": []}', "\n```"], "stop", "inside a Markdown fence"),
    ],
)
def test_each_way_to_fail_has_its_word(
    page: Page, shared_upstream: ThreadedUpstream, pieces: list[str], finish_reason: str, words: str
) -> None:
    want(page, "json_schema", SCHEMA)
    shared_upstream.enqueue(scripts.stream(pieces, finish_reason=finish_reason))
    ask(page, "Prices, please")
    expect(page.locator("#talk .verdict")).to_contain_text(words)


def test_the_tree_grows_while_it_streams(page: Page, shared_upstream: ThreadedUpstream) -> None:
    want(page, "json_object")
    shared_upstream.enqueue(scripts.stall_between(('{"city": "Par',)))
    ask(page, "Where?")
    expect(page.locator("#talk .tree .string")).to_have_text("Par")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#talk .note").last).to_contain_text("Stopped")
    expect(page.locator("#talk .tree")).to_contain_text("Par")


def test_rows_are_shown_as_a_table_with_files(page: Page, shared_upstream: ThreadedUpstream) -> None:
    want(page, "json_schema", SCHEMA)
    shared_upstream.enqueue(scripts.stream(['{"items": [{"price": 1}, {"price": 2.5}]}']))
    ask(page, "Prices, please")
    page.get_by_text("as a table: 2 rows").click()
    expect(page.get_by_role("cell", name="2.5")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.path().read_bytes() == b"price\r\n1\r\n2.5\r\n"


def test_several_runs_are_counted_and_grouped(page: Page, shared_upstream: ThreadedUpstream) -> None:
    want(page, "json_schema", SCHEMA)
    page.get_by_role("tab", name="Runs").click()
    page.get_by_role("textbox", name="Message").fill("Prices, please")
    expect(page.locator(CURL)).to_contain_text("Prices, please")
    good, bad = scripts.stream(['{"items": []}']), scripts.stream(['{"items": 5}'])
    shared_upstream.enqueue(good, bad, good, bad, good)
    page.get_by_role("button", name="Run N times").click()
    expect(page.locator("#runs")).to_contain_text("3 of 5 valid")
    expect(page.locator("#runs .violations tbody tr")).to_have_count(1)
    expect(page.locator("#runs .violations")).to_contain_text("/items type")


def test_tools_and_a_schema_go_together(page: Page) -> None:
    want(page, "json_object")
    page.get_by_role("tab", name="Tools").click()
    tool = {"type": "function", "function": {"name": "lookup_region", "parameters": {"type": "object"}}}
    page.get_by_role("textbox", name="Tools JSON").fill(json.dumps([tool]))
    page.get_by_role("checkbox", name="Also send the JSON tab's response_format").check()
    expect(page.locator(CURL)).to_contain_text("lookup_region")
    expect(page.locator(CURL)).to_contain_text('"response_format": {"type": "json_object"}')
