"""The commands. Each takes the parsed arguments and the settings, and gives its exit status."""

import argparse
import asyncio
import json
import sys
from contextlib import AsyncExitStack, aclosing
from importlib import metadata
from pathlib import Path
from typing import Any

from playground.backends import Backend, resolve
from playground.client import Client, Timeouts
from playground.engines.embedded_engine import EmbeddedEngine
from playground.engines.hardware import find_engines, find_gpus
from playground.engines.models import find_model
from playground.errors import APIStatusError, ConnectFailed, InvalidInput, InvalidRequest, PlaygroundError
from playground.presets import load_presets, presets_folder
from playground.run import run
from playground.settings import Settings
from playground.snippets import render_snippet
from playground.wire.exchange import Exchange
from playground.wire.prepared import PreparedRequest, prepare
from playground.wire.request import ChatRequest

WORTH_RETRYING = {408, 429, 500, 502, 503}
MAX_WAIT_S = 60.0


def presets(arguments: argparse.Namespace, settings: Settings) -> int:
    """List the presets."""
    found = load_presets(presets_folder(settings.presets_dir))
    if arguments.json:
        fields = [p.model_dump(exclude={"request"}) | {"request": p.request.to_wire()} for p in found]
        print(json.dumps(fields, indent=2, ensure_ascii=False))
    else:
        for preset in found:
            print(f"{preset.name:24} {preset.tab:10} {preset.about}")
    return 0


def snippet(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print a request as code, and nothing else."""
    backend = resolve(arguments.backend or settings.backend or "therouter", settings)
    if not backend.target.base_url:
        raise InvalidInput("The embedded model has an address only while the app runs.", advice="Use --backend URL.")
    print(render_snippet(prepare(_read(arguments, settings, backend), backend.target), arguments.lang))
    return 0


def send(arguments: argparse.Namespace, settings: Settings) -> int:
    """Send a request, stream the answer or print one document."""
    return asyncio.run(_send(arguments, settings))


def serve(arguments: argparse.Namespace, settings: Settings) -> int:
    """Open the app."""
    from playground.ui.app import serve as serve_app  # Gradio takes seconds to import

    return serve_app(settings, host=arguments.host, port=arguments.port)


def _read(arguments: argparse.Namespace, settings: Settings, backend: Backend) -> ChatRequest:
    if arguments.request is not None:
        try:
            source = arguments.request
            text = sys.stdin.buffer.read() if str(source) == "-" else source.read_bytes()
        except OSError as error:
            raise InvalidRequest(f"{arguments.request}: {error.strerror}.", advice="Check the path.") from None
        request = ChatRequest.parse_json(text)
    else:
        request = _preset(arguments.preset, settings)
    model = arguments.model or (backend.default_model if backend.name == "embedded" else None)
    return request.replace(model=model) if model else request


def _preset(name: str, settings: Settings) -> ChatRequest:
    found = {preset.name: preset for preset in load_presets(presets_folder(settings.presets_dir))}
    if name not in found:
        raise InvalidInput(f"There is no preset {name!r}.", advice=f"There are {', '.join(found)}.")
    return found[name].request


async def _send(arguments: argparse.Namespace, settings: Settings) -> int:
    timeouts = Timeouts(settings.connect_timeout_s, settings.first_byte_timeout_s, settings.between_chunks_timeout_s)
    client = Client(timeouts, max_event_bytes=settings.max_event_bytes)
    name = arguments.backend or settings.backend or "therouter"
    async with AsyncExitStack() as stack:
        stack.push_async_callback(client.aclose)
        backend = resolve(name, settings)
        request = _read(arguments, settings, backend)
        key = backend.key_to_send()
        if backend.name == "embedded":
            engine = EmbeddedEngine(
                model_path=settings.model_path,
                hf_repo=settings.model_repo,
                hf_file=settings.model_file,
                cache_dir=settings.cache_dir,
            )
            backend = resolve(name, settings, embedded_url=await stack.enter_async_context(engine))
        prepared = prepare(request, backend.target)
        exchange = await _try(prepared, client, key, arguments)
        while arguments.retries > 0 and _worth_retrying(exchange.error):
            arguments.retries -= 1
            await asyncio.sleep(_wait_s(exchange.error))
            exchange = await _try(prepared, client, key, arguments)
    return _report(exchange, as_json=arguments.json)


async def _try(prepared: PreparedRequest, client: Client, key: str | None, arguments: argparse.Namespace) -> Exchange:
    last, shown = Exchange(prepared), 0
    async with aclosing(run(prepared, client=client, key=key)) as snapshots:
        async for last in snapshots:
            if not arguments.json:
                sys.stdout.write(last.answer.content[shown:])
                sys.stdout.flush()
                shown = len(last.answer.content)
    return last


def _worth_retrying(error: PlaygroundError | None) -> bool:
    if isinstance(error, APIStatusError):
        return error.status_code in WORTH_RETRYING
    return isinstance(error, ConnectFailed)


def _wait_s(error: PlaygroundError | None) -> float:
    asked = error.retry_after_s if isinstance(error, APIStatusError) else None
    return min(asked if asked is not None else 1.0, MAX_WAIT_S)


def _report(exchange: Exchange, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps(exchange_document(exchange), indent=2, ensure_ascii=False))
    else:
        for call in exchange.answer.tool_calls:
            print(f"{call.name}({call.arguments})")
        print()
        if exchange.error is not None:
            print(f"playground: {exchange.error.message} {exchange.error.advice}".rstrip(), file=sys.stderr)
    return 0 if exchange.error is None else 1


def exchange_document(exchange: Exchange) -> dict[str, Any]:
    """An exchange as one JSON document; the key stands in it by its name."""
    request = exchange.request
    return {
        "request": {
            "method": request.method,
            "url": request.url,
            "headers": dict(request.shown_headers()),
            "body": request.body.decode(),
        },
        "status": exchange.status_code,
        "response_headers": dict(exchange.response_headers),
        "message": exchange.answer.to_wire(),
        "finish_reason": exchange.finish_reason,
        "usage": exchange.usage,
        "timings": exchange.timings.to_dict(),
        "error": exchange.error.to_dict() if exchange.error else None,
    }


def doctor(arguments: argparse.Namespace, settings: Settings) -> int:
    """Say what is there and what is missing."""
    facts = {
        "python": sys.version.split()[0],
        "packages": {name: _version(name) for name in ("gradio", "httpx", "pydantic", "huggingface_hub", "xllamacpp")},
        "model_file": _text(find_model(model_path=settings.model_path, cache_dir=settings.cache_dir)),
        "therouter_key": "set" if settings.therouter_api_key else "missing: set THEROUTER_API_KEY, or paste one",
        "gpus": find_gpus(),
        "engines": find_engines(),
        "presets": len(load_presets(presets_folder(settings.presets_dir))),
    }
    if arguments.json:
        print(json.dumps(facts, indent=2))
        return 0
    for name, value in facts.items():
        shown = value if value not in ([], {}, None) else "none found"
        text = ", ".join(f"{k} {v}" for k, v in shown.items()) if isinstance(shown, dict) else str(shown)
        print(f"{name:14} {text}")
    return 0


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "missing"


def _text(path: Path | None) -> str:
    return str(path) if path else "missing: make setup fetches it"
