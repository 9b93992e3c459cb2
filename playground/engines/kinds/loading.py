"""How far a launch is, read from log lines: what the engines share.

A line is one piece of the output, split at CR and LF alike, since progress bars return with CR.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from playground.engines.kinds.base import Progress
from playground.phases import Phase

_FULL = 100
_READ_CHARS = 1000  # what tells a phase or a size is short; an engine's settings on one line are not
# tqdm's bar, as huggingface_hub and the engines use it: `name:  45%|████▌     | 121M/269M [00:04<00:05, 28.0MB/s]`,
# in some engines without the picture: `name:  45% Completed | 3/7 [00:01<00:02, 3.54it/s]`.
_BAR = re.compile(
    r"(?<!\d)(?P<percent>\d{1,3})%(?:\|[^|]{0,200}\|| Completed \|)\s{0,9}"
    r"(?P<done>\d[\d.]{0,12}[kMGTP]?)/(?P<all>\d[\d.]{0,12}[kMGTP]?)(?:\s{0,9}\[(?P<times>[^\]]{0,99})\])?"
)
_BYTES_RATE = re.compile(r"[\d.?]+[kMGTP]?B/s")
_PART = re.compile(r"-\d+-of-\d+\.")
_HUB_NAMES = re.compile(r"Fetching \d+ files|Downloading|Reconstructing|Download complete")


@dataclass(frozen=True, slots=True)
class Bar:
    """One state of a progress bar. `rate` is "" unless it counts bytes."""

    name: str
    fraction: float
    done: str
    all: str
    rate: str = ""


def read_bar(line: str) -> Bar | None:
    """The bar on a line, if one is there."""
    found = _BAR.search(line)
    if found is None:
        return None
    rate = _BYTES_RATE.search(found["times"] or "")
    percent = min(int(found["percent"]), _FULL)
    name = line[: found.start()].strip().removesuffix(":").strip()
    return Bar(name, percent / _FULL, found["done"], found["all"], rate[0] if rate else "")


def read_download(line: str) -> Progress | None:
    """A bar of huggingface_hub: files (`Fetching 3 files`), or bytes of one file or of all.

    The share of one file among several is not the share of the download: it is told in words only.
    """
    bar = read_bar(line)
    if bar is None or not (bar.rate or _HUB_NAMES.search(bar.name)):
        return None
    fraction = None if _PART.search(bar.name) else bar.fraction
    words = f"{bar.name}: {bar.done}/{bar.all}"
    return Progress(Phase.DOWNLOADING, fraction, f"{words}, {bar.rate}" if bar.rate else words)


@dataclass(frozen=True, slots=True)
class Sign:
    """A part of a line that tells a phase.

    Attributes:
        pattern: searched for.
        phase: what it tells.
        fraction: of that phase; None unknown.
        words: None shows what the pattern matched.
        bar: the line holds a bar, whose share and counts are taken instead.
    """

    pattern: re.Pattern[str]
    phase: Phase
    fraction: float | None = None
    words: str | None = None
    bar: bool = False


def sign(
    pattern: str, phase: Phase, fraction: float | None = None, words: str | None = None, *, bar: bool = False
) -> Sign:
    """A `Sign` from a regular expression's text."""
    return Sign(re.compile(pattern), phase, fraction, words, bar)


def read_signs(signs: Sequence[Sign], line: str) -> Progress | None:
    """The first sign on the line; else what a download's bar says; else None."""
    line = line[:_READ_CHARS]
    for one in signs:
        found = one.pattern.search(line)
        if found is None:
            continue
        bar = read_bar(line) if one.bar else None
        if bar is not None:
            return Progress(one.phase, bar.fraction, f"{bar.done}/{bar.all}")
        return Progress(one.phase, one.fraction, found[0] if one.words is None else one.words)
    return read_download(line)


Figure = tuple[re.Pattern[str], Callable[[re.Match[str]], Mapping[str, float]]]


def figure(pattern: str, **groups: str) -> Figure:
    """What a line measures: `kv_tokens="tokens"` takes the group `tokens`; `a+b` adds two; commas are dropped."""

    def values(found: re.Match[str]) -> dict[str, float]:
        def number(group: str) -> float:
            return float(found[group].replace(",", ""))

        return {name: sum(number(part) for part in group.split("+")) for name, group in groups.items()}

    return re.compile(pattern), values


def read_figures(figures: Sequence[Figure], line: str) -> Mapping[str, float]:
    """All that the line measures."""
    line = line[:_READ_CHARS]
    measured: dict[str, float] = {}
    for pattern, values in figures:
        if found := pattern.search(line):
            measured |= values(found)
    return measured
