"""The app's own plain pages: forms and words that work without a script and load nothing."""

from functools import cache
from html import escape
from importlib.resources import files

from starlette.responses import HTMLResponse, Response

from playground.web.guard.headers import POLICY, login_policy

HEADING = '<h1><i aria-hidden="true">◇</i>Playground</h1>'


def draw(status: int, content: str, *, head: str = "", title: str = "") -> Response:
    """A page with that HTML in it, and a policy of its own."""
    html, policy = _template()
    page = html.replace("<!-- form -->", content).replace("<!-- head -->", head)
    if title:
        page = page.replace("<title>Playground: log in</title>", f"<title>Playground: {escape(title)}</title>")
    answer = HTMLResponse(page, status)
    answer.headers[POLICY] = policy
    answer.headers["cache-control"] = "no-store"
    return answer


def draw_page(status: int, title: str, words: str, *, head: str = "") -> Response:
    """A page in words alone."""
    said = f'<p class="error" role="alert">{escape(words)}</p>' if words else ""
    return draw(status, f"<section>{HEADING}<p>{escape(title)}</p>{said}</section>", head=head, title=title.lower())


@cache
def _template() -> tuple[str, str]:
    html = (files(__package__) / "login.html").read_text(encoding="utf-8")
    return html, login_policy(html)
