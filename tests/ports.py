"""A port for a server that a test starts."""

import socket


def free_port() -> int:
    """A port of this machine that nothing listens on, or did a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
