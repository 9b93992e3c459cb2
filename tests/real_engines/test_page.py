"""A real vLLM from the page: launched, watched, switched to, asked, stopped."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ports import free_port
from tests.real_engines.engine import HERE, MODEL, VLLM, checkpoint
from tests.real_engines.running import READY_S
from tests.web.opened import ROOT, started

pytestmark = [pytest.mark.browser, pytest.mark.timeout(READY_S + 540)]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The app, which finds vLLM in the environment that the setting names."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PLAYGROUND_")}
    env |= {"PLAYGROUND_ENGINE_ENVIRONMENTS": str(VLLM.venv), "PLAYGROUND_CACHE_DIR": str(tmp_path)}
    env |= {"PLAYGROUND_EMBEDDED": "false", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, str(ROOT / "app.py"), "--port", "0"]
    with started(command, env, ends_s=60) as (address, pid):
        yield address, psutil.Process(pid)


def engines_of(app: psutil.Process) -> list[psutil.Process]:
    """The guard of the one server that runs, and all below it; the app's own workers are none of it."""
    (guard,) = [child for child in app.children() if any(word.endswith("guard.py") for word in child.cmdline())]
    found = [guard, *guard.children(recursive=True)]
    assert any("vllm" in " ".join(one.cmdline()).lower() for one in found)
    return found


def choose(page: Page, label: str, text: str) -> None:
    box = page.get_by_role("combobox", name=label)
    box.click()
    box.fill(text)
    box.press("Enter")
    expect(box).to_have_value(text)


def test_vllm_is_launched_watched_asked_and_stopped(app: tuple[str, psutil.Process], browser: Browser) -> None:
    url, process = app
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(30_000)
    page.goto(url)
    page.get_by_role("tab", name="Servers").click()
    choose(page, "Engine", "vLLM")
    choose(page, "Model to serve", str(checkpoint()))
    page.get_by_role("textbox", name="Port").fill(str(free_port()))
    page.get_by_role("textbox", name="Context length").fill("2048")
    page.get_by_role("textbox", name="Tool-call parser").fill("hermes")
    page.get_by_role("button", name="More").click()
    page.get_by_role("textbox", name="Served model name").fill(MODEL)
    page.get_by_role("textbox", name="Chat template file").fill(str(HERE / "chat_with_tools.jinja"))
    page.get_by_role("textbox", name="Extra arguments").fill("--max-num-seqs 8 --enforce-eager")
    page.get_by_role("textbox", name="Environment").fill("VLLM_CPU_KVCACHE_SPACE=1\nHF_HUB_OFFLINE=1")
    command = page.get_by_role("textbox", name="Command")  # the engines are looked for first, which takes seconds
    expect(command).to_have_value(re.compile("api_server --model .*--enforce-eager"), timeout=60_000)
    page.get_by_role("button", name="Launch", exact=True).click()
    server = page.get_by_role("article", name=f"Server {MODEL}")
    expect(server.get_by_role("progressbar")).to_be_visible(timeout=60_000)  # its own parser was asked before
    expect(server.locator(".state")).to_have_text(
        re.compile("loading weights|KV cache|capturing"), timeout=READY_S * 1000
    )
    expect(server.locator(".state.ready")).to_be_visible(timeout=READY_S * 1000)
    expect(server).to_contain_text("tool calls")
    expect(server).to_contain_text("KV cache")

    server.get_by_role("button", name="Use as backend").click()
    expect(page.locator("#snippet pre")).to_contain_text(MODEL)
    page.get_by_role("tab", name="Chat").click()
    page.get_by_role("textbox", name="Message").fill("Say hello.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#talk .meter").last).to_contain_text("finish", timeout=400_000)  # its context ends it

    page.get_by_role("tab", name="Servers").click()
    engines = engines_of(process)
    server.get_by_role("button", name="Stop server").click()
    expect(server.locator(".state")).to_contain_text("stopped", timeout=60_000)
    left = psutil.wait_procs(engines, timeout=10)[1]
    assert left == []
