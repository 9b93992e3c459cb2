"""Over how many GPUs a model can be split: what vLLM and SGLang check, and a bare assert of SGLang's, told before."""

from playground.engines.fit.facts import ModelFacts
from playground.engines.fit.words import number

MAX_SIZE = 64
_VOCABULARY_BLOCK = 64


def sizes(facts: ModelFacts, limit: int = MAX_SIZE) -> tuple[int, ...]:
    """The tensor-parallel sizes that the model's shape allows, from 1 up."""
    return tuple(size for size in range(1, limit + 1) if not why_not(facts, size))


def why_not(facts: ModelFacts, size: int) -> str:
    """Why the model cannot be split over so many GPUs; "" if it can.

    The rules, all of them in both engines: the attention heads divide; the heads of keys and values divide, or each is
    repeated the same number of times; the padded vocabulary divides (vLLM); the feed-forward width divides, and its
    parts are whole blocks where FP8 weights share a scale by block.
    """
    if facts.heads % size:
        return f"{facts.heads} attention heads do not divide by {size}."
    for kv_heads in {group.kv_heads for group in facts.attention.layers}:
        if kv_heads % size and size % kv_heads:
            return f"{kv_heads} key-value heads neither divide by {size} nor repeat evenly over {size} GPUs."
    padded = -(-facts.vocabulary // _VOCABULARY_BLOCK) * _VOCABULARY_BLOCK
    if padded % size:
        return f"The vocabulary, {number(padded)} with padding, does not divide by {size}."
    for width in facts.inner:
        if facts.block and size > 1 and width % (size * facts.block):
            return (
                f"A feed-forward width of {number(width)} divided by {size} is not whole blocks of {facts.block}, "
                "by which the FP8 weights are scaled."
            )
        if not facts.quantization and width % size:
            return f"A feed-forward width of {number(width)} does not divide by {size}."
    return ""
