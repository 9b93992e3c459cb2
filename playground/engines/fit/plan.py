"""What is to be put where, in bytes: a model over so many GPUs, part by part."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from playground.engines.fit.facts import ModelFacts
from playground.engines.fit.kv import KvCost, kv_cost
from playground.engines.fit.words import GIB

OVERHEAD = 2 * GIB
"""Bytes on each GPU beside weights and KV cache: activations, CUDA graphs, the engine itself. A rule of thumb; the
engine's log tells the true figure, and both should be shown then."""

FRACTION = 0.9
USUAL_CONTEXT = 32_768
"""Tokens for which something is worked out where nothing fits and no context is asked for."""

_ENDLESS = 1 << 40
_LEAST_CONTEXT = 4096  # below it nobody would call it running


class Place(NamedTuple):
    """Memory that a part of the model goes to.

    Attributes:
        name: `NVIDIA H100 80GB HBM3`, `this machine's memory`.
        total, free: bytes.
        kind: a GPU's, or the memory beside the processor.
    """

    name: str
    total: int
    free: int
    kind: Literal["GPU", "CPU"] = "GPU"


@dataclass(frozen=True, slots=True)
class Share:
    """What is to be in one place, in bytes.

    Attributes:
        place: the GPU.
        weights, kv, overhead: the three parts of what is needed.
        budget: what the engine may use: the fraction of the whole, or what is free if that is less.
    """

    place: Place
    weights: int
    kv: int
    overhead: int
    budget: int

    @property
    def needed(self) -> int:
        """The three together."""
        return self.weights + self.kv + self.overhead

    @property
    def free(self) -> int:
        """What then stays free; below zero it does not fit."""
        return self.place.free - self.needed


@dataclass(frozen=True, slots=True)
class Layout:
    """A model over so many GPUs.

    Attributes:
        fits: whether it does, shape aside.
        size: of tensor parallelism.
        context: tokens of each sequence.
        longest: the most tokens of each sequence that fit; 0 none.
        room: bytes on each GPU for its KV cache, by the one with the least; maybe below zero.
        tokens: of all sequences together that have room there, as engines tell it; 0 unknown.
        cost: of a token.
        shares: one for each GPU.
    """

    fits: bool
    size: int
    context: int
    longest: int
    room: int
    tokens: int
    cost: KvCost
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked: see `fit.estimate`."""

    facts: ModelFacts
    kv_dtype: str
    fraction: float
    concurrency: int
    context: int | None
    stages: int = 1
    replicas: int = 1

    def gpus(self, size: int) -> int:
        """How many GPUs a tensor-parallel size takes, with the stages and replicas."""
        return size * self.stages * self.replicas

    @property
    def limit(self) -> int:
        """The most tokens of a sequence."""
        return self.facts.max_context or self.context or USUAL_CONTEXT

    def weights(self, size: int) -> int:
        """Bytes of the weights on each GPU at this tensor-parallel size; stages take their layers evenly."""
        whole = self.facts.replicated_bytes if size > 1 else 0
        return _up(whole + _up(self.facts.weights_bytes - whole, size), self.stages)

    def on(self, size: int, places: Sequence[Place], context: int | None = None) -> Layout:
        """The model at a tensor-parallel size on these GPUs, with a context other than the plan's if one is given."""
        weights, cost = self.weights(size), kv_cost(self.facts, size, self.kv_dtype)
        budgets = [min(int(place.total * self.fraction), place.free) for place in places]
        room = min(budgets, default=0) - weights - OVERHEAD
        pool = max(0, room) * self.stages
        longest = cost.longest(pool, self.limit, self.concurrency) if room >= 0 else 0
        asked = context or self.context
        shown = asked or longest or min(self.limit, USUAL_CONTEXT)
        kv = _up(self.concurrency * cost.sequence(shown), self.stages)
        return Layout(
            fits=len(places) == self.gpus(size)
            and kv <= room
            and (asked or longest) >= min(asked or self.limit, _LEAST_CONTEXT),
            size=size,
            context=shown,
            longest=longest,
            room=room,
            tokens=cost.longest(pool, _ENDLESS) if cost.per_token else 0,
            cost=cost,
            shares=tuple(
                Share(place, weights, kv, OVERHEAD, budget) for place, budget in zip(places, budgets, strict=True)
            ),
        )


def _up(amount: int, parts: int) -> int:
    """A part of it, rounded up."""
    return -(-amount // parts)
