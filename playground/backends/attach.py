"""Attach to a server that somebody else started: which engine it is, which models it has, what it can do.

An engine is recognised by what only it answers, in this order: SGLang's `/server_info`, llama.cpp's `/props`, the
prefix of the names in `/metrics`, last `owned_by` in `/v1/models` (a gateway may pass that on). `/version` gives
vLLM's version; other servers answer it too, so it decides nothing. Sources: vLLM 0.32, SGLang 0.5.23 and llama.cpp,
each asked while it ran; `owned_by` of LMDeploy and TensorRT-LLM as read in their `ModelCard`.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from playground.backends.catalogue import ModelEntry, list_items, parse_models
from playground.backends.metrics import engine_of, label_of
from playground.base_url import endpoint, origin_of, read_base_url
from playground.client import Client
from playground.errors import APIStatusError, StreamProtocolError, TransportError
from playground.wire.prepared import Auth

EngineName = Literal["vllm", "sglang", "llama.cpp", "lmdeploy", "trtllm", "unknown"]
OWNERS: Mapping[str, EngineName] = {
    "vllm": "vllm",
    "sglang": "sglang",
    "llamacpp": "llama.cpp",
    "lmdeploy": "lmdeploy",
    "tensorrt_llm": "trtllm",
}
_ENGINE_OF_METRICS: Mapping[str, EngineName] = {"vllm": "vllm", "sglang": "sglang", "llama.cpp": "llama.cpp"}
NOT_FOUND = 404
MAX_WORD = 200  # characters of what a server says of itself: it is a stranger's text
_SGLANG_FACTS = {  # a chosen few: the whole has the engine's own API key among its arguments
    "model_path": "model",
    "tp_size": "tensor parallel",
    "pp_size": "pipeline parallel",
    "dp_size": "data parallel",
    "max_total_num_tokens": "KV cache, tokens",
    "dtype": "dtype",
    "quantization": "quantization",
    "kv_cache_dtype": "KV cache dtype",
    "attention_backend": "attention",
    "grammar_backend": "grammar",
    "tool_call_parser": "tool parser",
    "reasoning_parser": "reasoning parser",
}
_VLLM_FACTS = {
    "cache_dtype": "KV cache dtype",
    "gpu_memory_utilization": "GPU memory utilization",
    "enable_prefix_caching": "prefix caching",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What the server says that it can do; None where it does not say."""

    tools: bool | None = None
    reasoning: bool | None = None
    json_schema: bool | None = None


@dataclass(frozen=True, slots=True)
class Recognised:
    """A server as it was found.

    Attributes:
        base_url: where its API is: ends in `/v1`, unless its models are listed elsewhere.
        engine: what it is.
        by: what it was recognised by, such as `/server_info`; "" for an unknown one.
        version: as it says itself; "" where it does not.
        models: () where it lists none, or refuses to.
        context: tokens; None where it does not say.
        facts: what else it says, as name and value, each one short line.
        told: what it can do.
        has_metrics: whether `/metrics` can be read.
        refused: why `/v1/models` gave no list, in one line; "" if it did.
    """

    base_url: str
    engine: EngineName = "unknown"
    by: str = ""
    version: str = ""
    models: tuple[ModelEntry, ...] = ()
    context: int | None = None
    facts: tuple[tuple[str, str], ...] = ()
    told: Told = Told()
    has_metrics: bool = False
    refused: str = ""


async def recognise(
    base_url: str, client: Client, key: str | None = None, *, auth: Auth = Auth.BEARER, timeout_s: float = 5
) -> Recognised:
    """What the server at `base_url` is; an unknown one is `unknown`, never an error.

    Args:
        base_url: as a person gives it, with or without `/v1` at its end. A login in it is not sent: it goes into `key`.
        client: carries the rule which addresses may be reached.
        key: sent with each request; a server that wants none does not mind.
        auth: what the key is.
        timeout_s: for each request.

    Raises:
        InvalidUrl: no base URL. TransportError: the server cannot be reached, or may not be.
        InvalidRequest: a key that no header can carry. InvalidSetting: a proxy that cannot be used.
    """
    base_url = read_base_url(base_url).url
    server = _Server(origin_of(base_url), client, key, auth, timeout_s)
    url, listed, refused = await _models(server, base_url)
    info, version, props, metrics = await asyncio.gather(
        _info(server), server.object("version"), server.object("props"), server.metrics()
    )
    models, owner, no_list = _listed(listed)
    engine, by = _decide(info, props, metrics, owner)
    context = models[0].context_length if models else None
    if engine == "sglang":
        context = _whole(info.get("context_length")) or context
    elif engine == "llama.cpp":
        context = _whole(_mapping(props.get("default_generation_settings")).get("n_ctx")) or context
    return Recognised(
        url,
        engine,
        by,
        _version(engine, info, version, props),
        models,
        context,
        _facts(engine, info, props, metrics),
        _told(engine, info),
        bool(engine_of(_lines(metrics))),
        refused or no_list,
    )


@dataclass(frozen=True, slots=True)
class _Server:
    """Asks one server, each time in the same way."""

    origin: str
    client: Client
    key: str | None
    auth: Auth
    timeout_s: float

    async def json(self, url: str) -> Any:
        """A document; raises as the client does."""
        return await self.client.get_json(url, key=self.key, auth=self.auth, timeout_s=self.timeout_s)

    async def object(self, path: str) -> dict[str, Any]:
        """A JSON object beside the API; {} where there is none."""
        try:
            return _mapping(await self.json(endpoint(self.origin, path)))
        except (APIStatusError, StreamProtocolError, TransportError):
            return {}

    async def metrics(self) -> str:
        """Its metrics; "" where it has none."""
        url = endpoint(self.origin, "metrics")
        try:
            return await self.client.get_text(url, key=self.key, auth=self.auth, timeout_s=self.timeout_s)
        except (APIStatusError, StreamProtocolError, TransportError):
            return ""


async def _models(server: _Server, base_url: str) -> tuple[str, Any, str]:
    """The base URL, what it lists, and why there is no list."""
    usual = endpoint(server.origin, "v1")
    refused = ""
    for url in dict.fromkeys((usual, base_url)):  # an API may be below another path than /v1
        try:
            return url, await server.json(endpoint(url, "models")), ""
        except (APIStatusError, StreamProtocolError) as error:
            said = _line(error.advice if isinstance(error, APIStatusError) and error.is_redirect else error.message)
            refused = refused or said
            if not (isinstance(error, APIStatusError) and error.status_code == NOT_FOUND):
                return url, None, said
    return usual, None, refused


def _listed(body: Any) -> tuple[tuple[ModelEntry, ...], str, str]:
    """The entries, the owner that the first names, and why there is no list."""
    try:
        models = parse_models(body)
    except StreamProtocolError as error:
        return (), "", _line(error.message)
    owner = next((item.get("owned_by") for item in list_items(body) if isinstance(item, dict)), None)
    return models, owner if isinstance(owner, str) else "", ""


async def _info(server: _Server) -> dict[str, Any]:
    for path in ("server_info", "get_server_info"):  # the second: SGLang before 0.5
        if found := await server.object(path):
            return found
    return {}


def _decide(info: dict[str, Any], props: dict[str, Any], metrics: str, owner: str) -> tuple[EngineName, str]:
    """The engine, and what tells it."""
    by_name = _ENGINE_OF_METRICS.get(engine_of(_lines(metrics)), "unknown")
    found: tuple[tuple[bool, EngineName, str], ...] = (
        ("vllm_config" in info, "vllm", "/server_info"),  # its development mode has that path too
        ("tp_size" in info and "mem_fraction_static" in info, "sglang", "/server_info"),
        ("default_generation_settings" in props and "build_info" in props, "llama.cpp", "/props"),
        (by_name != "unknown", by_name, "/metrics"),
        (owner in OWNERS, OWNERS.get(owner, "unknown"), "owned_by in /v1/models"),
    )
    return next(((engine, by) for there, engine, by in found if there), ("unknown", ""))


def _version(engine: EngineName, info: dict[str, Any], version: dict[str, Any], props: dict[str, Any]) -> str:
    match engine:
        case "sglang":
            said = info.get("version")
        case "llama.cpp":
            said = props.get("build_info")
        case "vllm" | "trtllm":
            said = version.get("version")
        case _:
            said = None
    return _line(said) if isinstance(said, str) else ""


def _facts(
    engine: EngineName, info: dict[str, Any], props: dict[str, Any], metrics: str
) -> tuple[tuple[str, str], ...]:
    match engine:
        case "sglang":
            return _named(info, _SGLANG_FACTS)
        case "llama.cpp":
            return _llama_facts(props)
        case "vllm":
            return _vllm_facts(metrics)
    return ()


def _vllm_facts(metrics: str) -> tuple[tuple[str, str], ...]:
    """What vLLM tells of its KV cache, in the labels of a metric."""
    try:
        labels = label_of(metrics, "vllm:cache_config_info")
    except StreamProtocolError:
        return ()
    blocks, size = labels.get("num_gpu_blocks", ""), labels.get("block_size", "")
    cache = (("KV cache, tokens", str(int(blocks) * int(size))),) if blocks.isdigit() and size.isdigit() else ()
    return cache + _named(labels, _VLLM_FACTS)


def _llama_facts(props: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    named = _named(props, {"model_path": "model", "total_slots": "slots", "model_ftype": "quantization"})
    kinds = ", ".join(kind for kind, there in _mapping(props.get("modalities")).items() if there is True)
    return named + ((("input besides text", _line(kinds)),) if kinds else ())


def _told(engine: EngineName, info: dict[str, Any]) -> Told:
    """SGLang alone says with which parsers it runs."""
    if engine != "sglang" or not info:
        return Told()
    parsers = ("tool_call_parser", "reasoning_parser")
    tools, reasoning = (bool(info[name]) if name in info else None for name in parsers)
    grammar = info.get("grammar_backend")
    return Told(tools, reasoning, grammar != "none" if isinstance(grammar, str) else None)


def _named(values: Mapping[str, Any], names: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The chosen plain values that are set."""
    found = ((word, values.get(name)) for name, word in names.items())
    return tuple(
        (word, _line(str(value))) for word, value in found if isinstance(value, str | int | float) and value != ""
    )


def _lines(metrics: str) -> list[str]:
    return metrics.splitlines()


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _line(text: str) -> str:
    """A stranger's text as one short line."""
    words = " ".join(text.split())
    return words if len(words) <= MAX_WORD else f"{words[:MAX_WORD]}…"
