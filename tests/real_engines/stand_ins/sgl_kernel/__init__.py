"""Stands in for SGLang's kernel package, whose published build needs CUDA.

One function does its work in plain torch; it is the one that a dense model needs on the CPU. Any other name can be
imported, as SGLang does at its start, and says at its first call that it is not there.
"""

from collections.abc import Callable
from typing import Any, NoReturn

import torch

__version__ = "0.4.10"  # the release that SGLang 0.5.23 asks for


def assign_req_to_token_pool_cpu(
    rows: torch.Tensor, table: torch.Tensor, starts: torch.Tensor, ends: torch.Tensor, slots: torch.Tensor, *_: Any
) -> None:
    """Write down where each request's new tokens lie in the KV cache.

    Args:
        rows: (requests,) the request's row of `table`.
        table: (rows, positions) the slot of each token; changed in place.
        starts, ends: (requests,) the positions that are new, the end excluded.
        slots: (new tokens,) their slots, one request after the other.
    """
    counts = (ends - starts).tolist()
    for row, start, new in zip(rows.tolist(), starts.tolist(), slots.split(counts), strict=False):
        table[row, start : start + len(new)] = new.to(table.dtype)


def __getattr__(name: str) -> Callable[..., NoReturn]:
    if name.startswith("__"):
        raise AttributeError(name)

    def absent(*_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError(f"sgl_kernel.{name} has no stand-in for the CPU")

    return absent
