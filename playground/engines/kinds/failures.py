"""Why an engine did not start: the line that names the cause, what to do, and, where there is one, the fix.

The last lines of a log are seldom the cause: SGLang ends with "Received sigquit from a child process", vLLM with
"Engine core initialization failed. See root cause above". So the rules are tried in their order, special before
general, each on all lines.
"""

import re
import signal
from collections.abc import Sequence

from playground.engines.kinds.failure_rules import Diagnosis, Rule
from playground.engines.kinds.failures_any import ARGUMENTS, HUB, LLAMA, MACHINE, MEMORY
from playground.engines.kinds.failures_sglang import SGLANG
from playground.engines.kinds.failures_vllm import VLLM
from playground.engines.spec import LaunchSpec
from playground.errors import InvalidLaunch

__all__ = ["Diagnosis", "diagnose", "is_fatal"]

_OF_ENGINE: dict[str, tuple[Rule, ...]] = {"sglang": SGLANG, "vllm": VLLM, "llama_cpp": LLAMA}
_COMMON = (*ARGUMENTS, *HUB, *MACHINE, *MEMORY)
# What stands before the words: vLLM's `(EngineCore pid=7) ERROR 11-24 16:45:03 [core.py:12] `, SGLang's
# `[2026-11-24 16:46:47 TP0] `.
_BEFORE = re.compile(
    r"^(?:\([\w -]+ pid=\d+\) ?)?(?:(?:DEBUG|INFO|WARNING|ERROR|CRITICAL) [\d-]+ [\d:]+ \[[^\]]*\] ?)?"
    r"(?:\[20[\d-]+ [\d:]+[^\]]*\] ?)?"
)
_NOISE = re.compile(
    r"Received sigquit from a child process|Engine core initialization failed|kill_process_tree called"
    r"|died during initialization|died unexpectedly|cancelled|KeyboardInterrupt|SystemExit"
)
_EXCEPTION = re.compile(r"^(?:[A-Za-z_]\w*\.)*[A-Za-z_]*(?:Error|Exception|Interrupt|Exit|NotFound): .+")
_ENDED = {-signal.SIGTERM, 128 + signal.SIGTERM, -signal.SIGINT, 128 + signal.SIGINT}
_READ_CHARS = 8000  # an engine's list of all its models is longer, and tells nothing more
_KILLED = {-signal.SIGKILL, 128 + signal.SIGKILL}
_BY_CHILD = "Received sigquit from a child process"


def diagnose(engine: str, lines: Sequence[str], spec: LaunchSpec, returncode: int | None) -> Diagnosis | None:
    """What went wrong.

    Args:
        engine: its name.
        lines: its output, split at CR and LF, the end of it at least.
        spec: what was launched.
        returncode: of the process; 128 + N or -N after signal N; None while it runs.

    Returns:
        None where nothing is known to be wrong: no rule holds, and it runs or ended well.
    """
    plain = [bare(line) for line in lines]
    for rule in (*_OF_ENGINE.get(engine, ()), *_COMMON):
        for line in plain:
            found = rule.pattern.search(line)
            if found is not None:
                return _checked(rule.diagnosis(line, found, spec), spec)
    if returncode in _ENDED:
        return Diagnosis(
            title="The engine was ended from outside",
            cause=f"ended by a signal (exit code {returncode})",
            advice="Someone, or the system while shutting down, told it to stop. Start it again.",
        )
    if returncode in _KILLED and not any(_BY_CHILD in line for line in lines):
        return Diagnosis(
            title="The operating system killed the engine",
            cause=f"ended by SIGKILL (exit code {returncode}), without an error message of its own",
            advice="Usually this means that the machine ran out of main memory; `dmesg` shows it. Free memory, or use "
            "a smaller model or context. Someone may also have killed it by hand.",
        )
    if returncode in (None, 0):
        return None
    return _last_error(plain, returncode)


def is_fatal(engine: str, line: str) -> bool:
    """Whether an engine that is not ready yet, though it runs on, never will be: it must be ended at once.

    Ask only until it is ready: later its log may hold what users wrote.
    """
    rules = [rule for rule in (*_OF_ENGINE.get(engine, ()), *_COMMON) if rule.fatal]
    return any(rule.pattern.search(bare(line)) is not None for rule in rules)


def bare(line: str) -> str:
    """A log line without its process, level and time."""
    return _BEFORE.sub("", line[:_READ_CHARS].strip(), count=1).strip()


def _last_error(lines: Sequence[str], returncode: int | None) -> Diagnosis:
    """The last exception that is not noise: what no rule knows."""
    for words in reversed(lines):
        if _EXCEPTION.match(words) and not _NOISE.search(words):
            return Diagnosis(
                title="The engine stopped with an error",
                cause=words,
                advice="The lines above it in the log show where it came from.",
            )
    for words in reversed(lines):
        if words and not _NOISE.search(words) and re.search(r"\b(?:[Ee]rror|ERROR|[Ff]atal|[Ff]ailed)\b", words):
            return Diagnosis("The engine stopped with an error", words, "Read the log above this line.")
    return Diagnosis(
        f"The engine stopped with exit code {returncode}",
        lines[-1] if lines else "",
        "Read the log for the cause.",
    )


def _checked(diagnosis: Diagnosis, spec: LaunchSpec) -> Diagnosis:
    """Without its fix, where that changes nothing or cannot be used."""
    if not diagnosis.fix:
        return diagnosis
    try:
        changed = spec.changed(**diagnosis.fix)
    except InvalidLaunch:
        return diagnosis.without_fix()
    # Another port is also one that the engine had by its default.
    return diagnosis if changed != spec or "port" in diagnosis.fix else diagnosis.without_fix()
