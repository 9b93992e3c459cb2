"""The app: our routes, the page on top of them, and the server that serves both."""

import gc
import logging
import os
import socket
from collections.abc import Callable

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # before Gradio is imported: it would call out

import gradio as gr
import uvicorn
from fastapi import FastAPI

from playground.client import Client, Timeouts
from playground.errors import InvalidSetting
from playground.presets import load_presets, presets_folder
from playground.server.app import create_api
from playground.server.context import Context
from playground.server.embedded import EmbeddedBackend
from playground.settings import Settings
from playground.ui.page import build_page
from playground.ui.theme import build_head, build_theme


def create_context(settings: Settings) -> Context:
    """What the app shares.

    Raises:
        InvalidPreset: a preset that cannot be used.
    """
    timeouts = Timeouts(settings.connect_timeout_s, settings.first_byte_timeout_s, settings.between_chunks_timeout_s)
    return Context(
        settings,
        Client(timeouts, max_event_bytes=settings.max_event_bytes),
        EmbeddedBackend.from_settings(settings) if settings.embedded else None,
        load_presets(presets_folder(settings.presets_dir)),
    )


def create_app(settings: Settings) -> FastAPI:
    """The whole app. The page is mounted last, so that our own routes come first."""
    context = create_context(settings)
    blocks = build_page(context)
    blocks.max_threads = 100
    app: FastAPI = gr.mount_gradio_app(
        create_api(context),
        blocks,
        path="/",
        run_history=False,  # it would keep inputs in the browser's storage
        ssr_mode=False,
        footer_links=[],
        theme=build_theme(),
        head=build_head(),
        show_error=True,
    )
    return app


def serve(
    settings: Settings, host: str | None = None, port: int | None = None, say: Callable[[str], None] = print
) -> int:
    """Serve until interrupted; the exit status.

    Raises:
        InvalidSetting: the address cannot be listened on.
    """
    host, port = host or settings.host, settings.port if port is None else port
    listener = _listen(host, port)
    app = create_app(settings.model_copy(update={"host": host}))
    address = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{listener.getsockname()[1]}"  # noqa: S104
    say(f"Playground: {address}")
    config = uvicorn.Config(
        app, log_level=settings.log_level, timeout_graceful_shutdown=3, access_log=settings.log_level == "debug"
    )
    logging.getLogger("playground").setLevel(settings.log_level.upper())
    gc.freeze()  # a full collection would walk all of Gradio again and again, and hold up every stream for 0.1 s
    gc.enable()
    uvicorn.Server(config).run(sockets=[listener])
    return 0


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        raise InvalidSetting(
            f"{host}:{port} cannot be listened on: {error.strerror}.",
            advice="Another program may hold the port: choose one with --port, or PLAYGROUND_PORT.",
        ) from None
    return listener
