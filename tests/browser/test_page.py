"""What a person does, in a real browser against the real app."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.upstream import ThreadedUpstream, scripts
from tests.upstream.record import Recorded

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
SEED = Path(__file__).parents[1] / "data" / "seed"
CURL = "#snippet pre"


def choose(page: Page, backend: str) -> None:
    page.get_by_role("combobox", name="Backend").click()
    page.get_by_role("option", name=backend).click()


def ask(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Message").fill(text)
    expect(page.locator(CURL)).to_contain_text(text[:20])
    page.get_by_role("button", name="Send").click()


def chats(upstream: ThreadedUpstream) -> list[Recorded]:
    """The chat requests so far; the page looks at the list of models now and then, too."""
    return [request for request in upstream.requests if request.path == "/v1/chat/completions"]


def sent(upstream: ThreadedUpstream) -> dict[str, Any]:
    """The body of the last one."""
    body: dict[str, Any] = json.loads(chats(upstream)[-1].body)
    return body


@pytest.mark.model
def test_the_embedded_model_answers(page: Page) -> None:
    expect(page.locator("#state")).to_contain_text("ready", timeout=60_000)
    page.get_by_role("button", name="Parameters", exact=True).click()
    page.get_by_role("textbox", name=re.compile("^max_tokens")).fill("24")
    page.get_by_role("textbox", name=re.compile("^temperature")).fill("0")  # the same answer each time
    ask(page, "What is the capital of France?")
    answer = page.locator("#talk .turn").nth(1)
    expect(answer.locator(".meter")).to_contain_text("tokens", timeout=60_000)
    assert len(answer.locator(".said").inner_text()) > 20


@pytest.mark.parametrize("path", sorted(SEED.glob("*.sh")), ids=lambda path: path.stem)
def test_a_preset_gives_the_seed_pages_curl_with_therouter(page: Page, path: Path) -> None:
    titles = {
        "chat-odd-sum": "Sum of two odd integers",
        "streaming-moe": "MoE in 200 words",
        "tools-lookup-region": "lookup_region",
        "json-restart-nginx": "Restart nginx → JSON",
    }
    choose(page, "TheRouter")
    page.get_by_role("button", name=titles[path.stem]).click()
    # the stand-in's address takes TheRouter's place in the URL; the rest is the seed's to the letter
    seed = path.read_text().rstrip("\n").split("\n", 1)[1]
    expect(page.locator(CURL)).to_have_text(re.compile(re.escape(seed) + "$"))


def test_switching_the_backend_keeps_what_was_typed(page: Page) -> None:
    page.get_by_role("textbox", name="Message").fill("still here")
    choose(page, "Custom URL")
    expect(page.locator("#state")).to_contain_text("ready")
    expect(page.get_by_role("textbox", name="Message")).to_have_value("still here")
    expect(page.locator(CURL)).to_contain_text("still here")


def test_without_a_key_nothing_is_sent_and_the_text_stays(page: Page, shared_upstream: ThreadedUpstream) -> None:
    choose(page, "TheRouter")
    expect(page.locator("#state")).to_contain_text("no key")
    before = len(chats(shared_upstream))
    ask(page, "do not lose me")
    expect(page.locator("#talk .error")).to_contain_text("THEROUTER_API_KEY")
    expect(page.get_by_role("textbox", name="Message")).to_have_value("do not lose me")
    assert len(chats(shared_upstream)) == before


def test_a_key_is_sent_and_never_shown(page: Page, shared_upstream: ThreadedUpstream) -> None:
    choose(page, "TheRouter")
    page.locator("#api-key").get_by_label("API key").fill("sk-browser-secret")
    page.get_by_role("button", name="Use key").click()
    expect(page.locator("#state")).to_contain_text("ready")
    ask(page, "with a key")
    expect(page.locator("#talk .meter").last).to_contain_text("finish")
    assert chats(shared_upstream)[-1].header("authorization") == "Bearer sk-browser-secret"
    expect(page.locator(CURL)).to_contain_text("Bearer $THEROUTER_API_KEY")
    assert "sk-browser-secret" not in page.content()


def test_a_model_typed_whole_is_not_another_that_contains_its_name(page: Page) -> None:
    listed = [scripts.model_entry(name) for name in ("openai/gpt-4o-mini", "openai/gpt-4o", "openai/gpt-4o-audio")]
    with ThreadedUpstream() as upstream:
        upstream.on("/v1/models", scripts.models(listed))
        choose(page, "Custom URL")
        page.get_by_role("textbox", name="Base URL").fill(upstream.base_url)
        page.get_by_role("textbox", name="Base URL").blur()
        model = page.get_by_role("combobox", name="Model")
        for typed, keys, chosen in (
            ("openai/gpt-4o", ["Enter"], "openai/gpt-4o"),
            ("gpt-4o", ["Enter"], "openai/gpt-4o-mini"),  # the first that contains it
            ("openai/gpt-4o", ["ArrowDown", "Enter"], "openai/gpt-4o"),
            ("openai/gpt-4o", ["ArrowDown", "ArrowDown", "Enter"], "openai/gpt-4o-audio"),
            ("openai/gpt-5", ["Enter"], "openai/gpt-5"),  # not among them: it is sent as it was typed
        ):
            model.click()
            expect(page.get_by_role("option", name="openai/gpt-4o-audio")).to_be_visible()
            page.keyboard.press("ControlOrMeta+a")
            page.keyboard.type(typed)
            for key in keys:
                model.press(key)
            expect(model).to_have_value(chosen)
            expect(page.locator(CURL)).to_contain_text(f'"{chosen}"')


@pytest.mark.parametrize("tab", ["Chat", "Streaming"])
def test_stop_ends_the_request_at_the_server(page: Page, shared_upstream: ThreadedUpstream, tab: str) -> None:
    choose(page, "Custom URL")
    page.get_by_role("tab", name=tab).click()
    gone = sum(request.outcome == "disconnected" for request in shared_upstream.requests)
    shared_upstream.enqueue(scripts.stall_between())
    ask(page, "stop me")
    shown = page.locator("#talk .turn").last if tab == "Chat" else page.locator("#stream tbody")
    expect(shown).to_contain_text("Hel")
    page.get_by_role("button", name="Stop").click()
    shared_upstream.wait_for_disconnect(gone + 1, timeout_s=1)
    expect(shown).to_contain_text("Hel")
    page.get_by_role("tab", name="Chat").click()
    expect(page.locator("#talk .note").last).to_contain_text("Stopped")


def test_a_cut_stream_keeps_the_text_and_says_so(page: Page, shared_upstream: ThreadedUpstream) -> None:
    choose(page, "Custom URL")
    shared_upstream.enqueue(scripts.cut_stream())
    ask(page, "cut me")
    expect(page.locator("#talk .error")).to_contain_text("kept")
    expect(page.locator("#talk .turn").last).to_contain_text("Hello")


def test_hostile_answers_run_nothing(page: Page, shared_upstream: ThreadedUpstream) -> None:
    choose(page, "Custom URL")
    attack = '<img src=x onerror="window.hit=1">\n\n<script>window.hit=1</script>\n\n[x](javascript:window.hit=1)\n\n'
    shared_upstream.enqueue(scripts.stream([attack, "done"]))
    ask(page, "attack")
    expect(page.locator("#talk .turn").last).to_contain_text("done")
    expect(page.locator("#talk .meter").last).to_contain_text("finish")
    assert page.evaluate("window.hit") is None
    assert page.locator("#talk img, #talk script, #talk a[href^=javascript]").count() == 0


def test_the_conversation_survives_a_reload(page: Page) -> None:
    choose(page, "Custom URL")
    ask(page, "remember this")
    expect(page.locator("#talk")).to_contain_text("You said: remember this")
    page.reload()
    expect(page.locator("#talk")).to_contain_text("You said: remember this")


def test_copy_puts_the_command_on_the_clipboard(page: Page, app_url: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=app_url)
    page.get_by_role("textbox", name="Message").fill("copy me")
    expect(page.locator(CURL)).to_contain_text("copy me")
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator(CURL).text_content()


def test_retry_and_edit(page: Page, shared_upstream: ThreadedUpstream) -> None:
    choose(page, "Custom URL")
    ask(page, "first words")
    expect(page.locator("#talk")).to_contain_text("You said: first words")
    before = len(chats(shared_upstream))
    page.locator("#talk").get_by_role("button", name="retry").click()
    shared_upstream.wait_until(lambda: len(chats(shared_upstream)) > before)
    expect(page.locator("#talk .turn")).to_have_count(2)
    page.locator("#talk .turn").first.hover()
    page.locator("#talk .turn").first.get_by_role("button", name="edit").click()
    page.get_by_role("textbox", name="Edit").fill("other words")
    page.get_by_role("button", name="save").click()
    expect(page.locator(CURL)).to_contain_text("other words")


def test_the_wire_pane_steps_through_the_exchanges(page: Page) -> None:
    choose(page, "Custom URL")
    for text in ("number one", "number two"):
        ask(page, text)
        expect(page.locator("#talk .meter").last).to_contain_text("finish")
        expect(page.locator("#talk")).to_contain_text(f"You said: {text}")
    page.locator("#answer").get_by_role("tab", name="Request").click()
    expect(page.locator("#steps")).to_contain_text("2 of 2")
    expect(page.get_by_role("group", name="Request body")).to_contain_text("number two")
    page.get_by_role("button", name="previous exchange").click()
    expect(page.locator("#steps")).to_contain_text("1 of 2")
    expect(page.get_by_role("group", name="Request body")).not_to_contain_text("number two")
