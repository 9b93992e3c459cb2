"""What would fit: the smallest number of each of the GPUs that many people have or rent."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from playground.engines.fit.plan import USUAL_CONTEXT, Place, Plan
from playground.engines.fit.words import MIB

_MOST = 16  # two machines of eight


class Card(NamedTuple):
    """A kind of GPU.

    Attributes:
        gigabytes: as it is sold.
        names: those that have so much.
        total: bytes, as the driver of the least of them tells them (nvidia-smi, amd-smi).
    """

    gigabytes: int
    names: tuple[str, ...]
    total: int


CARDS = (
    Card(24, ("RTX 3090", "RTX 4090"), 24_564 * MIB),
    Card(48, ("RTX A6000", "RTX 6000 Ada"), 49_140 * MIB),
    Card(80, ("A100", "H100"), 81_559 * MIB),
    Card(141, ("H200",), 143_771 * MIB),
    Card(192, ("MI300X",), 196_592 * MIB),
)


class Need(NamedTuple):
    """So many of these cards would do, with so many tokens of context."""

    number: int
    card: Card
    context: int

    def shown(self) -> str:
        """`8 × 141 GB (H200)`."""
        return f"{self.number} × {self.card.gigabytes} GB ({', '.join(self.card.names)})"


def work_out_needs(plan: Plan, sizes: Sequence[int]) -> tuple[Need, ...]:
    """For each kind of GPU the smallest number, of those the model can be split over; the fewest GPUs first."""
    context = plan.context or min(plan.limit, USUAL_CONTEXT)
    alone = replace(plan, stages=1, replicas=1)
    found = []
    for card in CARDS:
        place = Place(card.names[0], card.total, card.total)
        for count in (size for size in sizes if size <= _MOST):
            if alone.on(count, [place] * count, context).fits:
                found.append(Need(count, card, context))
                break
    return tuple(sorted(found, key=lambda need: (need.number, need.card.total)))
