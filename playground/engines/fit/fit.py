"""Whether a model fits into the memory that is there, how much of it each part takes, and what would do."""

from collections.abc import Sequence
from dataclasses import dataclass

from playground.engines.fit import split, telling
from playground.engines.fit.facts import ModelFacts
from playground.engines.fit.kv import width_of
from playground.engines.fit.needs import Need, work_out_needs
from playground.engines.fit.plan import FRACTION, Place, Plan, Share
from playground.engines.spec import LaunchSpec
from playground.errors import InvalidLaunch


@dataclass(frozen=True, slots=True)
class Bar:
    """A stacked bar.

    Attributes:
        name: of the GPU.
        parts: label and bytes: weights, KV cache, overhead, used by other processes, free. They add up to `total`, or
            more where the model does not fit; a part of nothing is left out.
        total: bytes of the GPU's memory.
        budget: bytes of it that the engine may use: where the first three may reach to.
    """

    name: str
    parts: tuple[tuple[str, int], ...]
    total: int
    budget: int


@dataclass(frozen=True, slots=True)
class Fit:
    """The answer.

    Attributes:
        fits: whether all of it does.
        verdict: in one line.
        tensor_parallel: over how many GPUs it was worked out.
        context: tokens of each sequence it was worked out for.
        context_that_fits: the most tokens of each sequence; 0 none.
        kv_tokens: of all sequences together that have room, as engines tell it when they have started; 0 unknown.
        shares: one for each GPU.
        sizes: the tensor-parallel sizes that the model's shape allows.
        smallest: the least of them that fits on the GPUs that are there; None none does.
        lines: the arithmetic.
        notes: what it leaves out, and warnings.
        needs: what would do, the fewest GPUs first.
    """

    fits: bool
    verdict: str
    tensor_parallel: int
    context: int
    context_that_fits: int
    kv_tokens: int
    shares: tuple[Share, ...]
    sizes: tuple[int, ...]
    smallest: int | None
    lines: tuple[str, ...]
    notes: tuple[str, ...]
    needs: tuple[Need, ...]

    def bars(self) -> tuple[Bar, ...]:
        """What is to be drawn, a bar for each GPU."""
        bars = []
        for share in self.shares:
            parts = (
                ("weights", share.weights),
                ("KV cache", share.kv),
                ("overhead", share.overhead),
                ("used by other processes", share.place.total - share.place.free),
                ("free", share.free),
            )
            kept = tuple(part for part in parts if part[1] > 0)
            bars.append(Bar(share.place.name, kept, share.place.total, share.budget))
        return tuple(bars)


def estimate(
    facts: ModelFacts,
    places: Sequence[Place],
    *,
    tensor_parallel: int | None = None,
    context: int | None = None,
    kv_dtype: str = "auto",
    fraction: float | None = None,
    concurrency: int = 1,
    pipeline_parallel: int = 1,
    data_parallel: int = 1,
) -> Fit:
    """Work out whether a model fits: `weights / tp + KV cache + 2 GiB ≤ fraction · memory` on each GPU.

    Args:
        facts: of the model.
        places: the GPUs in the order in which the engine takes them, or one for the processor's memory; maybe none.
        tensor_parallel: over how many of them; None takes the smallest number that fits.
        context: tokens of a sequence; None takes what fits.
        kv_dtype: of the KV cache: auto, bfloat16, fp8.
        fraction: of each GPU's memory that the engine may use, 0 to 1; None is 0.9.
        concurrency: sequences of the whole context that are in memory at the same time, of each replica.
        pipeline_parallel: stages, each with its part of the layers and its own GPUs.
        data_parallel: replicas of the whole, each with its own GPUs.

    Raises:
        InvalidLaunch: an argument that cannot be, with its field in `LaunchSpec`.
    """
    share = FRACTION if fraction is None else fraction
    _check(context, share, concurrency)
    for field, value in (
        ("tensor_parallel", tensor_parallel),
        ("pipeline_parallel", pipeline_parallel),
        ("data_parallel", data_parallel),
    ):
        if value is not None and value < 1:
            raise InvalidLaunch("a model needs at least 1 GPU", field=field)
    width_of(facts, kv_dtype)  # a type that is not known is told before anything else
    plan = Plan(facts, kv_dtype, share, concurrency, context, pipeline_parallel, data_parallel)
    sizes = split.sizes(facts)
    smallest = next((n for n in sizes if plan.on(n, places[: plan.gpus(n)]).fits), None)
    chosen = tensor_parallel or smallest or max((n for n in sizes if plan.gpus(n) <= len(places)), default=1)
    layout = plan.on(chosen, places[: plan.gpus(chosen)])
    refusal, needs = split.why_not(facts, chosen), work_out_needs(plan, sizes)
    possible = not refusal and len(places) >= plan.gpus(chosen)
    return Fit(
        fits=possible and layout.fits,
        verdict=telling.verdict(plan, layout, places, refusal, needs),
        tensor_parallel=chosen,
        context=layout.context,
        context_that_fits=layout.longest if possible else 0,
        kv_tokens=layout.tokens if possible else 0,
        shares=layout.shares,
        sizes=sizes,
        smallest=smallest,
        lines=telling.lines(plan, layout),
        notes=(*telling.notes(plan, layout, refusal), *facts.notes),
        needs=needs,
    )


def estimate_launch(spec: LaunchSpec, facts: ModelFacts, places: Sequence[Place], concurrency: int = 1) -> Fit:
    """Work out whether a launch fits as it is specified; see `estimate`."""
    return estimate(
        facts,
        places,
        tensor_parallel=spec.tensor_parallel,
        context=spec.context_length,
        kv_dtype=spec.kv_cache_dtype or "auto",
        fraction=spec.memory_fraction,
        concurrency=concurrency,
        pipeline_parallel=spec.pipeline_parallel,
        data_parallel=spec.data_parallel,
    )


def _check(context: int | None, fraction: float, concurrency: int) -> None:
    if context is not None and context < 1:
        raise InvalidLaunch("a context has at least 1 token", field="context_length")
    if not 0 < fraction <= 1:
        raise InvalidLaunch(f"{fraction:g} is not a share: give more than 0 and at most 1", field="memory_fraction")
    if concurrency < 1:
        raise InvalidLaunch("There must be at least 1 sequence at a time.")
