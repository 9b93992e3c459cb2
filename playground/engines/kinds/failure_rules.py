"""What a rule about a failure is, and the arithmetic of the fixes."""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from playground.engines.spec import LaunchSpec

MAX_FRACTION = 0.95
MIN_FRACTION = 0.1
USUAL_FRACTION = 0.9  # vLLM's default is 0.92, SGLang chooses its own about there
_STEP = 0.05
_MIN_CONTEXT = 2048


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A failure in words.

    Attributes:
        title: what happened, in a few words.
        cause: the line of the log that says so.
        advice: what to do.
        fix: changes for `LaunchSpec.changed`; empty where none is sure enough.
        fix_words: what the fix does, for a button.
        fatal: it runs on without ever serving: it must be ended.
    """

    title: str
    cause: str
    advice: str
    fix: Mapping[str, Any] = field(default_factory=dict)
    fix_words: str = ""
    fatal: bool = False

    def without_fix(self) -> "Diagnosis":
        """The same, with advice only."""
        return replace(self, fix={}, fix_words="")


Fix = tuple[Mapping[str, Any], str]
NO_FIX: Fix = ({}, "")


@dataclass(frozen=True, slots=True)
class Rule:
    """One known failure.

    Attributes:
        pattern: searched for in each line.
        title, advice: of the diagnosis; a named group of the pattern is put in by `{name}`.
        fix: the changes and their words, from the match and what was launched.
        fatal: the engine does not end by itself.
    """

    pattern: re.Pattern[str]
    title: str
    advice: str
    fix: Callable[[re.Match[str], LaunchSpec], Fix] = lambda _found, _spec: NO_FIX
    fatal: bool = False

    def diagnosis(self, cause: str, found: re.Match[str], spec: LaunchSpec) -> Diagnosis:
        """The failure of this launch."""
        groups = {name: value or "" for name, value in found.groupdict().items()}
        changes, words = self.fix(found, spec)
        return Diagnosis(
            self.title.format(**groups), cause, self.advice.format(**groups), dict(changes), words, self.fatal
        )


def rule(
    pattern: str,
    title: str,
    advice: str,
    fix: Callable[[re.Match[str], LaunchSpec], Fix] | None = None,
    *,
    fatal: bool = False,
) -> Rule:
    """A `Rule` from a regular expression's text."""
    return Rule(re.compile(pattern), title, advice, fix or (lambda _found, _spec: NO_FIX), fatal)


def another_port(_found: re.Match[str], _spec: LaunchSpec) -> Fix:
    """The next free one."""
    return {"port": None}, "Use a free port"


def context_of(group: str) -> Callable[[re.Match[str], LaunchSpec], Fix]:
    """The context length that the engine named."""

    def fix(found: re.Match[str], _spec: LaunchSpec) -> Fix:
        tokens = int(float(found[group]))
        return ({"context_length": tokens}, f"Take {tokens:,} tokens of context") if tokens > 0 else NO_FIX

    return fix


def smaller_context(_found: re.Match[str], spec: LaunchSpec) -> Fix:
    """Half the context, if one was asked for; else less of the memory set aside."""
    if spec.context_length is not None and spec.context_length > _MIN_CONTEXT:
        tokens = max(_MIN_CONTEXT, spec.context_length // 2)
        return {"context_length": tokens}, f"Take {tokens:,} tokens of context"
    return lower_fraction(_found, spec)


def fraction_to(value: float) -> Fix:
    """A share of the memory, if it is one that can be used."""
    share = round(value, 3)
    return (
        ({"memory_fraction": share}, f"Use {share:.1%} of the GPU") if MIN_FRACTION <= share <= MAX_FRACTION else NO_FIX
    )


def lower_fraction(_found: re.Match[str], spec: LaunchSpec) -> Fix:
    """A little less of the memory set aside."""
    return fraction_to((spec.memory_fraction or USUAL_FRACTION) - 2 * _STEP)


def higher_fraction(_found: re.Match[str], spec: LaunchSpec) -> Fix:
    """A little more of the memory, as far as that goes."""
    before = spec.memory_fraction or USUAL_FRACTION
    return fraction_to(min(before + _STEP, MAX_FRACTION)) if before < MAX_FRACTION else NO_FIX


def fewer_parts(parts: int) -> Fix:
    """The model in so many parts."""
    return {"tensor_parallel": parts}, f"Split over {parts} GPU{'s' if parts > 1 else ''}"


def largest_divisor(number: int, at_most: int) -> int:
    """The largest divisor of `number` that is not above `at_most`."""
    return next(size for size in range(max(1, min(number, at_most)), 0, -1) if number % size == 0)


# The field of `LaunchSpec` behind an argument with a fixed set of values.
FIELDS = {
    "--tool-call-parser": "tool_parser",
    "--reasoning-parser": "reasoning_parser",
    "--dtype": "dtype",
    "--kv-cache-dtype": "kv_cache_dtype",
    "--quantization": "quantization",
}


def choice(found: re.Match[str], _spec: LaunchSpec) -> Fix:
    """One of the engine's own choices that resembles what was given, else none of them.

    Args:
        found: with the groups `option`, as argparse names it (`--quantization/-q`), `value`, and `choices`, in quotes
            or bare, between commas; a log may have cut the list.
    """
    return choose(found["option"], found["value"], found["choices"])


def choose(option: str, value: str, choices: str) -> Fix:
    """The same, of three texts."""
    name = next((FIELDS[part] for part in option.rstrip(":").split("/") if part in FIELDS), None)
    if name is None:
        return NO_FIX
    close = closest(value, choices)
    return ({name: close}, f"Take {close}") if close else ({name: ""}, f"Launch without {option}")


def closest(value: str, choices: str) -> str:
    """The choice most like it, or "". DeepSeek's parsers are `deepseek_v32` in vLLM and `deepseekv32` in SGLang."""
    names = re.findall(r"[\w.-]+", choices)
    plain = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in names}
    key = re.sub(r"[^a-z0-9]", "", value.lower())
    close = difflib.get_close_matches(key, plain, n=1, cutoff=0.75)
    return plain[close[0]] if close else ""


def without_words(found: re.Match[str], spec: LaunchSpec) -> Fix:
    """The further arguments without those that the engine does not know, given in the group `words`."""
    unknown = found["words"].split()
    kept = tuple(word for word in spec.extra if word not in unknown)
    return ({"extra": kept}, f"Launch without {' '.join(unknown)}") if kept != spec.extra else NO_FIX
