"""Will it fit: bars, verdict, arithmetic."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.engines.fit.facts import ModelFacts
from playground.engines.fit.fit import Fit, estimate
from playground.engines.fit.plan import Place
from playground.ui.draw.fit import draw_fit
from tests.engines.fit.published import published
from tests.ui.draw.hostile import HOSTILE, safe

GIB = 2**30
QWEN: ModelFacts = published("Qwen3-8B").facts


def on(count: int, gib: float, used: float = 0, name: str = "NVIDIA H100") -> tuple[Place, ...]:
    return tuple(Place(f"{i}: {name}", int(gib * GIB), int((gib - used) * GIB)) for i in range(count))


def widths(html: str) -> list[list[float]]:
    """Of each bar's pieces, in percent."""
    return [
        [float(width) for width in re.findall(r"width:([\d.]+)%", bar)]
        for bar in re.findall(r"<div class='stack'.*?</div>", html)
    ]


def test_what_fits() -> None:
    fit = estimate(QWEN, on(1, 80, 4))
    assert fit.fits
    drawn = safe(draw_fit(fit))
    assert ("class", "line good") in drawn.attributes
    assert fit.verdict[1:] in drawn.text
    for line in fit.lines:
        assert line in drawn.text
    (bar,) = widths(draw_fit(fit))
    assert len(bar) == len(fit.bars()[0].parts) - 1  # what is free is the bar's ground
    assert 0 < sum(bar) < 100
    assert "What would fit" not in drawn.text
    labels = dict(drawn.attributes)["aria-label"]
    assert "weights" in labels
    assert "used by other processes 4.00 GiB" in labels


def test_what_does_not_fit_says_what_would_do() -> None:
    fit = estimate(QWEN, on(1, 8))
    drawn = safe(draw_fit(fit))
    assert ("class", "line bad") in drawn.attributes
    assert "What would fit:" in drawn.text
    for need in fit.needs:
        assert need.shown() in drawn.text
    (bar,) = widths(draw_fit(fit))
    assert sum(bar) == pytest.approx(100, abs=0.05)


def test_no_gpu_no_bar() -> None:
    fit = estimate(QWEN, ())
    assert not fit.fits
    assert widths(draw_fit(fit)) == []
    safe(draw_fit(fit))


@settings(deadline=None)
@given(st.integers(1, 8), st.floats(0.5, 300), st.floats(0, 1), st.sampled_from([None, 1024, 40960]))
def test_no_bar_is_longer_than_its_gpu(count: int, gib: float, used: float, context: int | None) -> None:
    fit = estimate(
        QWEN, on(count, gib, gib * used), tensor_parallel=count if count in {1, 2, 4, 8} else 1, context=context
    )
    html = draw_fit(fit)
    safe(html)
    for bar in widths(html):
        assert 0 < sum(bar) <= 100.05


def hostile_name(fit: Fit, text: str) -> Fit:
    shares = tuple(replace(share, place=share.place._replace(name=text)) for share in fit.shares)
    return replace(fit, shares=shares)


CHANGES: tuple[Callable[[Fit, str], Fit], ...] = (
    lambda fit, text: replace(fit, verdict=text),
    lambda fit, text: replace(fit, lines=(text,), notes=(text, text)),
    hostile_name,
)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("fit", [estimate(QWEN, on(1, 80)), estimate(QWEN, on(2, 4))], ids=["fits", "does not"])
def test_nothing_becomes_markup(fit: Fit, text: str) -> None:
    for change in CHANGES:
        safe(draw_fit(change(fit, text)))
