"""A real app in a process of its own, and a real Chromium."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from playground.engines.embedded.models import fetch_model
from tests.upstream import ThreadedUpstream
from tests.web.opened import base_url, started

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def shared_upstream() -> Iterator[ThreadedUpstream]:
    with ThreadedUpstream() as upstream:
        yield upstream


@pytest.fixture(scope="session")
def opening(shared_upstream: ThreadedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app with the real embedded model, TheRouter's place taken by the upstream, and Custom URL too."""
    model = fetch_model(lambda _: None)
    env = {name: value for name, value in os.environ.items() if not name.startswith("PLAYGROUND_")}
    env |= {
        "PLAYGROUND_THEROUTER_BASE_URL": shared_upstream.base_url,
        "PLAYGROUND_CUSTOM_BASE_URL": shared_upstream.base_url,
        "PLAYGROUND_BACKEND": "embedded",
        "PLAYGROUND_MODEL_PATH": str(model),
        "PLAYGROUND_CACHE_DIR": str(tmp_path_factory.mktemp("cache")),  # its servers are not among the user's own
    }
    env.pop("THEROUTER_API_KEY", None)
    command = [sys.executable, str(ROOT / "app.py"), "--port", "0"]
    with started(command, env) as (address, _):
        yield address


@pytest.fixture(scope="session")
def app_url(opening: str) -> str:
    """Where the app is; `opening` is the address that it printed, with its token."""
    return base_url(opening)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, opening: str, app_url: str) -> Iterator[Page]:
    """The page of an administrator; a request that leaves this machine, or an error of its script, fails the test."""
    page = context.new_page()
    left: list[str] = []
    errors: list[str] = []
    page.on("request", lambda r: left.append(r.url) if not r.url.startswith((app_url, "data:", "blob:")) else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(opening)
    page.locator("#snippet pre").wait_for()
    yield page
    assert left == []
    assert errors == []
