"""What each layer of a model keeps for a token, out of its `config.json`; every family spells it its own way."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

# How many layers make up the pattern "all but the last slide", where the file leaves it to the model's own code.
_PATTERNS = {"gemma2": 2, "gemma3": 6, "gemma3_text": 6, "cohere2": 4}
_KEEPS = ("full", "attention", "sliding", "chunked", "global", "local", "hybrid")  # others have no keys and values


class Layers(NamedTuple):
    """Layers that are alike.

    Attributes:
        number: how many.
        kv_heads: heads of keys and values.
        head_dim: numbers of each; keys and values together are `2 · kv_heads · head_dim` numbers for a token.
        window: tokens after which they stop growing; None grows with the context.
    """

    number: int
    kv_heads: int
    head_dim: int
    window: int | None = None


@dataclass(frozen=True, slots=True)
class Attention:
    """What the layers keep for a token.

    Attributes:
        layers: those with keys and values of their own; empty for latent attention.
        latent_layers: layers of multi-head latent attention (DeepSeek), which keep one vector for all heads.
        latent: its numbers, `kv_lora_rank`.
        rope: the position's numbers that are kept beside it, `qk_rope_head_dim`.
        index: numbers of the key by which DeepSeek's sparse attention chooses tokens, `index_head_dim`; 0 none.
        index_layers: layers that keep such a key.
    """

    layers: tuple[Layers, ...] = ()
    latent_layers: int = 0
    latent: int = 0
    rope: int = 0
    index: int = 0
    index_layers: int = 0

    @property
    def kv_heads(self) -> int:
        """Heads of keys and values of the first layers; 0 with latent attention."""
        return self.layers[0].kv_heads if self.layers else 0


def text_of(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part that describes the language model."""
    for name in ("text_config", "llm_config", "language_config", "thinker_config"):
        inner = config.get(name)
        if isinstance(inner, Mapping):
            return text_of(inner)
    return config


def whole(config: Mapping[str, Any], *names: str) -> int | None:
    """The first of these fields that is a positive whole number."""
    for name in names:
        value = config.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
    return None


def read_attention(text: Mapping[str, Any], heads: int) -> tuple[Attention, tuple[str, ...]]:
    """What the layers keep, and sentences on what that leaves out."""
    kinds, notes = _kinds(text)
    caching = [kind for kind in kinds if kind.startswith(_KEEPS)]
    if len(caching) < len(kinds):
        without = f"{len(kinds) - len(caching)} of {len(kinds)} layers"
        notes += (f"{without} keep no keys and values, at most a state of fixed size; it is not counted.",)
    latent, rope = whole(text, "kv_lora_rank"), whole(text, "qk_rope_head_dim") or 0
    if latent:
        index = whole(text, "index_head_dim") or 0
        types = text.get("indexer_types")
        keyed = types.count("full") if isinstance(types, list) else len(caching)
        return Attention(
            latent_layers=len(caching), latent=latent, rope=rope, index=index, index_layers=keyed if index else 0
        ), notes
    blocks = text.get("block_configs")
    if isinstance(blocks, list):
        return Attention(layers=_nemotron(text, blocks, heads)), notes
    kv_heads = whole(text, "num_key_value_heads", "num_kv_heads", "n_head_kv", "multi_query_group_num") or heads
    head_dim = _head_dim(text, heads)
    window = whole(text, "sliding_window", "sliding_window_size")
    chunk = whole(text, "attention_chunk_size")
    found = Counter(caching)
    layers = []
    for kind in dict.fromkeys(caching):
        if kind.startswith("sliding"):
            sizes = whole(text, "swa_num_key_value_heads") or kv_heads, whole(text, "swa_head_dim") or head_dim
            layers.append(Layers(found[kind], *sizes, window))
        elif kind.startswith("chunked"):
            layers.append(Layers(found[kind], kv_heads, head_dim, chunk))
        else:  # Gemma 4's global layers have heads of their own size
            sizes = whole(text, "num_global_key_value_heads") or kv_heads, whole(text, "global_head_dim") or head_dim
            layers.append(Layers(found[kind], *sizes))
    return Attention(layers=tuple(layers)), notes


def _head_dim(text: Mapping[str, Any], heads: int) -> int:
    return whole(text, "head_dim", "kv_channels") or (whole(text, "hidden_size", "n_embd", "d_model") or 0) // heads


def _nemotron(text: Mapping[str, Any], blocks: list[Any], heads: int) -> tuple[Layers, ...]:
    """Llama-Nemotron (DeciLM): each layer says how many heads share keys and values, or that it has no attention."""
    attentions = [block.get("attention") for block in blocks if isinstance(block, Mapping)]
    shared = [whole(one, "n_heads_in_group") for one in attentions if isinstance(one, Mapping)]
    found = Counter(size for size in shared if size is not None)
    return tuple(Layers(count, heads // size, _head_dim(text, heads)) for size, count in found.items())


def _kinds(text: Mapping[str, Any]) -> tuple[list[str], tuple[str, ...]]:
    """Each layer's kind of attention, full, sliding_attention or another, and sentences on what that leaves out."""
    count = whole(text, "num_hidden_layers", "n_layer", "num_layers", "n_layers") or 0
    if isinstance(text.get("compress_ratios"), list):  # DeepSeek V4: a window, and compressed keys of what is before
        return ["full"] * count, ("This model compresses its keys and values; they are counted as if it did not.",)
    kinds = _listed(text) or _by_rule(text, count) or ["full"] * count
    if not kinds:
        return [], ("The configuration does not say how many layers there are: the KV cache is not counted.",)
    return kinds, ()


def _listed(text: Mapping[str, Any]) -> list[str] | None:
    """The kinds, where the file lists them."""
    named = text.get("layer_types") or text.get("layers_block_type")
    if isinstance(named, list):
        return [str(kind) for kind in named]
    pattern = text.get("hybrid_override_pattern")
    if isinstance(pattern, str):  # Nemotron-H: * attention, M Mamba, - and E feed-forward alone
        return ["full" if sign == "*" else "mamba" for sign in pattern]
    slides = text.get("hybrid_layer_pattern")
    if isinstance(slides, list):  # MiMo: 1 slides
        return ["sliding_attention" if slide else "full" for slide in slides]
    return None


def _by_rule(text: Mapping[str, Any], count: int) -> list[str] | None:
    """The kinds, where the file or the model's own code has a rule: every so many layers one is full."""
    linear = text.get("linear_attn_config")
    if isinstance(linear, Mapping) and isinstance(linear.get("full_attn_layers"), list):  # Kimi Linear
        full = len(linear["full_attn_layers"])
        return ["full"] * full + ["linear_attention"] * max(0, count - full)
    every, other = whole(text, "full_attention_interval"), "linear_attention"  # Qwen3-Next
    if every is None and text.get("model_type") == "llama4_text" and whole(text, "attention_chunk_size"):
        every, other = 4, "chunked_attention"
    if every is None and whole(text, "sliding_window") and text.get("use_sliding_window", True):
        every = whole(text, "sliding_window_pattern") or _PATTERNS.get(str(text.get("model_type"))) or count + 1
        other = "sliding_attention"
    return None if every is None else ["full" if (layer + 1) % every == 0 else other for layer in range(count)]
