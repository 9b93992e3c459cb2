"""Over how many GPUs a model can be split, by the rules of both engines."""

from dataclasses import replace

import pytest

from playground.engines.fit.facts import ModelFacts
from playground.engines.fit.layers import Attention, Layers
from playground.engines.fit.split import sizes, why_not
from tests.engines.fit.published import names, published


@pytest.mark.parametrize("name", names())
def test_one_gpu_is_always_possible(name: str) -> None:
    assert sizes(published(name).facts)[0] == 1


def test_deepseek_stops_where_the_blocks_do() -> None:
    facts = published("DeepSeek-V3.2").facts
    assert sizes(facts) == (1, 2, 4, 8, 16)
    assert "18,432 divided by 32 is not whole blocks of 128" in why_not(facts, 32)


def test_the_rules_one_by_one() -> None:
    qwen = ModelFacts("hand-made", 0, attention=Attention((Layers(28, 4, 128),)), heads=28, vocabulary=152_064)
    assert sizes(qwen) == (1, 2, 4)
    assert why_not(qwen, 3) == "28 attention heads do not divide by 3."
    assert why_not(qwen, 7) == "4 key-value heads neither divide by 7 nor repeat evenly over 7 GPUs."
    assert why_not(qwen, 28) == "The vocabulary, 152,064 with padding, does not divide by 28."
    wide = replace(qwen, inner=(18_946,))
    assert why_not(wide, 4) == "A feed-forward width of 18,946 does not divide by 4."
    assert why_not(replace(wide, quantization="mxfp4"), 4) == ""  # the engines pad these
