"""The Servers tab, in a real browser: a real llama.cpp launched, watched, asked, attached to, fixed, stopped."""

import re
import socket
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from playground.engines.embedded.models import MODEL_FILE
from tests.browser.test_page import choose
from tests.ports import free_port
from tests.upstream import ThreadedUpstream

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
SEED = Path(__file__).parents[1] / "data" / "seed" / "servers"
COMMAND = "#command textarea"


def open_servers(page: Page) -> None:
    page.get_by_role("tab", name="Servers", exact=True).click()
    expect(page.locator("#machine")).to_contain_text("memory free")


def fill_in(page: Page, name: str, port: int, model: str = MODEL_FILE) -> None:
    """The launch form, for the embedded llama.cpp."""
    open_servers(page)
    field = page.get_by_role("combobox", name="Model to serve")
    field.fill(model)
    field.press("Enter")
    page.get_by_role("textbox", name="Port", exact=True).fill(str(port))
    page.get_by_role("button", name="More").click()
    page.get_by_role("textbox", name="Server name").fill(name)
    page.get_by_role("textbox", name="Server name").blur()


def card_of(page: Page, name: str) -> Locator:
    return page.get_by_role("article", name=f"Server {name}", exact=True)


def launch(page: Page, name: str, port: int) -> Locator:
    """Launch it and wait until it is ready; its card."""
    fill_in(page, name, port)
    expect(page.locator(COMMAND)).to_have_value(re.compile(f"--port {port}"))
    page.get_by_role("button", name="Launch").click()
    card = card_of(page, name)
    expect(card.get_by_role("status")).to_have_text("ready", timeout=60_000)
    return card


def stop(card: Locator) -> None:
    card.get_by_role("button", name="Stop server").click()
    expect(card.get_by_role("status")).to_contain_text("stopped", timeout=30_000)


def test_an_engine_is_chosen_by_typing(page: Page) -> None:
    open_servers(page)
    engine = page.get_by_role("combobox", name="Engine", exact=True)
    for typed, chosen in (("vLLM", "vLLM"), ("sgl", "SGLang")):
        engine.click()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type(typed)
        engine.press("Enter")
        expect(engine).to_have_value(chosen)
    engine.fill("nothing of the kind")
    engine.blur()
    expect(engine).to_have_value("SGLang")


@pytest.mark.model
def test_launch_watch_use_and_stop(page: Page) -> None:
    port = free_port()
    page.get_by_role("textbox", name="Message").fill("What is the capital of France?")
    fill_in(page, "first", port)
    expect(page.locator(COMMAND)).to_have_value(re.compile(f"--port {port}"))
    page.get_by_role("button", name="Launch").click()
    card = card_of(page, "first")
    expect(card.get_by_role("progressbar")).to_be_visible()
    expect(card.get_by_role("button", name="Stop server")).to_be_visible()
    expect(page.locator("#launch-said")).to_contain_text("Launching first")
    expect(card.get_by_role("status")).to_have_text("ready", timeout=60_000)
    expect(card).to_contain_text(f"http://127.0.0.1:{port}/v1")
    expect(card).to_contain_text("waiting 0")

    card.get_by_role("button", name="Use as backend").click()
    expect(page.get_by_role("combobox", name="Backend")).to_have_value("first")
    page.get_by_role("tab", name="Chat").click()
    expect(page.locator("#state")).to_contain_text("ready")
    expect(page.get_by_role("textbox", name="Message")).to_have_value("What is the capital of France?")
    page.get_by_role("button", name="Parameters", exact=True).click()
    page.get_by_role("textbox", name=re.compile("^max_tokens")).fill("12")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#talk .turn").last.locator(".meter")).to_contain_text("finish", timeout=30_000)
    assert page.locator("#talk .turn").last.locator(".said").inner_text()
    expect(page.locator("#snippet pre")).to_contain_text(f"http://127.0.0.1:{port}/v1/chat/completions")

    page.get_by_role("textbox", name="Message").fill("typed before the stop")
    page.get_by_role("tab", name="Servers", exact=True).click()
    stop(card)
    expect(page.locator("#state")).to_contain_text("stopped")
    page.get_by_role("tab", name="Chat").click()
    expect(page.get_by_role("textbox", name="Message")).to_have_value("typed before the stop")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#talk .error")).to_contain_text("cannot answer")
    expect(page.get_by_role("textbox", name="Message")).to_have_value("typed before the stop")
    page.get_by_role("tab", name="Servers", exact=True).click()
    card.get_by_role("button", name="Remove from the list").click()
    expect(card).to_have_count(0)
    expect(page.locator("#servers-list")).to_contain_text("No servers running.")


@pytest.mark.model
def test_a_failed_launch_shows_its_cause_and_the_fix(page: Page) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        fill_in(page, "taken", port)
        page.get_by_role("button", name="Launch").click()
        expect(page.locator("#launch-said")).to_contain_text(f"{port} on 127.0.0.1 is taken")
        expect(page.locator("#launch-said")).to_contain_text("Choose another port")
    page.get_by_role("textbox", name="Port", exact=True).fill(port := str(free_port()))
    expect(page.locator(COMMAND)).to_have_value(re.compile(f"--port {port}"))
    page.locator(COMMAND).fill(page.locator(COMMAND).input_value() + " --frobnicate")
    page.get_by_role("button", name="Launch").click()
    card = card_of(page, "taken")
    expect(card.get_by_role("status")).to_contain_text("failed", timeout=30_000)
    expect(card.locator(".error")).to_contain_text("--frobnicate")
    expect(card.locator(".error small").first).not_to_be_empty()
    card.get_by_text("command", exact=True).click()
    expect(card.locator("details pre")).to_contain_text("--frobnicate")
    fix = card.get_by_role("button", name="Restart with the fix")
    again = fix if fix.count() else card.get_by_role("button", name="Restart")
    expect(again).to_be_enabled()
    card.get_by_role("button", name="Remove from the list").click()
    expect(card).to_have_count(0)


@pytest.mark.model
def test_the_fix_of_a_port_that_was_taken_meanwhile_and_the_log(page: Page) -> None:
    port = free_port()
    fill_in(page, "unlucky", port)
    expect(page.locator(COMMAND)).to_have_value(re.compile(f"--port {port}"))
    page.get_by_role("button", name="Launch").click()
    expect(page.locator("#launch-said")).to_contain_text("Launching unlucky")
    card = card_of(page, "unlucky")
    try:
        holder = socket.create_server(("127.0.0.1", port))  # the engine still loads its libraries
    except OSError:
        pytest.skip("the engine was faster")
    with holder:
        expect(card.locator(".error")).to_contain_text("The port is already in use", timeout=30_000)
        card.get_by_role("button", name="Show log").click()
        log = page.get_by_role("log", name="Log of unlucky")
        expect(log).to_contain_text("address already in use")
        card.get_by_role("button", name="Restart with the fix").click()
        expect(card.get_by_role("status")).to_have_text("ready", timeout=60_000)
    expect(card).not_to_contain_text(f"127.0.0.1:{port}/v1")
    expect(log).to_contain_text("load")
    expect(log).not_to_contain_text("address already in use")  # it is the new one's
    look_at_the_log(page, card)


def look_at_the_log(page: Page, card: Locator) -> None:
    """Search, follow, download; it stays open when the server is stopped."""
    log = page.get_by_role("log", name="Log of unlucky")
    whole = len(log.inner_text().splitlines())
    search = page.get_by_role("textbox", name="Search the log of unlucky")
    search.fill("no line holds this")
    expect(log).to_have_text("No log line matches.")
    search.fill("SLOT")
    expect(log).to_contain_text("slot")
    assert 0 < len(log.inner_text().splitlines()) < whole
    search.fill("")
    follow = card.get_by_role("checkbox", name="follow")
    expect(follow).to_be_checked()
    follow.uncheck()
    with page.expect_download() as downloading:
        card.get_by_role("link", name="download").click()
    assert downloading.value.suggested_filename == "unlucky.log"
    assert "load" in Path(downloading.value.path()).read_text()
    stop(card)
    expect(card.get_by_role("button", name="Hide log")).to_have_attribute("aria-expanded", "true")
    card.get_by_role("button", name="Hide log").click()
    expect(log).to_have_count(0)


def attach(page: Page, url: str, said: str) -> Locator:
    """Attach to it with a key; its card."""
    page.get_by_role("textbox", name="Server URL").fill(url)
    page.get_by_label("API key, if required").fill("sk-browser-secret")
    page.get_by_role("button", name="Attach").click()
    expect(page.locator("#servers-pane")).to_contain_text(said)
    card = card_of(page, url.removeprefix("http://").removesuffix("/v1"))
    expect(card).to_contain_text("attached")
    expect(card.get_by_role("status")).to_have_text("ready")
    expect(card.get_by_role("button", name="Stop server")).to_have_count(0)
    expect(page.get_by_label("API key, if required")).to_have_value("")
    return card


def name_of(upstream: ThreadedUpstream) -> str:
    return upstream.base_url.removeprefix("http://").removesuffix("/v1")


@pytest.mark.model
def test_attach_to_what_runs(page: Page, shared_upstream: ThreadedUpstream) -> None:
    port = free_port()
    launched = launch(page, "home", port)
    page.get_by_role("tab", name="Attach").click()
    attach(page, f"http://127.0.0.1:{port}", "llama.cpp")
    card = attach(page, shared_upstream.base_url, "An unrecognised server")
    name = name_of(shared_upstream)
    card.get_by_role("button", name="Use as backend").click()
    expect(page.get_by_role("combobox", name="Backend")).to_have_value(name)
    expect(page.locator("#state")).to_contain_text("ready")
    assert "sk-browser-secret" not in page.content()
    stop(launched)
    expect(card_of(page, f"127.0.0.1:{port}").get_by_role("status")).to_contain_text("unreachable", timeout=10_000)
    for one in (f"127.0.0.1:{port}", name):
        card_of(page, one).get_by_role("button", name="Remove from the list").click()
        expect(card_of(page, one)).to_have_count(0)
    expect(page.locator("#state")).to_contain_text("gone")


def test_attaching_to_nothing_says_so_and_what_an_upstream_needs(page: Page, shared_upstream: ThreadedUpstream) -> None:
    open_servers(page)
    page.get_by_role("tab", name="Attach").click()
    url = page.get_by_role("textbox", name="Server URL")
    url.fill(f"http://127.0.0.1:{free_port()}/v1")
    page.get_by_role("button", name="Attach").click()
    expect(page.locator("#servers-pane .error")).to_be_visible()
    expect(url).not_to_have_value("")
    page.get_by_role("tab", name="Upstream").click()
    expect(page.locator("#upstream-said")).to_contain_text("registers nothing")
    page.get_by_role("textbox", name="Public URL").fill(shared_upstream.base_url)
    page.get_by_role("button", name="Check endpoint").click()
    expect(page.locator("#upstream-said")).to_contain_text("(no)")


def test_a_recipe_fills_in_the_form_and_is_written_for_several_machines(page: Page) -> None:
    open_servers(page)
    page.get_by_role("combobox", name="Recipe").click()
    page.get_by_role("option", name="DeepSeek V3.2 on SGLang", exact=True).click()
    expect(page.locator(COMMAND)).to_have_value(re.compile("sglang.launch_server .*deepseek-ai/DeepSeek-V3.2"))
    expect(page.get_by_role("combobox", name="Model to serve")).to_have_value("deepseek-ai/DeepSeek-V3.2")
    said = page.locator("#recipe-said")
    expect(said).to_contain_text("Needs")
    said.get_by_text("The command as published").click()
    expect(said.locator("pre")).to_have_text((SEED / "deepseek-v3-2-sglang.sh").read_text().strip())
    expect(page.locator("#launch-said")).to_contain_text("SGLang was not found on this machine")
    page.get_by_role("button", name="Launch").click()
    expect(page.locator("#launch-said .error")).to_contain_text("cannot be launched here")
    expect(page.locator("#launch-said")).to_contain_text("PLAYGROUND_ENGINE_ENVIRONMENTS")
    page.get_by_role("tab", name="Machines").click()
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#written")).to_contain_text("no form is chosen")
    page.get_by_role("combobox", name="Form").click()
    page.get_by_role("option", name="A command for each machine").click()
    page.get_by_role("textbox", name="Addresses, head machine first").fill("10.0.0.1, 10.0.0.2")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#written pre")).to_have_count(2)
    expect(page.locator("#written pre").nth(1)).to_contain_text("--node-rank 1")
    page.get_by_role("combobox", name="Form").click()
    page.get_by_role("option", name="Kubernetes (LeaderWorkerSet)").click()
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#written")).to_contain_text("kind: LeaderWorkerSet")


@pytest.mark.model
def test_will_it_fit_and_bad_values_told_next_to_launch(page: Page) -> None:
    fill_in(page, "bad", free_port())
    page.get_by_role("button", name="Will it fit?").click()
    fit = page.locator("#fit")
    expect(fit.get_by_role("status")).to_contain_text("Fits")
    bar = fit.get_by_role("img").first
    expect(bar).to_be_visible()
    assert "weights" in (bar.get_attribute("aria-label") or "")
    fit.get_by_text("The arithmetic").click()
    expect(fit.locator("li", has_text="GiB").last).to_be_visible()
    page.get_by_role("textbox", name="Port", exact=True).fill("99999")
    expect(page.locator("#launch-said .error")).to_contain_text("port: ")
    expect(page.locator(COMMAND)).to_have_value("")
    page.get_by_role("button", name="Launch").click()
    expect(page.locator("#launch-said .error")).to_contain_text("port: ")
    page.get_by_role("textbox", name="Port", exact=True).fill("")
    expect(page.locator("#launch-said .error")).to_have_count(0)
    page.get_by_role("textbox", name="Extra arguments").fill("--x 'y")
    expect(page.locator("#launch-said .error")).to_contain_text("quotes")
    expect(card_of(page, "bad")).to_have_count(0)


def test_the_servers_of_a_reloaded_page_are_still_there(page: Page, shared_upstream: ThreadedUpstream) -> None:
    open_servers(page)
    page.get_by_role("tab", name="Attach").click()
    page.get_by_role("textbox", name="Server URL").fill(shared_upstream.base_url)
    page.get_by_role("button", name="Attach").click()
    name = name_of(shared_upstream)
    expect(card_of(page, name)).to_be_visible()
    page.reload()
    open_servers(page)
    expect(card_of(page, name)).to_be_visible()
    choose(page, name)
    expect(page.locator("#state")).to_contain_text("ready")
    card_of(page, name).get_by_role("button", name="Remove from the list").click()
    expect(card_of(page, name)).to_have_count(0)


def test_that_the_servers_cannot_be_looked_at_is_told_until_they_can(page: Page) -> None:
    open_servers(page)
    page.route("**/gradio_api/servers", lambda route: route.abort())
    said = page.locator("#servers-said")
    expect(said).to_contain_text("The list of servers cannot be read")
    page.unroute("**/gradio_api/servers")
    expect(said).to_be_hidden()
