"""The page while something that it waits for takes long: what was chosen meanwhile counts."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.opened import app_process

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
# Stands for the interpreter of an environment on a cold disk: it answers once the gate is there.
SLOW_PYTHON = """#!/bin/sh
until [ -e "{gate}" ]; do sleep 0.05; done
echo '{{"vllm": "0.99"}}'
"""


@contextmanager
def opened(browser: Browser, folder: Path, **variables: str) -> Iterator[Page]:
    """An app of its own, and its page."""
    with app_process(folder / "log", PLAYGROUND_CACHE_DIR=str(folder), **variables) as app:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.goto(app.opening)
        page.locator("#snippet pre").wait_for()
        yield page
        context.close()


def choose(page: Page, label: str, text: str) -> None:
    page.get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("option", name=text, exact=True).click()


def test_an_engine_chosen_while_engines_are_looked_for(browser: Browser, tmp_path: Path) -> None:
    gate, python = tmp_path / "gate", tmp_path / "environment" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(SLOW_PYTHON.format(gate=gate))
    python.chmod(0o755)
    with opened(browser, tmp_path, PLAYGROUND_ENGINE_ENVIRONMENTS=str(python.parents[1])) as page:
        try:
            page.get_by_role("tab", name="Servers", exact=True).click()
            choose(page, "Engine", "vLLM")
            choose(page, "Model to serve", "Qwen/Qwen3-0.6B")
            page.get_by_role("textbox", name="Port", exact=True).fill("8123")
            expect(page.locator("#command textarea")).to_have_value("")
        finally:
            gate.touch()
        expect(page.locator("#command textarea")).to_have_value(re.compile(f"{python} .*--port 8123"))


class _Held(BaseHTTPRequestHandler):
    """Lists its model once it is let go."""

    asked = threading.Event()
    go = threading.Event()

    def do_GET(self) -> None:
        self.asked.set()
        self.go.wait(30)
        body = json.dumps({"object": "list", "data": [{"id": "the-model-of-before"}]}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the library
        """Nothing is printed."""


def test_a_backend_chosen_while_the_one_before_is_looked_at(browser: Browser, tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Held) as held:
        threading.Thread(target=held.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{held.server_port}/v1"
        with opened(browser, tmp_path, PLAYGROUND_BACKEND="custom", PLAYGROUND_CUSTOM_BASE_URL=url) as page:
            try:
                assert _Held.asked.wait(20)
                choose(page, "Backend", "Embedded")
                expect(page.locator("#state")).to_contain_text("off")
                expect(page.get_by_role("combobox", name="Model", exact=True)).not_to_have_value("")
                with page.expect_request_finished(lambda request: request.method == "POST"):
                    _Held.go.set()
            finally:
                _Held.go.set()
            expect(page.locator("#state")).to_contain_text("off")
            expect(page.get_by_role("combobox", name="Model", exact=True)).not_to_have_value("the-model-of-before")
        held.shutdown()
