"""The bytes of keys and values that a token leaves in a GPU's memory."""

from dataclasses import dataclass
from typing import NamedTuple

from playground.engines.fit.facts import ModelFacts
from playground.engines.fit.words import number
from playground.errors import InvalidLaunch

BLOCK = 16
"""Tokens of a block of the KV cache: vLLM's default; what fits is told in whole blocks."""

_WIDTHS = {"fp8": 1.0, "int8": 1.0, "uint8": 1.0, "fp4": 0.5, "nvfp4": 0.5, "int4": 0.5}
_NAMES = {"bf16", "bfloat16", "fp16", "float16", "half"}
# DeepSeek's sparse attention keeps, for each token, an FP8 key of the indexer with a 32-bit scale for each 128 numbers
# (vLLM's DeepseekV32IndexerCache, SGLang's DSA pool).
_INDEX_BLOCK, _SCALE_BYTES = 128, 4
# With an FP8 cache its latent vector is kept as 512 FP8 numbers with a 32-bit scale for each 128, and the position's
# numbers stay in 16 bits: 656 bytes for DeepSeek V3.2 (vLLM's fp8_ds_mla, SGLang's default for an FP8 cache).


class Part(NamedTuple):
    """Layers that keep the same for a token.

    Attributes:
        layers: how many.
        token_bytes: what one of them keeps for one token on one GPU.
        window: tokens after which it stops growing; None grows with the context.
        words: the arithmetic, in one line.
    """

    layers: int
    token_bytes: float
    window: int | None
    words: str


@dataclass(frozen=True, slots=True)
class KvCost:
    """What a sequence takes on each GPU."""

    parts: tuple[Part, ...]

    @property
    def per_token(self) -> int:
        """Bytes that one more token takes while no window is full."""
        return round(sum(part.layers * part.token_bytes for part in self.parts))

    def sequence(self, tokens: int) -> int:
        """Bytes of a sequence of so many tokens."""
        return round(
            sum(
                part.layers * part.token_bytes * (tokens if part.window is None else min(tokens, part.window))
                for part in self.parts
            )
        )

    def longest(self, room: int, limit: int, sequences: int = 1) -> int:
        """The most tokens, in whole blocks, of each of so many sequences that fit into `room` bytes, up to `limit`.

        Args:
            room: bytes on one GPU.
            limit: tokens that the model takes; it need not be whole blocks.
            sequences: that are in memory at the same time.
        """
        if sequences * self.sequence(limit) <= room:
            return limit
        low, high = 0, limit // BLOCK
        while low < high:
            middle = (low + high + 1) // 2
            if sequences * self.sequence(middle * BLOCK) <= room:
                low = middle
            else:
                high = middle - 1
        return low * BLOCK


def kv_cost(facts: ModelFacts, tensor_parallel: int = 1, dtype: str = "auto") -> KvCost:
    """What a sequence takes on each of the GPUs that share the model.

    Keys and values of a layer are `2 · max(1, kv_heads / tp) · head_dim` numbers for a token: a head is not divided,
    so beyond as many GPUs as heads each keeps one. Latent attention (DeepSeek) keeps `kv_lora_rank +
    qk_rope_head_dim` numbers, whole on each GPU (vLLM's and SGLang's memory pools).

    Raises:
        InvalidLaunch: a type of the cache that is not known.
    """
    width, _ = width_of(facts, dtype)
    attention = facts.attention
    parts = [
        _part(
            group.number,
            f"2 × {_heads(group.kv_heads, tensor_parallel)} × {group.head_dim} × {number(width)} bytes",
            2 * max(1, group.kv_heads // tensor_parallel) * group.head_dim * width,
            group.window,
        )
        for group in attention.layers
    ]
    if attention.latent_layers:
        latent, rope = attention.latent, attention.rope
        if attention.index and width == 1:
            scales = latent // _INDEX_BLOCK * _SCALE_BYTES
            words = f"({latent} × 1 + {scales} of scales + {rope} × 2) bytes"
            parts.append(_part(attention.latent_layers, words, latent + scales + 2 * rope, None))
        else:
            words = f"({latent} + {rope}) × {number(width)} bytes"
            parts.append(_part(attention.latent_layers, words, (latent + rope) * width, None))
    if attention.index_layers:
        scale = attention.index // _INDEX_BLOCK * _SCALE_BYTES
        words = f"({attention.index} + {scale}) bytes of the sparse attention's keys"
        parts.append(_part(attention.index_layers, words, attention.index + scale, None))
    return KvCost(tuple(parts))


def width_of(facts: ModelFacts, dtype: str) -> tuple[float, str]:
    """Bytes of one number of the cache, and the type's name; `auto` is the model's own.

    Raises:
        InvalidLaunch: a type that is not known.
    """
    asked = dtype.lower() or "auto"
    if asked == "auto":
        asked = facts.kv_quantization or "bf16"
    if asked in _NAMES:
        return 2.0, asked
    for word, width in _WIDTHS.items():
        if asked.startswith(word):
            return width, asked
    raise InvalidLaunch(
        f"{dtype!r} is not a known type of KV cache.",
        field="kv_cache_dtype",
        advice="Use auto, bfloat16 or fp8.",
    )


def _heads(kv_heads: int, tensor_parallel: int) -> str:
    if tensor_parallel == 1:
        return f"{kv_heads} heads"
    return f"max(1, {kv_heads} heads / {tensor_parallel} GPUs)"


def _part(layers: int, words: str, token_bytes: float, window: int | None) -> Part:
    total = f"{layers} layers × {words} = {number(layers * token_bytes)} bytes per token"
    if window is not None:
        total += f", up to a window of {number(window)} tokens"
    return Part(layers, token_bytes, window, total)
