"""Models listings with TheRouter's fields. Every figure is made up, and looks it."""

from collections.abc import Sequence
from typing import Any

from tests.upstream.scripts.wire import json_body
from tests.upstream.steps import Script

MODEL_IDS = ("deepseek/deepseek-v3.2", "test/echo")


def model_entry(model: str, **fields: Any) -> dict[str, Any]:
    """One entry; prices are strings, US dollars per token."""
    return {
        "id": model,
        "name": f"{model} (made up)",
        "description": "An entry of the test server; no figure in it is real.",
        "context_length": 12345,
        "architecture": {
            "input_modalities": ["text"],
            "output_modalities": ["text"],
            "tokenizer": "Other",
            "instruct_type": None,
            "modality": "text->text",
        },
        "pricing": {
            "prompt": "0.000111",
            "completion": "0.000222",
            "request": "0",
            "image": "0",
            "web_search": "0",
        },
        "supported_parameters": ["temperature", "max_tokens", "tools", "tool_choice", "response_format"],
    } | fields


def models(entries: Sequence[dict[str, Any]] | None = None, *, bare: bool = False) -> Script:
    """A listing, wrapped in `{"data": […]}` or as a bare list."""
    listed = list(entries) if entries is not None else [model_entry(model) for model in MODEL_IDS]
    return json_body(listed if bare else {"data": listed})


def engine_models(*served: str, owned_by: str = "vllm") -> Script:
    """A listing as vLLM and SGLang give it: names and no prices."""
    entries = [
        {
            "id": name,
            "object": "model",
            "created": 1_700_000_000,
            "owned_by": owned_by,
            "root": name,
            "max_model_len": 12345,
        }
        for name in served or ("test/echo",)
    ]
    return json_body({"object": "list", "data": entries})
