"""What every response says to the browser: what the page may load, who may frame it, what it may tell others.

Content Security Policy Level 3, <https://www.w3.org/TR/CSP3/>.
"""

import base64
import hashlib
import re
from collections.abc import Iterable
from html.parser import HTMLParser

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.web.guard.scope import path_of

POLICY = "content-security-policy"
FIXED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
SHARED = "access-control-"
STATIC = ("/assets/", "/static/", "/theme.css", "/favicon.ico")  # the app's own files: the same for everybody
# Nothing that is not the page itself (JSON, events, files) is a document that loads anything.
BARE = "default-src 'none'; sandbox"


class SecurityHeaders:
    """Adds them to every response; a policy that the app has set keeps its words.

    No response is kept by a cache but the app's own files, and none may be read by another origin's page, whatever
    the app behind says: Gradio lets the pages of other ports read.

    Args:
        app: the app.
        frame_ancestors: the sites that may frame it, as CSP writes them; "" for none.
    """

    def __init__(self, app: ASGIApp, *, frame_ancestors: str = "") -> None:
        self._app = app
        self._ancestors = "frame-ancestors " + (frame_ancestors or "'none'")
        self._denied = not frame_ancestors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name in [name for name in headers if name.startswith(SHARED)]:
                    del headers[name]
                if not path_of(scope).startswith(STATIC):
                    headers["cache-control"] = "no-store"
                for name, value in FIXED.items():
                    headers.setdefault(name, value)
                if self._denied:
                    headers.setdefault("x-frame-options", "DENY")
                headers[POLICY] = f"{headers.get(POLICY, BARE)}; {self._ancestors}"
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def page_policy(scripts: Iterable[str]) -> str:
    """The page's policy: everything from the app itself, and of inline scripts these alone.

    Gradio makes functions of the `js=` of its events ('unsafe-eval') and writes style attributes. An injected
    `<script>` or `onerror=` does not run, and an injected image is not fetched from another site.
    """
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'unsafe-eval' {' '.join(sorted({digest_of(script) for script in scripts}))}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
        )
    )


def login_policy(html: str) -> str:
    """The login page's: its own style sheet, and the form."""
    styles = " ".join(digest_of(style) for style in re.findall(r"<style>(.*?)</style>", html, re.DOTALL))
    return f"default-src 'none'; style-src {styles}; img-src data:; base-uri 'none'; form-action 'self'"


def digest_of(text: str) -> str:
    """How a policy names an inline script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def inline_scripts(html: str) -> list[str]:
    """The text of each `<script>` without a `src`."""
    reader = _Scripts()
    reader.feed(html)
    reader.close()
    return reader.found


class _Scripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag == "script" and "src" not in dict(attrs)
        if self._open:
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._open = False

    def handle_data(self, data: str) -> None:
        if self._open:
            self.found[-1] += data
