"""Parameters, images and the finder, in a real browser."""

import base64
import re
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from playground.presets import Preset, load_presets, presets_folder
from tests.browser.test_page import CURL, ask, chats, choose, sent
from tests.upstream import ThreadedUpstream

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

NOTE_MARKS = """() => {
  window.marked = [];
  new MutationObserver(seen => seen.forEach(({target}) => {
    if (target.classList.contains('changed')) window.marked.push(target.textContent);
  })).observe(document.querySelector('#snippet'), {subtree: true, attributeFilter: ['class']});
}"""


def in_language(page: Page, title: str) -> None:
    page.get_by_role("combobox", name="Language").click()
    page.get_by_role("option", name=title).click()


def image(name: str) -> FilePayload:
    return {"name": name, "mimeType": "image/png", "buffer": PIXEL}


def test_a_parameter_is_sent_once_touched_and_put_back_with_one_click(page: Page) -> None:
    expect(page.locator("#sent")).to_contain_text("temperature not sent")
    page.locator("#sent").get_by_role("button", name="temperature").click()
    expect(page.get_by_role("textbox", name=re.compile("^temperature"))).to_be_focused()
    page.evaluate(NOTE_MARKS)
    page.keyboard.type("0.25")
    expect(page.locator(CURL)).to_contain_text('"temperature": 0.25')
    page.wait_for_function("window.marked.some(line => line.includes('temperature'))")
    expect(page.locator(f"{CURL} .changed")).to_have_count(0)  # a mark stands for a moment
    page.get_by_role("button", name="put temperature back").click()
    expect(page.locator(CURL)).not_to_contain_text("temperature")
    expect(page.get_by_role("textbox", name=re.compile("^temperature"))).to_have_value("")


def test_a_value_that_cannot_be_read_says_so_and_sends_nothing(page: Page, shared_upstream: ThreadedUpstream) -> None:
    choose(page, "Custom URL")
    page.get_by_role("button", name="Parameters", exact=True).click()
    page.get_by_role("textbox", name=re.compile("^seed")).fill("soon")
    expect(page.locator("#snippet .problem")).to_contain_text("seed must be a whole number, not 'soon'")
    before = len(chats(shared_upstream))
    page.get_by_role("textbox", name="Message").fill("hello")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#talk .error")).to_contain_text("seed must be a whole number")
    expect(page.get_by_role("textbox", name="Message")).to_have_value("hello")
    assert len(chats(shared_upstream)) == before


def test_images_go_along_and_one_can_be_taken_away(page: Page, shared_upstream: ThreadedUpstream) -> None:
    choose(page, "Custom URL")
    page.locator("#attach-images input").set_input_files([image("a.png"), image("b.png")])
    expect(page.locator("#attached img")).to_have_count(2)
    page.get_by_role("button", name="remove image 2").click()
    expect(page.locator("#attached img")).to_have_count(1)
    expect(page.locator(CURL)).to_contain_text("data:image/png;base64,")
    ask(page, "what is this")
    expect(page.locator("#talk .meter").last).to_contain_text("finish")
    expect(page.locator("#talk .thumbs img")).to_have_count(1)
    expect(page.locator("#attached img")).to_have_count(0)
    (text, picture) = sent(shared_upstream)["messages"][0]["content"]
    assert text == {"type": "text", "text": "what is this"}
    assert picture["image_url"]["url"] == "data:image/png;base64," + base64.b64encode(PIXEL).decode()
    page.get_by_role("button", name="undo").click()
    expect(page.get_by_role("textbox", name="Message")).to_have_value("what is this")
    expect(page.locator("#attached img")).to_have_count(1)


def test_the_python_snippet_follows_too(page: Page) -> None:
    in_language(page, "Python")
    page.get_by_role("textbox", name="Message").fill("in Python")
    expect(page.get_by_role("group", name="Python", exact=True)).to_contain_text("in Python")
    expect(page.locator(CURL)).to_contain_text("import httpx")
    in_language(page, "curl")
    expect(page.get_by_role("group", name="curl", exact=True)).to_contain_text("in Python")
    expect(page.locator(CURL)).not_to_contain_text("import httpx")


def test_the_keyboard_sends_finds_and_goes_to_the_message(page: Page) -> None:
    choose(page, "Custom URL")
    page.keyboard.press("Control+k")
    page.keyboard.type("MoE")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Message")).to_have_value("Explain MoE load balancing in 200 words.")
    page.locator("#brand").click()
    page.keyboard.press("/")
    expect(page.get_by_role("textbox", name="Message")).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#stream tbody tr").first).to_be_visible()


def test_a_request_is_saved_as_a_preset(page: Page, tmp_path: Path) -> None:
    page.get_by_role("button", name="Two regions, mocked").locator("visible=true").click()
    page.get_by_role("tab", name="Answers").click()
    expect(page.locator("#mock textarea")).to_have_value(re.compile("no such region"))
    with page.expect_download() as download:
        page.get_by_role("button", name="download as preset").click()
    file = tmp_path / "my-preset.yaml"
    download.value.save_as(file)
    saved = Preset.from_file(file)
    original = next(p for p in load_presets(presets_folder()) if p.name == "tools-two-regions")
    assert saved.tab == "tools"
    assert saved.request.replace(model="m") == original.request.replace(model="m")
    assert saved.mock == original.mock
