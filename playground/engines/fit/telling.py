"""An estimate in words: the verdict, the arithmetic, what to mind."""

from collections.abc import Sequence
from math import floor

from playground.engines.fit.needs import Need
from playground.engines.fit.plan import OVERHEAD, Layout, Place, Plan
from playground.engines.fit.words import number, size


def verdict(plan: Plan, layout: Layout, places: Sequence[Place], refusal: str, needs: Sequence[Need]) -> str:
    """The answer in one line."""
    needed = f"needs {_choice(needs)}" if needs else "needs more than 16 of the largest GPUs"
    if not places:
        return f"does not fit: {needed}; you have none"
    if refusal:
        return f"cannot be split over {layout.size} GPUs: {refusal}"
    asked = plan.gpus(layout.size)
    if len(places) < asked:
        return f"does not fit: {asked} GPUs are requested, {len(places)} available"
    where = _where([share.place for share in layout.shares])
    if layout.fits:
        sequences = f", {plan.concurrency} sequences at once" if plan.concurrency > 1 else ""
        return f"fits on {where} with {number(layout.context)} tokens of context{sequences}"
    return f"does not fit on {where}{_lacking(layout, needed)}"


def _lacking(layout: Layout, needed: str) -> str:
    """What there is too little of."""
    if layout.longest >= layout.context:
        return f": {number(layout.longest)} tokens of context are the most that fit; {needed}"
    if layout.longest:
        return f" with {number(layout.context)} tokens of context; {number(layout.longest)} fit"
    over = [share.needed - share.budget for share in layout.shares]
    worst = over.index(max(over))
    on = f" on GPU {worst}" if min(over) < max(over) else " on each" if len(over) > 1 else ""
    return f": {size(over[worst])} too much{on}; {needed}"


def _choice(needs: Sequence[Need]) -> str:
    """The first three, without those that ask for a larger card and no fewer of them."""
    kept = [need for i, need in enumerate(needs) if all(need.card.total < other.card.total for other in needs[:i])]
    return " or ".join(need.shown() for need in kept[:3])


def _where(places: Sequence[Place]) -> str:
    if places[0].kind == "CPU":
        return places[0].name
    names = {place.name for place in places}
    return f"{len(places)} × {names.pop()}" if len(names) == 1 else f"{len(places)} GPUs"


def lines(plan: Plan, layout: Layout) -> tuple[str, ...]:
    """The arithmetic, with its units."""
    told = [*_weights(plan, layout), *_cache(plan, layout)]
    told.append(f"Overhead: {size(OVERHEAD)} for activations, CUDA graphs and the engine itself, a rule of thumb")
    for index, share in enumerate(layout.shares):
        budget = f"{plan.fraction:g} × {size(share.place.total)}"
        if share.place.free < int(share.place.total * plan.fraction):
            budget = f"what is free of {size(share.place.total)}"
        told.append(
            f"{share.place.kind} {index}: {size(share.weights)} + {size(share.kv)} + {size(share.overhead)} = "
            f"{size(share.needed)}, of {size(share.budget)} ({budget})"
        )
    if layout.longest and layout.cost.per_token:
        at_once = plan.stages * layout.room // layout.cost.sequence(layout.longest)
        told.append(
            f"Room for the KV cache: {size(layout.room)} on each, {number(at_once)} "
            f"{'sequence' if at_once == 1 else 'sequences'} of {number(layout.longest)} tokens at once"
        )
    return tuple(told)


def _weights(plan: Plan, layout: Layout) -> list[str]:
    facts = plan.facts
    types = ", ".join(f"{name} {size(part)}" for name, part in sorted(facts.weights_by_dtype.items()))
    told = [f"Weights: {number(facts.weights_bytes)} bytes = {size(facts.weights_bytes)}" + (types and f" ({types})")]
    sum_of = size(facts.weights_bytes)
    if layout.size > 1:
        divided = facts.weights_bytes - facts.replicated_bytes
        sum_of = f"{size(divided)} / {layout.size} + {size(facts.replicated_bytes)} replicated"
    if plan.stages > 1:
        sum_of = f"({sum_of}) / {plan.stages} stages"
    if layout.size * plan.stages > 1:
        told.append(f"Weights on each GPU: {sum_of} = {size(plan.weights(layout.size))}")
    return told


def _cache(plan: Plan, layout: Layout) -> list[str]:
    parts, total = layout.cost.parts, plan.concurrency * layout.cost.sequence(layout.context)
    told = [f"KV cache: {part.words}" for part in parts]
    if len(parts) == 1 and parts[0].window is None:
        times = f" × {plan.concurrency} sequences" if plan.concurrency > 1 else ""
        product = f"{number(layout.cost.per_token)} bytes × {number(layout.context)} tokens{times}"
        told.append(f"KV cache: {product} = {size(total)}")
    elif parts:
        sequences = "a sequence" if plan.concurrency == 1 else f"{plan.concurrency} sequences"
        told.append(f"KV cache: together for {sequences} of {number(layout.context)} tokens = {size(total)}")
    if plan.stages > 1 and parts:
        told.append(f"KV cache on each GPU: {size(total)} / {plan.stages} stages = {size(total / plan.stages)}")
    return told


def notes(plan: Plan, layout: Layout, refusal: str) -> tuple[str, ...]:
    """What to mind, each a sentence or two."""
    told = [refusal] if refusal else []
    for index, share in enumerate(layout.shares):
        place = share.place
        if place.kind == "GPU" and place.free < int(place.total * plan.fraction):
            least = floor(100 * place.free / place.total) / 100
            told.append(
                f"GPU {index} has {size(place.free)} free, less than {plan.fraction:g} of its {size(place.total)}: "
                f"vLLM refuses to start like that. Free some of it, or set the memory fraction to {least:.2f} or less."
            )
    if plan.facts.max_context and layout.context > plan.facts.max_context:
        told.append(f"The model supports at most {number(plan.facts.max_context)} tokens of context.")
    if not layout.cost.parts:
        told.append("How much KV cache a token takes is not known; the cache is not counted.")
    return tuple(told)
