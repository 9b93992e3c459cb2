"""Write `docs/routes.md`: every route and every function of the page, what each takes and who may call it.

    .venv/bin/python docs/routes.py

`tests/security/test_routes.py` compares the table with the app that runs: what a later Gradio or we ourselves add is
not in it until somebody has thought about who may call it.
"""

import inspect
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import SecretStr

from playground.auth.passwords import PasswordHash
from playground.settings import Settings
from playground.ui.app import create_app
from playground.web.guard.functions import Function
from playground.web.guard.limits import BODY_LIMITS, MAX_BODY_BYTES
from playground.web.guard.wall import CALL, ROUTES, Wall

PAGE = ROOT / "docs" / "routes.md"
ANYONE, VISITOR, PROGRAMS = "anyone", "who may see the page", "who may run programs"
# Who may call each of our own routes. One that is missing here stops the script, and the test.
OURS = {
    "/login": ANYONE,
    "/logout": "who is logged in",
    "/gradio_api/exchange": VISITOR,
    "/gradio_api/images": VISITOR,
    "/gradio_api/key": VISITOR,
    "/gradio_api/repeat": VISITOR,
    "/gradio_api/servers": PROGRAMS,
    "/gradio_api/servers/{name}/log": PROGRAMS,
    "/gradio_api/servers/{name}/log.txt": PROGRAMS,
    "/gradio_api/servers/{name}/{action}": PROGRAMS,
    "/gradio_api/snippet": VISITOR,
}
GRADIOS = {
    "/": "the page, with its configuration in it; of the query only `__theme` is read",
    "/theme.css": "the theme's variables",
    "/favicon.ico": "nothing, or Gradio's icon",
    "/robots.txt": "no robots",
    "/manifest.json": "the page as an app of a phone",
    "/static/js/iframeResizer.contentWindow.min.js": "a script that Gradio's page names",
    "/gradio_api/app_id": "whether the app is still the one that a page was loaded from",
    "/gradio_api/run/predict": "a call of one of the functions below, read and written anew by the wall",
}
# Handlers that refuse whoever may not run programs; all others are for whoever may see the page.
GUARDED = ("ServerHandlers.",)
OPEN = frozenset({"ServerHandlers.use", "ServerHandlers.use_recipe"})  # no program of this machine is asked
HEAD = """# Who may call what

Made by `docs/routes.py`; a test compares it with the app that runs. *Who may see the page* is everybody on a plain
127.0.0.1 and where the app is opened without a login, and who is logged in where there is one. *Who may run programs*
is an administrator, and on a plain 127.0.0.1 whoever opened the address that the app printed, with its token. All else
that Gradio offers (files, uploads, proxy, queue, sessions, deep links, its API and its documentation) answers 404.

"""


def build() -> FastAPI:
    """The app with a login, so that all routes are there; nothing of it runs."""
    users = SecretStr(f"ada:{PasswordHash.of('a-made-up-password', cost=2, parallel=1)}")
    return create_app(Settings.model_construct(embedded=False, users=users))


def render(app: FastAPI) -> str:
    """The whole page."""
    functions = functions_in(app)
    ours = "".join(
        _row(path, methods, _limit(path) if "POST" in methods else "nothing", OURS[path], about)
        for path, methods, about in own_routes(app)
    )
    theirs = "".join(
        _row(path, ", ".join(sorted(methods)), _limit(path) if path == CALL else "nothing", VISITOR, GRADIOS[path])
        for path, methods in ROUTES.items()
    )
    theirs += _row("/assets/NAME", "GET, HEAD", "nothing", VISITOR, "the scripts and styles of Gradio's package")
    calls = "".join(f"| `{name}` | {takes} | {who} |\n" for name, takes, who in described(functions))
    table = "| route | methods | takes | who | what |\n|---|---|---|---|---|\n"
    return (
        f"{HEAD}## Our own routes\n\n{table}{ours}\n## Of Gradio's\n\n{table}{theirs}\n## Functions of the page\n\n"
        "Called by `/gradio_api/run/predict`, with these values and no others; each may be null, none is an object.\n\n"
        f"| function | takes | who |\n|---|---|---|\n{calls}"
    )


def own_routes(app: FastAPI) -> Iterator[tuple[str, str, str]]:
    """Path, methods, what it does; in the order of the paths."""
    found = list(_api_routes(app.routes))
    for route in sorted(found, key=lambda route: (route.path, sorted(route.methods or ()))):
        about = (inspect.getdoc(route.endpoint) or route.endpoint.__name__.replace("_", " ")).split("\n")[0]
        yield route.path, ", ".join(sorted(route.methods or ())), about


def _api_routes(routes: Iterable[Any]) -> Iterator[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif (router := getattr(route, "original_router", None)) is not None:  # one that was included
            yield from _api_routes(router.routes)


def described(functions: Mapping[int, Function]) -> list[tuple[str, str, str]]:
    """Name, values, who; each once."""
    rows = set()
    form = next(one.inputs for one in functions.values() if one.name == "PresetHandlers.save")
    for function in functions.values():
        kinds, after = list(map(str, function.inputs)), ""
        if function.inputs[-len(form) :] == form:  # its fields are many
            kinds, after = kinds[: -len(form)], f"the form's {len(form)} fields"
        runs = [f"{n} × {kind}" if n > 1 else kind for kind, n in ((k, len(list(g))) for k, g in groupby(kinds))]
        takes = ", ".join(filter(None, (*runs, after))) or "nothing"
        takes += f"; of the event: {', '.join(sorted(function.event))}" if function.event else ""
        guarded = function.name.startswith(GUARDED) and function.name not in OPEN
        rows.add((function.name, takes, PROGRAMS if guarded else VISITOR))
    return sorted(rows)


def functions_in(app: FastAPI) -> Mapping[int, Function]:
    """The functions that the wall lets through."""
    for route in app.routes:
        for middleware in getattr(getattr(route, "app", None), "user_middleware", ()):
            if middleware.cls is Wall:
                found: Mapping[int, Function] = middleware.kwargs["functions"]
                return found
    raise LookupError("There is no wall around Gradio.")


def _row(path: str, methods: str, takes: str, who: str, about: str) -> str:
    return f"| `{path}` | {methods} | {takes} | {who} | {about} |\n"


def _limit(path: str) -> str:
    size = BODY_LIMITS.get(path, MAX_BODY_BYTES)
    return f"at most {size // 2**20} MiB" if size >= 2**20 else f"at most {size // 1024} KiB"


if __name__ == "__main__":
    PAGE.write_text(render(build()), encoding="utf-8")
