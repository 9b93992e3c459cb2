"""What a model's size depends on, out of its `config.json` and the headers of its weights."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any, NamedTuple

from playground.engines.fit.layers import Attention, read_attention, text_of, whole
from playground.errors import EngineUnavailable

# What each GPU holds whole under tensor parallelism, by vLLM's and SGLang's model code: norms, biases and other
# vectors; routers; the down-projections of multi-head latent attention; the indexer of DeepSeek's sparse attention.
_WHOLE = ("q_a_proj.", "kv_a_proj_with_mqa.", ".indexer.", "mlp.gate.", ".router.", "block_sparse_moe.gate.")


class TensorSize(NamedTuple):
    """A tensor of a weights file: its name, its type as safetensors names it, its shape, its bytes in the file."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    size: int


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What the memory that a model takes depends on.

    Attributes:
        name: the repository, folder or file.
        weights_bytes: of all tensors, as they are stored.
        weights_by_dtype: the same by type (`BF16`, `F8_E4M3`, …).
        replicated_bytes: the part of them that each GPU holds whole under tensor parallelism.
        parameters: elements of all tensors; 0 unknown. Packed types (four bits) count as what they are packed in.
        architecture: the first of `architectures`.
        attention: what each layer keeps for a token.
        heads: attention heads of a layer, which tensor parallelism divides.
        max_context: tokens, as the model's file says; 0 unknown.
        vocabulary: tokens; 0 unknown.
        inner: the width of the feed-forward networks and of the experts, which tensor parallelism divides too.
        block: the side of the blocks in which FP8 weights share a scale; 0 none.
        dtype: the type of the activations, `bfloat16`.
        quantization: the weights' method, `fp8`, `mxfp4`, `awq`; "" none.
        kv_quantization: the type that the file sets for the KV cache, `fp8`; "" none.
        experts: of a layer; 0 none.
        notes: what the numbers leave out, each a sentence.
    """

    name: str
    weights_bytes: int
    weights_by_dtype: Mapping[str, int] = field(default_factory=dict)
    replicated_bytes: int = 0
    parameters: int = 0
    architecture: str = ""
    attention: Attention = field(default_factory=Attention)
    heads: int = 0
    max_context: int = 0
    vocabulary: int = 0
    inner: tuple[int, ...] = ()
    block: int = 0
    dtype: str = ""
    quantization: str = ""
    kv_quantization: str = ""
    experts: int = 0
    notes: tuple[str, ...] = ()


def model_facts(name: str, config: Mapping[str, Any], tensors: Iterable[TensorSize]) -> ModelFacts:
    """The facts of a model.

    Args:
        name: how it is called.
        config: its `config.json`; a multimodal model's language part is its `text_config`.
        tensors: those of its weights files.

    Raises:
        EngineUnavailable: the configuration is of no language model that is known here.
    """
    text = text_of(config)
    quantization = _quantization(config, text)
    by_dtype: dict[str, int] = {}
    replicated = elements = 0
    for tensor in tensors:
        by_dtype[tensor.dtype] = by_dtype.get(tensor.dtype, 0) + tensor.size
        elements += prod(tensor.shape)
        if len(tensor.shape) <= 1 or any(part in tensor.name for part in _WHOLE):
            replicated += tensor.size
    heads = whole(text, "num_attention_heads", "n_head", "n_heads")
    if heads is None:
        raise EngineUnavailable(
            f"The configuration of {name} has no num_attention_heads, so its size cannot be worked out.",
            advice="Choose a language model; an adapter, an encoder or an image model is not served this way.",
        )
    attention, notes = read_attention(text, heads)
    block = quantization.get("weight_block_size")
    side = block[0] if isinstance(block, list) and block and isinstance(block[0], int) else 0
    if whole(text, "num_nextn_predict_layers", "mtp_num_hidden_layers"):
        notes = (*notes, "The module for multi-token prediction is in the weights; engines load it only when asked to.")
    return ModelFacts(
        name=name,
        weights_bytes=sum(by_dtype.values()),
        weights_by_dtype=by_dtype,
        replicated_bytes=replicated,
        parameters=elements,
        architecture=next((str(word) for word in config.get("architectures") or ()), ""),
        attention=attention,
        heads=heads,
        max_context=whole(text, "max_position_embeddings", "seq_length", "n_positions", "max_seq_len") or 0,
        vocabulary=whole(text, "vocab_size") or 0,
        inner=_widths(text),
        block=side,
        dtype=str(text.get("dtype") or text.get("torch_dtype") or config.get("torch_dtype") or ""),
        quantization=str(quantization.get("quant_method") or quantization.get("quant_algo") or ""),
        kv_quantization=_kv_quantization(quantization),
        experts=whole(text, "n_routed_experts", "num_local_experts", "num_experts") or 0,
        notes=notes,
    )


def _widths(text: Mapping[str, Any]) -> tuple[int, ...]:
    names = ("intermediate_size", "moe_intermediate_size")
    return tuple(width for name in names if (width := whole(text, name)) is not None)


def _quantization(config: Mapping[str, Any], text: Mapping[str, Any]) -> Mapping[str, Any]:
    for place in (config, text):
        for name in ("quantization_config", "compression_config"):
            found = place.get(name)
            if isinstance(found, Mapping):
                return found
    return {}


def _kv_quantization(quantization: Mapping[str, Any]) -> str:
    """What the checkpoint says of its KV cache: ModelOpt as a word, compressed-tensors as a scheme of bits."""
    scheme = quantization.get("kv_cache_scheme") or quantization.get("kv_cache_quant_algo")
    if isinstance(scheme, str):
        return scheme.lower()
    if isinstance(scheme, Mapping) and scheme.get("num_bits") == 8:  # noqa: PLR2004 - bits
        return "fp8"
    return ""
