"""A tab, a language, an engine, a parameter: each is added to a copy of the app as CONTRIBUTING has it, and is there.

Also what follows from a tab being one: nothing is known by its title, and without a composer nothing is sent.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ROOT
from tests.upstream import ThreadedUpstream, scripts
from tests.web.opened import started

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

LANGUAGE = """
from playground.snippets.language import Language
from playground.wire.prepared import PreparedRequest


def render(request: PreparedRequest) -> str:
    return f"In words: {request.method} {request.url} with\\n{request.body.decode()}"


LANGUAGE = Language("words", "Plain words", render)
"""
NOTES = """
from pathlib import Path

from playground.app.context import Context
from playground.ui.components import Drawn
from playground.ui.parts import Page
from playground.ui.tab import Tab

HERE = Path(__file__).parent


def build(page: Page, context: Context) -> None:
    Drawn("<p>A note of its own</p>", elem_id="note")


TAB = Tab(
    id="notes",
    title="Servers, say",
    build=build,
    empty="<b>Notes</b> teaches what it does.",
    script=HERE / "notes.js",
    style=HERE / "notes.css",
)
"""
BARE = """
from playground.app.context import Context
from playground.ui.components import Drawn
from playground.ui.parts import Page
from playground.ui.tab import Tab


def build(page: Page, context: Context) -> None:
    Drawn("<p>Nothing but this</p>", elem_id="bare")


TAB = Tab(id="bare", title="Bare", build=build, sends=None, talk=False, wire=False)
"""
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PROGRAM = [sys.executable, "-m", "playground"]


def told(heading: str, name: str) -> str:
    """The code that CONTRIBUTING gives below a heading, for a thing of that name."""
    below = CONTRIBUTING.partition(heading)[2]
    found = re.search(r"(?:^(?: {4}.*)?\n)+", below[below.index("\n    ") + 1 :], re.MULTILINE)
    assert found
    return textwrap.dedent(found[0]).replace("NAME", name)


def add_line(file: Path, before: str, line: str) -> None:
    """One line more, and nothing else."""
    text = file.read_text(encoding="utf-8")
    assert text.count(before) == 1
    file.write_text(text.replace(before, f"{line}\n{before}"), encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app with two languages, three tabs, an engine and a parameter more."""
    copy = tmp_path_factory.mktemp("copy")
    for name in ("playground", "presets"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    snippets, tabs = copy / "playground" / "snippets", copy / "playground" / "ui" / "tabs"
    (snippets / "words.py").write_text(LANGUAGE)
    add_line(snippets / "__init__.py", '    "python",', '    "words",')
    for name, text in (("notes", NOTES), ("bare", BARE), ("told", told("**A tab.**", "told"))):
        (tabs / name).mkdir()
        (tabs / name / "__init__.py").write_text(text)
        add_line(tabs / "__init__.py", '    "servers",', f'    "{name}",')
    (snippets / "told.py").write_text(told("**A snippet language.**", "told"))
    add_line(snippets / "__init__.py", '    "python",', '    "told",')
    kinds = copy / "playground" / "engines" / "kinds"
    (kinds / "told.py").write_text(told("**An engine.**", "told"))
    imported = "from playground.engines.kinds.told import Engine as Told"
    add_line(kinds / "__init__.py", "from playground.engines.kinds.vllm import VLLM", imported)
    add_line(kinds / "__init__.py", "    LMDeploy(),", "    Told(),")
    parameter = textwrap.indent(told("**A parameter.**", "told"), "    ").rstrip()
    add_line(copy / "playground" / "wire" / "request.py", "    models: list[StrictStr] | None = None", parameter)
    (tabs / "notes" / "notes.js").write_text("document.documentElement.title = 'its script ran';")
    (tabs / "notes" / "notes.css").write_text("&[data-tab=notes] #note p { color: rgb(1, 2, 3); }")
    return copy


def environment(upstream: ThreadedUpstream, copy: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLAYGROUND_")}
    kept.pop("THEROUTER_API_KEY", None)
    return kept | {
        "PLAYGROUND_EMBEDDED": "false",
        "PLAYGROUND_BACKEND": "custom",
        "PLAYGROUND_CUSTOM_BASE_URL": upstream.base_url,
        "PLAYGROUND_CACHE_DIR": str(copy / "cache"),
    }


@pytest.fixture(scope="module")
def address(copy: Path, shared_upstream: ThreadedUpstream) -> Iterator[str]:
    command = [*PROGRAM, "serve", "--port", "0"]
    with started(command, environment(shared_upstream, copy), copy) as (address, _):
        yield address


@pytest.fixture
def added(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    context.set_default_timeout(20_000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address)
    page.locator("#snippet pre").wait_for()
    yield page
    context.close()
    assert errors == []


def open_tab(page: Page, title: str) -> None:
    page.locator("#modes").get_by_role("tab", name=title, exact=True).click()


@pytest.fixture
def run(copy: Path, shared_upstream: ThreadedUpstream) -> Callable[..., str]:
    """What the copy's command line prints."""

    def run(*words: str) -> str:
        env = environment(shared_upstream, copy)
        done = subprocess.run([*PROGRAM, *words], cwd=copy, env=env, capture_output=True, text=True, check=True)
        return done.stdout

    return run


def test_the_command_line_has_the_engine(run: Callable[..., str], copy: Path) -> None:
    assert "told" in [one["name"] for one in json.loads(run("engines", "--json"))["engines"]]
    program = copy / "told-server"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    shown = run("launch", "told", "owner/model", "--where", str(program), "--dry-run", "--", "--fast")
    assert "told-server owner/model --host 127.0.0.1 --port 9000 --fast" in shown


def test_the_parameter_is_everywhere(run: Callable[..., str], added: Page) -> None:
    (one,) = [one for one in json.loads(run("parameters", "--json")) if one["name"] == "new_one"]
    assert (one["type"], one["range"], one["known_by"]) == ("a number", "0 to 1", ["vLLM"])
    assert '"new_one": 0.5' in run("snippet", "chat-odd-sum", "--param", "new_one=.5")
    added.get_by_role("button", name="Parameters", exact=True).click()
    added.get_by_role("textbox", name=re.compile("^new_one")).fill("0.25")
    expect(added.locator("#snippet")).to_contain_text('"new_one": 0.25')


def test_the_command_line_has_the_language(run: Callable[..., str]) -> None:
    assert run("snippet", "chat-odd-sum", "--lang", "words").startswith("In words: POST http")
    assert run("snippet", "chat-odd-sum", "--lang", "told").startswith("POST http")
    assert "curl, words, told, python" in " ".join(run("snippet", "--help").split())


def test_the_page_has_the_language(added: Page) -> None:
    added.get_by_role("combobox", name="Language").click()
    added.get_by_role("option", name="Plain words").click()
    added.get_by_role("textbox", name="Message").fill("as I type")
    shown = added.get_by_role("group", name="Plain words")
    expect(shown).to_contain_text("In words: POST")
    expect(shown).to_contain_text("as I type")
    added.get_by_role("checkbox", name="whole tool loop").check()
    expect(added.locator("#snippet")).to_contain_text("There is no script of a whole loop in Plain words.")


def test_the_page_has_the_tab_with_all_that_it_says_of_itself(added: Page, shared_upstream: ThreadedUpstream) -> None:
    expect(added.locator("html")).to_have_attribute("title", "its script ran")
    expect(added.locator("#note")).to_be_hidden()
    open_tab(added, "What its button says")
    expect(added.get_by_text("told is for")).to_be_visible()
    expect(added.locator("#tab-told").get_by_role("button", name="lookup_region")).to_be_visible()
    open_tab(added, "Servers, say")
    expect(added.locator("#note p")).to_have_css("color", "rgb(1, 2, 3)")
    expect(added.get_by_text("teaches what it does")).to_be_visible()
    expect(added.get_by_text("sends one conversation")).to_be_hidden()
    shared_upstream.enqueue(scripts.stream(["An answer."]))
    added.get_by_role("textbox", name="Message").fill("from the new tab")
    added.keyboard.press("Control+Enter")
    expect(added.locator("#talk .turn").last).to_contain_text("An answer.")


def test_a_tab_without_composer_and_wire_has_neither_and_sends_nothing(added: Page) -> None:
    asked: list[str] = []
    added.on("request", lambda request: asked.append(request.url) if "/exchange" in request.url else None)
    added.get_by_role("textbox", name="Message").fill("typed, not sent")
    open_tab(added, "Bare")
    expect(added.locator("#bare")).to_be_visible()
    for part in ("#compose", "#wire", "#talk"):
        expect(added.locator(part)).to_be_hidden()
    added.keyboard.press("Control+Enter")
    open_tab(added, "Servers")
    expect(added.locator("#compose")).to_be_hidden()
    expect(added.locator("#snippet")).to_contain_text("typed, not sent")  # the request that was there
    added.keyboard.press("Control+Enter")
    added.wait_for_timeout(500)
    assert asked == []
    open_tab(added, "Chat")
    expect(added.get_by_role("textbox", name="Message")).to_have_value("typed, not sent")
    expect(added.locator("#talk .turn")).to_have_count(0)
