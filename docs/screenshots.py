"""Take the pictures in `docs/screenshots`: each tab with the embedded model's answer, wide and narrow, both schemes.

Run by `make screenshots`.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "screenshots"
SIZES = {"wide": (1440, 900), "narrow": (390, 844)}
SCHEMES = ("light", "dark")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
QUESTION = "Write three short facts about the Moon as a list."


def main() -> None:
    """Start the app, take all pictures, stop it."""
    OUT.mkdir(exist_ok=True)
    command = [sys.executable, str(ROOT / "app.py"), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as app, sync_playwright() as playwright:
        try:
            url = re.search(r"http://\S+", app.stdout.readline() if app.stdout else "")
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            for size in SIZES:
                for scheme in SCHEMES:
                    take(browser, url[0] if url else "", size, scheme)
            browser.close()
        finally:
            app.terminate()


def take(browser: Browser, url: str, size: str, scheme: str) -> None:
    """One size in one scheme: the empty page, Chat with an answer, Streaming, the wire drawer on a phone."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]  # a literal
    page = context.new_page()
    page.goto(url)
    expect(page.locator("#state")).to_contain_text("ready", timeout=120_000)
    shoot(page, f"empty-{size}-{scheme}")
    page.get_by_role("textbox", name="Message").fill(QUESTION)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#talk .meter").last).to_contain_text("finish", timeout=120_000)
    shoot(page, f"chat-{size}-{scheme}")
    page.get_by_role("tab", name="Streaming").click()
    shoot(page, f"streaming-{size}-{scheme}")
    page.get_by_role("button", name="Parameters", exact=True).click()
    shoot(page, f"parameters-{size}-{scheme}")
    page.get_by_role("button", name="Parameters", exact=True).click()
    tools(page)
    shoot(page, f"tools-{size}-{scheme}")
    structured(page)
    shoot(page, f"json-{size}-{scheme}")
    servers(page)
    shoot(page, f"servers-{size}-{scheme}")
    after_servers(page)
    if size == "narrow":
        page.get_by_role("button", name="Request").click()
        shoot(page, f"wire-{size}-{scheme}")
    context.close()


def tools(page: Page) -> None:
    """The seed page's example: a call that was answered by the built-in function."""
    page.get_by_role("button", name="lookup_region").locator("visible=true").click()
    bound(page)
    page.get_by_role("combobox", name="Tool choice").click()
    page.get_by_role("option", name="required").click()
    page.get_by_role("combobox", name="tool_choice after results").click()
    page.get_by_role("option", name="none", exact=True).last.click()
    page.get_by_role("tab", name="Answers").click()
    page.get_by_role("checkbox", name="lookup_region").check()
    page.get_by_role("tab", name="Definitions").click()
    page.get_by_role("button", name="Send").click()
    page.get_by_role("button", name="Run tool").click(timeout=120_000)
    expect(page.locator("#talk .call .line").first).to_be_visible(timeout=120_000)
    expect(page.locator("#talk .meter").last).to_contain_text("finish", timeout=120_000)
    page.get_by_role("button", name="fold", exact=True).locator("visible=true").click()


def bound(page: Page) -> None:
    """The small model would go on for a long time."""
    page.locator("[data-act=parameter][data-name=max_tokens]").click()
    page.locator("#param-max_tokens textarea, #param-max_tokens input").fill("90")
    page.get_by_role("button", name="Parameters", exact=True).click()


def structured(page: Page) -> None:
    """An answer that fits the schema of a template."""
    page.get_by_role("button", name="Restart nginx").locator("visible=true").click()
    bound(page)
    page.locator("[data-act=fold] >> visible=true").click()
    page.get_by_role("tab", name="Start from").click()
    page.get_by_role("combobox", name="Template").click()
    page.get_by_role("option").first.click()
    page.get_by_role("tab", name="Schema").click()
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#talk .verdict")).to_be_visible(timeout=120_000)


def servers(page: Page) -> None:
    """The embedded engine as a server of its own, ready; above it another recipe: no path of this machine is seen."""
    page.get_by_role("tab", name="Servers").click()
    recipe(page, "SmolLM2 135M on llama.cpp")
    expect(page.get_by_role("textbox", name="Command")).to_have_value(
        re.compile("playground.engines.embedded"), timeout=30_000
    )
    page.get_by_role("button", name="Launch", exact=True).click()
    expect(page.locator(".server .state.ready").first).to_be_visible(timeout=60_000)
    recipe(page, "DeepSeek V3.2 on SGLang, with tools")
    expect(page.get_by_role("textbox", name="Command")).to_have_value(re.compile("sglang.launch_server"))
    page.locator("#machine").scroll_into_view_if_needed()


def recipe(page: Page, title: str) -> None:
    """Choose one."""
    page.get_by_role("combobox", name="Recipe").click()
    page.get_by_role("option", name=title).first.click()


def after_servers(page: Page) -> None:
    """Leave none of them."""
    page.get_by_role("button", name="Stop server").first.click()
    expect(page.locator(".server .state").first).to_contain_text("stopped", timeout=60_000)
    page.get_by_role("button", name="Remove from the list").first.click()
    expect(page.locator(".server")).to_have_count(0)


def shoot(page: Page, name: str) -> None:
    """One picture, once the marks of changed lines have faded."""
    page.wait_for_timeout(1800)
    page.screenshot(path=OUT / f"{name}.png")


if __name__ == "__main__":
    main()
