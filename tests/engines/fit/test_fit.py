"""Whether a model fits: known cases, and what must hold for all."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.engines.fit.facts import TensorSize, model_facts
from playground.engines.fit.fit import Fit, estimate, estimate_launch
from playground.engines.fit.kv import BLOCK, kv_cost
from playground.engines.fit.plan import OVERHEAD, Place
from playground.engines.fit.words import GIB, MIB
from playground.engines.spec import LaunchSpec
from playground.errors import InvalidLaunch
from tests.engines.fit.published import names, published
from tests.engines.fit.shapes import tensors

LOGS = Path(__file__).parents[2] / "data" / "engine_logs"

H100 = Place("NVIDIA H100 80GB HBM3", 81_559 * MIB, 81_000 * MIB)
H200 = Place("NVIDIA H200", 143_771 * MIB, 143_000 * MIB)


def test_deepseek_v3_2_wants_eight_h200() -> None:
    facts = published("DeepSeek-V3.2").facts
    fit = estimate(facts, [H200] * 8)
    assert fit.verdict == "fits on 8 × NVIDIA H200 with 163,840 tokens of context"
    assert (fit.fits, fit.tensor_parallel, fit.smallest, fit.context_that_fits) == (True, 8, 8, 163_840)
    assert fit.sizes == (1, 2, 4, 8, 16)
    small = estimate(facts, [H100] * 8)
    assert not small.fits
    assert (small.smallest, small.context_that_fits) == (None, 0)
    assert small.verdict.startswith("does not fit on 8 × NVIDIA H100 80GB HBM3: ")
    assert estimate(facts, [H100] * 16).smallest == 16


def test_without_a_gpu_it_says_what_would_do() -> None:
    fit = estimate(published("DeepSeek-V3.2").facts, [])
    assert fit.verdict == (
        "does not fit: needs 4 × 192 GB (MI300X) or 8 × 141 GB (H200) or 16 × 80 GB (A100, H100); you have none"
    )
    assert [need.shown() for need in fit.needs[:2]] == ["4 × 192 GB (MI300X)", "8 × 141 GB (H200)"]
    assert (fit.shares, fit.bars(), fit.smallest) == ((), (), None)
    small = estimate(published("Llama-3.1-8B").facts, [])
    assert small.verdict == "does not fit: needs 1 × 24 GB (RTX 3090, RTX 4090); you have none"
    assert small.needs[0].context == 32_768
    huge = estimate(published("Llama-3.1-70B").facts, [], concurrency=10_000)
    assert huge.needs == ()
    assert huge.verdict == "does not fit: needs more than 16 of the largest GPUs; you have none"


def test_the_arithmetic_is_told() -> None:
    fit = estimate(published("Llama-3.1-8B").facts, [H100, H100], tensor_parallel=2, context=32_768, concurrency=2)
    assert fit.lines == (
        "Weights: 16,060,522,496 bytes = 15.0 GiB (BF16 15.0 GiB)",
        "Weights on each GPU: 15.0 GiB / 2 + 520 KiB replicated = 7.5 GiB",
        "KV cache: 32 layers × 2 × max(1, 8 heads / 2 GPUs) × 128 × 2 bytes = 65,536 bytes per token",
        "KV cache: 65,536 bytes × 32,768 tokens × 2 sequences = 4 GiB",
        "Overhead: 2 GiB for activations, CUDA graphs and the engine itself, a rule of thumb",
        "GPU 0: 7.5 GiB + 4 GiB + 2 GiB = 13.5 GiB, of 71.7 GiB (0.9 × 79.6 GiB)",
        "GPU 1: 7.5 GiB + 4 GiB + 2 GiB = 13.5 GiB, of 71.7 GiB (0.9 × 79.6 GiB)",
        "Room for the KV cache: 62.2 GiB on each, 7 sequences of 131,072 tokens at once",
    )
    assert fit.verdict == "fits on 2 × NVIDIA H100 80GB HBM3 with 32,768 tokens of context, 2 sequences at once"


def test_windows_are_told_together() -> None:
    fit = estimate(published("gemma-3-27b-it").facts, [H100], context=131_072, concurrency=4)
    assert fit.verdict == "does not fit on 1 × NVIDIA H100 80GB HBM3 with 131,072 tokens of context; 55,568 fit"
    assert "KV cache: together for 4 sequences of 131,072 tokens = 41.6 GiB" in fit.lines


def test_gpus_of_different_fill() -> None:
    full = H100._replace(free=30_000 * MIB)
    fit = estimate(published("Llama-3.1-70B").facts, [H100, full], context=8192)
    assert not fit.fits
    assert "too much on GPU 1" in fit.verdict
    assert "GPU 1: 65.7 GiB + 1.2 GiB + 2 GiB = 69.0 GiB, of 29.3 GiB (what is free of 79.6 GiB)" in fit.lines
    assert fit.notes[0].startswith(
        "GPU 1 has 29.3 GiB free, less than 0.9 of its 79.6 GiB: vLLM refuses to start like that."
    )
    assert fit.notes[0].endswith("set the memory fraction to 0.36 or less.")
    # The emptier one alone does not do either, but a small model goes there.
    assert estimate(published("Llama-3.1-8B").facts, [H100, full]).tensor_parallel == 1


def test_what_cannot_be_split() -> None:
    fit = estimate(published("Qwen3-8B").facts, [H100] * 4, tensor_parallel=3)
    assert fit.verdict == "cannot be split over 3 GPUs: 32 attention heads do not divide by 3."
    assert (fit.fits, fit.context_that_fits, fit.smallest) == (False, 0, 1)
    few = estimate(published("Qwen3-8B").facts, [H100], tensor_parallel=2)
    assert few.verdict == "does not fit: 2 GPUs are requested, 1 available"


def test_the_memory_beside_the_processor() -> None:
    host = Place("this machine's memory", 64 * GIB, 40 * GIB, "CPU")
    fit = estimate(published("Llama-3.1-8B").facts, [host], context=8192)
    assert fit.verdict == "fits on this machine's memory with 8,192 tokens of context"
    assert "CPU 0: 15.0 GiB + 1 GiB + 2 GiB = 18.0 GiB, of 40 GiB (what is free of 64 GiB)" in fit.lines
    assert fit.notes == ()


def test_more_context_than_the_model_was_made_for() -> None:
    fit = estimate(published("Qwen3-8B").facts, [H200], context=100_000)
    assert fit.fits
    assert fit.notes == ("The model supports at most 40,960 tokens of context.",)
    assert fit.context_that_fits == 40_960


def test_a_few_hundred_tokens_are_no_fit_unless_asked_for() -> None:
    place = Place("a GPU", 20 * GIB, round(17.1 * GIB))
    fit = estimate(published("Llama-3.1-8B").facts, [place], fraction=1)
    assert not fit.fits
    assert 0 < fit.context_that_fits < 4096
    assert fit.verdict.startswith(
        f"does not fit on 1 × a GPU: {fit.context_that_fits:,} tokens of context are the most that fit"
    )
    assert estimate(published("Llama-3.1-8B").facts, [place], fraction=1, context=512).fits


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"tensor_parallel": 0}, "tensor_parallel"),
        ({"context": 0}, "context_length"),
        ({"fraction": 1.5}, "memory_fraction"),
        ({"fraction": 0.0}, "memory_fraction"),
        ({"kv_dtype": "int3"}, "kv_cache_dtype"),
        ({"concurrency": 0}, None),
        ({"pipeline_parallel": 0}, "pipeline_parallel"),
        ({"data_parallel": 0}, "data_parallel"),
    ],
)
def test_what_cannot_be(arguments: dict[str, object], field: str | None) -> None:
    with pytest.raises(InvalidLaunch) as caught:
        estimate(published("Qwen3-8B").facts, [H100], **arguments)  # type: ignore[arg-type]
    assert caught.value.field == field


def test_stages_and_replicas_have_gpus_of_their_own() -> None:
    facts = published("DeepSeek-V3.2").facts
    spec = LaunchSpec(engine="vllm", model="deepseek-ai/DeepSeek-V3.2", tensor_parallel=8, pipeline_parallel=2)
    fit = estimate_launch(spec, facts, [H100] * 16)
    assert fit.verdict == "fits on 16 × NVIDIA H100 80GB HBM3 with 163,840 tokens of context"
    assert "Weights on each GPU: (640.2 GiB / 8 + 1.9 GiB replicated) / 2 stages = 41.0 GiB" in fit.lines
    assert "KV cache on each GPU: 12.0 GiB / 2 stages = 6.0 GiB" in fit.lines
    few = estimate_launch(spec, facts, [H100] * 8)
    assert few.verdict == "does not fit: 16 GPUs are requested, 8 available"
    small = published("Llama-3.1-8B").facts
    twice = estimate(small, [H100] * 2, data_parallel=2)
    assert (twice.fits, twice.smallest, len(twice.shares)) == (True, 1, 2)
    assert twice.shares[0] == estimate(small, [H100]).shares[0]
    assert estimate(small, [H100], data_parallel=2).verdict == "does not fit: 2 GPUs are requested, 1 available"


def test_a_launch_as_it_is_specified() -> None:
    spec = LaunchSpec(engine="sglang", model="a/b", context_length=8192, memory_fraction=0.5, kv_cache_dtype="fp8_e5m2")
    fit = estimate_launch(spec, published("Llama-3.1-8B").facts, [H100], concurrency=4)
    assert "KV cache: 65,536 bytes × 8,192 tokens × 4 sequences = 2 GiB" in fit.lines
    assert fit.shares[0].budget == H100.total // 2


# The model of the recorded logs, SmolLM2-135M: the fields of its configuration that matter.
SMOL = {
    "architectures": ["LlamaForCausalLM"],
    "dtype": "bfloat16",
    "head_dim": 64,
    "hidden_size": 576,
    "intermediate_size": 1536,
    "max_position_embeddings": 8192,
    "model_type": "llama",
    "num_attention_heads": 9,
    "num_hidden_layers": 30,
    "num_key_value_heads": 3,
    "tie_word_embeddings": True,
    "vocab_size": 49_152,
}


def test_the_cache_of_a_token_is_what_real_engines_measured() -> None:
    facts = model_facts("SmolLM2-135M", SMOL, [TensorSize(*row, row.size) for row in tensors(SMOL)])
    assert facts.parameters == 134_515_008
    cost = kv_cost(facts)
    # vLLM: into 1 GiB went 46,592 tokens, whole blocks of 128.
    log = (LOGS / "vllm-ready.log").read_text()
    assert "Explicitly set (1.0/23.54) GiB for KV cache" in log
    found = re.search(r"KV cache size: ([\d,]+) tokens", log)
    assert found is not None
    tokens = int(found[1].replace(",", ""))
    assert tokens == GIB // cost.per_token // 128 * 128
    # SGLang: 8,192 tokens took 0.09 GB of keys, and as many of values.
    log = (LOGS / "sglang-ready.log").read_text()
    found = re.search(r"#tokens: (\d+), K size: ([\d.]+) GB, V size: ([\d.]+) GB", log)
    assert found is not None
    assert round(cost.sequence(int(found[1])) / 2 / GIB, 2) == float(found[2]) == float(found[3])


def test_the_tokens_that_fit_fill_whole_blocks() -> None:
    fit = estimate(published("Llama-3.1-8B").facts, [H100])
    (share,) = fit.shares
    assert fit.kv_tokens == (share.budget - share.weights - OVERHEAD) // (BLOCK * 131_072) * BLOCK


def test_bars() -> None:
    fit = estimate(published("Llama-3.1-8B").facts, [H100], context=8192)
    (bar,) = fit.bars()
    assert (bar.name, bar.total, bar.budget) == (H100.name, H100.total, int(0.9 * H100.total))
    assert [label for label, _ in bar.parts] == ["weights", "KV cache", "overhead", "used by other processes", "free"]
    assert sum(amount for _, amount in bar.parts) == bar.total
    over = estimate(published("Llama-3.1-70B").facts, [H100], context=8192).bars()[0]
    assert [label for label, _ in over.parts] == ["weights", "KV cache", "overhead", "used by other processes"]
    assert sum(amount for _, amount in over.parts) > over.total


places = st.lists(
    st.tuples(st.integers(1, 200), st.floats(0, 1)).map(
        lambda pair: Place("a GPU", pair[0] * GIB, int(pair[0] * GIB * pair[1]))
    ),
    max_size=8,
)


def needed(fit: Fit) -> int:
    return max(share.needed for share in fit.shares)


@given(st.sampled_from(names()), places, st.integers(1, 40_000), st.integers(1, 20_000))
def test_more_context_takes_more(name: str, gpus: list[Place], context: int, more: int) -> None:
    facts = published(name).facts
    less_fit = estimate(facts, gpus, context=context, tensor_parallel=1)
    more_fit = estimate(facts, gpus, context=context + more, tensor_parallel=1)
    assert less_fit.fits or not more_fit.fits
    if gpus:
        assert needed(less_fit) < needed(more_fit)


@given(st.sampled_from(names()), places.filter(bool), st.integers(1, 8))
def test_the_context_that_fits_does_and_a_block_more_does_not(name: str, gpus: list[Place], concurrency: int) -> None:
    facts = published(name).facts
    fit = estimate(facts, gpus, concurrency=concurrency)
    found, size = fit.context_that_fits, fit.tensor_parallel
    if found:
        assert estimate(facts, gpus, context=found, tensor_parallel=size, concurrency=concurrency).fits
    if found < facts.max_context:
        more = estimate(facts, gpus, context=found + BLOCK, tensor_parallel=size, concurrency=concurrency)
        assert not more.fits or found + BLOCK > facts.max_context


@given(st.sampled_from(names()), places)
def test_what_fits_is_within_the_budget(name: str, gpus: list[Place]) -> None:
    fit = estimate(published(name).facts, gpus)
    if fit.fits:
        assert fit.tensor_parallel == fit.smallest
        assert all(share.needed <= share.budget <= share.place.free for share in fit.shares)
    assert all(share.overhead == OVERHEAD for share in fit.shares)
    assert all(sum(amount for _, amount in bar.parts) >= bar.total - 1 for bar in fit.bars())


@given(st.sampled_from(names()), st.integers(1, 20_000))
def test_what_is_needed_does(name: str, context: int) -> None:
    facts = published(name).facts
    for need in estimate(facts, [], context=context).needs:
        place = Place(need.card.names[0], need.card.total, need.card.total)
        fit = estimate(facts, [place] * need.number, context=context)
        assert fit.fits
        assert fit.smallest == need.number
