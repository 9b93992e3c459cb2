"""The command line: `python -m bench [NAME …] [--quick] [--json FILE]`; without a name, all of them.

A figure over its target is printed as such and is not an error: another machine gives other figures.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.cpu import measure_cpu
from bench.figures import Figure, line, machine, table, write
from bench.noise import LOUD, Noise
from bench.snippet import measure_snippet
from bench.start import measure_start
from bench.stream import measure_history, measure_stream
from bench.validation import measure_validation
from bench.visitors import measure_visitors

BENCHMARKS: dict[str, Callable[..., Iterator[Figure]]] = {
    "stream": measure_stream,
    "history": measure_history,
    "cpu": measure_cpu,
    "visitors": measure_visitors,
    "start": measure_start,
    "snippet": measure_snippet,
    "validation": measure_validation,
}


def build_parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(BENCHMARKS)}; none means all")
    parser.add_argument("--quick", action="store_true", help="fewer tokens and one round: to see that it works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print each benchmark's figures as they come, and all of them at the end."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if unknown := [name for name in arguments.names if name not in BENCHMARKS]:
        parser.error(f"no benchmark named {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    about = machine()
    print(", ".join(f"{name} {value}" for name, value in about.items()))
    figures: list[Figure] = []
    others: dict[str, float] = {}
    for name in arguments.names or BENCHMARKS:
        with Noise() as noise:
            for figure in BENCHMARKS[name](quick=arguments.quick):
                figures.append(figure)
                print("  ".join(cell for cell in line(figure) if cell), flush=True)
        others[name] = round(noise.cpus, 2)
        loud = ": too much for figures to be believed" if others[name] > LOUD else ""
        print(f"{name}  others kept {others[name]} CPUs busy meanwhile{loud}", flush=True)
    print(f"\n{table(figures)}")
    if arguments.json:
        write(arguments.json, figures, about | {"busy_cpus_of_others": others})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
