"""A GGUF file's header: one written here by the format's rules, and the embedded model where it is."""

import struct
from pathlib import Path
from typing import Any

import pytest

from playground.engines.embedded.models import MODEL_BYTES, find_model
from playground.engines.fit.fit import estimate
from playground.engines.fit.gguf import read_gguf
from playground.engines.fit.hub import read_model
from playground.engines.fit.layers import Attention, Layers
from playground.engines.fit.plan import Place
from playground.engines.fit.unreadable import ModelUnreadable


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def item(value: Any) -> tuple[int, bytes]:
    if isinstance(value, str):
        return 8, text(value)
    if isinstance(value, list):
        kinds = [item(one) for one in value]
        return 9, struct.pack("<IQ", kinds[0][0], len(value)) + b"".join(data for _, data in kinds)
    return (6, struct.pack("<f", value)) if isinstance(value, float) else (4, struct.pack("<I", value))


def gguf(values: dict[str, Any], version: int = 3) -> bytes:
    rows = b"".join(text(name) + struct.pack("<I", item(value)[0]) + item(value)[1] for name, value in values.items())
    return b"GGUF" + struct.pack("<IQQ", version, 0, len(values)) + rows


VALUES = {
    "general.architecture": "llama",
    "tokenizer.ggml.tokens": ["a", "b", "<|im_start|>"],
    "tokenizer.ggml.scores": [0.5] * 5000,
    "llama.block_count": 4,
    "llama.context_length": 8192,
    "llama.embedding_length": 512,
    "llama.attention.head_count": 8,
    "llama.attention.head_count_kv": 2,
    "llama.attention.layer_norm_rms_epsilon": 1e-5,
}


def test_a_header(tmp_path: Path) -> None:
    file = tmp_path / "small.gguf"
    file.write_bytes(gguf(VALUES) + bytes(1000))
    facts = read_model(str(file))
    assert facts.attention == Attention((Layers(4, 2, 64),))
    assert (facts.heads, facts.max_context, facts.vocabulary, facts.quantization) == (8, 8192, 3, "gguf")
    assert facts.weights_bytes == file.stat().st_size
    assert "maps them" in facts.notes[0]
    fit = estimate(facts, [Place("this machine's memory", 8 << 30, 8 << 30, "CPU")])
    assert fit.verdict == "fits on this machine's memory with 8,192 tokens of context"


def test_heads_by_layer_latent_attention_and_windows(tmp_path: Path) -> None:
    file = tmp_path / "x.gguf"
    file.write_bytes(
        gguf(VALUES | {"llama.attention.head_count_kv": [2, 0, 2, 4], "llama.attention.sliding_window": 9})
    )
    facts = read_gguf(file)
    assert facts.attention == Attention((Layers(2, 2, 64), Layers(1, 4, 64)))
    assert "window" in facts.notes[-1]
    file.write_bytes(gguf(VALUES | {"llama.attention.kv_lora_rank": 512, "llama.rope.dimension_count": 64}, version=2))
    assert read_gguf(file).attention == Attention(latent_layers=4, latent=512, rope=64)
    file.write_bytes(gguf({"general.architecture": "clip"}))
    assert read_gguf(file).attention == Attention()


def test_all_parts_count(tmp_path: Path) -> None:
    first, second = tmp_path / "m-00001-of-00002.gguf", tmp_path / "m-00002-of-00002.gguf"
    first.write_bytes(gguf(VALUES))
    with pytest.raises(ModelUnreadable, match="m-00002-of-00002"):
        read_gguf(first)
    second.write_bytes(bytes(5000))
    assert read_gguf(first).weights_bytes == first.stat().st_size + 5000


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        b"GGUF",
        gguf(VALUES, version=99),
        gguf(VALUES)[:60],
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 40),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1 << 50),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("a") + struct.pack("<I", 77),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + text("a") + struct.pack("<IIQ", 9, 4, 1 << 50),
    ],
)
def test_what_is_no_gguf_file(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.gguf"
    file.write_bytes(content)
    with pytest.raises(ModelUnreadable) as caught:
        read_gguf(file)
    assert caught.value.reason == "damaged"


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(ModelUnreadable) as caught:
        read_model(str(tmp_path / "x.gguf"))
    assert caught.value.reason == "missing"


def test_the_embedded_model() -> None:
    file = find_model()
    if file is None:
        pytest.skip("the embedded model is not on this machine")
    facts = read_gguf(file)
    assert (facts.weights_bytes, facts.architecture) == (MODEL_BYTES, "llama")
    assert facts.attention == Attention((Layers(30, 3, 64),))
    assert (facts.heads, facts.max_context, facts.vocabulary) == (9, 8192, 49_152)
