"""SGLang's own failures. Recorded on a CPU: context. Read in the source of 0.5.23: all others."""

import re

from playground.engines.kinds.failure_rules import (
    NO_FIX,
    Fix,
    context_of,
    fewer_parts,
    fraction_to,
    higher_fraction,
    lower_fraction,
    rule,
)
from playground.engines.spec import LaunchSpec

_MARGIN = 0.02


def _above(found: re.Match[str], _spec: LaunchSpec) -> Fix:
    """A little above the share that it named: exactly that one leaves nothing for the cache."""
    return fraction_to(float(found["share"]) + _MARGIN)


def _next_power(_found: re.Match[str], spec: LaunchSpec) -> Fix:
    """The next smaller power of two: the assertion names no numbers, and heads come in powers of two most often."""
    if spec.tensor_parallel < 2:  # noqa: PLR2004 - one is not split
        return NO_FIX
    return fewer_parts(1 << (spec.tensor_parallel - 1).bit_length() - 1)


SGLANG = (
    rule(
        # With the environment variable that it names the same words are a mere warning.
        r"context_length \(\d+\) is greater than the derived context_length \((?P<tokens>\d+)\).*To allow overriding",
        "The model does not support such a long context",
        "It supports {tokens} tokens. Use that, or less.",
        context_of("tokens"),
    ),
    rule(
        r"leave no GPU memory for the KV cache.*Raise --mem-fraction-static above (?P<share>[\d.]+)",
        "The weights leave no memory for the KV cache",
        "Raise the memory fraction above {share}, free the GPU, or split the model over more GPUs.",
        _above,
    ),
    rule(
        r"Not enough memory\. Please try to increase --mem-fraction-static",
        "The weights leave no memory for the KV cache",
        "Raise the memory fraction, free the GPU, or split the model over more GPUs.",
        higher_fraction,
    ),
    rule(
        r"Capture [\w ]{0,40}(?:cuda|CUDA) graph failed",
        "No memory was left to capture the graphs",
        "Lower the memory fraction, or the batch size: --cuda-graph-max-bs-decode 16 in the extra arguments.",
        lower_fraction,
    ),
    rule(
        r"^\s*assert .*% *(?:[\w.()]*\.)?(?:attn_|moe_)?tp_size == 0",
        "The model cannot be split into that many parts",
        "The number of attention heads must be a multiple of that number: see num_attention_heads in the model's "
        "config.json.",
        _next_power,
    ),
    rule(
        r"Cannot find model module\. '(?P<name>[^']+)' is not a registered",
        "SGLang does not know the architecture {name}",
        "Upgrade SGLang, or try vLLM.",
    ),
    rule(
        r"Chat template \S+ is not a built-in template name",
        "The chat template was not found",
        "Correct the path, or use the model's own template.",
        lambda _found, _spec: ({"chat_template": ""}, "Use the model's own template"),
    ),
    rule(
        r"Quantization method specified in the model config \((?P<own>[^)]+)\)",
        "The model is quantised in a different way",
        "Its files are {own}. Leave the quantisation empty: it is read from the model.",
        lambda _found, _spec: ({"quantization": ""}, "Use the model's own quantisation"),
    ),
)
