"""The login's own pages: plain forms that work without a script and load nothing."""

import asyncio
from html import escape
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from playground.auth.access import Access
from playground.auth.cookies import build_cookie
from playground.auth.failures import Failures
from playground.web.guard.login import LOGIN, LOGOUT
from playground.web.guard.plain_page import draw
from playground.web.guard.scope import NAME, visitor_of

AT_ONCE = 2  # a guess takes a core's time and 16 MiB


def login_routes(access: Access, failures: Failures | None = None) -> APIRouter:
    """`/login` and `/logout`; nothing where there is no login."""
    router = APIRouter()
    if access.users is None:
        return router
    users, failed, checking = access.users, failures or Failures(), asyncio.Semaphore(AT_ONCE)

    @router.get(LOGIN)
    async def form(request: Request) -> Response:
        """The form of name and password."""
        if access.sessions.get(visitor_of(request.scope)):
            return _home(request)
        return _page(request, 200, "", "")

    @router.post(LOGIN)
    async def log_in(request: Request) -> Response:
        """Log in."""
        name, password = _fields(await request.body())
        address = request.client.host if request.client else ""
        name = name.strip()
        if wait_s := failed.wait_s(address, name):
            minutes = int(wait_s // 60) + 1
            answer = _page(request, 429, name, f"Too many failed logins from your address. Try again in {minutes} min.")
            answer.headers["retry-after"] = str(int(wait_s) + 1)
            return answer
        failed.add(address, name)
        async with checking:
            user = await asyncio.to_thread(users.check, name, password)
        if user is None:
            return _page(request, 401, name, "Wrong name or password.")
        failed.forgive(address, name)
        access.sessions.end(visitor_of(request.scope))
        home = _home(request)
        _set_cookie(home, request, access.sessions.begin(user), framed=access.framed)
        return home

    @router.get(LOGOUT)
    async def ask(request: Request) -> Response:
        """The form that asks whether to log out."""
        return _page(request, 200, request.scope[NAME], "", leave=True)

    @router.post(LOGOUT)
    async def log_out(request: Request) -> Response:
        """Log out: session and keys are forgotten."""
        token = visitor_of(request.scope)
        access.sessions.end(token)  # what runs for it ends, and its keys are forgotten
        answer = RedirectResponse(request.scope.get("root_path", "") + LOGIN, 303)
        _set_cookie(answer, request, "", framed=access.framed)
        answer.headers["clear-site-data"] = '"storage"'  # the open conversation's name is kept there
        return answer

    return router


def _fields(body: bytes) -> tuple[str, str]:
    """Name and password of the form; empty where it is none."""
    try:
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=8)
    except ValueError:
        return "", ""
    return fields.get("name", [""])[0], fields.get("password", [""])[0]


def _home(request: Request) -> Response:
    return RedirectResponse(request.scope.get("root_path", "") + "/", 303)


def _set_cookie(answer: Response, request: Request, value: str, *, framed: bool) -> None:
    answer.headers.append("set-cookie", build_cookie(value, secure=request.url.scheme == "https", framed=framed))
    answer.headers["cache-control"] = "no-store"


def _page(request: Request, status: int, name: str, problem: str, *, leave: bool = False) -> Response:
    root = request.scope.get("root_path", "")
    text = LEAVE.format(name=escape(name), action=escape(root + LOGOUT), home=escape(root + "/"))
    if not leave:
        said = f'<p class="error" role="alert">{escape(problem)}</p>' if problem else ""
        text = ENTER.format(name=escape(name), action=escape(root + LOGIN), problem=said)
    answer = draw(status, text)
    # A form under no-referrer is sent with `Origin: null`, which `Gate` refuses.
    answer.headers["referrer-policy"] = "same-origin"
    return answer


ENTER = """<form method="post" action="{action}">
  <h1><i aria-hidden="true">◇</i>Playground</h1>
  <p class="lead">Log in to continue.</p>
  {problem}
  <label for="name">Name</label>
  <input id="name" name="name" value="{name}" autocomplete="username" autocapitalize="none" spellcheck="false" required>
  <label for="password">Password</label>
  <input id="password" name="password" type="password" autocomplete="current-password" required>
  <button>Log in</button>
</form>"""
LEAVE = """<form method="post" action="{action}">
  <h1><i aria-hidden="true">◇</i>Playground</h1>
  <p class="lead">You are logged in as <b>{name}</b>. The keys you typed are forgotten when you log out.</p>
  <button>Log out</button>
  <p class="lead"><a href="{home}">Back to the playground</a></p>
</form>"""
