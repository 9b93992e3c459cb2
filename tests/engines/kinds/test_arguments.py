"""Asking the engine's own parser: what cannot be asked, and how an answer becomes an error.

The parsers here are hand-made packages named like the engines' modules; tests/real_engines asks the real ones.
"""

import sys
import time
from pathlib import Path

import psutil
import pytest

from playground.engines.kinds import ENGINES
from playground.engines.kinds.arguments import check_arguments
from playground.engines.kinds.base import Installation
from playground.engines.spec import LaunchSpec
from playground.errors import InvalidLaunch

KEY = "sk-very-secret"
# Hand-made: the shape of sglang.srt.server_args, with three arguments.
SGLANG = """
import os, sys
class ServerArgs:
    @staticmethod
    def add_cli_args(parser):
        assert "sk-very-secret" not in str(sys.argv) + str(dict(os.environ)), "it sees the key"
        parser.add_argument("--model-path", "--model", required=True)
        parser.add_argument("--host")
        parser.add_argument("--port", type=int)
        parser.add_argument("--enable-metrics", action="store_true")
        parser.add_argument("--tool-call-parser", choices=["deepseekv31", "deepseekv32"])
        parser.add_argument("--context-length", type=int)
"""


def package(folder: Path, module: str, text: str) -> dict[str, str]:
    """A package tree with one module, as the variables that let a Python find it."""
    *parents, name = module.split(".")
    place = folder
    for parent in parents:
        place = place / parent
        place.mkdir()
        (place / "__init__.py").touch()
    (place / f"{name}.py").write_text(text)
    return {"PYTHONPATH": str(folder)}


async def ask(env: dict[str, str], *, engine: str = "sglang", timeout_s: float = 30, **fields: object) -> str | None:
    spec = LaunchSpec.parse({"engine": engine, "model": "a/b", "env": env} | fields)
    place = Installation("python", (sys.executable,))
    command = ENGINES[engine].command(spec, place, 30000)
    return await check_arguments(ENGINES[engine], place, command, timeout_s=timeout_s)


async def test_what_the_parser_knows_is_let_through_and_it_never_sees_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THEROUTER_API_KEY", KEY)
    env = package(tmp_path, "sglang.srt.server_args", SGLANG)
    assert await ask(env, api_key=KEY, tool_parser="deepseekv32") is None


async def test_an_unknown_argument_is_named_with_what_resembles_it(tmp_path: Path) -> None:
    env = package(tmp_path, "sglang.srt.server_args", SGLANG)
    with pytest.raises(InvalidLaunch, match=r"does not know --contxt-length 8") as refused:
        await ask(env, extra=("--contxt-length", "8"))
    assert refused.value.field == "extra"
    assert "did you mean --context-length" in refused.value.advice


async def test_a_refused_value_is_told_at_its_field(tmp_path: Path) -> None:
    env = package(tmp_path, "sglang.srt.server_args", SGLANG)
    with pytest.raises(InvalidLaunch, match="invalid choice") as refused:
        await ask(env, tool_parser="deepseek_v32")
    assert refused.value.field == "tool_parser"
    assert refused.value.advice == "Did you mean deepseekv32?"
    with pytest.raises(InvalidLaunch, match="invalid int value") as refused:
        await ask(env, extra=("--context-length", "many"))
    assert refused.value.field == "extra"


async def test_a_parser_that_cannot_be_asked_is_no_reason_not_to_launch(tmp_path: Path) -> None:
    said = await ask({})  # this Python has no SGLang
    assert said is not None
    assert said.startswith("not checked: ")
    assert "sglang" in said
    env = package(tmp_path, "vllm.utils", "raise SystemExit('broken')")
    said = await ask(env, engine="vllm")
    assert said is not None
    assert "broken" in said


async def test_a_parser_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    text = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
open({str(tmp_path / "pid")!r}, "w").write(str(child.pid))
time.sleep(300)
"""
    env = package(tmp_path, "sglang.srt.server_args", text)
    began = time.perf_counter()
    said = await ask(env, timeout_s=2)
    assert said == "not checked: the engine's parser did not respond within 2 s."
    assert time.perf_counter() - began < 20
    child = int((tmp_path / "pid").read_text())
    psutil.wait_procs([psutil.Process(child)] if psutil.pid_exists(child) else [], timeout=5)
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


async def test_containers_and_other_engines_are_not_asked(tmp_path: Path) -> None:
    sglang = ENGINES["sglang"]
    spec = LaunchSpec(engine="sglang", model="a/b")
    image = Installation("container", ("docker", "run", "lmsysorg/sglang:latest"))
    said = await check_arguments(sglang, image, sglang.command(spec, image, 1))
    assert said == "not checked: the engine is in a container."
    program = tmp_path / "sglang"
    program.write_bytes(b"\x7fELF")
    binary = Installation("program", (str(program),))
    said = await check_arguments(sglang, binary, sglang.command(spec, binary, 1))
    assert said is not None
    assert "does not say which Python it uses" in said
    missing = Installation("python", (str(tmp_path / "nonesuch"),))
    said = await check_arguments(sglang, missing, sglang.command(spec, missing, 1))
    assert said is not None
    assert "cannot be run" in said
    other = ENGINES["lmdeploy"]
    place = Installation("program", ("lmdeploy",))
    said = await check_arguments(other, place, other.command(spec, place, 1))
    assert said == "not checked: LMDeploy is not asked."


async def test_a_programs_python_is_found_by_its_first_line(tmp_path: Path) -> None:
    env = package(tmp_path, "sglang.srt.server_args", SGLANG)
    program = tmp_path / "serve"
    program.write_text(f"#!{sys.executable}\n")
    place = Installation("program", (str(program),))
    sglang = ENGINES["sglang"]
    spec = LaunchSpec.parse({"engine": "sglang", "model": "a/b", "env": env, "extra": ["--x"]})
    with pytest.raises(InvalidLaunch, match="does not know --x"):
        await check_arguments(sglang, place, sglang.command(spec, place, 1))
