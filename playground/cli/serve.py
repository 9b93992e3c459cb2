"""`serve`: open the app."""

import argparse
import gc
from typing import Any

from playground.settings import Settings

MAX_PORT = 65535


def add(commands: Any) -> None:
    """The command's parser."""
    parser = commands.add_parser("serve", help="start the app", allow_abbrev=False)
    parser.add_argument("--host", help="address to listen on (PLAYGROUND_HOST, else 127.0.0.1)")
    parser.add_argument("--port", type=_port, help="port; 0 picks a free one (PLAYGROUND_PORT, else 7860)")
    parser.set_defaults(run=run, host=None, port=None)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Serve until it is interrupted."""
    gc.disable()  # what start-up makes, stays: looking for garbage among it takes half a second; `serve` enables it
    try:
        from playground.ui.app import serve  # Gradio takes seconds to import; no other command needs it

        return serve(settings, host=arguments.host, port=arguments.port)
    finally:
        gc.enable()


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= MAX_PORT:
        raise argparse.ArgumentTypeError(f"{port} is not between 0 and {MAX_PORT}")
    return port
