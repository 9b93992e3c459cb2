"""vLLM's own failures. Recorded on a CPU: parser and context. Read in the source of 0.32.0: all others."""

import re

from playground.engines.kinds.failure_rules import (
    MIN_FRACTION,
    NO_FIX,
    Fix,
    choose,
    context_of,
    fewer_parts,
    fraction_to,
    higher_fraction,
    largest_divisor,
    lower_fraction,
    rule,
    smaller_context,
)
from playground.engines.spec import LaunchSpec

_MARGIN = 0.02


def _what_is_free(found: re.Match[str], _spec: LaunchSpec) -> Fix:
    """The share that is free, less a little; none where that is hardly anything."""
    share = float(found["free"]) / float(found["total"]) - _MARGIN
    return fraction_to(int(share * 100) / 100) if share > MIN_FRACTION else NO_FIX


def _divisor(found: re.Match[str], _spec: LaunchSpec) -> Fix:
    return fewer_parts(largest_divisor(int(found["heads"]), int(found["parts"])))


def _gpus(found: re.Match[str], spec: LaunchSpec) -> Fix:
    """What divides the asked size, and so the heads that it divides, and fits the GPUs."""
    for_one = int(found["gpus"]) // spec.pipeline_parallel
    return fewer_parts(largest_divisor(spec.tensor_parallel, for_one)) if for_one else NO_FIX


def _parser(found: re.Match[str], _spec: LaunchSpec) -> Fix:
    option = "--tool-call-parser" if found["kind"] == "tool call" else "--reasoning-parser"
    return choose(option, found["value"], found["choices"])


VLLM = (
    rule(
        r"KeyError: ['\"]invalid (?P<kind>tool call|reasoning) parser: (?P<value>\S+) "
        r"\(chose from \{ (?P<choices>[^}]+)",
        "vLLM has no {kind} parser {value}",
        "It has: {choices}",
        _parser,
    ),
    rule(
        r"max_model_len \(\d+\) is greater than the derived max_model_len \(\w+=(?P<tokens>\d+)",
        "The model does not support such a long context",
        "It supports {tokens} tokens. Use that, or less.",
        context_of("tokens"),
    ),
    rule(
        r"the estimated maximum model length is (?P<tokens>\d+)",
        "The KV cache does not hold one full context",
        "{tokens} tokens fit. Use that many, a larger memory fraction, or more GPUs.",
        context_of("tokens"),
    ),
    rule(
        r"cache is needed, which is larger than the available KV cache",
        "The KV cache does not hold one full context",
        "Use a shorter context, a larger memory fraction, or more GPUs.",
        smaller_context,
    ),
    rule(
        r"Free memory on device .{0,40}\((?P<free>[\d.]+)/(?P<total>[\d.]+) GiB\) on startup is less than desired",
        "Something else uses the GPU's memory",
        "{free} of {total} GiB are free. End what uses it, or use a smaller memory fraction.",
        _what_is_free,
    ),
    rule(
        r"Available memory on node \S+ \((?P<free>[\d.]+)/(?P<total>[\d.]+) GiB\) on startup is less than desired",
        "There is less free memory than vLLM was told to take",
        "{free} of {total} GiB are free. Use a smaller memory fraction, or set VLLM_CPU_KVCACHE_SPACE, in GiB.",
        _what_is_free,
    ),
    rule(
        r"No available memory for the cache blocks",
        "The weights leave no memory for the KV cache",
        "Use a larger memory fraction, free the GPU, or split the model over more GPUs.",
        higher_fraction,
    ),
    rule(
        r"Total number of attention heads \((?P<heads>\d+)\) must be divisible by tensor parallel size "
        r"\((?P<parts>\d+)\)",
        "The model cannot be split into {parts} parts",
        "It has {heads} attention heads: use a number that divides them.",
        _divisor,
    ),
    rule(
        r"World size \((?P<size>\d+)\) is larger than the number of available GPUs \((?P<gpus>\d+)\)",
        "There are {gpus} GPUs for {size} parts",
        "Split the model into fewer parts, or add machines: --nnodes, or Ray, in the extra arguments.",
        _gpus,
    ),
    rule(
        r"Model architectures \[(?P<names>[^\]]*)\] are not supported for now|Model architecture (?P<name>\S+) "
        r"(?:was supported in vLLM until|is not supported in-tree anymore)",
        "vLLM does not know the architecture {names}{name}",
        "Upgrade vLLM, or try SGLang.",
    ),
    rule(
        r"Failed to load model - not enough GPU memory",
        "The weights do not fit into the GPU's memory",
        "Split the model over more GPUs, use a quantised one, or end what else uses this GPU.",
    ),
    rule(
        r"CUDA out of memory occurred when warming up",
        "No memory was left for the largest batch",
        "Use a smaller share of the memory for the cache, or a smaller batch: --max-num-seqs.",
        lower_fraction,
    ),
    rule(
        r"looks like a file path, but it failed to be opened",
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
