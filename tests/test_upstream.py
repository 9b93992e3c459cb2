"""The scriptable server is what other tests stand on; here it stands on its own."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from time import perf_counter

import httpx
import pytest

from tests.upstream import Cut, Paced, Raw, Recorded, Script, Upstream, Write, scripts
from tests.upstream.naive import CHAT, chat, contents, data_of

HOSTILE = (
    b'{"messages": [{"role":"user","content":"\'; rm -rf $HOME `id` \\u2028 \xe2\x80\xa8 \xf0\x9f\x8c\x8d '
    b'\\ud800 %0d%0a \\" !! $(x) \\r\\n"}],\r\n\t"unknown" :1.0e0,"a":1,"a":2}\n\x00\xff'
)


@pytest.fixture
async def server() -> AsyncIterator[Upstream]:
    async with Upstream() as upstream:
        yield upstream


async def raw_exchange(server: Upstream, body: bytes = b'{"messages":[]}') -> bytes:
    """All bytes of one response, to the end of the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    try:
        return await reader.read()
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def body_of(server: Upstream, script: Script) -> bytes:
    server.enqueue(script)
    async with httpx.AsyncClient() as client:
        return (await client.post(server.origin + CHAT, json=chat())).content


# Good behaviour


async def test_the_echo_is_the_same_streamed_or_not(server: Upstream) -> None:
    body = chat("one  two\n\u2028three \x00🌍 ")
    async with httpx.AsyncClient(base_url=server.origin) as client:
        plain = (await client.post(CHAT, json=body)).json()
        options = {"stream": True, "stream_options": {"include_usage": True}}
        streamed = await client.post(CHAT, json=body | options)
    text = "You said: one  two\n\u2028three \x00🌍 "
    assert plain["choices"][0]["message"]["content"] == text
    chunks = [json.loads(line[6:]) for line in streamed.text.split("\n") if line.startswith("data: {")]
    assert "".join(c["choices"][0]["delta"].get("content", "") for c in chunks[:-1]) == text
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"] == plain["usage"]
    assert streamed.text.endswith("data: [DONE]\n\n")


async def test_half_a_surrogate_pair_is_echoed_escaped(server: Upstream) -> None:
    async with httpx.AsyncClient(base_url=server.origin) as client:
        response = await client.post(CHAT, content=b'{"messages":[{"role":"user","content":"\\ud800"}]}')
    assert response.json()["choices"][0]["message"]["content"] == "You said: \ud800"


async def test_models_unknown_paths_and_bad_bodies(server: Upstream) -> None:
    async with httpx.AsyncClient(base_url=server.origin) as client:
        models = await client.get("/v1/models")
        missing = await client.get("/nowhere")
        bad = await client.post(CHAT, content=b"{")
    assert [entry["id"] for entry in models.json()["data"]] == ["deepseek/deepseek-v3.2", "test/echo"]
    assert models.headers["x-request-id"] == "req_000001"
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, 404)
    assert bad.status_code == 400


async def test_the_key_is_wanted_under_v1_only() -> None:
    async with Upstream(key="sk-made-up") as server, httpx.AsyncClient(base_url=server.origin) as client:
        server.on("/health", scripts.json_body({"status": "ok"}))
        assert (await client.get("/v1/models")).status_code == 401
        wrong = {"Authorization": "Bearer sk-other"}
        assert (await client.get("/v1/models", headers=wrong)).status_code == 401
        right = {"Authorization": "Bearer sk-made-up"}
        assert (await client.get("/v1/models", headers=right)).status_code == 200
        assert (await client.get("/health")).status_code == 200


async def test_which_script_answers(server: Upstream) -> None:
    def default(request: Recorded) -> Script:
        return scripts.answer(f"default {request.number}")

    server.enqueue(scripts.answer("first"), scripts.rate_limited())
    server.default(default)
    server.on("/v1/models", scripts.models(bare=True))
    async with httpx.AsyncClient(base_url=server.origin) as client:
        answers = [await client.post(CHAT, json=chat()) for _ in range(3)]
        listed = await client.get("/v1/models")
    assert answers[0].json()["choices"][0]["message"]["content"] == "first"
    assert (answers[1].status_code, answers[1].headers["retry-after"]) == (429, "7")
    assert answers[2].json()["choices"][0]["message"]["content"] == "default 3"
    assert isinstance(listed.json(), list)


async def test_a_fault_of_a_script_is_raised_at_the_end() -> None:
    def broken(_: Recorded) -> Script:
        raise LookupError("a fault of the test")

    async def run() -> None:
        async with Upstream() as server:
            server.default(broken)
            assert await raw_exchange(server) == b""

    with pytest.raises(LookupError, match="a fault of the test"):
        await run()


# Recording


async def test_curls_hostile_body_is_recorded_to_the_byte(server: Upstream) -> None:
    for expect in ("Expect:", "Expect: 100-continue", "Transfer-Encoding: chunked"):
        process = await asyncio.create_subprocess_exec(
            *("curl", "-sS", "--data-binary", "@-", "-H", expect, "-H", "X-Odd:  Ä ", server.origin + CHAT),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        await process.communicate(HOSTILE)
        assert process.returncode == 0
        request = server.requests[-1]
        assert request.body == HOSTILE
        assert (b"X-Odd", "Ä".encode()) in request.headers
        assert (request.method, request.target) == ("POST", CHAT)


async def test_a_kept_connection_is_used_again(server: Upstream) -> None:
    async with httpx.AsyncClient(base_url=server.origin) as client:
        for stream in (True, False, True):
            await client.post(CHAT, json=chat(stream=stream))
        await client.get("/v1/models")
    assert [request.connection for request in server.requests] == [1, 1, 1, 1]
    assert [request.outcome for request in server.requests] == ["complete"] * 4
    assert server.connections == 1


async def test_what_was_written_is_counted(server: Upstream) -> None:
    body = await body_of(server, scripts.stream())
    request = server.requests[0]
    assert request.bytes_written == len(body)
    assert request.chunks_written == len(scripts.stream_events())
    assert request.ended_at is not None
    assert request.ended_at > request.arrived_at


# A client that leaves


@pytest.mark.parametrize(
    ("script", "chunks"),
    [(scripts.stall_first(), 0), (scripts.stall_first(head=True), 0), (scripts.stall_between(after=2), 3)],
)
@pytest.mark.parametrize("reset", [False, True])
async def test_a_disconnect_is_seen_while_stalled(
    server: Upstream, script: Script, chunks: int, *, reset: bool
) -> None:
    server.enqueue(script)
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(f"POST {CHAT} HTTP/1.1\r\nContent-Length: 2\r\n\r\n{{}}".encode())
    request = (await server.wait_for_requests())[0]
    await server.wait_until(lambda: request.chunks_written == chunks)
    assert not request.disconnected.is_set()
    if reset:
        writer.transport.abort()
    else:
        writer.close()
    await asyncio.wait_for(request.disconnected.wait(), 10)
    assert request.outcome == "disconnected"
    assert request.disconnected_at is not None


async def test_a_client_that_does_not_read_and_leaves_is_seen(server: Upstream) -> None:
    server.enqueue(scripts.giant_line(100_000_000))
    _, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
    writer.write(f"POST {CHAT} HTTP/1.1\r\nContent-Length: 2\r\n\r\n{{}}".encode())
    request = (await server.wait_for_requests())[0]
    await server.wait_until(lambda: request.chunks_written == 2)
    writer.transport.abort()
    assert await server.wait_for_disconnect(timeout_s=1) == [request]


async def test_a_client_that_leaves_after_the_answer_is_no_disconnect(server: Upstream) -> None:
    await raw_exchange(server)
    await server.wait_until(lambda: server.requests[0].outcome == "complete")
    with pytest.raises(TimeoutError, match=f"POST {CHAT} complete 1 chunks"):
        await server.wait_for_disconnect(timeout_s=0)


async def test_closing_the_server_ends_a_stall() -> None:
    async with Upstream() as server:
        server.enqueue(scripts.stall_first())
        waiting = asyncio.create_task(raw_exchange(server))
        await server.wait_for_requests()
    with contextlib.suppress(ConnectionError):
        assert await waiting == b""
    assert server.requests[0].outcome == "shutdown"


# Misbehaviour, as it is on the wire


async def test_cut_and_reset(server: Upstream) -> None:
    server.enqueue(scripts.cut_stream(), scripts.cut_stream(reset=True), scripts.cut_first())
    cut = await raw_exchange(server)
    assert b'"content":"lo"' in cut
    assert not cut.endswith(b"0\r\n\r\n")
    with pytest.raises(ConnectionResetError):
        await raw_exchange(server)
    assert await raw_exchange(server) == b""
    assert [request.outcome for request in server.requests] == ["cut"] * 3


async def test_raw_bytes_pass_all_framing(server: Upstream) -> None:
    server.enqueue(Script((Raw(b"HTTP/9 what\r\n"), Cut())))
    assert await raw_exchange(server) == b"HTTP/9 what\r\n"


async def test_halves_of_a_character(server: Upstream) -> None:
    server.enqueue(scripts.half_character_at_cut())
    assert "🌍".encode()[:2] in (cut := await raw_exchange(server))
    assert "🌍".encode() not in cut
    assert contents(await body_of(server, scripts.character_over_two_writes())) == "🌍"


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("size", [1, 3, 1000])
async def test_split_streams_are_the_same_bytes(server: Upstream, line_end: str, size: int) -> None:
    script = scripts.stream(comment="keep-alive", usage=scripts.usage(), line_end=line_end)
    whole = b"".join(step.data for step in script.steps if isinstance(step, Write))
    assert await body_of(server, scripts.resplit(script, size)) == whole
    assert server.requests[0].chunks_written == -(-len(whole) // size)
    assert contents(whole) == "".join(scripts.PIECES)


async def test_variants_of_a_stream(server: Upstream) -> None:
    fragments = scripts.tool_call_fragments("f", '{"a"', ":1}")
    script = scripts.stream(
        (), reasoning=("hm",), reasoning_name="reasoning", tool_calls=fragments, role=False, done=False
    )
    chunks = [json.loads(data) for data in data_of(await body_of(server, script))]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas == [{"reasoning": "hm"}, *({"tool_calls": [fragment]} for fragment in fragments), {}]
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


async def test_usage_in_the_middle_and_empty_choices(server: Upstream) -> None:
    chunks = [json.loads(d) for d in data_of(await body_of(server, scripts.usage_in_middle()))[:-1]]
    assert ["usage" in chunk for chunk in chunks].count(True) == 1
    assert "usage" not in chunks[-1]
    lengths = [len(json.loads(d).get("choices", [])) for d in scripts_data(scripts.empty_choices())]
    assert lengths[:3] == [0, 1, 0]


def scripts_data(script: Script) -> list[str]:
    body = b"".join(step.data for step in script.steps if isinstance(step, Write))
    return [data for data in data_of(body) if data != scripts.DONE]


async def test_a_line_of_ten_megabytes_arrives(server: Upstream) -> None:
    assert max(map(len, (await body_of(server, scripts.giant_line())).split(b"\n"))) > 10_000_000


@pytest.mark.parametrize(
    ("script", "status", "part"),
    [
        (scripts.insufficient_credits(), 402, b'"balance":{"current"'),
        (scripts.upstream_failed(), 502, b'"retryable":true'),
        (scripts.vllm_error(), 404, b'{"error":{"message"'),
        (scripts.sglang_error(), 400, b'{"object":"error","message"'),
        (scripts.sglang_unauthorized(), 401, b'{"error":"Unauthorized"}'),
        (scripts.html_error(), 502, b"<html>"),
        (scripts.empty_error(), 503, b""),
        (scripts.html_instead_of_stream(), 200, b"<!doctype html>"),
        (scripts.json_instead_of_stream(), 200, b'"object":"chat.completion"'),
        (scripts.error_in_stream(), 200, b'data: {"error":{"message"'),
        (scripts.malformed_chunk(), 200, b'"content":"x\n\n'),
        (scripts.ended_stream(), 200, b'"content":"lo"'),
        (scripts.engine_models(), 200, b'"owned_by":"vllm"'),
    ],
)
async def test_shapes(server: Upstream, script: Script, status: int, part: bytes) -> None:
    server.enqueue(script)
    async with httpx.AsyncClient(base_url=server.origin) as client:
        response = await client.post(CHAT, json=chat())
    assert response.status_code == status
    assert part in response.content


# Pace


async def test_a_paced_stream_takes_its_time_and_loses_nothing(server: Upstream) -> None:
    pieces = [f"{number} " for number in range(100)]
    server.enqueue(scripts.stream(pieces, per_second=400))
    begun = perf_counter()
    body = (await raw_exchange(server)).split(b"\r\n\r\n", 1)[1]
    took_s = perf_counter() - begun
    request = server.requests[0]
    assert request.chunks_written == 103
    assert body.count(b"data: ") == 103
    assert took_s >= 102 / 400  # an absolute schedule is never early


async def test_overdue_chunks_share_a_write_and_stay_whole(server: Upstream) -> None:
    chunks = tuple(b"%04d\n" % number for number in range(1000))
    script = Script((scripts.OK_SSE, Paced(chunks, 1_000_000)))
    assert await body_of(server, script) == b"".join(chunks)
    assert server.requests[0].chunks_written == 1000
    assert server.requests[0].coalesced > 0


@pytest.mark.parametrize("where", ["body", "header", "query"])
async def test_a_request_may_ask_for_a_replay(server: Upstream, where: str) -> None:
    pace: dict[str, str | int] = {"chunks": 3, "per_second": 1000, "text": "w "}
    async with httpx.AsyncClient(base_url=server.origin) as client:
        response = await client.post(
            CHAT,
            json=chat(stream=True, stream_options={"include_usage": True})
            | ({"x_replay": pace} if where == "body" else {}),
            headers={"x-replay": json.dumps(pace)} if where == "header" else {},
            params=pace if where == "query" else {},
        )
        bad = await client.post(CHAT, json=chat(x_replay={"per_second": 0}))
    assert contents(response.content) == "w w w "
    assert json.loads(data_of(response.content)[-2])["usage"]["completion_tokens"] == 3
    assert bad.status_code == 400
