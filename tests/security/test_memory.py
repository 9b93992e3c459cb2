"""Memory that a backend could fill: nothing is read on that nobody takes, and what is packed is unpacked in pieces."""

import gzip
import secrets
import time
import zlib
from collections.abc import Callable, Iterator
from functools import cache

import brotli
import pytest
from backports import zstd

from playground.client.client import MAX_DOCUMENT_BYTES
from playground.wire.limits import MAX_EXCHANGE_BYTES
from tests.security.answered import BOUND_S, MIB, Attack, Attacked, attacked, delta, streamed
from tests.upstream import Script
from tests.upstream.steps import Status, Write

SSE = ("content-type", "text/event-stream")
SIZES = {"deltas": 16 * 1024, "tiny events": 1, "words": 5}
UNREAD_S = 8
HONEST: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}
BUFFERS = 24 * MIB  # of the sockets, and of what may be read ahead


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with attacked(tmp_path_factory.mktemp("memory")) as app:
        yield app


def endless(event: str, pieces: int = 40_000) -> Script:
    """Gigabytes of one event, as fast as they are taken."""
    data = f"data: {event}\n\n".encode()
    data *= max(1, 2**16 // len(data))
    return Script((Status(headers=(SSE,)), *[Write(data)] * pieces))


@pytest.mark.parametrize("name", SIZES)
def test_what_nobody_reads_stays_with_the_server(app: Attacked, name: str) -> None:
    """It was 2.2 GB after 12 s."""
    app.upstream.enqueue(endless(delta(content="x" * SIZES[name])))
    attack = Attack()
    fields = {"conversation": secrets.token_hex(18), "backend": "custom", "model": "m", "message": "go", "stream": True}
    count = len(app.upstream.requests)
    with app.watched(attack), app.client.stream("POST", "/gradio_api/exchange", json=fields) as response:
        assert response.status_code == 200
        app.upstream.wait_for_requests(count + 1)
        request = app.upstream.requests[-1]
        written, still_s = -1, time.monotonic()
        while time.monotonic() - still_s < 1 and time.monotonic() - still_s < UNREAD_S:
            if request.bytes_written != written:
                written, still_s = request.bytes_written, time.monotonic()
            time.sleep(0.05)
    attack.told(f"{name}: {written / MIB:.1f} MiB sent")
    app.upstream.wait_until(lambda: request.outcome is not None, 10)  # whoever leaves ends it
    if name == "deltas":  # of small events the page is told so little that sockets hold what many of them say
        assert written < BUFFERS + 8 * MIB
    assert attack.growth_bytes < 64 * MIB
    assert attack.pause_s < BOUND_S


@pytest.mark.parametrize("name", SIZES)
def test_an_endless_answer_ends(app: Attacked, name: str) -> None:
    """One that is read costs no more than is stated."""
    pieces = 40_000 if name == "deltas" else 600
    attack = app.send(endless(delta(content="x" * SIZES[name]), pieces))
    attack.told(name)
    assert "end" in attack.frames[-1]
    assert name != "deltas" or "which is the limit" in attack.panels
    assert attack.growth_bytes < MAX_EXCHANGE_BYTES
    assert attack.pause_s < BOUND_S


def packed(name: str, size: int) -> bytes:
    """So many spaces, packed."""
    packer = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS | (16 if name == "gzip" else 0))
    block = b" " * MIB
    return b"".join([*(packer.compress(block) for _ in range(size // MIB)), packer.flush()])


def brotli_packed(size: int) -> bytes:
    packer = brotli.Compressor(quality=5)
    block = b" " * MIB
    return b"".join([*(packer.process(block) for _ in range(size // MIB)), packer.finish()])


def zstd_packed(size: int) -> bytes:
    packer = zstd.ZstdCompressor(level=1)
    block = b" " * MIB
    return b"".join([*(packer.compress(block) for _ in range(size // MIB)), packer.flush()])


PACKED = ("gzip", "deflate", "br", "zstd")


@cache
def gigabyte(name: str) -> bytes:
    size = 1024 * MIB
    return brotli_packed(size) if name == "br" else zstd_packed(size) if name == "zstd" else packed(name, size)


def bomb(name: str, kind: str) -> Script:
    return Script((Status(headers=(("content-type", kind), ("content-encoding", name))), Write(gigabyte(name))))


@pytest.mark.parametrize("name", PACKED)
def test_a_packed_list_of_models_is_unpacked_no_further_than_it_may_be(app: Attacked, name: str) -> None:
    """It was 7.7 GB."""
    app.upstream.on("/v1/models", bomb(name, "application/json"))
    attack = Attack()
    with app.watched(attack):
        attack.panels = app.call("state")
    attack.told(name)
    assert f"is longer than {MAX_DOCUMENT_BYTES:,} bytes" in attack.panels
    assert attack.growth_bytes < 64 * MIB
    assert attack.pause_s < BOUND_S


@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("kind", ["application/json", "text/event-stream", "an error"])
def test_a_packed_answer_too(app: Attacked, name: str, kind: str) -> None:
    script = bomb(name, "text/html" if kind == "an error" else kind)
    if kind == "an error":
        status = script.steps[0]
        assert isinstance(status, Status)
        script = Script((Status(500, status.headers), *script.steps[1:]))
    attack = app.send(script)
    attack.told(f"{name}, {kind}")
    assert attack.frames[-1] == {"end": {"ok": False}}
    assert attack.growth_bytes < 96 * MIB
    assert attack.pause_s < BOUND_S


@pytest.mark.parametrize("name", PACKED)
def test_an_honest_packed_answer_is_read(app: Attacked, name: str) -> None:
    text = b'{"choices": [{"message": {"content": "Hello there"}, "finish_reason": "stop"}]}'
    data = HONEST[name](text)
    headers = (("content-type", "application/json"), ("content-encoding", name))
    attack = app.send(Script((Status(headers=headers), Write(data))))
    assert attack.frames[-1] == {"end": {"ok": True}}
    assert "Hello there" in attack.panels


def test_a_list_of_a_million_models_is_refused(app: Attacked) -> None:
    data = b'{"data": [' + b"{}," * 1_000_000 + b"{}]}"
    headers = (("content-type", "application/json"), ("content-length", str(len(data))))
    app.upstream.on("/v1/models", Script((Status(headers=headers), Write(data))))
    attack = Attack()
    with app.watched(attack):
        attack.panels = app.call("state")
    attack.told("a million models")
    assert "values, which is the limit" in attack.panels
    assert attack.pause_s < BOUND_S


def test_an_answer_after_all_that_is_as_ever(app: Attacked) -> None:
    attack = app.send(streamed(delta(content="**Hello**"), '{"choices": [{"delta": {}, "finish_reason": "stop"}]}'))
    attack.told("an answer")
    assert "<strong>Hello</strong>" in attack.panels
