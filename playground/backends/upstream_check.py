"""What a self-hosted server needs to be an upstream of TheRouter, and whether it has it; it registers nothing.

TheRouter's public documentation describes bring-your-own-key for known providers; the one with a URL is Azure, with
`{model_slug, endpoint_url, api_key, model_id}`. The registration of any URL is not documented (facts of 2026-10). So
the list here is what each gateway needs to send requests on, and the check is that the server has it.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from playground.backends.catalogue import parse_models
from playground.base_url import endpoint, read_base_url, without_login
from playground.client import Client
from playground.errors import APIStatusError, PlaygroundError, RequestTimeout, TransportError
from playground.schema.validate import validate
from playground.wire.exchange import Exchange, ExchangeBuilder
from playground.wire.prepared import Auth, Target, prepare
from playground.wire.request import ChatRequest

NOTHING_DONE = (
    "Nothing was registered: this only checked the server. TheRouter's public documentation does not say how to "
    "register a server of your own; ask its support, with the items above."
)
KEY_NAME, LOGIN_NAME = "UPSTREAM_API_KEY", "UPSTREAM_API_LOGIN"
ANSWER_S = 120.0  # a large model that thinks
REFUSED = {401, 403}
MAX_TOKENS = 512  # a model that thinks needs room before it answers
# A grammar holds a small model to these; in a free text it might never end.
_CITIES = ["Paris", "Lyon", "Nice"]
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "strict": True,  # without it vLLM 0.32 holds a call to its tool's name only
        "parameters": {
            "type": "object",
            "properties": {"city": {"enum": _CITIES}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"enum": _CITIES}, "country": {"enum": ["France", "Italy"]}},
    "required": ["city", "country"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that a registration needs, why, and who says so."""

    name: str
    words: str
    source: str


GATEWAY = "what any gateway needs"
AZURE = "TheRouter's bring-your-own-key for Azure asks for it (`endpoint_url`, `api_key`, `model_id`)"
NEEDS = (
    Need("base URL", "A public https URL, which usually ends in /v1; not an address on a private network.", AZURE),
    Need("API key", "The server must require one: otherwise anyone who finds the address can use your GPUs.", AZURE),
    Need("served model name", "The name that requests carry as `model`; set it with --served-model-name.", AZURE),
    Need("the API", "Chat, streaming, tool calls and JSON schema, with responses in OpenAI's format.", GATEWAY),
    Need("a certificate", "One that every client trusts; usually a proxy in front of the engine holds it.", GATEWAY),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `ok`: None where it could not be told, or is no question of right and wrong."""

    name: str
    ok: bool | None
    words: str


NOT_PLAIN = "It contains a user, a query or a fragment, which a base URL must not have."
Resolve = Callable[[str], Awaitable[Sequence[str]]]


async def addresses_of(host: str) -> Sequence[str]:
    """The IP addresses that a name has here; () without one."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


async def check_upstream(
    base_url: str,
    client: Client,
    key: str | None,
    model: str = "",
    *,
    is_public: Callable[[str], bool],
    resolve: Resolve = addresses_of,
    answer_s: float = ANSWER_S,
) -> AsyncIterator[Finding]:
    """Look at a server, finding by finding: address, answer, key, model, the four modes; the last registers nothing.

    Args:
        base_url: the server's, as a person gives it. A login in it is sent as Basic, in place of the key.
        client: asks it.
        key: what the server asks its clients for; None where it asks for none.
        model: the name to ask for; "" takes the first that it lists.
        is_public: whether an IP address is one of the internet's.
        resolve: the addresses of a name.
        answer_s: how long each of the four requests may take, in seconds.

    Raises:
        InvalidUrl: no base URL.
    """
    base = read_base_url(base_url)
    if base.login is None:
        auth = Auth.BEARER
        yield await public_url(base.url, is_public=is_public, resolve=resolve)
    else:
        key, auth = base.login.get_secret_value(), Auth.BASIC
        yield Finding("public URL", False, NOT_PLAIN)
    asker = _Asker(base.url, client, key, auth, model, answer_s)
    reachable, listed = await _reachable(asker)
    yield reachable
    if reachable.ok:
        asker = replace(asker, model=model or (listed[0] if listed else ""))
        yield await _key_required(asker)
        yield _served(model, listed)
        for look in (_chat, _stream, _tool_call, _json_schema):
            yield await look(asker)
    else:
        for name in ("key required", "served model name", "chat", "stream", "tool call", "JSON schema"):
            yield Finding(name, None, "Not tested: the server does not respond.")
    yield Finding("registration", None, NOTHING_DONE)


async def public_url(base_url: str, *, is_public: Callable[[str], bool], resolve: Resolve = addresses_of) -> Finding:
    """Whether others reach that address; nothing is connected to."""
    fault = _fault_of_url(base_url)
    if fault:
        return Finding("public URL", False, fault)
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    found = await resolve(host)
    inside = [address for address in found if not is_public(address)]
    if not found:
        fault = f"The host name {host} cannot be resolved."
    elif inside:
        fault = f"{host} is {inside[0]}, an address of this machine or a private network. Use a public one."
    elif parts.scheme != "https":
        fault = "It is plain http: the key and all content could be read in transit. Use https."
    return Finding("public URL", not fault, fault or f"https, and {host} has public addresses only.")


def _fault_of_url(base_url: str) -> str:
    """Why it is not a base URL; "" if it is one."""
    try:
        parts = urlsplit(base_url)
        host = parts.hostname
    except ValueError:
        return f"{without_login(base_url)} is not a URL."
    if parts.scheme not in {"http", "https"} or not host:
        return f"{without_login(base_url)} is not an http(s) URL with a host."
    if parts.username or parts.password or parts.query or parts.fragment:
        return NOT_PLAIN
    return ""


async def _reachable(asker: "_Asker") -> tuple[Finding, list[str]]:
    """Whether it answers at all, and the names of its models."""
    url = endpoint(asker.base_url, "models")
    try:
        listed = parse_models(await asker.client.get_json(url, key=asker.key, auth=asker.auth, timeout_s=10))
    except TransportError as error:
        return Finding("reachable", False, _said(error)), []
    except APIStatusError as error:
        return Finding("reachable", True, f"It responds; /models returns {error.status_code}."), []
    except PlaygroundError as error:
        return Finding("reachable", False, _said(error)), []
    return Finding("reachable", True, f"It responds, and lists {len(listed)} models."), [entry.id for entry in listed]


@dataclass(frozen=True, slots=True)
class _Asker:
    """Sends small requests, each with its time limit."""

    base_url: str
    client: Client
    key: str | None
    auth: Auth
    model: str
    answer_s: float

    async def ask(self, words: str, *, with_key: bool = True, **fields: Any) -> Exchange:
        """The exchange at its end; an error is in it."""
        body = {"model": self.model, "messages": [{"role": "user", "content": words}], "max_tokens": MAX_TOKENS}
        key = self.key if with_key else None
        name = LOGIN_NAME if self.auth is Auth.BASIC else KEY_NAME
        target = Target(self.base_url, name if key else None, self.auth)
        request = prepare(ChatRequest.parse(body | {"temperature": 0} | fields), target)
        builder = ExchangeBuilder(request)
        try:
            async with asyncio.timeout(self.answer_s), aclosing(self.client.events(request, key)) as events:
                async for event in events:
                    builder.apply(event)
        except TimeoutError:
            late = RequestTimeout(
                f"There was no complete response within {self.answer_s:g} s.",
                url=request.url,
                phase="between_chunks",
                timeout_s=self.answer_s,
            )
            return builder.snapshot().fail(late)
        return builder.snapshot()


async def _key_required(asker: _Asker) -> Finding:
    """Whether a request without a key is refused: the list of models may be open, an answer may not."""
    name = "key required"
    shot = await asker.ask("Say hi.", with_key=False, max_tokens=1)
    if isinstance(shot.error, APIStatusError):
        if shot.error.status_code in REFUSED:
            given = "" if asker.key else " No key was given here, so the checks below cannot succeed."
            return Finding(name, True, f"A request without a key is refused ({shot.error.status_code}).{given}")
        return Finding(name, None, f"A request without a key fails in another way: {_said(shot.error)}")
    if shot.error is not None:
        return Finding(name, None, f"This could not be determined: {_said(shot.error)}")
    return Finding(
        name,
        False,
        "A request without a key is answered: anyone who finds the address can use the server. Start it with a key.",
    )


def _served(model: str, listed: list[str]) -> Finding:
    name = "served model name"
    if not listed:
        return Finding(name, None, "The server lists no models" + (f"; using {model}." if model else "."))
    if model and model not in listed:
        return Finding(name, False, f"{model} is not in its list: {', '.join(listed[:5])}.")
    return Finding(name, True, f"{model or listed[0]} is in its list; this is the name to register.")


async def _chat(asker: _Asker) -> Finding:
    shot = await asker.ask("What is the capital of France? Answer in one word.")
    if shot.error is not None:
        return Finding("chat", False, _said(shot.error))
    if not (shot.answer.content or shot.answer.reasoning):
        return Finding("chat", False, "It answered with an empty message.")
    return Finding("chat", True, f"Answered{_counted(shot)}.")


async def _stream(asker: _Asker) -> Finding:
    shot = await asker.ask("Count from one to five.", stream=True, stream_options={"include_usage": True})
    if shot.error is not None:
        return Finding("stream", False, _said(shot.error))
    kind = next((value for name, value in shot.response_headers if name.lower() == "content-type"), "")
    if not kind.lower().startswith("text/event-stream"):
        return Finding(
            "stream", False, f"A stream was requested, but the response was not streamed ({kind or 'no content type'})."
        )
    if not shot.pieces:
        return Finding("stream", False, "The stream ended without any text.")
    return Finding("stream", True, f"Streamed in {len(shot.pieces)} pieces{_counted(shot)}.")


async def _tool_call(asker: _Asker) -> Finding:
    """A named function: TheRouter documents `auto`, `none` and a forced function."""
    choice = {"type": "function", "function": {"name": TOOL["function"]["name"]}}
    shot = await asker.ask("What is the weather in Paris?", tools=[TOOL], tool_choice=choice)
    name = "tool call"
    if shot.error is not None:
        return Finding(name, False, _said(shot.error))
    if not shot.answer.tool_calls:
        return Finding(
            name, False, "A forced tool call returned text instead of a call: the engine's tool parser is not set."
        )
    call = shot.answer.tool_calls[0]
    if call.name != TOOL["function"]["name"]:
        return Finding(name, False, f"It called {call.name[:64]!r}, which is not the tool that it was offered.")
    fault = _fault(call.arguments, TOOL["function"]["parameters"], shot)
    return Finding(name, not fault, f"The call's arguments are wrong: {fault}" if fault else "Called as requested.")


async def _json_schema(asker: _Asker) -> Finding:
    wanted = {"type": "json_schema", "json_schema": {"name": "place", "strict": True, "schema": SCHEMA}}
    shot = await asker.ask("Which city is the capital of France? Answer as JSON.", response_format=wanted)
    if shot.error is not None:
        return Finding("JSON schema", False, _said(shot.error))
    fault = _fault(shot.answer.content, SCHEMA, shot)
    words = f"The answer does not match the schema: {fault}" if fault else "The answer matches the schema."
    return Finding("JSON schema", not fault, words)


def _fault(text: str, schema: dict[str, Any], shot: Exchange) -> str:
    """Why a text is not a JSON value of that schema; "" if it is."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        cut = f", cut off after {MAX_TOKENS} tokens" if shot.finish_reason == "length" else ""
        return f"it is not valid JSON{cut}: {text[:80]!r}"
    violations = validate(schema, value)
    return violations[0].message if violations else ""


def _counted(shot: Exchange) -> str:
    return ", with usage" if shot.usage else ", but without usage, which a gateway needs to count tokens"


def _said(error: PlaygroundError) -> str:
    return " ".join(error.message.split())[:300]
