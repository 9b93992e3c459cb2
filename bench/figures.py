"""A measured figure, and how a list of them is printed and written."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

HEAD = ("benchmark", "figure", "measured", "target", "", "from")


@dataclass(frozen=True, slots=True)
class Figure:
    """One number.

    Attributes:
        bench, name: which benchmark it comes from, and what it says.
        value, unit: `x` is a ratio.
        target: it should be no more than this; None where it is told for information.
        detail: what it was made from, in words.
    """

    bench: str
    name: str
    value: float
    unit: str = "x"
    target: float | None = None
    detail: str = ""

    @property
    def verdict(self) -> str:
        """`within` or `over`; empty without a target."""
        if self.target is None:
            return ""
        return "within" if self.value <= self.target else "over"


def number(value: float, unit: str) -> str:
    """With the digits its unit wants: `1.013 x`, `33 ms`."""
    digits = {"x": 3, "s": 3, "ms": 1, "MB": 0}.get(unit, 2)
    return f"{value:,.{digits}f} {unit}"


def line(figure: Figure) -> tuple[str, ...]:
    """The cells of its row."""
    target = "" if figure.target is None else f"≤ {number(figure.target, figure.unit)}"
    return figure.bench, figure.name, number(figure.value, figure.unit), target, figure.verdict, figure.detail


def table(figures: Sequence[Figure]) -> str:
    """All of them, the numbers right-aligned."""
    rows = [HEAD, *(line(figure) for figure in figures)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEAD))]
    right = {2, 3}
    cells = (
        [c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(r, widths, strict=True))] for r in rows
    )
    return "\n".join("  ".join(row).rstrip() for row in cells)


def machine() -> dict[str, Any]:
    """The class of machine, and how busy it is already; nothing that names it."""
    return {
        "cpus": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_average": round(psutil.getloadavg()[0], 2),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def write(path: Path, figures: Sequence[Figure], about: dict[str, Any]) -> None:
    """The figures as JSON, with their verdicts."""
    rows = [asdict(figure) | {"verdict": figure.verdict} for figure in figures]
    path.write_text(json.dumps({"machine": about, "figures": rows}, indent=2, ensure_ascii=False) + "\n")
