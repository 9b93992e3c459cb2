"""The front of the embedded model: relays to llama.cpp as it is, except where a request has tools."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from playground.engines.embedded.tools import BadTools, ChunkTranslator, Rewritten, completion, rewrite

# Of one connection only (RFC 9110, 7.6.1), or set anew on each of the two.
_NOT_RELAYED = frozenset(
    "connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade "
    "host authorization origin access-control-allow-origin x-request-id date".split()
)
_RELAYED_PATHS = ("/v1/{rest:path}", "/health", "/metrics", "/props")
_METHODS = ["GET", "HEAD", "POST"]
MAX_BYTES = 512 * 1024  # of a request with tools: the model reads far less
_CONNECT_S = 10.0


class Front:
    """The front's state: where llama.cpp is, once its model is loaded."""

    def __init__(self) -> None:
        self.upstream: str | None = None
        self.key = uuid4().hex
        self._client: httpx.AsyncClient | None = None

    def app(self) -> Starlette:
        """The ASGI application."""
        routes = [Route(path, self._answer, methods=_METHODS) for path in _RELAYED_PATHS]
        return Starlette(routes=routes, lifespan=self._lifespan)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        # llama.cpp closes idle connections after 5 s: a new one for each request cannot meet that moment.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        timeout = httpx.Timeout(None, connect=_CONNECT_S)
        async with httpx.AsyncClient(limits=limits, timeout=timeout, trust_env=False) as self._client:
            yield

    async def _answer(self, request: Request) -> Response:
        request_id = f"req_{uuid4().hex[:24]}"
        named = {"x-request-id": request_id}
        if self.upstream is None or self._client is None:
            error = {"message": "Loading model", "type": "unavailable_error", "code": 503}
            return JSONResponse({"error": error}, 503, headers={**named, "retry-after": "1"})
        body = await request.body()
        rewritten: Rewritten | None = None
        if request.method == "POST" and request.url.path == "/v1/chat/completions":
            try:
                rewritten = _rewrite(body)
            except BadTools as error:
                return JSONResponse(error.to_dict(), 400, headers=named)
        headers = [(k, v) for k, v in request.headers.items() if k not in _NOT_RELAYED and k != "content-length"]
        headers.append(("authorization", f"Bearer {self.key}"))
        if rewritten is not None:
            body = json.dumps(rewritten.body).encode()
            if rewritten.translates or rewritten.gathers:
                headers = [(key, value) for key, value in headers if key != "accept-encoding"]
                headers.append(("accept-encoding", "identity"))
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        asked = self._client.build_request(request.method, self.upstream + path, headers=headers, content=body)
        return _Relay(self._client, asked, rewritten, named)


def _rewrite(body: bytes) -> Rewritten | None:
    """The request for llama.cpp; what is not a JSON object goes as it is, for llama.cpp to refuse."""
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(request, dict):
        return None
    if request.get("tools") and len(body) > MAX_BYTES:
        raise BadTools(
            f"A request with 'tools' may have at most {MAX_BYTES:,} bytes here; this one has {len(body):,}.", "tools"
        )
    try:
        rewritten = rewrite(request)
    except RecursionError:
        raise BadTools("The schemas in 'tools' are nested too deeply.", "tools") from None
    if request.get("stream"):
        return rewritten
    # llama.cpp sees that a client has left only while it streams, so it is asked to.
    made = rewritten or Rewritten(request, translates=False)
    streamed = made.body | {"stream": True, "stream_options": {"include_usage": True}}
    return Rewritten(streamed, translates=made.translates, raw_reply=made.raw_reply, gathers=True)


async def _gather(answer: httpx.Response) -> dict[str, Any]:
    """The completion that a stream's chunks make; or the error that is in it."""
    whole: dict[str, Any] = {}
    choices: dict[int, dict[str, Any]] = {}
    async for line in answer.aiter_lines():
        if not line.startswith("data:") or line[5:].strip() == "[DONE]":
            continue
        chunk = json.loads(line[5:])
        if "error" in chunk:
            return {"error": chunk["error"]}
        whole |= chunk
        for part in chunk.get("choices") or []:
            first = {"finish_reason": None, "index": part["index"], "message": {"role": "assistant", "content": ""}}
            choice = choices.setdefault(part["index"], first)
            choice["finish_reason"] = part.get("finish_reason") or choice["finish_reason"]
            for key, value in (part.get("delta") or {}).items():
                if key != "role" and isinstance(value, str):
                    choice["message"][key] = choice["message"].get(key, "") + value
            found = part.get("logprobs")
            if found:
                kept = choice.setdefault("logprobs", {"content": []})
                kept["content"] += found.get("content") or []
    return whole | {"object": "chat.completion", "choices": [choices[index] for index in sorted(choices)]}


class _Relay(Response):
    """One answer of llama.cpp, sent on as it comes; given up, on both sides, when the client leaves."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        asked: httpx.Request,
        rewritten: Rewritten | None,
        named: dict[str, str],
    ) -> None:
        super().__init__()
        self._client = client
        self._asked = asked
        self._rewritten = rewritten
        self._named = named

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Relays until the end, or until the client has left."""
        del scope  # the request is known already
        work = asyncio.create_task(self._relay(send))
        gone = asyncio.create_task(_until_gone(receive))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # Cancelling the work closes the connection to llama.cpp, which then frees the slot.
            for task in (work, gone):
                task.cancel()
            results = await asyncio.gather(work, gone, return_exceptions=True)
        if isinstance(results[0], Exception) and not isinstance(results[0], OSError):
            raise results[0]

    async def _relay(self, send: Send) -> None:
        started = False
        try:
            answer = await self._client.send(self._asked, stream=True)
            try:
                fine = self._rewritten is not None and answer.status_code == httpx.codes.OK
                translates = fine and self._rewritten is not None and self._rewritten.translates
                if fine and self._rewritten is not None and self._rewritten.gathers:
                    await self._send_whole(answer, send)
                    return
                started = True
                await self._start(answer, send, with_length=not translates)
                pieces = self._translated(answer) if translates else answer.aiter_raw()
                async for piece in pieces:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            finally:
                await answer.aclose()
        except httpx.HTTPError as error:
            if started:
                raise  # the client sees the answer cut off, which it is
            fields = {"message": f"llama.cpp did not answer: {error!r}", "type": "server_error", "code": 502}
            await self._send_json({"error": fields}, 502, send)

    async def _start(self, answer: httpx.Response, send: Send, *, with_length: bool) -> None:
        headers = [(key.lower(), value) for key, value in answer.headers.raw]
        kept = [
            (k, v) for k, v in headers if k.decode() not in _NOT_RELAYED and (with_length or k != b"content-length")
        ]
        kept += [(key.encode(), value.encode()) for key, value in self._named.items()]
        await send({"type": "http.response.start", "status": answer.status_code, "headers": kept})

    async def _send_whole(self, answer: httpx.Response, send: Send) -> None:
        whole = await _gather(answer)
        if "error" in whole:
            await self._send_json(whole, 500, send)
            return
        if self._rewritten is not None and self._rewritten.translates:
            whole = completion(whole, raw_reply=self._rewritten.raw_reply)
        await self._send_json(whole, 200, send)

    async def _send_json(self, value: Any, status: int, send: Send) -> None:
        body = json.dumps(value, ensure_ascii=False).encode()
        headers = {**self._named, "content-type": "application/json", "content-length": str(len(body))}
        raw = [(key.encode(), text.encode()) for key, text in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def _translated(self, answer: httpx.Response) -> AsyncIterator[bytes]:
        """The events of a constrained answer, translated; what is not a chunk passes as it is."""
        translator = ChunkTranslator(raw_reply=self._rewritten is not None and self._rewritten.raw_reply)
        async for line in answer.aiter_lines():
            if not line.startswith("data:") or line[5:].strip() == "[DONE]":
                if line:
                    yield f"{line}\n\n".encode()
                continue
            chunk = json.loads(line[5:])
            for translated in translator.chunks(chunk) if isinstance(chunk, dict) else [chunk]:
                yield f"data: {json.dumps(translated, ensure_ascii=False)}\n\n".encode()


async def _until_gone(receive: Callable[[], Awaitable[Any]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
