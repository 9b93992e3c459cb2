"""The socket that the app listens on, and the server behind it, which stops as soon as it is asked to."""

import asyncio
import logging
import socket
from ipaddress import ip_network

import uvicorn
from fastapi import FastAPI
from gradio.routes import App
from starlette.routing import Mount

from playground.errors import InvalidSetting
from playground.settings import Settings


def build_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """How uvicorn serves it: what a proxy says of the visitor counts only where the proxy is trusted."""
    proxies = trusted_proxies(settings.trusted_proxies)
    return uvicorn.Config(
        app,
        log_level=settings.log_level,
        timeout_graceful_shutdown=3,
        access_log=settings.log_level == "debug",
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
    )


def trusted_proxies(text: str) -> list[str]:
    """Addresses and networks, one by one.

    Raises:
        InvalidSetting: an entry that is neither.
    """
    entries = [entry for part in text.split(",") if (entry := part.strip())]
    for entry in entries:
        try:
            ip_network(entry)
        except ValueError:
            raise InvalidSetting(
                f"PLAYGROUND_TRUSTED_PROXIES: {entry!r} is not an address or network.",
                advice="Write 127.0.0.1, 10.0.0.5 or 10.0.0.0/8, separated by commas.",
            ) from None
    return entries


def address_of(host: str, port: int) -> str:
    """Where a browser on this machine finds it."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{name}:{port}"


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
            f"Cannot listen on {host}:{port}: {error.strerror}.",
            advice="Another program may be using the port: choose another with --port or PLAYGROUND_PORT.",
        ) from None
    return listener
