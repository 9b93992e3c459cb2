"""`docs/routes.md` is the whole truth: every route and function that the running app has stands in it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from gradio.routes import App
from starlette.routing import Mount

from docs import routes
from playground.web.guard.wall import ROUTES, is_open
from tests.security.conftest import Way
from tests.security.test_files import config_of, functions


@pytest.fixture
async def app() -> FastAPI:
    """In a loop: Gradio takes the one that runs, or leaves its own open."""
    return routes.build()


async def test_the_table_is_that_of_the_app_that_runs(app: FastAPI) -> None:
    assert routes.PAGE.read_text(encoding="utf-8") == routes.render(app), "run .venv/bin/python docs/routes.py"


def gradio_of(app: FastAPI) -> App:
    return next(route.app for route in app.routes if isinstance(route, Mount) and isinstance(route.app, App))


def paths_of(found: Any, prefix: str = "") -> Iterator[tuple[str, set[str]]]:
    """Every path with its methods, also of routers that were included or mounted."""
    for route in found:
        router = getattr(route, "original_router", None)
        if router is not None:
            context = getattr(route, "include_context", None)
            yield from paths_of(router.routes, prefix + getattr(context, "prefix", ""))
        elif getattr(route, "path", None):
            yield prefix + route.path, set(getattr(route, "methods", None) or {"GET"})


async def test_of_gradios_routes_only_those_of_the_table_are_open(app: FastAPI) -> None:
    """A route that a later Gradio adds is shut until it is written down."""
    found = list(paths_of(gradio_of(app).routes))
    assert len(found) > 50
    opened = set()
    for path, methods in found:
        for spelled in (path, f"/gradio_api{path}"):
            filled = re.sub(r"\{[^}]*\}", "x", spelled)
            opened |= {(filled, method) for method in methods if is_open(filled, method)}
    assert {path for path, _ in opened} <= set(ROUTES)
    assert all(method in {"GET", "HEAD"} for path, method in opened if not path.endswith("run/predict"))


async def test_each_function_that_the_page_names_is_in_the_table(way: Way, app: FastAPI) -> None:
    """The page's own configuration, as a browser gets it: nothing of the server's is called beside what is listed."""
    made = routes.functions_in(app)
    listed = routes.PAGE.read_text(encoding="utf-8")
    for function in functions(config_of(way.visitor())):
        assert function["id"] in made
        assert f"| `{made[function['id']].name}` |" in listed
        assert len(function["inputs"]) == len(made[function["id"]].inputs)
