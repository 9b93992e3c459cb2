"""Model lists in the shapes of TheRouter, vLLM, SGLang and llama.cpp: what is not said is not guessed."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.backends import ModelEntry, parse_models
from playground.errors import StreamProtocolError
from tests.wire.values import JSON_OBJECTS, JSON_VALUES

ROUTER = {
    "id": "maker/model",
    "name": "Maker: Model",
    "description": "Words.",
    "context_length": 163840,
    "architecture": {
        "input_modalities": ["text", "image"],
        "output_modalities": ["text"],
        "tokenizer": "Other",
        "modality": "text+image->text",
    },
    "pricing": {"prompt": "0.00000027", "completion": "0.0000011", "request": "0", "image": "0", "web_search": "0"},
    "supported_parameters": ["tools", "structured_outputs", "reasoning", "temperature"],
}
VLLM = {
    "id": "Qwen/Qwen3-0.6B",
    "object": "model",
    "created": 1_700_000_000,
    "owned_by": "vllm",
    "root": "Qwen/Qwen3-0.6B",
    "parent": None,
    "max_model_len": 40960,
    "permission": [{"id": "modelperm-1", "object": "model_permission"}],
}
SGLANG = {"id": "m", "object": "model", "created": 1, "owned_by": "sglang", "root": "m", "max_model_len": 2048}
LLAMA = {"id": "SmolLM2", "object": "model", "owned_by": "llamacpp", "meta": {"n_ctx_train": 8192}}
ENTRY = ModelEntry(
    "maker/model",
    "Maker: Model",
    163840,
    Decimal("0.00000027"),
    Decimal("0.0000011"),
    ("tools", "structured_outputs", "reasoning", "temperature"),
    ("text", "image"),
)


@pytest.mark.parametrize("body", [{"data": [ROUTER]}, [ROUTER], {"object": "list", "data": [ROUTER]}])
def test_therouter_wrapped_or_bare(body: Any) -> None:
    assert parse_models(body) == (ENTRY,)


def test_the_engines() -> None:
    vllm, sglang, llama = parse_models({"object": "list", "data": [VLLM, SGLANG, LLAMA]})
    assert vllm == ModelEntry("Qwen/Qwen3-0.6B", context_length=40960)
    assert sglang == ModelEntry("m", context_length=2048)
    assert llama == ModelEntry("SmolLM2")
    assert llama.facts() == ""


def test_the_facts_in_a_line() -> None:
    said = ENTRY.facts()
    assert said == "164K context · $0.27 in, $1.1 out per 1M tokens · images · tools · JSON schema · reasoning"


@pytest.mark.parametrize(
    ("tokens", "said"),
    [(2048, "2K"), (40960, "41K"), (163840, "164K"), (1_000_000, "1M"), (1_048_576, "1.05M"), (10_485_760, "10.5M")],
)
def test_the_context_as_a_person_says_it(tokens: int, said: str) -> None:
    assert ModelEntry("m", context_length=tokens).facts() == f"{said} context"


def test_the_cost() -> None:
    assert ENTRY.cost(1000, 500) == Decimal("0.00082")
    assert ModelEntry("m").cost(1, 1) is None
    free = parse_models([{"id": "m", "pricing": {"prompt": "0", "completion": 0}}])[0]
    assert free.cost(1000, 1000) == 0
    assert free.facts() == "$0 in, $0 out per 1M tokens"


@pytest.mark.parametrize("price", [None, "", "free", "-1", "NaN", "Infinity", [], {}, True])
def test_a_price_that_is_none(price: Any) -> None:
    (entry,) = parse_models([{"id": "m", "pricing": {"prompt": price, "completion": "0.1"}}])
    assert (entry.prompt_price, entry.facts(), entry.cost(1, 1)) == (None, "", None)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": 5, "context_length": "long", "architecture": [], "pricing": "none", "supported_parameters": "tools"},
        {"architecture": {"input_modalities": "image"}, "supported_parameters": [1, None, {}]},
        {"context_length": None, "max_model_len": None, "pricing": None, "architecture": None},
    ],
)
def test_fields_of_another_shape_say_nothing(fields: dict[str, Any]) -> None:
    assert parse_models([{"id": "m"} | fields]) == (ModelEntry("m"),)


def test_what_has_no_id_is_passed_over() -> None:
    assert parse_models([{"name": "a"}, {"id": 5}, None, "m", {"id": "m"}]) == (ModelEntry("m"),)
    assert parse_models({"data": []}) == ()
    assert parse_models({"object": "list", "data": None}) == ()  # a slice of Go's that nothing was added to


@pytest.mark.parametrize("body", [None, {}, "models", 5, {"data": {"id": "m"}}, {"models": []}])
def test_what_is_no_list(body: Any) -> None:
    with pytest.raises(StreamProtocolError, match="no list of models"):
        parse_models(body)


@given(st.lists(st.builds(lambda fields, name: fields | {"id": name}, JSON_OBJECTS, st.text(min_size=1)) | JSON_VALUES))
def test_any_json_is_read(items: list[Any]) -> None:
    wanted = [item["id"] for item in items if isinstance(item, dict) and isinstance(item.get("id"), str)]
    found = parse_models({"data": items})
    assert [entry.id for entry in found] == wanted
    assert all(isinstance(entry.facts(), str) for entry in found)
