"""`send`: send a request, stream the answer or print one document."""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, aclosing
from typing import Any

from playground.backends import Backend
from playground.cli import loop
from playground.cli.document import render_document
from playground.cli.output import hide, say_error, visible, write
from playground.cli.retry import wait_s
from playground.cli.source import add_options, choose_backend, read_request
from playground.client import Client, Timeouts
from playground.errors import InvalidInput
from playground.loop import End
from playground.run import run as run_request
from playground.settings import Settings
from playground.wire.exchange import Exchange
from playground.wire.prepared import PreparedRequest, prepare

FETCH_S = 1800.0  # the embedded model may have to be fetched first: 98 MB over a slow line


def add(commands: Any) -> None:
    """The command's parser."""
    parser = commands.add_parser("send", help="send a request and stream the answer", allow_abbrev=False)
    add_options(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document instead")
    parser.add_argument(
        "--retries",
        type=_count,
        default=0,
        metavar="N",
        help="retry up to N times after 408, 429, 500, 502, 503 or a failed connection (default 0: never)",
    )
    loop.add_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """The answer's text goes to stdout as it comes; reasoning, figures and errors go to stderr."""
    return asyncio.run(_send(arguments, settings))


async def _send(arguments: argparse.Namespace, settings: Settings) -> int:
    backend = choose_backend(arguments, settings)
    request = read_request(arguments, settings, backend)
    prepared_loop = None
    if loop.is_wanted(arguments, settings):
        prepared_loop = loop.prepare_loop(request, arguments, settings)
        for line in prepared_loop.said:
            print(visible(f"playground: {line}"), file=sys.stderr)
    key = backend.key_to_send()
    timeouts = Timeouts(settings.connect_timeout_s, settings.first_byte_timeout_s, settings.between_chunks_timeout_s)
    client = Client(timeouts, max_event_bytes=settings.max_event_bytes)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(client.aclose)
        if backend.name == "embedded":
            backend = await _start_embedded(arguments, settings, stack)
            client.is_own = lambda _: True  # this command asks nobody else
        if prepared_loop is not None:
            return await _loop(prepared_loop, backend, client, key, arguments)
        prepared = prepare(request, backend.target)
        show = None if arguments.json else Printer()
        exchange = await send_with_retries(prepared, client, key, retries=arguments.retries, show=show)
    if show is None:
        print(hide(render_document(exchange), key, prepared.key_name))
    else:
        show.end(exchange)
    return _status(exchange, key)


async def _loop(
    prepared: loop.Prepared, backend: Backend, client: Client, key: str | None, arguments: argparse.Namespace
) -> int:
    """As for one request; the status is 1 too where the cap on turns was reached."""
    show = None if arguments.json else loop.LoopPrinter(Printer)
    snapshot = await loop.send_loop(prepared, backend.target, client=client, key=key, arguments=arguments, show=show)
    if show is None:
        document = json.dumps(loop.loop_document(snapshot), indent=2, ensure_ascii=False)
        print(hide(document, key, backend.target.key_name))
    if words := loop.ending(snapshot):
        print(visible(f"playground: {words}"), file=sys.stderr)
    return 1 if snapshot.end is End.MAX_TURNS else _status(snapshot.exchange, key)


def _status(exchange: Exchange, key: str | None) -> int:
    """The exit status; an error is said."""
    if exchange.error is None:
        return 0
    say_error(exchange.error, key=key, key_name=exchange.request.key_name)
    return 2 if isinstance(exchange.error, InvalidInput) else 1


async def _start_embedded(arguments: argparse.Namespace, settings: Settings, stack: AsyncExitStack) -> Backend:
    from playground.engines.embedded.engine import EmbeddedEngine  # only this backend needs it

    engine = EmbeddedEngine(
        model_path=settings.model_path,
        hf_repo=settings.model_repo,
        hf_file=settings.model_file,
        cache_dir=settings.cache_dir,
    )
    stack.push_async_callback(engine.stop)
    await engine.start()
    return choose_backend(arguments, settings, embedded_url=await engine.wait_ready(FETCH_S))


class Printer:
    """Writes what is new in each snapshot."""

    def __init__(self) -> None:
        self._content = 0
        self._reasoning = 0
        self._line_open = False  # of stderr, by reasoning

    def __call__(self, exchange: Exchange) -> None:
        """Write what came since the last snapshot."""
        answer = exchange.answer
        if thought := answer.reasoning[self._reasoning :]:
            write(thought, sys.stderr, dim=True)
            self._reasoning += len(thought)
            self._line_open = True
        if text := answer.content[self._content :]:
            self._close_line()
            write(text, sys.stdout)
            self._content += len(text)

    def end(self, exchange: Exchange) -> None:
        """Write what is left: refusal, tool calls, and the figures."""
        self._close_line()
        answer = exchange.answer
        calls = [f"{call.name}({call.arguments})" for call in answer.tool_calls]
        if answer.content and not answer.content.endswith("\n"):
            write("\n", sys.stdout)
        for line in filter(None, (answer.refusal, *calls)):
            write(f"{line}\n", sys.stdout)
        if extras := answer.extras():
            write(f"also in the message: {', '.join(extras)} (--json shows it)\n", sys.stderr)
        for words in exchange.left_out:
            write(f"{words}\n", sys.stderr)
        if line := figures(exchange):
            write(f"{line}\n", sys.stderr)

    def _close_line(self) -> None:
        if self._line_open:
            write("\n", sys.stderr)
            self._line_open = False


def figures(exchange: Exchange) -> str:
    """One line: time to first token, tokens, rate, whole time, how it ended. "" where no response began."""
    if exchange.status_code is None:
        return ""
    timings = exchange.timings
    parts = [str(exchange.status_code)]
    if timings.ttft_s is not None:
        parts.append(f"first token {timings.ttft_s:.2f} s")
    if timings.completion_tokens is not None:
        parts.append(f"{timings.completion_tokens} tokens")
    if timings.output_tokens_per_s is not None:
        parts.append(f"{timings.output_tokens_per_s:.1f} tokens/s")
    if timings.e2e_s is not None:
        parts.append(f"{timings.e2e_s:.2f} s total")
    parts.append(exchange.finish_reason or "unfinished")
    return " · ".join(parts)


async def send_with_retries(
    prepared: PreparedRequest,
    client: Client,
    key: str | None,
    *,
    retries: int = 0,
    show: Callable[[Exchange], None] | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Exchange:
    """The last exchange. It is sent again only after what `wait_s` finds worth it, at most `retries` times."""
    for attempt in range(retries + 1):
        exchange = Exchange(prepared)
        async with aclosing(run_request(prepared, client=client, key=key)) as snapshots:
            async for exchange in snapshots:
                if show is not None:
                    show(exchange)
        pause_s = wait_s(exchange.error, attempt)
        if pause_s is None or attempt == retries:
            return exchange
        await sleep(pause_s)
    raise AssertionError  # the loop returns at its last turn


def _count(text: str) -> int:
    count = int(text)
    if count < 0:
        raise argparse.ArgumentTypeError(f"{count} is less than 0")
    return count
