"""Failures: on the recorded logs of real engines, and on lines quoted from the packages' source, marked so."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from playground.engines.kinds import ENGINES
from playground.engines.kinds.failure_rules import closest, largest_divisor
from playground.engines.kinds.failures import bare, diagnose, is_fatal
from playground.engines.spec import LaunchSpec
from tests.effort import effort
from tests.engines.kinds.logs import NAMES, recorded

DATA = Path(__file__).parents[2] / "data"
# The noise that the logs end in; the first is quoted from SGLang's source, the second from vLLM's.
SGLANG_END = ["[2026-11-24 16:48:32] Received sigquit from a child process. It usually means the child failed."]
VLLM_END = [
    "(APIServer pid=1) Traceback (most recent call last):",
    "(APIServer pid=1) RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}",
]


def spec(engine: str, **fields: Any) -> LaunchSpec:
    return LaunchSpec.parse({"engine": engine, "model": "a/b"} | fields)


RECORDED: dict[str, tuple[dict[str, Any], int, str, str, dict[str, Any]]] = {
    # name: what was launched, its exit code, the title, a part of the cause, the fix
    "sglang-bad-flag": (
        {"extra": ("--x", "--no-such-flag")},
        2,
        "The engine does not know an argument",
        "sglang serve: error: unrecognized arguments: --no-such-flag",
        {"extra": ("--x",)},
    ),
    "vllm-bad-flag": (
        {"extra": ("--no-such-flag",)},
        2,
        "The engine does not know an argument",
        "api_server.py: error: unrecognized arguments: --no-such-flag",
        {"extra": ()},
    ),
    "sglang-bad-parser": (
        {"tool_parser": "nonesuch"},
        2,
        "The engine does not know nonesuch",
        "error: argument --tool-call-parser: invalid choice: 'nonesuch' (choose from 'auto'",
        {"tool_parser": ""},
    ),
    "vllm-bad-parser": (
        {"tool_parser": "nonesuch"},
        1,
        "vLLM has no tool call parser nonesuch",
        "KeyError: 'invalid tool call parser: nonesuch (chose from { apertus",
        {"tool_parser": ""},
    ),
    "sglang-bad-path": ({}, 1, "There is no such folder", "Repo id must be in the form", {}),
    "vllm-bad-path": ({}, 1, "There is no such folder", "Repo id must be in the form", {}),
    "sglang-context-too-long": (
        {"context_length": 100000},
        1,
        "The model does not support such a long context",
        "ValueError: Warning: User-specified context_length (100000) is greater than the derived",
        {"context_length": 8192},
    ),
    "vllm-context-too-long": (
        {"context_length": 100000},
        1,
        "The model does not support such a long context",
        "User-specified max_model_len (100000) is greater than the derived",
        {"context_length": 8192},
    ),
    "sglang-port-taken": (
        {"port": 43061},
        137,
        "The port is already in use",
        "ERROR:    [Errno 98] error while attempting to bind on address ('127.0.0.1', 43061): address already in use",
        {"port": None},
    ),
    "vllm-port-taken": (
        {"port": 37973},
        1,
        "The port is already in use",
        "OSError: [Errno 98] Address already in use",
        {"port": None},
    ),
}


def test_every_recorded_failure_is_known() -> None:
    assert set(RECORDED) == {name for name in NAMES if not name.endswith("-ready")}


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_failure_is_told_with_its_cause_and_its_fix(name: str) -> None:
    fields, returncode, title, cause, fix = RECORDED[name]
    engine = name.partition("-")[0]
    launched = spec(engine, **fields)
    found = diagnose(engine, recorded(name), launched, returncode)
    assert found is not None
    assert found.title == title
    assert cause in found.cause
    assert found.fix == fix
    assert bool(found.fix_words) is bool(fix)
    assert found.advice
    launched.changed(**found.fix)


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("-ready")])
@pytest.mark.parametrize("returncode", [None, 0])
def test_a_launch_that_went_well_has_no_failure(name: str, returncode: int | None) -> None:
    engine = name.partition("-")[0]
    assert diagnose(engine, recorded(name), spec(engine), returncode) is None
    assert not any(is_fatal(engine, line) for line in recorded(name))


def test_sglangs_taken_port_is_fatal_at_its_line() -> None:
    lines = recorded("sglang-port-taken")
    (line,) = [line for line in lines if is_fatal("sglang", line)]
    assert "[Errno 98]" in line
    assert line == lines[-2] or line == lines[-3]  # then it hangs
    found = diagnose("sglang", lines, spec("sglang", port=43061), None)
    assert found is not None
    assert found.fatal
    assert not is_fatal("sglang", "[2026-11-24 16:48:32] Receive: text='why is my address already in use?'")


QUOTED = yaml.safe_load((DATA / "quoted_failures.yaml").read_text())


@pytest.mark.parametrize("row", QUOTED, ids=lambda row: row["title"])
def test_a_quoted_failure_is_found_above_the_noise(row: dict[str, Any]) -> None:
    engine, line, fix = row["engine"], row["line"], row.get("fix", {})
    noise = recorded(f"{engine}-ready")[:20]
    lines = [*noise, line, *(SGLANG_END if engine == "sglang" else VLLM_END)]
    launched = spec(engine, **row.get("launched", {}))
    found = diagnose(engine, lines, launched, 137)
    assert found is not None
    assert found.title == row["title"]
    assert found.cause == bare(line)
    assert found.fix == fix
    assert not found.fatal
    if fix:
        assert found.fix_words
        assert launched.changed(**fix) != launched


def test_sglangs_context_is_a_mere_warning_where_it_was_allowed() -> None:
    # Quoted: the same words from `logger.warning`, with SGLANG_ALLOW_OVERWRITE_LONGER_CONTEXT_LEN=1.
    line = (
        "[x] Warning: User-specified context_length (9) is greater than the derived context_length (8). This may lead"
    )
    assert diagnose("sglang", [line], spec("sglang"), None) is None


def test_vllms_own_configuration_is_no_failure() -> None:
    # Quoted from the recorded line "Initializing a V1 LLM engine", with the value that --trust-remote-code gives it.
    line = (
        "(EngineCore pid=7) INFO 11-24 16:45:11 [core.py:133] with config: model='a', trust_remote_code=True, dtype=x"
    )
    assert diagnose("vllm", [line], spec("vllm"), None) is None


def test_a_kill_without_a_word_is_the_machines_memory() -> None:
    lines = recorded("sglang-ready")[:40]
    for returncode in (137, -9):
        found = diagnose("sglang", lines, spec("sglang"), returncode)
        assert found is not None
        assert found.title == "The operating system killed the engine"
        assert "memory" in found.advice
    # With its own last word it was its own doing: the last error is shown instead.
    with_word = [*lines, "[x] Scheduler hit an exception: Traceback", "FooError: it broke", *SGLANG_END]
    found = diagnose("sglang", with_word, spec("sglang"), 137)
    assert found is not None
    assert found.cause == "FooError: it broke"


def test_what_no_rule_knows_is_shown_as_its_last_error() -> None:
    lines = ["a", "(EngineCore pid=7) ERROR 11-24 16:45:20 [core.py:1] ZeroDivisionError: division by zero", *VLLM_END]
    found = diagnose("vllm", lines, spec("vllm"), 1)
    assert found is not None
    assert found.cause == "ZeroDivisionError: division by zero"
    assert diagnose("vllm", lines, spec("vllm"), None) is None
    ended = diagnose("vllm", ["a"], spec("vllm"), 143)
    assert ended is not None
    assert ended.title == "The engine was ended from outside"
    bare_end = diagnose("vllm", [], spec("vllm"), 3)
    assert bare_end is not None
    assert "exit code 3" in bare_end.title
    failed = diagnose("lmdeploy", ["x", "ERROR - it failed", "bye"], spec("lmdeploy"), 1)
    assert failed is not None
    assert failed.cause == "ERROR - it failed"


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        ("nonesuch.gguf", None, "There is no such model file"),
        ("no.gguf", "not a model", "The model file is not a GGUF file"),
    ],
)
def test_the_embedded_servers_real_failures_are_known(tmp_path: Path, name: str, text: str | None, title: str) -> None:
    if text is not None:
        pytest.importorskip("xllamacpp")
        (tmp_path / name).write_text(text)
    argv = [sys.executable, "-P", "-m", "playground.engines.embedded", "--model", str(tmp_path / name), "--port", "1"]
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    said = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=False)
    found = diagnose("llama_cpp", (said.stdout + said.stderr).splitlines(), spec("llama_cpp"), said.returncode)
    assert found is not None
    assert found.title == title


def test_the_closest_choice_ignores_how_it_is_written() -> None:
    assert closest("deepseek_v32", "'deepseekv31', 'deepseekv32'") == "deepseekv32"
    assert closest("DeepSeek-V3", "deepseek_r1,deepseek_v3") == "deepseek_v3"
    assert closest("nonesuch", "a, b") == ""


@pytest.mark.parametrize(
    "text",
    ["a", "1%", " ", "x: 4", "assert ", "tp_size ", "context_length (9) ", "Free memory on device (", "Capture a "],
)
@pytest.mark.parametrize("engine", ["sglang", "vllm", "llama_cpp"])
def test_a_line_of_any_length_is_read_at_once(text: str, engine: str) -> None:
    # The log's lines reach 64,000 characters; one pattern that backtracks took 97 s for such a line.
    line = (text * 64_000)[:64_000]
    with effort(60):
        ENGINES[engine].read(line)
        ENGINES[engine].figures(line)
        is_fatal(engine, line)
        diagnose(engine, [line], spec(engine), 1)


@given(st.integers(1, 200), st.integers(1, 64))
def test_the_largest_divisor_divides_and_fits(number: int, at_most: int) -> None:
    size = largest_divisor(number, at_most)
    assert number % size == 0
    assert size <= max(1, at_most)


@given(st.lists(st.text(), max_size=5), st.sampled_from(sorted(ENGINES)), st.sampled_from([None, 0, 1, 2, 137, -9]))
def test_any_log_can_be_diagnosed(lines: list[str], engine: str, returncode: int | None) -> None:
    found = diagnose(engine, lines, spec(engine), returncode)
    assert (found is None) <= (returncode in (None, 0))
