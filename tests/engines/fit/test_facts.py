"""Published models: what their files hold, and what their configuration says."""

import hashlib
import json
from math import prod

import pytest

from playground.engines.fit.facts import TensorSize, model_facts
from playground.engines.fit.layers import Attention, Layers
from playground.errors import EngineUnavailable
from tests.engines.fit.published import MODELS, names, published

HEAD = {"num_attention_heads": 8, "hidden_size": 512, "num_hidden_layers": 4}


@pytest.mark.parametrize("name", names())
def test_the_bytes_are_those_that_were_published(name: str) -> None:
    model = published(name)
    facts, sizes = model.facts, model.sizes
    if "total_size" in sizes:  # of the repository's own index: to the byte
        assert facts.weights_bytes == sizes["total_size"]
    if "files_size" in sizes:  # with the headers of the files
        assert facts.weights_bytes == pytest.approx(sizes["files_size"], rel=1e-4)
    if "size_gib" in sizes:
        assert facts.weights_bytes == pytest.approx(sizes["size_gib"] * 2**30, rel=1e-3)
    if "elements" in sizes:  # the Hub's count
        assert facts.parameters == sizes["elements"]
    if "tensors" in sizes:
        assert len(model.tensors) == sizes["tensors"]
    assert {"total_size", "files_size", "elements"} & sizes.keys()


def test_nine_models_and_more_have_a_source() -> None:
    assert len(names()) >= 8
    for name in names():
        assert (MODELS / name / "SOURCE").read_text().startswith("config.json: ")


def test_deepseek_v3_2() -> None:
    facts = published("DeepSeek-V3.2").facts
    assert facts.architecture == "DeepseekV32ForCausalLM"
    assert facts.attention == Attention(latent_layers=61, latent=512, rope=64, index=128, index_layers=61)
    assert (facts.heads, facts.max_context, facts.block, facts.experts) == (128, 163_840, 128, 256)
    assert facts.quantization == "fp8"
    # What each GPU holds whole: mostly the down-projections of the latent attention and the indexers.
    assert 1.8e9 < facts.replicated_bytes < 2.3e9
    assert any("multi-token" in note for note in facts.notes)
    scales = sum(prod(row.shape) for row in published("DeepSeek-V3.2").tensors if row.name.endswith("_scale_inv"))
    assert facts.parameters - scales == published("DeepSeek-V3.2").sizes["elements_without_scales"]
    # Within 2 % of what is published of it: the Hub's count is 685.4 billion, of which 4 billion take two bytes.
    assert facts.weights_bytes == pytest.approx(642.1 * 2**30, rel=0.02)


def test_grouped_heads() -> None:
    facts = published("Llama-3.1-8B").facts
    assert facts.attention == Attention((Layers(32, 8, 128),))
    assert (facts.dtype, facts.quantization, facts.vocabulary, facts.inner) == ("bfloat16", "", 128_256, (14_336,))


def test_windows() -> None:
    assert published("gpt-oss-20b").facts.attention == Attention((Layers(12, 8, 64, 128), Layers(12, 8, 64)))
    gemma = published("gemma-3-27b-it").facts
    assert gemma.attention == Attention((Layers(52, 16, 128, 1024), Layers(10, 16, 128)))
    assert gemma.max_context == 131_072  # of its text_config
    # A window that the file has, and says not to use.
    assert published("Qwen3-8B").facts.attention == Attention((Layers(36, 8, 128),))


# Hand-made: each has only the fields of the family that say which layers keep what.
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"model_type": "gemma2", "sliding_window": 4096}, (Layers(2, 8, 64, 4096), Layers(2, 8, 64))),
        ({"model_type": "mistral", "sliding_window": 4096}, (Layers(4, 8, 64, 4096),)),
        ({"sliding_window": 99, "use_sliding_window": False}, (Layers(4, 8, 64),)),
        ({"full_attention_interval": 4, "num_key_value_heads": 2}, (Layers(1, 2, 64),)),
        ({"hybrid_override_pattern": "M*E-", "num_key_value_heads": 2}, (Layers(1, 2, 64),)),
        ({"layers_block_type": ["mamba", "moe", "attention", "mamba"]}, (Layers(1, 8, 64),)),
        ({"model_type": "llama4_text", "attention_chunk_size": 8192}, (Layers(3, 8, 64, 8192), Layers(1, 8, 64))),
        (
            {"hybrid_layer_pattern": [0, 1, 1, 1], "sliding_window": 128, "swa_num_key_value_heads": 4},
            (Layers(1, 8, 64), Layers(3, 4, 64, 128)),
        ),
        (
            {"layer_types": ["sliding_attention", "full_attention"], "sliding_window": 8, "global_head_dim": 512},
            (Layers(1, 8, 64, 8), Layers(1, 8, 512)),
        ),
        (
            {
                "block_configs": [
                    {"attention": {"n_heads_in_group": 8}},
                    {"attention": {"n_heads_in_group": None, "no_op": True}},
                ]
            },
            (Layers(1, 1, 64),),
        ),
        ({"compress_ratios": [0, 4], "sliding_window": 128, "num_key_value_heads": 1}, (Layers(4, 1, 64),)),
        ({"kv_channels": 128}, (Layers(4, 8, 128),)),
        ({"num_hidden_layers": 0}, ()),
    ],
)
def test_each_family_spells_its_layers_its_own_way(fields: dict[str, object], expected: tuple[Layers, ...]) -> None:
    assert model_facts("hand-made", HEAD | fields, []).attention.layers == expected


def test_latent_attention_in_some_layers_only() -> None:
    config = HEAD | {"kv_lora_rank": 512, "qk_rope_head_dim": 64, "linear_attn_config": {"full_attn_layers": [4]}}
    facts = model_facts("hand-made", {"text_config": config}, [])
    assert facts.attention == Attention(latent_layers=1, latent=512, rope=64)
    assert facts.notes == ("3 of 4 layers keep no keys and values, at most a state of fixed size; it is not counted.",)
    shared = HEAD | {"kv_lora_rank": 512, "index_head_dim": 128, "indexer_types": ["full", "shared", "full", "shared"]}
    assert model_facts("hand-made", shared, []).attention.index_layers == 2


@pytest.mark.parametrize(
    ("quantization", "expected"),
    [
        ({"quant_method": "modelopt", "kv_cache_scheme": {"num_bits": 8, "type": "float"}}, ("modelopt", "fp8")),
        ({"quant_algo": "FP8", "kv_cache_quant_algo": "FP8"}, ("FP8", "fp8")),
        ({"quant_method": "awq", "bits": 4}, ("awq", "")),
    ],
)
def test_quantization(quantization: dict[str, object], expected: tuple[str, str]) -> None:
    facts = model_facts("hand-made", HEAD | {"quantization_config": quantization}, [])
    assert (facts.quantization, facts.kv_quantization) == expected


def test_packed_weights_count_as_they_are_stored() -> None:
    rows = [TensorSize("a.qweight", "I32", (512, 64), 512 * 64 * 4), TensorSize("a.scales", "F16", (4, 512), 4096)]
    facts = model_facts("hand-made", HEAD, rows)
    assert (facts.weights_bytes, facts.weights_by_dtype) == (135_168, {"I32": 131_072, "F16": 4096})


def test_what_is_no_language_model() -> None:
    with pytest.raises(EngineUnavailable, match="no num_attention_heads"):
        model_facts("a/b", {"model_type": "unet"}, [])


def test_the_shapes_are_counted_as_the_hub_counts() -> None:
    rows = published("gpt-oss-20b").tensors
    assert sum(prod(row.shape) for row in rows) == published("gpt-oss-20b").facts.parameters
    digest = hashlib.sha256(json.dumps(sorted(row.name for row in rows)).encode()).hexdigest()
    assert digest == GPT_OSS_20B_NAMES


# Of the names in openai/gpt-oss-20b's own index, sorted, as JSON; they were compared when this was written.
GPT_OSS_20B_NAMES = "07497bc9c4665be8c0b955e43fe165e1b3c6b0dcd2e69c3b2bd3a0a2a5398d90"
