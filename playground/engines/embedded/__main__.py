"""`python -m playground.engines.embedded --model PATH --port N`: serves one model file."""

import argparse
import asyncio
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import psutil
import uvicorn

from playground.engines.embedded.front import Front

_HOST = "127.0.0.1"
_CONTEXT_TOKENS, _SLOTS = 4096, 2  # the context is divided among the slots
_HTTP_THREADS = 32  # each waiting request holds one
_LAST_WORDS_S = 1


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m playground.engines.embedded", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a GGUF file")
    parser.add_argument("--port", type=int, required=True, help="the port to listen on, on 127.0.0.1")
    parser.add_argument("--alias", default="SmolLM2-135M-Instruct", help="the model's name in the API")
    options = parser.parse_args()
    if not options.model.is_file():
        parser.error(f"there is no file {options.model}")
    try:
        import xllamacpp  # an extra: pip install 'chat-playground[local]'
    except ImportError as error:
        sys.stderr.write(f"error: xllamacpp cannot be imported: {error}\n")
        return 1
    front = Front()
    config = uvicorn.Config(
        front.app(),
        host=_HOST,
        port=options.port,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=_LAST_WORDS_S,
    )
    threading.Thread(target=_load, args=(xllamacpp, options, front), name="load", daemon=True).start()
    with asyncio.Runner() as runner:
        runner.run(uvicorn.Server(config).serve())
    return 0


def _load(xllamacpp: Any, options: argparse.Namespace, front: Front) -> None:
    """Loads the model, then lets the front through. A failure ends the process: there is nothing to serve."""
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(options.model)
    parameters.model_alias = {options.alias}
    parameters.hostnames = [_HOST]
    parameters.port = 0
    parameters.api_keys = [front.key]
    parameters.n_ctx, parameters.n_parallel = _CONTEXT_TOKENS, _SLOTS
    parameters.n_threads_http = _HTTP_THREADS
    # Its threads spin: on busy cores one more than there is room for costs nine tenths of the speed.
    threads = max(1, (psutil.cpu_count(logical=False) or 2) - 1)
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
    parameters.use_jinja = True
    parameters.endpoint_metrics = True
    parameters.ui = False
    try:
        server = xllamacpp.Server(parameters)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is printed, and the process ends
        sys.stderr.write(f"error: the model could not be loaded: {error}\n")
        sys.stderr.flush()
        os._exit(1)
    front.upstream = server.listening_address
    # Kept, and with it the server, until the process ends.
    threading.Event().wait()


if __name__ == "__main__":
    # The server in C++ would wait for what it generates; nothing here is worth that.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    status = main()
    sys.stdout.flush()
    os._exit(status)
