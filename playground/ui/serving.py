"""The socket that the app listens on, and the server behind it, which stops as soon as it is asked to."""

import asyncio
import logging
import socket

import uvicorn
from fastapi import FastAPI
from gradio.routes import App
from starlette.routing import Mount

from playground.errors import InvalidSetting


class Server(uvicorn.Server):
    """Lets go of the open pages first: Gradio holds a connection to each, and they would be waited for."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; what still runs after the configured time is cancelled, without a traceback for each."""
        app = self.config.app
        for route in app.routes if isinstance(app, FastAPI) else ():
            if isinstance(route, Mount) and isinstance(route.app, App):
                route.app.stop_event.set()
        logging.getLogger("uvicorn.error").addFilter(_is_news)
        await super().shutdown(sockets)


def _is_news(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def listen_on(host: str, port: int) -> socket.socket:
    """A socket that listens there; its connections send small frames at once.

    Raises:
        InvalidSetting: the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With TCP named, asyncio turns Nagle's algorithm off for what it accepts: a small frame does not wait 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise InvalidSetting(
            f"{host}:{port} cannot be listened on: {error.strerror}.",
            advice="Another program may hold the port: choose one with --port, or PLAYGROUND_PORT.",
        ) from None
    return listener
