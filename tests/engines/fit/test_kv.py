"""What a token takes: published models by hand, and that more is never less."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.engines.fit.kv import BLOCK, kv_cost
from playground.errors import InvalidLaunch
from tests.engines.fit.published import names, published


def test_latent_attention_is_not_divided() -> None:
    facts = published("DeepSeek-V3").facts
    for size in (1, 8, 16):
        assert kv_cost(facts, size).per_token == 61 * (512 + 64) * 2 == 70_272
    assert kv_cost(facts, 8).parts[0].words == "61 layers × (512 + 64) × 2 bytes = 70,272 bytes per token"
    assert kv_cost(facts, 8, "fp8").per_token == 35_136


def test_sparse_attention_keeps_a_key_of_its_own() -> None:
    facts = published("DeepSeek-V3.2").facts
    assert kv_cost(facts).per_token == 61 * ((512 + 64) * 2 + 128 + 4)
    # 656 bytes a layer, as vLLM's and SGLang's FP8 layout of it has them.
    assert kv_cost(facts, 8, "fp8_e4m3").per_token == 61 * (656 + 132)


@pytest.mark.parametrize(("size", "bytes_per_token"), [(1, 131_072), (2, 65_536), (8, 16_384), (32, 16_384)])
def test_grouped_heads_are_divided_and_then_repeated(size: int, bytes_per_token: int) -> None:
    facts = published("Llama-3.1-8B").facts
    assert kv_cost(facts, size).per_token == bytes_per_token
    assert kv_cost(facts, size, "fp8").per_token * 2 == bytes_per_token


def test_a_window_stops_growing() -> None:
    cost = kv_cost(published("gpt-oss-20b").facts)
    assert cost.per_token == 24 * 2 * 8 * 64 * 2
    assert cost.sequence(128) == 128 * cost.per_token
    assert cost.sequence(131_072) == 12 * 2048 * 128 + 12 * 2048 * 131_072
    assert [part.words for part in cost.parts] == [
        "12 layers × 2 × 8 heads × 64 × 2 bytes = 24,576 bytes per token, up to a window of 128 tokens",
        "12 layers × 2 × 8 heads × 64 × 2 bytes = 24,576 bytes per token",
    ]


def test_types() -> None:
    facts = published("Llama-3.1-8B").facts
    assert kv_cost(facts, 1, "bfloat16") == kv_cost(facts, 1, "") == kv_cost(facts)
    assert kv_cost(facts, 1, "fp4").per_token == 32_768
    assert kv_cost(replace(facts, kv_quantization="fp8")) == kv_cost(facts, 1, "fp8")
    with pytest.raises(InvalidLaunch) as caught:
        kv_cost(facts, 1, "int3")
    assert caught.value.field == "kv_cache_dtype"


@given(st.sampled_from(names()), st.integers(0, 200_000), st.integers(0, 10_000), st.sampled_from([1, 2, 8]))
def test_more_tokens_never_take_less(name: str, tokens: int, more: int, size: int) -> None:
    cost = kv_cost(published(name).facts, size)
    assert cost.sequence(tokens) <= cost.sequence(tokens + more) <= cost.sequence(tokens) + more * cost.per_token
    assert cost.sequence(0) == 0


@given(st.sampled_from(names()), st.integers(0, 10**12), st.integers(1, 300_000), st.integers(1, 40))
def test_the_longest_fits_and_a_block_more_does_not(name: str, room: int, limit: int, sequences: int) -> None:
    cost = kv_cost(published(name).facts)
    longest = cost.longest(room, limit, sequences)
    assert 0 <= longest <= limit
    assert sequences * cost.sequence(longest) <= room
    if longest < limit:
        assert longest % BLOCK == 0
        assert sequences * cost.sequence(min(longest + BLOCK, limit)) > room
