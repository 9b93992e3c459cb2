"""Ports, looked at before a launch: SGLang would find its port taken only after the whole load, and then hang."""

import contextlib
import errno
import os
import socket
from collections.abc import Collection

import psutil

from playground.engines.spec import MAX_PORT
from playground.errors import InvalidLaunch

_TRIES = 100
_ANY_V4, _ANY_V6 = "0.0.0.0", "::"  # noqa: S104 - compared with, not bound


def choose_port(host: str, wanted: int | None, default: int, taken: Collection[int] = ()) -> int:
    """The port to launch on.

    Args:
        host: where the server is to listen.
        wanted: the one that was asked for; None for `default`, or the next that is free.
        default: the engine's own.
        taken: ports promised to servers that do not listen yet.

    Raises:
        InvalidLaunch: `wanted` is taken or cannot be used, nothing is free, or `host` is none of this machine.
    """
    if wanted is not None:
        if wanted in taken:
            raise InvalidLaunch(f"{wanted} is reserved for another server of this app.", field="port", advice=_OTHER)
        require_free(host, wanted)
        return wanted
    for port in range(default, min(default + _TRIES, MAX_PORT + 1)):
        if port not in taken and _bind(host, port) is None:
            return port
    raise InvalidLaunch(
        f"none of {default} to {min(default + _TRIES - 1, MAX_PORT)} is free on {host}.", field="port", advice=_OTHER
    )


def require_free(host: str, port: int) -> None:
    """Check that a server could listen there.

    Raises:
        InvalidLaunch: it could not; the message names who holds the port, where that can be known.
    """
    if not 1 <= port <= MAX_PORT:
        raise InvalidLaunch(f"{port} is not a port; they are 1 to {MAX_PORT}.", field="port")
    error = _bind(host, port)
    if error is None:
        return
    if error.errno == errno.EADDRINUSE:
        raise InvalidLaunch(f"{port} on {host} is taken{_by(port)}.", field="port", advice=_OTHER)
    if error.errno == errno.EACCES:
        raise InvalidLaunch(f"{port} may be used only by the system's administrator.", field="port", advice=_OTHER)
    raise InvalidLaunch(f"{port} on {host} cannot be used: {error.strerror}.", field="port", advice=_OTHER)


def find_holder(port: int) -> psutil.Process | None:
    """The process that listens on a port, if it is this user's; others' cannot be seen."""
    connections = []
    with contextlib.suppress(psutil.Error, OSError):
        connections = psutil.net_connections("tcp")
    for each in connections:
        if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == port and each.pid:
            with contextlib.suppress(psutil.Error):
                return psutil.Process(each.pid)
    return None


def local_url(host: str, port: int) -> str:
    """Where this machine reaches a server that listens on `host`: `http://…:PORT`."""
    name = {"": "127.0.0.1", _ANY_V4: "127.0.0.1", _ANY_V6: "::1"}.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


_OTHER = "Choose another port, or leave it empty for the next that is free."


def _by(port: int) -> str:
    holder = find_holder(port)
    if holder is None:
        return ""
    with contextlib.suppress(psutil.Error):
        return f" by {holder.name()} (process {holder.pid})"
    return f" by process {holder.pid}"


def _bind(host: str, port: int) -> OSError | None:
    """Listens there for a moment; the error if that fails."""
    try:
        infos = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise InvalidLaunch(f"{host!r} is not an address of this machine: {error}.", field="host") from None
    family, kind, protocol, _, address = infos[0]
    with socket.socket(family, kind, protocol) as listener:
        if os.name == "posix":
            # As servers do: a port whose last connections have just closed counts as free.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise InvalidLaunch(f"{host} is not an address of this machine.", field="host") from None
            return error
    return None
