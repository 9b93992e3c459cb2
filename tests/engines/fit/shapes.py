"""The tensors a published checkpoint holds, worked out from its `config.json` by the architecture's own shapes.

No weights and no index files are kept here; each architecture's names and shapes are written down by hand from its
description. What they sum to is compared with the published sizes (`tests/data/models/*/published.json`).
"""

from collections.abc import Iterator, Mapping
from math import ceil, prod
from typing import Any, NamedTuple

BITS = {"F32": 32, "BF16": 16, "F16": 16, "F8_E4M3": 8, "U8": 8}


class Tensor(NamedTuple):
    """A row of a safetensors header."""

    name: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Its bytes."""
        return prod(self.shape) * BITS[self.dtype] // 8


def tensors(config: Mapping[str, Any]) -> Iterator[Tensor]:
    """All tensors of the checkpoint that has this configuration."""
    model = config["model_type"]
    if model in {"deepseek_v3", "deepseek_v32"}:
        yield from _deepseek(config)
    elif model == "gpt_oss":
        yield from _gpt_oss(config)
    elif model == "gemma3":
        yield from _gemma3(config)
    else:
        yield from _llama(config)


def _bf16(name: str, *shape: int) -> Tensor:
    return Tensor(name, "BF16", shape)


def _fp8(name: str, rows: int, columns: int) -> Iterator[Tensor]:
    """A matrix in FP8 with a 32-bit scale for each block of 128 × 128 (DeepSeek's README_WEIGHTS.md)."""
    yield Tensor(f"{name}.weight", "F8_E4M3", (rows, columns))
    yield Tensor(f"{name}.weight_scale_inv", "F32", (ceil(rows / 128), ceil(columns / 128)))


def _deepseek(c: Mapping[str, Any]) -> Iterator[Tensor]:
    hidden, heads = c["hidden_size"], c["num_attention_heads"]
    yield _bf16("model.embed_tokens.weight", c["vocab_size"], hidden)
    yield _bf16("model.norm.weight", hidden)
    yield _bf16("lm_head.weight", c["vocab_size"], hidden)
    for layer in range(c["num_hidden_layers"] + c["num_nextn_predict_layers"]):
        at = f"model.layers.{layer}."
        yield _bf16(f"{at}input_layernorm.weight", hidden)
        yield _bf16(f"{at}post_attention_layernorm.weight", hidden)
        yield from _deepseek_attention(c, f"{at}self_attn.", hidden, heads)
        if layer < c["first_k_dense_replace"]:
            yield from _deepseek_mlp(f"{at}mlp.", hidden, c["intermediate_size"])
        else:
            yield _bf16(f"{at}mlp.gate.weight", c["n_routed_experts"], hidden)
            yield Tensor(f"{at}mlp.gate.e_score_correction_bias", "F32", (c["n_routed_experts"],))
            for expert in range(c["n_routed_experts"]):
                yield from _deepseek_mlp(f"{at}mlp.experts.{expert}.", hidden, c["moe_intermediate_size"])
            shared = c["n_shared_experts"] * c["moe_intermediate_size"]
            yield from _deepseek_mlp(f"{at}mlp.shared_experts.", hidden, shared)
        if layer >= c["num_hidden_layers"]:  # the multi-token prediction module repeats the embedding and the head
            yield _bf16(f"{at}embed_tokens.weight", c["vocab_size"], hidden)
            yield _bf16(f"{at}enorm.weight", hidden)
            yield _bf16(f"{at}hnorm.weight", hidden)
            yield _bf16(f"{at}eh_proj.weight", hidden, 2 * hidden)
            yield _bf16(f"{at}shared_head.norm.weight", hidden)
            yield _bf16(f"{at}shared_head.head.weight", c["vocab_size"], hidden)


def _deepseek_attention(c: Mapping[str, Any], at: str, hidden: int, heads: int) -> Iterator[Tensor]:
    latent, rope, nope, value = c["kv_lora_rank"], c["qk_rope_head_dim"], c["qk_nope_head_dim"], c["v_head_dim"]
    yield from _fp8(f"{at}q_a_proj", c["q_lora_rank"], hidden)
    yield _bf16(f"{at}q_a_layernorm.weight", c["q_lora_rank"])
    yield from _fp8(f"{at}q_b_proj", heads * (nope + rope), c["q_lora_rank"])
    yield from _fp8(f"{at}kv_a_proj_with_mqa", latent + rope, hidden)
    yield _bf16(f"{at}kv_a_layernorm.weight", latent)
    yield from _fp8(f"{at}kv_b_proj", heads * (nope + value), latent)
    yield from _fp8(f"{at}o_proj", hidden, heads * value)
    if "index_n_heads" in c:  # V3.2's sparse attention
        yield from _fp8(f"{at}indexer.wq_b", c["index_n_heads"] * c["index_head_dim"], c["q_lora_rank"])
        yield from _fp8(f"{at}indexer.wk", c["index_head_dim"], hidden)
        yield Tensor(f"{at}indexer.k_norm.weight", "F32", (c["index_head_dim"],))
        yield Tensor(f"{at}indexer.k_norm.bias", "F32", (c["index_head_dim"],))
        yield _bf16(f"{at}indexer.weights_proj.weight", c["index_n_heads"], hidden)


def _deepseek_mlp(at: str, hidden: int, inner: int) -> Iterator[Tensor]:
    yield from _fp8(f"{at}gate_proj", inner, hidden)
    yield from _fp8(f"{at}up_proj", inner, hidden)
    yield from _fp8(f"{at}down_proj", hidden, inner)


def _llama(c: Mapping[str, Any]) -> Iterator[Tensor]:
    """Llama, Qwen 3 and Mixtral: the same attention; Qwen 3 norms queries and keys, two of them have experts."""
    hidden, heads, kv_heads = c["hidden_size"], c["num_attention_heads"], c["num_key_value_heads"]
    head_dim = c.get("head_dim") or hidden // heads
    yield _bf16("model.embed_tokens.weight", c["vocab_size"], hidden)
    yield _bf16("model.norm.weight", hidden)
    if not c["tie_word_embeddings"]:
        yield _bf16("lm_head.weight", c["vocab_size"], hidden)
    for layer in range(c["num_hidden_layers"]):
        at = f"model.layers.{layer}."
        yield _bf16(f"{at}input_layernorm.weight", hidden)
        yield _bf16(f"{at}post_attention_layernorm.weight", hidden)
        yield _bf16(f"{at}self_attn.q_proj.weight", heads * head_dim, hidden)
        yield _bf16(f"{at}self_attn.k_proj.weight", kv_heads * head_dim, hidden)
        yield _bf16(f"{at}self_attn.v_proj.weight", kv_heads * head_dim, hidden)
        yield _bf16(f"{at}self_attn.o_proj.weight", hidden, heads * head_dim)
        if c["model_type"].startswith("qwen3"):
            yield _bf16(f"{at}self_attn.q_norm.weight", head_dim)
            yield _bf16(f"{at}self_attn.k_norm.weight", head_dim)
        if c["model_type"] == "qwen3_moe":
            yield _bf16(f"{at}mlp.gate.weight", c["num_experts"], hidden)
            for expert in range(c["num_experts"]):
                yield from _mlp(f"{at}mlp.experts.{expert}.", hidden, c["moe_intermediate_size"])
        elif c["model_type"] == "mixtral":
            yield _bf16(f"{at}block_sparse_moe.gate.weight", c["num_local_experts"], hidden)
            for expert in range(c["num_local_experts"]):
                yield from _mlp(f"{at}block_sparse_moe.experts.{expert}.", hidden, c["intermediate_size"])
        else:
            yield from _mlp(f"{at}mlp.", hidden, c["intermediate_size"])


def _mlp(at: str, hidden: int, inner: int) -> Iterator[Tensor]:
    yield _bf16(f"{at}gate_proj.weight", inner, hidden)
    yield _bf16(f"{at}up_proj.weight", inner, hidden)
    yield _bf16(f"{at}down_proj.weight", hidden, inner)


def _gpt_oss(c: Mapping[str, Any]) -> Iterator[Tensor]:
    """Experts in MXFP4: blocks of 32 four-bit numbers (16 bytes), and one byte of scale for each block."""
    hidden, heads, kv_heads, head_dim = c["hidden_size"], c["num_attention_heads"], 8, c["head_dim"]
    experts, inner = c["num_local_experts"], c["intermediate_size"]
    yield _bf16("model.embed_tokens.weight", c["vocab_size"], hidden)
    yield _bf16("model.norm.weight", hidden)
    yield _bf16("lm_head.weight", c["vocab_size"], hidden)
    for layer in range(c["num_hidden_layers"]):
        at = f"model.layers.{layer}."
        yield _bf16(f"{at}input_layernorm.weight", hidden)
        yield _bf16(f"{at}post_attention_layernorm.weight", hidden)
        yield _bf16(f"{at}self_attn.sinks", heads)
        for name, rows, columns in (
            ("q_proj", heads * head_dim, hidden),
            ("k_proj", kv_heads * head_dim, hidden),
            ("v_proj", kv_heads * head_dim, hidden),
            ("o_proj", hidden, heads * head_dim),
        ):
            yield _bf16(f"{at}self_attn.{name}.weight", rows, columns)
            yield _bf16(f"{at}self_attn.{name}.bias", rows)
        yield _bf16(f"{at}mlp.router.weight", experts, hidden)
        yield _bf16(f"{at}mlp.router.bias", experts)
        for name, rows, columns in (("gate_up_proj", 2 * inner, hidden), ("down_proj", hidden, inner)):
            yield Tensor(f"{at}mlp.experts.{name}_blocks", "U8", (experts, rows, columns // 32, 16))
            yield Tensor(f"{at}mlp.experts.{name}_scales", "U8", (experts, rows, columns // 32))
            yield _bf16(f"{at}mlp.experts.{name}_bias", experts, rows)


def _gemma3(c: Mapping[str, Any]) -> Iterator[Tensor]:
    """Gemma 3 with its picture tower (SigLIP); the head is the embedding."""
    text, vision = c["text_config"], c["vision_config"]
    hidden, head_dim = text["hidden_size"], text["head_dim"]
    wide, narrow = text["num_attention_heads"] * head_dim, text["num_key_value_heads"] * head_dim
    yield _bf16("language_model.model.embed_tokens.weight", text["vocab_size"], hidden)
    yield _bf16("language_model.model.norm.weight", hidden)
    for layer in range(text["num_hidden_layers"]):
        at = f"language_model.model.layers.{layer}."
        for norm in ("input", "post_attention", "pre_feedforward", "post_feedforward"):
            yield _bf16(f"{at}{norm}_layernorm.weight", hidden)
        yield _bf16(f"{at}self_attn.q_proj.weight", wide, hidden)
        yield _bf16(f"{at}self_attn.k_proj.weight", narrow, hidden)
        yield _bf16(f"{at}self_attn.v_proj.weight", narrow, hidden)
        yield _bf16(f"{at}self_attn.o_proj.weight", hidden, wide)
        yield _bf16(f"{at}self_attn.q_norm.weight", head_dim)
        yield _bf16(f"{at}self_attn.k_norm.weight", head_dim)
        yield from _mlp(f"{at}mlp.", hidden, text["intermediate_size"])
    seen, inner = vision["hidden_size"], vision["intermediate_size"]
    yield _bf16("multi_modal_projector.mm_input_projection_weight", seen, hidden)
    yield _bf16("multi_modal_projector.mm_soft_emb_norm.weight", seen)
    tower = "vision_tower.vision_model."
    patches = (vision["image_size"] // vision["patch_size"]) ** 2
    yield _bf16(f"{tower}embeddings.patch_embedding.weight", seen, 3, vision["patch_size"], vision["patch_size"])
    yield _bf16(f"{tower}embeddings.patch_embedding.bias", seen)
    yield _bf16(f"{tower}embeddings.position_embedding.weight", patches, seen)
    yield from _with_bias(f"{tower}post_layernorm", seen)
    for layer in range(vision["num_hidden_layers"]):
        at = f"{tower}encoder.layers.{layer}."
        yield from _with_bias(f"{at}layer_norm1", seen)
        yield from _with_bias(f"{at}layer_norm2", seen)
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            yield from _with_bias(f"{at}self_attn.{name}", seen, seen)
        yield from _with_bias(f"{at}mlp.fc1", inner, seen)
        yield from _with_bias(f"{at}mlp.fc2", seen, inner)


def _with_bias(name: str, *shape: int) -> Iterator[Tensor]:
    yield _bf16(f"{name}.weight", *shape)
    yield _bf16(f"{name}.bias", shape[0])
