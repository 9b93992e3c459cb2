"""`launch`: the command alone, and a real server from its launch to its end."""

import asyncio
import json
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest

from playground.app.servers.launch_choices import Installations
from playground.app.servers.supervising import make_supervisor
from playground.cli import main
from playground.cli.launch import _watch, split_extra
from playground.client import Client
from playground.engines.embedded.models import MODEL_FILE, fetch_model
from playground.engines.recipes import Recipe, load_recipes, recipes_folder
from playground.engines.spec import LaunchSpec
from playground.settings import Settings
from tests.cli.running import ARGV, KEY, ROOT, environment, playground
from tests.ports import free_port

RECIPES = load_recipes(recipes_folder())
SERVER_KEY = "sk-server-made-up-0123456789"


@pytest.fixture(scope="session")
def model() -> str:
    fetch_model(lambda _: None)
    return MODEL_FILE


@contextmanager
def launched(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """`launch` in a process of its own; all that it started is gone in the end."""
    env = environment(PLAYGROUND_CACHE_DIR=str(folder))
    with subprocess.Popen(
        [*ARGV, "launch", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, cwd=ROOT
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(30)


def descendants(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def wait_gone(processes: list[psutil.Process]) -> list[psutil.Process]:
    return psutil.wait_procs(processes, timeout=10)[1]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_the_command_of_a_recipe_is_alone_on_stdout(recipe: Recipe, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["launch", "--recipe", recipe.name, "--dry-run"]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert len(out.splitlines()) == 1
    assert shlex.split(out)
    assert recipe.spec.model.removeprefix("./") in out


def test_options_change_a_recipe(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVER_API_KEY", SERVER_KEY)
    words = "launch --recipe deepseek-v3-2-sglang --dry-run --tensor-parallel 16 --port 31000 --env A=b=c"
    assert main([*words.split(), "--", "--max-running-requests", "8", "--dry-run"]) == 0
    out = capfd.readouterr().out
    argv = shlex.split(out)
    assert argv[argv.index("--tp-size" if "--tp-size" in argv else "--tp") + 1] == "16"
    assert argv[argv.index("--port") + 1] == "31000"
    assert argv[-3:] == ["--max-running-requests", "8", "--dry-run"]  # what follows -- goes to the engine
    assert "A=b=c" in argv
    assert SERVER_KEY not in out


def test_an_engine_and_a_model(capfd: pytest.CaptureFixture[str]) -> None:
    words = "launch vllm Qwen/Qwen3-8B --dry-run --context-length 8192 --memory-fraction 0.85 --tool-parser hermes"
    assert main([*words.split(), "--trust-remote-code", "--served-name", "q"]) == 0
    argv = shlex.split(capfd.readouterr().out)
    for option, value in (
        ("--max-model-len", "8192"),
        ("--gpu-memory-utilization", "0.85"),
        ("--tool-call-parser", "hermes"),
        ("--served-model-name", "q"),
    ):
        assert argv[argv.index(option) + 1] == value
    assert "--trust-remote-code" in argv


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "give an engine and a model"),
        ("vllm", "give an engine and a model"),
        ("nonesuch a/b --dry-run", "nonesuch"),
        ("--recipe nonesuch", "no recipe 'nonesuch'"),
        ("vllm a/b --port 99999", "port: "),
        ("vllm a/b --port http", "--port"),
        ("vllm a;b", "model: "),
        ("vllm ../up", "climb"),
        ("vllm a/b --env novalue", "env: 'novalue' is not NAME=VALUE"),
        ("vllm a/b --memory-fraction 2", "memory_fraction: "),
        ("vllm a/b --name a/b", "name: "),
        ("vllm a/b -- --api-key sk-1", "--api-key would show a secret"),
        ("vllm a/b -- --port 1", "--port has a field of its own"),
        ("vllm a/b --where /nonesuch", "not found in /nonesuch"),
        ("vllm a/b --frobnicate", "unrecognized arguments: --frobnicate"),
        ("mindie a/b --dry-run", "MindIE"),
    ],
)
def test_bad_input(words: str, said: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["launch", *words.split()]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert said in err


def test_an_engine_that_is_not_here(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert main(["launch", "sglang", "a/b"]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert "SGLang was not found on this machine" in err
    assert "--dry-run" in err


@pytest.mark.parametrize(
    ("words", "split"),
    [
        (["launch", "a"], (["launch", "a"], [])),
        (["launch", "--", "--x"], (["launch"], ["--x"])),
        (["launch", "a", "--", "b", "--", "c"], (["launch", "a"], ["b", "--", "c"])),
    ],
)
def test_what_follows_two_dashes(words: list[str], split: tuple[list[str], list[str]]) -> None:
    assert split_extra(words) == split


@pytest.mark.model
def test_a_server_from_any_terminal(tmp_path: Path, model: str) -> None:
    port = free_port()
    here = partial(playground, PLAYGROUND_CACHE_DIR=str(tmp_path))
    with launched(tmp_path, "llama_cpp", model, "--port", str(port), "--name", "tiny") as process:
        assert process.stdout
        assert process.stdout.readline() == f"http://127.0.0.1:{port}/v1\n"
        started = descendants(process)
        assert httpx.get(f"http://127.0.0.1:{port}/v1/models", trust_env=False).status_code == 200
        listed = here("servers")
        assert listed.status == 0
        assert listed.out.split()[:4] == ["tiny", "llama_cpp", "ready", f"http://127.0.0.1:{port}/v1"]
        (facts,) = json.loads(here("servers", "--json").out)
        assert facts["pid"] in {one.pid for one in started}
        logs = here("logs", "tiny", "--lines", "5")
        assert (logs.status, logs.err, len(logs.out.splitlines())) == (0, "", 5)
        again = here("launch", "llama_cpp", model, "--name", "tiny")
        assert again.status == 2
        assert "there is already a server 'tiny'" in again.err
        stopped = here("stop", "tiny")
        assert (stopped.status, stopped.err) == (0, "tiny is stopped.\n")
        assert process.wait(20) == 0
        _, err = process.communicate()
    assert wait_gone(started) == []
    assert KEY not in err
    for words in (
        "playground: tiny: ",
        "starting after",
        "ready after",
    ):  # what is between them may pass between two looks
        assert words in err
    assert here("servers").out.split()[2] == "ended"
    assert here("stop", "tiny").status == 2


@pytest.mark.model
@pytest.mark.parametrize(
    ("number", "when"), [(signal.SIGINT, "ready"), (signal.SIGINT, "loading"), (signal.SIGTERM, "loading")]
)
def test_a_signal_ends_it(tmp_path: Path, model: str, number: signal.Signals, when: str) -> None:
    port = free_port()
    with launched(tmp_path, "llama_cpp", model, "--port", str(port)) as process:
        assert process.stdout
        assert process.stderr
        if when == "ready":
            assert process.stdout.readline()
        else:
            while "starting after" not in process.stderr.readline():
                assert process.poll() is None
        started = descendants(process)
        assert started
        process.send_signal(number)
        assert process.wait(20) == 0
    assert wait_gone(started) == []


@pytest.mark.model
def test_a_launch_that_fails_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(100))
    ran = playground("launch", "llama_cpp", str(broken), PLAYGROUND_CACHE_DIR=str(tmp_path))
    assert (ran.status, ran.out) == (1, "")
    last = ran.err.splitlines()[-1]
    assert last.startswith("playground: ")
    assert len(last) > 40


@pytest.mark.model
async def test_watching_a_server_keeps_no_task_for_each_look(tmp_path: Path, model: str) -> None:
    """It may be watched for weeks."""
    spec = LaunchSpec.parse({"engine": "llama_cpp", "model": model, "port": free_port()})
    place = await Installations().choose("llama_cpp", None)
    assert place
    client = Client()
    supervisor = make_supervisor(Settings(cache_dir=tmp_path), client)
    watched = asyncio.create_task(_watch(supervisor, await supervisor.prepare(spec, place), 0))
    counts = []
    until = time.monotonic() + 2.5
    while time.monotonic() < until:
        await asyncio.sleep(0.25)
        counts.append(len(asyncio.all_tasks()))
    os.kill(os.getpid(), signal.SIGTERM)
    assert await watched == 0
    await supervisor.close()
    await client.aclose()
    assert counts[-1] <= counts[3] + 1
