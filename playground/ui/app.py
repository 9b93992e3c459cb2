"""The app: our routes, the page on top of them, and the server that serves both."""

import gc
import logging
import os
from functools import partial
from urllib.parse import quote

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # before Gradio is imported: it would call out

import gradio as gr
from fastapi import FastAPI
from gradio.routes import App
from starlette.middleware import Middleware
from starlette.routing import Mount

from playground.addresses import InternalHosts
from playground.app.context import Context
from playground.app.servers.embedded import EmbeddedBackend
from playground.client import Client, Timeouts
from playground.engines.recipes import load_recipes, recipes_folder
from playground.presets import load_presets, presets_folder
from playground.settings import Settings
from playground.ui.draw.runs import draw_runs
from playground.ui.draw.servers import draw_servers
from playground.ui.functions import Forgetful, functions_of
from playground.ui.handlers import WireHandlers
from playground.ui.page import build_page
from playground.ui.serving import Server, address_of, build_config, listen_on
from playground.ui.theme import build_head, build_theme
from playground.web.app import create_api
from playground.web.guard.headers import inline_scripts
from playground.web.guard.token_entrance import QUERY
from playground.web.guard.wall import Wall
from playground.web.routes.images import image_routes
from playground.web.routes.runs import run_routes
from playground.web.routes.servers import server_routes
from playground.web.routes.snippet import snippet_routes


def create_context(settings: Settings) -> Context:
    """What the app shares.

    Raises:
        InvalidPreset: a preset that cannot be used.
    """
    timeouts = Timeouts(settings.connect_timeout_s, settings.first_byte_timeout_s, settings.between_chunks_timeout_s)
    internal = InternalHosts.parse(settings.internal_hosts)
    return Context(
        settings,
        Client(timeouts, max_event_bytes=settings.max_event_bytes),
        EmbeddedBackend.from_settings(settings) if settings.embedded else None,
        load_presets(presets_folder(settings.presets_dir)),
        load_recipes(recipes_folder(settings.presets_dir)),
        public_client=Client(timeouts, max_event_bytes=settings.max_event_bytes, allow_address=internal.allows),
    )


def create_app(settings: Settings) -> FastAPI:
    """The whole app. The page is mounted last, so that our own routes come first."""
    context = create_context(settings)
    blocks = build_page(context)
    blocks.max_threads = 100
    head = build_head()
    wall = Middleware(Wall, functions=functions_of(blocks), head_scripts=inline_scripts(head))
    api = create_api(context)
    api.state.context = context
    api.include_router(image_routes(context))
    api.include_router(snippet_routes(WireHandlers(context).snippet))
    api.include_router(run_routes(context, draw_runs))
    api.include_router(server_routes(context, draw_servers))
    app: FastAPI = gr.mount_gradio_app(
        api,
        blocks,
        path="/",
        run_history=False,  # it would keep inputs in the browser's storage
        ssr_mode=False,
        footer_links=[],
        theme=build_theme(),
        head=head,
        show_error=True,
        app_kwargs={"middleware": [wall]},
    )
    _forget_sessions(app, blocks)
    return app


def _forget_sessions(app: FastAPI, blocks: gr.Blocks) -> None:
    """Gradio keeps no session's values."""
    for route in app.routes:
        if isinstance(route, Mount) and isinstance(route.app, App):
            route.app.state_holder = Forgetful(blocks)


def _token(app: FastAPI) -> str:
    """What the printed address ends in, where the app has a token: who opens it is an administrator."""
    token = app.state.context.access.token
    return f"/?{QUERY}={quote(token.get_secret_value(), safe='')}" if token else ""


def serve(settings: Settings, host: str | None = None, port: int | None = None) -> int:
    """Serve until interrupted, and say where; the exit status.

    Raises:
        InvalidSetting: the address cannot be listened on.
    """
    host, port = settings.host if host is None else host, settings.port if port is None else port
    app = create_app(settings.model_copy(update={"host": host}))  # first: it says whether it may listen there at all
    listener = listen_on(host, port)
    say = partial(print, flush=True)  # a program that started it may wait for the line, at the other end of a pipe
    say(f"Playground: {address_of(host, listener.getsockname()[1])}{_token(app)}")
    if settings.open_without_login:
        say("It has no login of its own: anyone who can reach it can use it and the API keys in its environment.")
    if "FORWARDED_ALLOW_IPS" in os.environ and not settings.trusted_proxies:
        say("FORWARDED_ALLOW_IPS is ignored: list the proxies in PLAYGROUND_TRUSTED_PROXIES.")
    config = build_config(app, settings)
    logging.getLogger("playground").setLevel(settings.log_level.upper())
    gc.freeze()  # a full collection would walk all of Gradio again and again, and hold up every stream for 0.1 s
    gc.enable()
    Server(config).run(sockets=[listener])
    return 0
